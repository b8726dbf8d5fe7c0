// An OpenAPI 3.1 document, loaded into what the server works with: operations, routes and compiled schemas.

internal import COpenAPIDocuments
internal import JSON

/// A loaded document. Immutable; any thread.
public final class OpenAPIDocument: Sendable {
    /// In the order of the document; an operation's `index` is its position.
    public let operations: [Operation]
    public let router: Router

    /// The JSON Schema dialect that schemas are read in.
    public static let dialect = "https://json-schema.org/draft/2020-12/schema"

    /// The document that is compiled into the binary, as JSON text.
    public static var embedded: UnsafeRawBufferPointer {
        let file = openapi_strongroom_json()
        return UnsafeRawBufferPointer(start: file.start, count: file.length)
    }

    /// A file of the page that shows the document, by its name in `openapi/docs`; nil where there is none.
    public static func pageFile(_ name: String) -> UnsafeRawBufferPointer? {
        let file = openapi_docs_file(name)
        return file.start.map { UnsafeRawBufferPointer(start: $0, count: file.length) }
    }

    /// Reads a document. Fails, saying where, on anything that is not understood or cannot be enforced.
    public static func load(_ bytes: UnsafeRawBufferPointer) throws(DocumentError) -> OpenAPIDocument {
        let document: JSONDocument
        do {
            document = try JSONDocument.parse(bytes, maximumDepth: 128)
        } catch {
            throw DocumentError(pointer: "", reason: "is not JSON: \(error)")
        }
        var loader = DocumentLoader(document)
        let drafts = try loader.load()
        let schemas = try loader.compiler.finish()
        var operations: [Operation] = []
        for (index, draft) in drafts.enumerated() {
            operations.append(Operation(draft, index: index, schemas: schemas))
        }
        return OpenAPIDocument(operations: operations, router: try Router(operations))
    }

    private init(operations: [Operation], router: Router) {
        self.operations = operations
        self.router = router
    }

    public func operation(_ id: String) -> Operation? {
        operations.first { $0.id == id }
    }
}
