// The document that the server itself is built from must load, and its hot operations must have the fast way.

import JSON
import Testing

@testable import OpenAPI

@Suite("The embedded document")
struct EmbeddedDocumentTests {
    @Test("it loads, and every operation is found by its own path")
    func loads() throws {
        let document = try OpenAPIDocument.load(OpenAPIDocument.embedded)
        #expect(!document.operations.isEmpty)
        for operation in document.operations {
            // A parameter's value does not matter to the router.
            let path = operation.pathTemplate.replacing("{", with: "").replacing("}", with: "")
            #expect(document.router.operation(operation.method, path)?.id == operation.id)
        }
    }

    @Test(
        "encrypting and decrypting, alone and in batches, are read without a tree",
        arguments: [
            "encrypt", "decrypt", "reencrypt", "createDataKey", "random",
        ])
    func hotOperationsAreFlat(id: String) throws {
        let document = try OpenAPIDocument.load(OpenAPIDocument.embedded)
        let operation = try #require(document.operation(id))
        #expect(operation.flatPlans.first??.shape != nil)
        if let batch = document.operation(id + "Batch") { #expect(batch.flatPlans.first??.shape.batch != nil) }
    }

    @Test("an operation without security needs no token, all others do")
    func tokens() throws {
        let document = try OpenAPIDocument.load(OpenAPIDocument.embedded)
        #expect(document.operation("encrypt")?.needsToken == true)
        #expect(document.operations.contains { !$0.needsToken })
    }
}
