// From the regular expressions that JSON Schema asks for (ECMA-262 section 22.2, with the `u` flag) to PCRE2's. The two look
// alike and differ in what escapes, dots and classes mean; what only PCRE2 has is refused, so that a pattern means the same to
// every reader of a document.

/// The translation, made in one pass over the pattern's code points.
struct ECMAScriptPattern {
    private var scalars: [Unicode.Scalar]
    private var position = 0
    private var text = ""

    private struct NotAPattern: Error {}

    /// What PCRE2 is to compile, with `PCRE2_UTF`, `PCRE2_DOLLAR_ENDONLY` and `PCRE2_ALLOW_EMPTY_CLASS`. Nil where `source` is
    /// no pattern of ECMA-262. That brackets match and quantifiers have their order is left to PCRE2.
    static func translated(_ source: String) -> String? {
        var pattern = ECMAScriptPattern(scalars: Array(source.unicodeScalars))
        do {
            try pattern.translate()
            return pattern.text
        } catch {
            return nil
        }
    }

    private init(scalars: [Unicode.Scalar]) {
        self.scalars = scalars
    }

    /// White space and line ends (ECMA-262 sections 12.2 and 12.3), as the inside of a class.
    private static let space =
        #"\t\n\x0b\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}"#

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private func follows(_ text: String) -> Bool {
        scalars[position...].starts(with: text.unicodeScalars)
    }

