// From JSON Schema 2020-12 as it is written to the form in which it is evaluated. Everything that can be settled beforehand
// is: references, anchors, and also `$dynamicRef`, for which a schema is compiled once for each set of dynamic anchors
// that it can be reached with.

internal import JSON

struct SchemaCompiler {
    private let rules: SchemaRules
    private var resources: SchemaResources
    /// In the order in which they were first asked for; empty until their turn has come.
    private var nodes: [SchemaNode] = [.anything, SchemaNode(keywords: [.nothing])]
    private var pointers = ["", ""]
    private var places: [Place: NodeIndex] = [:]
    private var pending: [Pending] = []
    /// Dynamic scopes: for each name of a dynamic anchor the outermost resource that has it.
    private var scopes: [[String: Int]] = [[:]]
    private var scopeNumbers: [[String: Int]: Int] = [[:]: 0]
    /// Where the schema stands that is being compiled.
    private var resource = 0
    private var scope = 0

    /// How many schemas a document may come to, and how many may be held against a value one within the other.
    static let maximumNodes = 100_000
    static let maximumNesting = 256

    private struct Place: Hashable {
        let schema: UInt
        let scope: Int
    }

    private struct Pending {
        let node: NodeIndex
        let schema: DocumentValue
        let resource: Int
        let scope: Int
    }

    /// `root` is what references are resolved in, `library` holds other documents by their URIs.
    init(
        root: DocumentValue, of document: JSONDocument, rules: SchemaRules, library: [String: JSONDocument] = [:]
    ) {
        self.rules = rules
        resources = SchemaResources(root: root, of: document, rules: rules, library: library)
    }

    /// The place that the schema will have, once however often it is asked for. It is compiled by `finish`.
    mutating func compile(_ schema: DocumentValue) throws(DocumentError) -> NodeIndex {
        if let boolean = schema.value.boolean { return boolean ? .anything : .nothing }
        guard schema.value.kind == .object else { throw schema.error("a schema must be an object or a boolean") }
        let owner = try resources.owner(of: schema, in: resource)
        let place = Place(schema: schema.value.identity, scope: scope)
        if let known = places[place] { return known }
        let index = nodes.count
        guard index < Self.maximumNodes else { throw schema.error("the document has too many schemas") }
        nodes.append(.anything)
        pointers.append(schema.pointer)
        places[place] = index
        pending.append(Pending(node: index, schema: schema, resource: owner, scope: scope))
        return index
    }

    /// Compiles all that was asked for. Fails where a schema, through references and combinations, is held against the
    /// same value again without end.
    mutating func finish() throws(DocumentError) -> SchemaSet {
        while let next = pending.popLast() {
            resource = next.resource
            scope = entering(next.resource, from: next.scope)
            nodes[next.node] = try node(next.schema)
        }
        (resource, scope) = (0, 0)
        var nesting = InPlaceNesting(nodes: nodes)
        for index in nodes.indices where nesting.depth(of: index) == nil {
            throw DocumentError(pointer: pointers[index], reason: "this schema refers to itself without end")
        }
        for index in nodes.indices { nodes[index].reach = nesting.reach(of: index) }
        return SchemaSet(nodes: nodes, documents: resources.documents)
    }

    /// The dynamic scope within `resource`, come to from `scope`. What is further out keeps its names.
    private mutating func entering(_ resource: Int, from scope: Int) -> Int {
        var names = scopes[scope]
        for name in resources.list[resource].dynamicAnchors.keys where names[name] == nil { names[name] = resource }
        guard names.count > scopes[scope].count else { return scope }
        if let known = scopeNumbers[names] { return known }
        scopes.append(names)
        scopeNumbers[names] = scopes.count - 1
        return scopes.count - 1
    }

