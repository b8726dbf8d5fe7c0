// Short ways to documents, schemas and requests, for tests.

import Bytes
import Glibc
import JSON

@testable import OpenAPI

extension String {
    /// Calls `body` with the string's UTF-8.
    func withBytes<Value, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Value) throws(Failure)
        -> Value
    {
        let buffer = ByteBuffer(self)
        defer { withExtendedLifetime(buffer) {} }
        return try body(buffer.bytes)
    }
}

extension ByteBuffer {
    convenience init(_ text: String) {
        self.init(minimumCapacity: text.utf8.count)
        append(text)
    }
}

func json(_ text: String) throws -> JSONDocument {
    try text.withBytes { (bytes) throws(JSONError) in try JSONDocument.parse(bytes) }
}

func schema(_ text: String) throws -> CompiledSchema {
    try CompiledSchema.compile(try json(text))
}

func load(_ text: String) throws -> OpenAPIDocument {
    try text.withBytes { (bytes) throws(DocumentError) in try OpenAPIDocument.load(bytes) }
}

extension Router {
    /// The operation that a path leads to, if it leads to one.
    func operation(_ method: OperationMethod, _ path: String) -> OpenAPI.Operation? {
        path.withBytes {
            if case .operation(let operation, _) = match(method: method, path: $0) { return operation }
            return nil
        }
    }
}