    private mutating func take(_ text: String) -> Bool {
        guard follows(text) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    private mutating func translate() throws(NotAPattern) {
        while let scalar = next {
            position += 1
            switch scalar {
            case "\\": try atomEscape()
            case "[": try characterClass()
            case "(": try group()
            case ".": text += #"[^\n\r\x{2028}\x{2029}]"#
            case "*", "+", "?":
                text.unicodeScalars.append(scalar)
                try quantifierEnd()
            case "{": try bounds()
            // Alone they are no characters of a pattern with the `u` flag.
            case "]", "}": throw NotAPattern()
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    /// After a quantifier: a lazy one may follow, a possessive one is PCRE2's own.
    private mutating func quantifierEnd() throws(NotAPattern) {
        if take("?") { text += "?" }
        if next == "+" || next == "*" || next == "?" { throw NotAPattern() }
    }

    /// `{2}`, `{2,}` or `{2,3}`, whose `{` is taken.
    private mutating func bounds() throws(NotAPattern) {
        text += "{"
        try digits()
        if take(",") {
            text += ","
            if next != "}" { try digits() }
        }
        guard take("}") else { throw NotAPattern() }
        text += "}"
        try quantifierEnd()
    }

    private mutating func digits() throws(NotAPattern) {
        let first = position
        while let digit = next, ("0"..."9").contains(digit) {
            text.unicodeScalars.append(digit)
            position += 1
        }
        guard position > first else { throw NotAPattern() }
    }

    /// The kinds of groups that ECMA-262 has; the `(` is taken.
    private mutating func group() throws(NotAPattern) {
        text += "("
        guard take("?") else {
            // `(*…)` would be a verb of PCRE2.
            if next == "*" { throw NotAPattern() }
            return
        }
        for kind in [":", "=", "!", "<=", "<!"] where take(kind) {
            text += "?" + kind
            return
        }
        guard take("<") else { throw NotAPattern() }
        text += "?<" + (try groupName()) + ">"
    }

    /// A name up to its `>`, which is taken.
    private mutating func groupName() throws(NotAPattern) -> String {
        var name = ""
        while let scalar = next, scalar != ">" {
            guard scalar == "_" || scalar == "$" || scalar.properties.isIDContinue else { throw NotAPattern() }
            // PCRE2's names have no dollar.
            name += scalar == "$" ? "_dollar_" : String(scalar)
            position += 1
        }
        guard take(">"), !name.isEmpty else { throw NotAPattern() }
        return name
    }

    private mutating func atomEscape() throws(NotAPattern) {
        guard let scalar = next else { throw NotAPattern() }
        switch scalar {
        case "b", "B":
            position += 1
            text += "\\" + String(scalar)
        case "k":
            position += 1
            guard take("<") else { throw NotAPattern() }
            text += "\\k<" + (try groupName()) + ">"
        case "1"..."9":
            text += "\\g{"
            try digits()
            text += "}"
        case "s", "S":
            position += 1
            text += "[" + (scalar == "S" ? "^" : "") + Self.space + "]"
        default: try classEscape()
        }
    }

    /// An escape that means the same within a class and outside.
    private mutating func classEscape() throws(NotAPattern) {
        guard let scalar = next else { throw NotAPattern() }
        position += 1
        switch scalar {
        case "d", "D", "w", "W", "t", "n", "r", "f": text += "\\" + String(scalar)
        case "v": text += #"\x0b"#
        case "0":
            if let digit = next, ("0"..."9").contains(digit) { throw NotAPattern() }
            text += #"\x00"#
        case "c":
            guard let letter = next, letter.isASCII, letter.properties.isAlphabetic else { throw NotAPattern() }
            position += 1
            append(codePoint: letter.value % 32)
        case "x": append(codePoint: try hexadecimal(digits: 2))
        case "u": append(codePoint: try unicodeEscape())
        case "p", "P":
            text += try UnicodeProperty.translated(propertyName(), isNegated: scalar == "P").orThrow(NotAPattern())
        case "^", "$", "\\", ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", "/":
            text += "\\" + String(scalar)
        default: throw NotAPattern()
        }
    }

    private mutating func propertyName() throws(NotAPattern) -> String {
        guard take("{") else { throw NotAPattern() }
        var name = ""
        while let scalar = next, scalar != "}" {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard take("}") else { throw NotAPattern() }
        return name
    }

    private mutating func characterClass() throws(NotAPattern) {
        text += "["
        if take("^") { text += "^" }
        while let scalar = next {
            position += 1
            switch scalar {
            case "]":
                text += "]"
                return
            // `[:alpha:]` and the like would be PCRE2's own.
            case "[": text += #"\["#
            case "\\":
                if take("b") {
                    text += #"\x08"#
                } else if take("-") {
                    text += #"\-"#
                } else if take("s") {
                    text += Self.space
                } else if take("S") {
                    // The complement of a class cannot stand within another: it is spelt out.
                    text += Self.notSpace
                } else {
                    try classEscape()
                }
            default: text.unicodeScalars.append(scalar)
            }
        }
        throw NotAPattern()
    }

    private static let notSpace =
        #"\x00-\x08\x0e-\x1f\x21-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}"#
        + #"\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}"#

    /// What follows `\u`: four digits, two such escapes that make a surrogate pair, or any number in braces.
    private mutating func unicodeEscape() throws(NotAPattern) -> UInt32 {
        if take("{") {
            var value: UInt32 = 0
            while let digit = next, digit != "}" {
                guard let number = Self.value(of: digit), value < 0x11_0000 else { throw NotAPattern() }
                value = value << 4 | number
                position += 1
            }
            guard take("}"), value < 0x11_0000 else { throw NotAPattern() }
            return value
        }
        let first = try hexadecimal(digits: 4)
        guard first & 0xFC00 == 0xD800, take("\\u") else { return first }
        let second = try hexadecimal(digits: 4)
        guard second & 0xFC00 == 0xDC00 else { throw NotAPattern() }
        return 0x10000 + (first & 0x3FF) << 10 + (second & 0x3FF)
    }

    private mutating func hexadecimal(digits: Int) throws(NotAPattern) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = next, let number = Self.value(of: digit) else { throw NotAPattern() }
            value = value << 4 | number
            position += 1
        }
        return value
    }

    private static func value(of digit: Unicode.Scalar) -> UInt32? {
        digit.isASCII ? Character(digit).hexDigitValue.map { UInt32($0) } : nil
    }

    private mutating func append(codePoint: UInt32) {
        text += "\\x{" + String(codePoint, radix: 16) + "}"
    }
}

extension Optional {
    fileprivate func orThrow<Failure: Error>(_ error: Failure) throws(Failure) -> Wrapped {
        guard let self else { throw error }
        return self
    }
}
