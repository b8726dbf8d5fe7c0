// Schemas ready to be held against values. Immutable; any thread.

public import JSON

/// All schemas of one document, which refer to each other by their places here.
final class SchemaSet: Sendable {
    let nodes: [SchemaNode]

    init(nodes: [SchemaNode]) {
        self.nodes = nodes
    }
}

/// A JSON Schema (2020-12), compiled. Holds the document that it was written in, for the values of `enum` and `const`.
public struct CompiledSchema: Sendable {
    let set: SchemaSet
    let root: NodeIndex
    private let document: JSONDocument

    init(set: SchemaSet, root: NodeIndex, document: JSONDocument) {
        self.set = set
        self.root = root
        self.document = document
    }

    /// Compiles a schema that stands alone. Fails on keywords that are not enforced here.
    public static func compile(_ document: JSONDocument) throws(DocumentError) -> CompiledSchema {
        try compile(document.root, of: document)
    }

    static func compile(_ schema: JSONValue, of document: JSONDocument) throws(DocumentError) -> CompiledSchema {
        let root = DocumentValue(value: schema, pointer: "")
        var compiler = SchemaCompiler(root: root)
        let index = try compiler.compile(root)
        return CompiledSchema(set: try compiler.finish(), root: index, document: document)
    }

    public func accepts(_ value: JSONValue) -> Bool {
        accepts(.value(value))
    }

    /// What is wrong with `value`, at most `SchemaViolation.limit` things; empty where it fits.
    public func violations(of value: JSONValue) -> [SchemaViolation] {
        violations(of: .value(value))
    }

    func accepts(_ instance: Instance) -> Bool {
        var evaluation = Evaluation(nodes: set.nodes, collects: false)
        return evaluation.check(instance, root)
    }

    func violations(of instance: Instance) -> [SchemaViolation] {
        if accepts(instance) { return [] }
        var evaluation = Evaluation(nodes: set.nodes, collects: true)
        if evaluation.check(instance, root) { return [] }
        guard evaluation.violations.isEmpty else { return evaluation.violations }
        // A pattern ran out of its bounds where nothing else was wrong.
        return [SchemaViolation(pointer: "", keyword: "pattern", detail: "is too costly to check")]
    }
}