    private mutating func node(_ schema: DocumentValue) throws(DocumentError) -> SchemaNode {
        let spoken = resources.list[resource].vocabularies
        var keywords: [Keyword] = []
        var members = Members()
        var speaksOfMembers = false
        for (name, value) in try schema.object() where spoken.isSuperset(of: Vocabularies(of: name)) {
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
                members.others = try compile(value)
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
                let isBounded = spoken.contains(.validation)
                keywords.append(
                    .contains(
                        try compile(value), minimum: isBounded ? try schema.member("minContains")?.count() ?? 1 : 1,
                        maximum: isBounded ? try schema.member("maxContains")?.count() : nil))
            case "unevaluatedProperties": keywords.append(.unevaluatedMembers(try compile(value)))
            case "unevaluatedItems": keywords.append(.unevaluatedElements(try compile(value)))
            case "$defs":
                // Strictly, what nothing refers to must make sense too.
                for (_, schema) in try value.object() where rules.isStrict { _ = try compile(schema) }
            case "then", "else":
                // With `if`; alone it means nothing, which nobody writes on purpose.
                _ = try compile(value)
            case "minContains", "maxContains": _ = try value.count()
            default:
                if let simple = try simple(name, value) {
                    keywords += simple
                } else {
                    keywords += try combination(name, value)
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

    /// Keywords that hold further schemas against the value, and what is left after them: what is not known.
    private mutating func combination(_ name: String, _ value: DocumentValue) throws(DocumentError) -> [Keyword] {
        switch name {
        case "$ref": return [.reference(try compile(try resources.resolve(value, from: resource).schema))]
        case "$dynamicRef": return [.reference(try compile(try dynamicTarget(of: value)))]
        case "allOf": return [.allOf(try compileAll(value))]
        case "anyOf": return [.anyOf(try compileAll(value))]
        case "oneOf": return [.oneOf(try compileAll(value))]
        case "not": return [.not(try compile(value))]
        case "propertyNames": return [.propertyNames(try compile(value))]
        case "dependentSchemas":
            var dependencies: [(name: String, schema: NodeIndex)] = []
            for (name, schema) in try value.object() { dependencies.append((name, try compile(schema))) }
            return [.dependentSchemas(dependencies)]
        case "dependencies" where !rules.isStrict:
            // From before 2019-09; 2020-12 lets it be understood (core, appendix on compatibility).
            var needs: [(name: String, needs: [String])] = []
            var schemas: [(name: String, schema: NodeIndex)] = []
            for (name, value) in try value.object() {
                if value.value.kind == .array {
                    needs.append((name, try value.strings()))
                } else {
                    schemas.append((name, try compile(value)))
                }
            }
            return [.dependentRequired(needs), .dependentSchemas(schemas)]
        default:
            if name.hasPrefix("x-") || !rules.isStrict { return [] }
            throw value.error("this keyword is not enforced here")
        }
    }

    /// The outermost dynamic anchor of the name, where the reference is to one; otherwise as `$ref` (core, 8.2.3.2).
    private mutating func dynamicTarget(of reference: DocumentValue) throws(DocumentError) -> DocumentValue {
        let first = try resources.resolve(reference, from: resource)
        guard let name = first.anchor, resources.list[first.resource].dynamicAnchors[name] != nil,
            let outermost = scopes[scope][name], let schema = resources.list[outermost].dynamicAnchors[name]
        else { return first.schema }
        return schema
    }

    /// Keywords that stand on their own; none for those that only describe, nil for those that are not of this kind.
    private func simple(_ name: String, _ value: DocumentValue) throws(DocumentError) -> [Keyword]? {
        let assertsFormat = rules.assertsFormat || resources.list[resource].vocabularies.contains(.formatAssertion)
        return try Keyword.simple(name, value, rules: rules, assertsFormat: assertsFormat)
    }

    private func pattern(_ source: String, at place: DocumentValue) throws(DocumentError) -> RegexPattern {
        try Keyword.pattern(source, at: place)
    }
}

extension NodeIndex {
    /// The schema `true`.
    static let anything = 0
    /// The schema `false`.
    static let nothing = 1
}

extension Keyword {
    /// What is cheap and tells most comes first; what asks what the others have said, last.
    fileprivate var rank: Int {
        switch self {
        case .nothing, .types: 0
        case .minLength, .maxLength, .minItems, .maxItems, .minProperties, .maxProperties: 1
        case .reference, .allOf, .anyOf, .oneOf, .not, .conditional: 3
        case .unevaluatedMembers, .unevaluatedElements: 4
        default: 2
        }
    }
}
