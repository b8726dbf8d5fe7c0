// One request as the server read it: nothing decoded, nothing copied that need not be.

public import Bytes

// SAFETY: ... (to be written with the implementation)
public final class Request: @unchecked Sendable {
    public let method: Method
    /// The target's path as it was sent, percent-encoding and all, without the query.
    public var path: UnsafeRawBufferPointer { fatalError("interface sketch") }
    /// What stands after the first `?`, as it was sent; nil where there is none.
    public var query: UnsafeRawBufferPointer? { fatalError("interface sketch") }
    /// Unique to this request: 32 lower-case hexadecimal digits; sent as X-Request-Id.
    public let id: RequestID
    /// The body, once it has arrived.
    public var body: ByteBuffer { fatalError("interface sketch") }
    /// The peer's address, as text without its port.
    public var peer: String { fatalError("interface sketch") }
    /// The handler's own, kept with the request from `begin` to `finished`.
    public var attachment: AnyObject?

    /// A header's value (name in any case) as it was sent. Nil where it is absent. Valid during the handler's call.
    public func header(_ name: StaticString) -> UnsafeRawBufferPointer? { nil }
    /// How many headers of this name there are.
    public func count(ofHeader name: StaticString) -> Int { 0 }

    init(method: Method, id: RequestID) {
        self.method = method
        self.id = id
    }
}

public enum Method: UInt8, Sendable {
    case get, head, post, put, patch, delete, options, other
}

public struct RequestID: Sendable, Hashable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64
    public var description: String { "" }
}
