// Schemas ready to be held against values. Immutable; any thread.

public import JSON

/// All schemas of one document, which refer to each other by their places here. Holds the documents that they were written
/// in, for the values of `enum` and `const`.
final class SchemaSet: Sendable {
    let nodes: [SchemaNode]
    private let documents: [JSONDocument]

    init(nodes: [SchemaNode], documents: [JSONDocument]) {
        self.nodes = nodes
        self.documents = documents
    }
}

/// A JSON Schema (2020-12), compiled.
public struct CompiledSchema: Sendable {
    let set: SchemaSet
    let root: NodeIndex

    init(set: SchemaSet, root: NodeIndex) {
        self.set = set
        self.root = root
    }

    /// Compiles a schema that stands alone.
    /// - Parameter library: documents that it may refer to, by their absolute URIs. Nothing is ever fetched.
    public static func compile(
        _ document: JSONDocument, rules: SchemaRules = .strict, library: [String: JSONDocument] = [:]
    ) throws(DocumentError) -> CompiledSchema {
        try compile(document.root, of: document, rules: rules, library: library)
    }

    static func compile(
        _ schema: JSONValue, of document: JSONDocument, rules: SchemaRules, library: [String: JSONDocument] = [:]
    ) throws(DocumentError) -> CompiledSchema {
        let root = DocumentValue(value: schema, pointer: "")
        var compiler = SchemaCompiler(root: root, of: document, rules: rules, library: library)
        let index = try compiler.compile(root)
        return CompiledSchema(set: try compiler.finish(), root: index)
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
        // A bound was reached where nothing else was wrong.
        return [SchemaViolation(pointer: "", keyword: "schema", detail: "is too costly to check")]
    }
}
