// An answer, as a value: status, a few headers, and a body the server takes over and wipes after sending.

public import Bytes

public struct Response: Sendable {
    public var status: Int
    /// The body's media type; apart from the other headers, because nearly every answer has it and most have no other.
    public var contentType: StaticString?
    /// Headers beside those the server adds to every answer (X-Request-Id and the hardening headers).
    public var headers: [Header]
    public var body: ByteBuffer

    public init(status: Int, contentType: StaticString? = nil, headers: [Header] = [], body: ByteBuffer) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    public struct Header: Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
}
