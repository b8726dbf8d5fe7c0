// One line for each request, composed by hand: at 100 000 a second, a metadata dictionary each is too much.

/// Writes the access log: who asked for which operation, and what came of it. Never a value that was sent, and never the
/// path as it was sent: paths name keys, and anything else a client cares to put there.
public struct AccessLog: Sendable {
    private let sink: LogSink

    public init(sink: LogSink) {
        self.sink = sink
    }

    /// What is said of a request. Strings are not copied.
    public struct Entry: Sendable {
        /// The request's id, as two halves.
        public var requestHigh: UInt64
        public var requestLow: UInt64
        public var method: StaticString
        /// The OpenAPI operation's id; nil where the request matched none.
        public var operation: String?
        /// The status sent; 0 where the connection was lost before.
        public var status: Int
        /// The problem's code; nil for an answer that is none.
        public var code: String?
        public var microseconds: Int
        public var requestBytes: Int
        public var responseBytes: Int
        /// The peer's address.
        public var peer: String
        /// The id of the token that was presented and known; never the token.
        public var token: String?

        public init(
            requestHigh: UInt64, requestLow: UInt64, method: StaticString, operation: String?, status: Int,
            code: String?, microseconds: Int, requestBytes: Int, responseBytes: Int, peer: String, token: String?
        ) {
            self.requestHigh = requestHigh
            self.requestLow = requestLow
            self.method = method
            self.operation = operation
            self.status = status
            self.code = code
            self.microseconds = microseconds
            self.requestBytes = requestBytes
            self.responseBytes = responseBytes
            self.peer = peer
            self.token = token
        }
    }

    /// Appends the entry's line to the sink. Any thread; does not wait for the reader.
    public func write(_ entry: borrowing Entry) {
        sink.append { line in
            line.positional("level", "info")
            line.positional("logger", "access")
            line.hexadecimal("request", entry.requestHigh, entry.requestLow)
            line.text("method", entry.method)
            if let operation = entry.operation { line.text("operation", operation) }
            line.number("status", entry.status)
            if let code = entry.code { line.text("code", code) }
            line.number("microseconds", entry.microseconds)
            line.number("request_bytes", entry.requestBytes)
            line.number("response_bytes", entry.responseBytes)
            line.text("peer", entry.peer)
            if let token = entry.token { line.text("token", token) }
        }
    }
}
