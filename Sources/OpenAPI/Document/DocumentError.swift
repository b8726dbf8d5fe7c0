// Why a document cannot be served from.

/// The document says something that cannot be enforced here, contradicts itself, or is no OpenAPI 3.1 at all. For the one
/// who wrote it: loading fails at start, never at a request.
public struct DocumentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where in the document: a JSON Pointer (RFC 6901).
    public let pointer: String
    public let reason: String

    public init(pointer: String, reason: String) {
        self.pointer = pointer
        self.reason = reason
    }

    public var description: String {
        "OpenAPI document, at \(pointer.isEmpty ? "its root" : pointer): \(reason)"
    }
}
