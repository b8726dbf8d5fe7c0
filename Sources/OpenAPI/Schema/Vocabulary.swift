// The vocabularies of JSON Schema 2020-12 (core, section 8.1.2): a meta-schema says which of them a schema speaks.

internal import JSON

struct Vocabularies: OptionSet {
    let rawValue: UInt8

    static let applicator = Vocabularies(rawValue: 1)
    static let unevaluated = Vocabularies(rawValue: 2)
    static let validation = Vocabularies(rawValue: 4)
    static let formatAssertion = Vocabularies(rawValue: 8)

    /// Those of the dialect itself. Its `format` only annotates.
    static let standard: Vocabularies = [.applicator, .unevaluated, .validation]

    private static let base = "https://json-schema.org/draft/2020-12/vocab/"
    private static let known: [String: Vocabularies] = [
        "core": [], "applicator": .applicator, "unevaluated": .unevaluated, "validation": .validation,
        "format-annotation": [], "format-assertion": .formatAssertion, "meta-data": [], "content": [],
    ]

    /// What `$vocabulary` lists. One that is required and not known is refused; one that is not required is passed over.
    init(listed list: DocumentValue) throws(DocumentError) {
        self = []
        for (name, isRequired) in try list.object() {
            if name.hasPrefix(Self.base), let known = Self.known[String(name.dropFirst(Self.base.count))] {
                formUnion(known)
            } else if try isRequired.boolean() {
                throw isRequired.error("this vocabulary is not known here")
            }
        }
    }

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The vocabulary that a keyword belongs to; empty for those that every schema speaks, and for unknown ones.
    init(of keyword: String) {
        self = Self.keywords[keyword] ?? []
    }

    private static let keywords: [String: Vocabularies] = {
        var keywords: [String: Vocabularies] = [:]
        for name in [
            "prefixItems", "items", "contains", "additionalProperties", "properties", "patternProperties",
            "dependentSchemas", "propertyNames", "if", "then", "else", "allOf", "anyOf", "oneOf", "not",
        ] { keywords[name] = .applicator }
        for name in [
            "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum",
            "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains",
            "maxProperties", "minProperties", "required", "dependentRequired",
        ] { keywords[name] = .validation }
        keywords["unevaluatedItems"] = .unevaluated
        keywords["unevaluatedProperties"] = .unevaluated
        return keywords
    }()
}
