// The names of Unicode properties in regular expressions: ECMA-262 writes `\p{Letter}` and `\p{Script=Greek}` where PCRE2 writes
// `\p{L}` and `\p{Greek}`.

enum UnicodeProperty {
    /// The escape that PCRE2 has for a property by its name in ECMA-262 (tables 67 to 69). Nil for one that has none.
    static func translated(_ name: String, isNegated: Bool) -> String? {
        let escape = isNegated ? "\\P{" : "\\p{"
        let parts = name.split(separator: "=", maxSplits: 1).map(String.init)
        if parts.count == 2 {
            switch parts[0] {
            case "General_Category", "gc": return category(parts[1]).map { escape + $0 + "}" }
            case "Script", "sc": return isWord(parts[1]) ? escape + "sc:" + parts[1] + "}" : nil
            case "Script_Extensions", "scx": return isWord(parts[1]) ? escape + "scx:" + parts[1] + "}" : nil
            default: return nil
            }
        }
        switch name {
        case "Any": return escape + "Any}"
        case "ASCII": return isNegated ? #"[^\x00-\x7f]"# : #"[\x00-\x7f]"#
        default:
            if let category = category(name) { return escape + category + "}" }
            return binary.contains(name) ? escape + name + "}" : nil
        }
    }

    private static func isWord(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || $0 == 0x5F }
    }

    private static func category(_ name: String) -> String? {
        categories[name] ?? (categories.values.contains(name) ? name : nil)
    }

    /// General categories: their long names, and the short ones that PCRE2 knows.
    private static let categories: [String: String] = [
        "Letter": "L", "Cased_Letter": "L&", "LC": "L&", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll",
        "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M", "Combining_Mark": "M",
        "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N", "Decimal_Number": "Nd",
        "digit": "Nd", "Letter_Number": "Nl", "Other_Number": "No", "Punctuation": "P", "punct": "P",
        "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps", "Close_Punctuation": "Pe",
        "Initial_Punctuation": "Pi", "Final_Punctuation": "Pf", "Other_Punctuation": "Po", "Symbol": "S",
        "Math_Symbol": "Sm", "Currency_Symbol": "Sc", "Modifier_Symbol": "Sk", "Other_Symbol": "So", "Separator": "Z",
        "Space_Separator": "Zs", "Line_Separator": "Zl", "Paragraph_Separator": "Zp", "Other": "C", "Control": "Cc",
        "cntrl": "Cc", "Format": "Cf", "Surrogate": "Cs", "Private_Use": "Co", "Unassigned": "Cn",
    ]

    private static let binary: Set<String> = [
        "ASCII_Hex_Digit", "Alphabetic", "Bidi_Control", "Cased", "Dash", "Default_Ignorable_Code_Point", "Diacritic",
        "Emoji", "Emoji_Modifier", "Emoji_Presentation", "Extended_Pictographic", "Extender", "Grapheme_Base",
        "Hex_Digit", "ID_Continue", "ID_Start", "Ideographic", "Join_Control", "Lowercase", "Math",
        "Noncharacter_Code_Point", "Pattern_Syntax", "Pattern_White_Space", "Quotation_Mark", "Radical",
        "Unified_Ideograph", "Uppercase", "White_Space", "XID_Continue", "XID_Start",
    ]
}
