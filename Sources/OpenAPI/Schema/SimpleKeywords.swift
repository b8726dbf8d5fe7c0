// Reads the keywords that stand on their own: assertions about one value, with no schema in them.

internal import JSON

extension Keyword {
    /// What `name` with this value says: nothing where it only describes; nil where it is not one of these.
    static func simple(
        _ name: String, _ value: DocumentValue, rules: SchemaRules, assertsFormat: Bool
    ) throws(DocumentError) -> [Keyword]? {
        switch name {
        case "type": return [.types(try types(value))]
        case "enum":
            let values = try value.array().map(\.value)
            guard !values.isEmpty || !rules.isStrict else { throw value.error("must not be empty") }
            return [.values(values, detail: Wording.values(values), keyword: name)]
        case "const": return [.values([value.value], detail: Wording.values([value.value]), keyword: name)]

        case "minLength": return [.minLength(try value.count())]
        case "maxLength": return [.maxLength(try value.count())]
        case "pattern": return [.pattern(try pattern(try value.string(), at: value))]
        case "format": return try format(value, rules: rules, isAsserted: assertsFormat)
        case "contentEncoding" where rules.isStrict:
            guard try value.string() == "base64" else { throw value.error("only base64 is enforced here") }
            return [.base64]

        case "minimum": return [.minimum(try number(value))]
        case "exclusiveMinimum": return [.exclusiveMinimum(try number(value))]
        case "maximum": return [.maximum(try number(value))]
        case "exclusiveMaximum": return [.exclusiveMaximum(try number(value))]
        case "multipleOf":
            let divisor = try number(value)
            guard Number.integer(0) < divisor else { throw value.error("must be over 0") }
            return [.multipleOf(divisor)]

        case "required": return [.required(try value.strings())]
        case "minProperties": return [.minProperties(try value.count())]
        case "maxProperties": return [.maxProperties(try value.count())]
        case "dependentRequired":
            var dependencies: [(name: String, needs: [String])] = []
            for (name, needs) in try value.object() { dependencies.append((name, try needs.strings())) }
            return [.dependentRequired(dependencies)]

        case "minItems": return [.minItems(try value.count())]
        case "maxItems": return [.maxItems(try value.count())]
        case "uniqueItems": return try value.boolean() ? [.uniqueItems] : []

        case "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly",
            "$comment", "$id", "$anchor", "$dynamicAnchor", "$schema", "$vocabulary":
            return []
        default: return nil
        }
    }

    static func pattern(_ source: String, at place: DocumentValue) throws(DocumentError) -> RegexPattern {
        guard let pattern = RegexPattern(source) else { throw place.error("this regular expression is not understood") }
        return pattern
    }

    private static func format(
        _ value: DocumentValue, rules: SchemaRules, isAsserted: Bool
    ) throws(DocumentError) -> [Keyword] {
        guard let format = Format(rawValue: try value.string()) else {
            if rules.isStrict { throw value.error("this format is not enforced here") }
            return []
        }
        return isAsserted ? [.format(format)] : []
    }

    private static func types(_ value: DocumentValue) throws(DocumentError) -> TypeSet {
        var types: TypeSet = []
        for name in value.value.kind == .array ? try value.strings() : [try value.string()] {
            guard let type = TypeSet(name: name) else { throw value.error("unknown type") }
            types.formUnion(type)
        }
        return types
    }

    private static func number(_ value: DocumentValue) throws(DocumentError) -> Number {
        guard let number = Number(value.value) else { throw value.error("must be a number") }
        return number
    }
}
