// From JSON Schema 2020-12 as it is written to the form in which it is evaluated. What cannot be enforced is refused: an
// unknown keyword, a foreign reference, a format that nobody checks.

internal import JSON

struct SchemaCompiler {
    /// Nil while a schema is being compiled that refers to itself.
    private var nodes: [SchemaNode?] = []
    private var places: [String: NodeIndex] = [:]
    private let root: DocumentValue

    /// `root` is what references are resolved in.
    init(root: DocumentValue) {
        self.root = root
    }

    /// Compiles the schema at a place in the document, once however often it is asked for.
    mutating func compile(_ schema: DocumentValue) throws(DocumentError) -> NodeIndex {
        if let known = places[schema.pointer] { return known }
        let index = nodes.count
        nodes.append(nil)
        places[schema.pointer] = index
        nodes[index] = try node(schema)
        return index
    }

    /// All that was compiled. Fails where a schema, through references and combinations, is held against the same value
    /// again without end.
    func finish() throws(DocumentError) -> SchemaSet {
        let finished = nodes.map { $0 ?? .anything }
        var states = [VisitState](repeating: .new, count: finished.count)
        for index in finished.indices {
            if Self.hasCycle(from: index, in: finished, &states) {
                let pointer = places.first { $0.value == index }?.key ?? ""
                throw DocumentError(pointer: pointer, reason: "this schema refers to itself without end")
            }
        }
        return SchemaSet(nodes: finished)
    }

    private enum VisitState {
        case new, open, closed
    }

    private static func hasCycle(from index: NodeIndex, in nodes: [SchemaNode], _ states: inout [VisitState]) -> Bool {
        switch states[index] {
        case .open: return true
        case .closed: return false
        case .new: break
        }
        states[index] = .open
        for keyword in nodes[index].keywords {
            for next in keyword.inPlace where hasCycle(from: next, in: nodes, &states) { return true }
        }
        states[index] = .closed
        return false
    }

    private mutating func node(_ schema: DocumentValue) throws(DocumentError) -> SchemaNode {
        if let boolean = schema.value.boolean { return SchemaNode(keywords: boolean ? [] : [.nothing]) }
        guard schema.value.kind == .object else { throw schema.error("a schema must be an object or a boolean") }
        var keywords: [Keyword] = []
        var members = Members()
        var speaksOfMembers = false
        for (name, value) in try schema.object() {
            switch name {
            case "properties":
                for (name, schema) in try value.object() { members.named.append((name, try compile(schema))) }
                speaksOfMembers = true
            case "patternProperties":
                for (name, schema) in try value.object() {
                    members.patterns.append((try pattern(name, at: schema), try compile(schema)))
                }
                speaksOfMembers = true
            case "additionalProperties":
                members.isClosed = value.value.boolean == false
                if value.value.boolean == nil { members.others = try compile(value) }
                speaksOfMembers = true
            case "if":
                let then = schema.member("then")
                let otherwise = schema.member("else")
                keywords.append(
                    .conditional(
                        try compile(value), then: try compileOptional(then), otherwise: try compileOptional(otherwise)))
            case "prefixItems", "items":
                // Both speak of the same array: the first of them to come speaks for both.
                if name == "items", schema.member("prefixItems") != nil { continue }
                var first: [NodeIndex] = []
                for element in try schema.member("prefixItems")?.array() ?? [] { first.append(try compile(element)) }
                keywords.append(.elements(first: first, rest: try compileOptional(schema.member("items"))))
            case "contains":
                keywords.append(
                    .contains(
                        try compile(value), minimum: try schema.member("minContains")?.count() ?? 1,
                        maximum: try schema.member("maxContains")?.count()))
            case "$defs":
                for (_, schema) in try value.object() { _ = try compile(schema) }
            case "then", "else":
                // With `if`; alone it means nothing, which nobody writes on purpose.
                _ = try compile(value)
            case "minContains", "maxContains": _ = try value.count()
            default:
                if let keyword = try combination(name, value) {
                    keywords.append(keyword)
                } else if let keyword = try simple(name, value) {
                    keywords.append(keyword)
                }
            }
        }
        if speaksOfMembers { keywords.append(.members(members)) }
        keywords.sort { $0.rank < $1.rank }
        return SchemaNode(keywords: keywords)
    }

    private mutating func compileOptional(_ schema: DocumentValue?) throws(DocumentError) -> NodeIndex? {
        guard let schema else { return nil }
        return try compile(schema)
    }

