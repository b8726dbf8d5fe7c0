// Which schemas there are and by what names they can be referred to: resources by their URIs, anchors in them, and for
// each schema the resource that it belongs to (JSON Schema 2020-12, core, sections 8.2 and 9).

internal import JSON

/// A schema with a URI of its own, and those in it that have none.
struct SchemaResource {
    let uri: URIReference
    let root: DocumentValue
    let vocabularies: Vocabularies
    /// `$anchor` and `$dynamicAnchor`.
    var anchors: [String: DocumentValue] = [:]
    /// `$dynamicAnchor` only.
    var dynamicAnchors: [String: DocumentValue] = [:]
}

struct SchemaResources {
    private(set) var list: [SchemaResource] = []
    /// All documents that anything was found in: compiled schemas point into them.
    private(set) var documents: [JSONDocument]
    private var byURI: [String: Int] = [:]
    /// By the identity of a schema's object.
    private var owners: [UInt: Int] = [:]
    private let rules: SchemaRules
    private let library: [String: JSONDocument]

    /// What a reference leads to.
    struct Target {
        let schema: DocumentValue
        let resource: Int
        /// The name, where the reference was by anchor.
        let anchor: String?
    }

    /// `root` becomes resource 0, which has no URI. `library` holds other documents by their URIs: nothing is ever fetched.
    init(root: DocumentValue, of document: JSONDocument, rules: SchemaRules, library: [String: JSONDocument]) {
        documents = [document]
        self.rules = rules
        self.library = library
        list = [SchemaResource(uri: URIReference(""), root: root, vocabularies: .standard)]
        byURI[""] = 0
    }

    /// The resource that a schema belongs to: its own if it has an `$id`, otherwise the one that it was found in. A schema
    /// that was not met before is looked through, and belongs to `enclosing`.
    mutating func owner(of schema: DocumentValue, in enclosing: Int) throws(DocumentError) -> Int {
        if let known = owners[schema.value.identity] { return known }
        return try add(schema, in: enclosing)
    }

    /// Finds what `$ref` or `$dynamicRef` with this value in a schema of `resource` refers to.
    mutating func resolve(_ reference: DocumentValue, from resource: Int) throws(DocumentError) -> Target {
        let uri = URIReference(try reference.string())
        var found = resource
        if uri.scheme != nil || uri.authority != nil || !uri.path.isEmpty || uri.query != nil {
            let name = uri.resolved(against: list[resource].uri).documentText
            if let known = byURI[name] {
                found = known
            } else if let loaded = try load(name) {
                found = loaded
            } else {
                throw reference.error("refers to a document that is not known here")
            }
        }
        guard let fragment = PercentEncoding.decoded(uri.fragment ?? "") else {
            throw reference.error("its fragment is not percent-encoded UTF-8")
        }
        if fragment.isEmpty { return Target(schema: list[found].root, resource: found, anchor: nil) }
        if fragment.hasPrefix("/") { return try follow(fragment, from: found, reference) }
        guard let schema = list[found].anchors[fragment] else { throw reference.error("there is no such anchor") }
        return Target(schema: schema, resource: found, anchor: fragment)
    }

    /// Follows a JSON Pointer, which may lead into other resources.
    private mutating func follow(
        _ pointer: String, from resource: Int, _ reference: DocumentValue
    ) throws(DocumentError) -> Target {
        var place = list[resource].root
        var owner = resource
        for name in DocumentValue.tokens(of: pointer) {
            guard let next = place.child(name) else { throw reference.error("refers to nothing") }
            place = next
            if place.value.kind == .object, let known = owners[place.value.identity] { owner = known }
        }
        return Target(schema: place, resource: try add(place, in: owner), anchor: nil)
    }

    private mutating func load(_ uri: String) throws(DocumentError) -> Int? {
        guard let document = library[uri] else { return nil }
        documents.append(document)
        let root = DocumentValue(value: document.root, pointer: uri + "#")
        let resource = list.count
        list.append(
            SchemaResource(uri: URIReference(uri), root: root, vocabularies: try vocabularies(of: root) ?? .standard))
        byURI[uri] = resource
        let owner = try add(root, in: resource)
        byURI[uri] = owner
        return owner
    }

    /// Looks through a schema and all in it, where they are not known yet. Answers the resource that it belongs to.
    private mutating func add(_ schema: DocumentValue, in enclosing: Int) throws(DocumentError) -> Int {
        guard schema.value.kind == .object else { return enclosing }
        if let known = owners[schema.value.identity] { return known }
        let owner = try self.resource(of: schema, in: enclosing)
        owners[schema.value.identity] = owner
        for (keyword, value) in try schema.object() {
            switch keyword {
            case "$anchor", "$dynamicAnchor":
                let name = try value.string()
                guard Self.isAnchor(name) else { throw value.error("is not a name for an anchor") }
                guard list[owner].anchors.updateValue(schema, forKey: name) == nil else {
                    throw value.error("another schema has this anchor")
                }
                if keyword == "$dynamicAnchor" { list[owner].dynamicAnchors[name] = schema }
            case "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames",
                "then",
                "unevaluatedItems", "unevaluatedProperties":
                _ = try add(value, in: owner)
            case "allOf", "anyOf", "oneOf", "prefixItems":
                if value.value.kind == .array { for one in try value.array() { _ = try add(one, in: owner) } }
            case "$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties":
                if value.value.kind == .object { for (_, one) in try value.object() { _ = try add(one, in: owner) } }
            default: continue
            }
        }
        return owner
    }

    /// A new resource where the schema has an `$id`.
    private mutating func resource(of schema: DocumentValue, in enclosing: Int) throws(DocumentError) -> Int {
        let spoken = try vocabularies(of: schema)
        guard let id = schema.member("$id") else {
            // Without an `$id` only a document's root may say what it is written in.
            guard let spoken, schema.value.identity == list[enclosing].root.value.identity else { return enclosing }
            let old = list[enclosing]
            list[enclosing] = SchemaResource(uri: old.uri, root: old.root, vocabularies: spoken)
            return enclosing
        }
        let relative = URIReference(try id.string())
        guard relative.fragment ?? "" == "" else { throw id.error("must have no fragment") }
        let uri = relative.resolved(against: list[enclosing].uri)
        let name = uri.documentText
        if let known = byURI[name] {
            guard list[known].root.value.identity == schema.value.identity else {
                throw id.error("another schema has this URI")
            }
            return known
        }
        let vocabularies = spoken ?? list[enclosing].vocabularies
        list.append(SchemaResource(uri: uri, root: schema, vocabularies: vocabularies))
        byURI[name] = list.count - 1
        return list.count - 1
    }

    /// Those that the schema's `$schema` stands for; nil where it has none.
    private func vocabularies(of schema: DocumentValue) throws(DocumentError) -> Vocabularies? {
        guard let dialect = schema.member("$schema") else { return nil }
        let uri = URIReference(try dialect.string()).documentText
        if uri == OpenAPIDocument.dialect { return .standard }
        guard !rules.isStrict, let metaSchema = library[uri] else {
            throw dialect.error("only 2020-12 is known here")
        }
        let root = DocumentValue(value: metaSchema.root, pointer: uri + "#")
        guard let list = root.member("$vocabulary") else { return .standard }
        return try Vocabularies(listed: list)
    }

    private static func isAnchor(_ name: String) -> Bool {
        guard let first = name.utf8.first else { return false }
        let isLetter = { (byte: UInt8) in (65...90).contains(byte) || (97...122).contains(byte) || byte == 0x5F }
        return isLetter(first)
            && name.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) || $0 == 0x2D || $0 == 0x2E }
    }
}
