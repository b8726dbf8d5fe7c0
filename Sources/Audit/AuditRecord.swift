// What the audit trail keeps of one request, or of one thing that the service did by itself: never a value that was sent.

internal import Bytes
internal import JSON
internal import Observability

/// One record. Texts are names that the service knows or has checked; none may be a value.
public struct AuditRecord: Sendable {
    public enum Outcome: Sendable {
        case done
        /// For a reason that lies with the caller.
        case refused
        /// For a reason that lies with the service.
        case failed
    }

    /// The operation's id in the document; for what the service did by itself, its name in docs/audit.md.
    public var operation: String
    public var outcome: Outcome
    /// The request's id, as two halves; nil for what no request asked for.
    public var request: (high: UInt64, low: UInt64)?
    public var status: Int?
    /// Why it was not done.
    public var code: String?
    /// The token's identifier.
    public var token: String?
    public var role: String?
    /// Who logged in.
    public var identity: String?
    public var key: String?
    /// Versions of the key that were used.
    public var versions: ClosedRange<Int>?
    /// What it was about besides a key: a role or token, by its name or identifier.
    public var subject: String?
    /// The request for approval that it made, decided or used, by its identifier.
    public var approval: String?
    /// Of one: what was decided.
    public var decision: String?
    /// Of a batch: how many items.
    public var items: Int?
    public var requestBytes: Int?
    public var responseBytes: Int?
    /// The address that the request came from.
    public var peer: String?
    /// How many times what it tells of happened.
    public var count: Int?

    public init(operation: String, outcome: Outcome) {
        self.operation = operation
        self.outcome = outcome
    }
}

extension AuditRecord {
    /// Appends its line as it is authenticated: JSON without its MAC, and a newline.
    /// - Parameter time: milliseconds since 1970.
    func append(sequence: Int64, time: Int64, to buffer: ByteBuffer) {
        var writer = JSONWriter(buffer)
        writer.beginObject()
        writer.name("sequence")
        writer.integer(Int(sequence))
        writer.name("time")
        writer.raw("\"")
        Timestamp.append(milliseconds: time, to: buffer)
        buffer.append(UInt8(ascii: "\""))
        if let request {
            writer.name("request_id")
            writer.raw("\"")
            buffer.append(room: 32) { room in
                guard let start = room.baseAddress else { return 0 }
                Digits.write(hexadecimal: request.high, to: start)
                Digits.write(hexadecimal: request.low, to: start + 16)
                return 32
            }
            buffer.append(UInt8(ascii: "\""))
        }
        writer.name("operation")
        writer.string(operation)
        writer.name("outcome")
        switch outcome {
        case .done: writer.raw("\"done\"")
        case .refused: writer.raw("\"refused\"")
        case .failed: writer.raw("\"failed\"")
        }
        writer.member("status", status)
        writer.member("code", code)
        writer.member("token_id", token)
        writer.member("role", role)
        writer.member("identity", identity)
        writer.member("key", key)
        if let versions {
            writer.member("version", versions.upperBound)
            if versions.count > 1 { writer.member("lowest_version", versions.lowerBound) }
        }
        writer.member("subject", subject)
        writer.member("approval", approval)
        writer.member("decision", decision)
        writer.member("items", items)
        writer.member("request_bytes", requestBytes)
        writer.member("response_bytes", responseBytes)
        writer.member("peer", peer)
        writer.member("count", count)
        writer.endObject()
        buffer.append(UInt8(ascii: "\n"))
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        self.name(name)
        string(value)
    }

    fileprivate mutating func member(_ name: StaticString, _ value: Int?) {
        guard let value else { return }
        self.name(name)
        integer(value)
    }
}