    private mutating func compileAll(_ schemas: DocumentValue) throws(DocumentError) -> [NodeIndex] {
        var indices: [NodeIndex] = []
        for schema in try schemas.array() { indices.append(try compile(schema)) }
        guard !indices.isEmpty else { throw schemas.error("must not be empty") }
        return indices
    }

    /// Keywords that hold further schemas against the value.
    private mutating func combination(_ name: String, _ value: DocumentValue) throws(DocumentError) -> Keyword? {
        switch name {
        case "$ref": return .reference(try compile(try root.resolve(value)))
        case "allOf": return .allOf(try compileAll(value))
        case "anyOf": return .anyOf(try compileAll(value))
        case "oneOf": return .oneOf(try compileAll(value))
        case "not": return .not(try compile(value))
        case "propertyNames": return .propertyNames(try compile(value))
        case "dependentSchemas":
            var dependencies: [(name: String, schema: NodeIndex)] = []
            for (name, schema) in try value.object() { dependencies.append((name, try compile(schema))) }
            return .dependentSchemas(dependencies)
        default: return nil
        }
    }

    /// Keywords that stand on their own. Nil for those that only describe.
    private func simple(_ name: String, _ value: DocumentValue) throws(DocumentError) -> Keyword? {
        switch name {
        case "type": return .types(try types(value))
        case "enum":
            let elements = try value.array()
            let values = elements.map(\.value)
            guard !values.isEmpty else { throw value.error("must not be empty") }
            return .values(values, detail: Wording.values(values), keyword: name)
        case "const": return .values([value.value], detail: Wording.values([value.value]), keyword: name)

        case "minLength": return .minLength(try value.count())
        case "maxLength": return .maxLength(try value.count())
        case "pattern": return .pattern(try pattern(try value.string(), at: value))
        case "format":
            guard let format = Format(rawValue: try value.string()) else {
                throw value.error("this format is not enforced here")
            }
            return .format(format)
        case "contentEncoding":
            guard try value.string() == "base64" else { throw value.error("only base64 is enforced here") }
            return .base64

        case "minimum": return .minimum(try number(value))
        case "exclusiveMinimum": return .exclusiveMinimum(try number(value))
        case "maximum": return .maximum(try number(value))
        case "exclusiveMaximum": return .exclusiveMaximum(try number(value))
        case "multipleOf":
            let divisor = try number(value)
            guard Number.integer(0) < divisor else { throw value.error("must be over 0") }
            return .multipleOf(divisor)

        case "required": return .required(try value.strings())
        case "minProperties": return .minProperties(try value.count())
        case "maxProperties": return .maxProperties(try value.count())
        case "dependentRequired":
            var dependencies: [(name: String, needs: [String])] = []
            for (name, needs) in try value.object() { dependencies.append((name, try needs.strings())) }
            return .dependentRequired(dependencies)

        case "minItems": return .minItems(try value.count())
        case "maxItems": return .maxItems(try value.count())
        case "uniqueItems": return try value.boolean() ? .uniqueItems : nil

        case "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly",
            "$comment":
            return nil
        case "$schema":
            guard try value.string() == OpenAPIDocument.dialect else { throw value.error("only 2020-12 is known here") }
            return nil
        default:
            if name.hasPrefix("x-") { return nil }
            throw value.error("this keyword is not enforced here")
        }
    }

    private func types(_ value: DocumentValue) throws(DocumentError) -> TypeSet {
        var types: TypeSet = []
        for name in value.value.kind == .array ? try value.strings() : [try value.string()] {
            guard let type = TypeSet(name: name) else { throw value.error("unknown type") }
            types.formUnion(type)
        }
        return types
    }

    private func number(_ value: DocumentValue) throws(DocumentError) -> Number {
        guard let number = Number(value.value) else { throw value.error("must be a number") }
        return number
    }

    private func pattern(_ source: String, at place: DocumentValue) throws(DocumentError) -> RegexPattern {
        guard let pattern = RegexPattern(source) else { throw place.error("this regular expression is not understood") }
        return pattern
    }
}

extension Keyword {
    /// What is cheap and tells most comes first.
    fileprivate var rank: Int {
        switch self {
        case .nothing, .types: 0
        case .minLength, .maxLength, .minItems, .maxItems, .minProperties, .maxProperties: 1
        case .reference, .allOf, .anyOf, .oneOf, .not, .conditional: 3
        default: 2
        }
    }
}
