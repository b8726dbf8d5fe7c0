// One operation of a document: what it is called, where it is found, and what it takes and gives.

internal import Bytes
internal import JSON

/// Methods that an operation may have; their raw values are those of the server's methods.
public enum OperationMethod: UInt8, Sendable, CaseIterable {
    case get, head, post, put, patch, delete, options, other

    init?(documentName name: String) {
        switch name {
        case "get": self = .get
        case "post": self = .post
        case "put": self = .put
        case "patch": self = .patch
        case "delete": self = .delete
        default: return nil
        }
    }

    /// As in a request line; empty for `other`.
    public var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other: ""
        }
    }
}

/// Immutable; any thread.
public final class Operation: Sendable {
    /// `operationId`.
    public let id: String
    /// Its position in the document.
    public let index: Int
    public let method: OperationMethod
    /// As the document writes it, such as `/v1/keys/{key}`.
    public let pathTemplate: String
    /// Whether the document asks for a bearer token.
    public let needsToken: Bool
    /// Nil where the operation takes no body: one that is not empty is refused.
    public let requestBody: RequestBody?
    public let parameters: [Parameter]
    public let responses: [ResponseDescription]

    let path: PathTemplate
    /// For each parameter in the path, in the path's order, its position in `parameters`.
    let pathParameters: [Int]
    let pointer: String
    let schemas: SchemaSet
    /// For each of the request body's media types, how to read it flat.
    let flatPlans: [FlatPlan?]
    /// For each of the parameters, a short way to check it.
    let plainTexts: [PlainText?]
    /// Whether a body may be of the type `application/json`.
    let takesJSON: Bool

    init(_ draft: OperationDraft, index: Int, schemas: SchemaSet) {
        id = draft.id
        self.index = index
        method = draft.method
        path = draft.path
        pathTemplate = draft.path.text
        needsToken = draft.needsToken
        requestBody = draft.requestBody?.bounded(by: schemas)
        parameters = draft.parameters
        responses = draft.responses
        pointer = draft.pointer
        pathParameters = draft.path.parameters.compactMap { name in
            draft.parameters.firstIndex { $0.place == .path && $0.name == name }
        }
        self.schemas = schemas
        plainTexts = draft.parameters.map { PlainText($0.schema, in: schemas.nodes) }
        takesJSON = draft.requestBody?.content.contains { $0.name == "application/json" } ?? false
        flatPlans = (draft.requestBody?.content ?? []).map { media in
            media.isJSON ? media.schema.flatMap { FlatPlan(schema: $0, in: schemas) } : nil
        }
    }

    /// The names of the media types that its body may have.
    public var mediaTypes: [String] { requestBody?.content.map(\.name) ?? [] }

    /// What a JSON body is held against; nil where the operation takes none.
    package var bodySchema: CompiledSchema? {
        requestBody?.content.first(where: \.isJSON)?.schema.map(schema)
    }

    func schema(_ node: NodeIndex) -> CompiledSchema {
        CompiledSchema(set: schemas, root: node)
    }
}

/// What is read of an operation before all schemas are compiled.
struct OperationDraft {
    let id: String
    let method: OperationMethod
    let path: PathTemplate
    var needsToken: Bool
    let pointer: String
    var parameters: [Parameter] = []
    var requestBody: RequestBody?
    var responses: [ResponseDescription] = []

    /// The path and the parameters must speak of the same names, and each name must mean one thing.
    func checkParameters(at value: DocumentValue) throws(DocumentError) {
        guard parameters.count <= CheckedParameters.limit else {
            throw value.error("has more than \(CheckedParameters.limit) parameters")
        }
        let inPath = parameters.filter { $0.place == .path }.map(\.name)
        guard Set(inPath) == Set(path.parameters) else {
            throw value.error("its parameters in the path are not those of the path's template")
        }
        guard Set(parameters.map { $0.name.lowercased() }).count == parameters.count else {
            throw value.error("has two parameters of one name")
        }
    }
}
