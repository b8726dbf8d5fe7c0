// One line for each request, composed by hand: at 100 000 a second, a metadata dictionary each is too much.

/// Writes the access log: who asked for which operation, and what came of it. Never a value that was sent, and never
/// the path as it was sent: paths name keys, and anything else a client cares to put there.
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
        /// The caller's trace, where it says one.
        public var trace: TraceContext?

        public init(
            requestHigh: UInt64, requestLow: UInt64, method: StaticString, operation: String?, status: Int,
            code: String?, microseconds: Int, requestBytes: Int, responseBytes: Int, peer: String, token: String?,
            trace: TraceContext? = nil
        ) {
            self.trace = trace
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
    public func write(_ entry: Entry) {
        // By a pointer: a closure that captures the entry would retain each of its strings.
        withUnsafePointer(to: entry) { entry in
            sink.append { line in line.add(entry.pointee) }
        }
    }
}

extension LogLine {
    fileprivate mutating func add(_ entry: AccessLog.Entry) {
        let mark = self.mark
        piece(text: " info access request=", json: ",\"level\":\"info\",\"logger\":\"access\",\"request\":\"")
        bytes.hexadecimal(entry.requestHigh)
        bytes.hexadecimal(entry.requestLow)
        piece(text: " method=", json: "\",\"method\":\"")
        bytes.literal(entry.method)
        piece(text: "", json: "\"")
        if let operation = entry.operation {
            piece(text: " operation=", json: ",\"operation\":")
            value(operation)
        }
        piece(text: " status=", json: ",\"status\":")
        bytes.decimal(entry.status)
        if let code = entry.code {
            piece(text: " code=", json: ",\"code\":")
            value(code)
        }
        piece(text: " microseconds=", json: ",\"microseconds\":")
        bytes.decimal(entry.microseconds)
        piece(text: " request_bytes=", json: ",\"request_bytes\":")
        bytes.decimal(entry.requestBytes)
        piece(text: " response_bytes=", json: ",\"response_bytes\":")
        bytes.decimal(entry.responseBytes)
        piece(text: " peer=", json: ",\"peer\":")
        value(entry.peer)
        if let token = entry.token {
            piece(text: " token=", json: ",\"token\":")
            value(token)
        }
        if let trace = entry.trace {
            piece(text: " trace=", json: ",\"trace\":\"")
            bytes.hexadecimal(trace.trace.high)
            bytes.hexadecimal(trace.trace.low)
            piece(text: " span=", json: "\",\"span\":\"")
            bytes.hexadecimal(trace.span)
            piece(text: "", json: "\"")
        }
        keepOrDrop(since: mark)
    }
}
