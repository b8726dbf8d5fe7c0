// One request as the server read it: nothing decoded, nothing copied that need not be.

public import Bytes
internal import CMicrohttpd
internal import Glibc
public import Network
public import TLS

/// A request, from its request line to `RequestHandler.finished`. After that only `id`, `method` and `attachment` mean
/// anything: path and query are empty, headers absent, the body wiped.
// SAFETY: one thread at a time uses a request. Its event loop does until it gives it to the workers, and again from
// when the worker gives it back; both ways lead through a lock. libmicrohttpd keeps the memory that `path`, `query` and
// headers point to until the request ends, and leaves a suspended connection alone.
public final class Request: @unchecked Sendable {
    public internal(set) var method = Method.other
    /// The target's path as it was sent, percent-encoding and all, without the query.
    public var path: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: target + pathStart, count: pathLength) }
    /// What stands after the first `?`, as it was sent; nil where there is none.
    public var query: UnsafeRawBufferPointer? { queryCopy?.bytes }
    /// Unique to this request: 32 lower-case hexadecimal digits; sent as X-Request-Id.
    public let id: RequestID
    /// The body, once it has arrived.
    public var body: ByteBuffer {
        if let received { return received }
        let empty = ByteBuffer()
        received = empty
        return empty
    }
    /// Who is at the other end of the connection; unknown once the request has ended.
    public var peer: Peer { connection == nil ? .unknown : record.pointee.peer }
    /// The names in the certificate that the client has shown; nil where it has shown none. During the handler's call.
    public var clientCertificate: ClientCertificate? {
        connection.flatMap { sr_mhd_session($0) }.flatMap { ClientCertificate(of: $0) }
    }
    /// Whether that certificate is accepted now: authorities and lists of revoked ones may have changed since the handshake. During the
    /// handler's call; takes up to some milliseconds.
    public var isClientCertificateAccepted: Bool {
        guard let session = connection.flatMap({ sr_mhd_session($0) }) else { return false }
        return loop.settings.configuration.tls?.trusts(session) ?? false
    }

    /// The handler's own, kept with the request from `begin` to `finished`.
    public var attachment: AnyObject?

    /// Set by the handler before it gives an answer that must not be sent yet: `RequestHandler.hold` then says when.
    public var isHeld = false

    /// Lets a held answer go, from any thread, once. Where it is not `kept` another is asked for in its place, as a
    /// `Refusal.answerLost`.
    public func release(kept: Bool) {
        answerLost = !kept
        loop.hand(back: self)
    }

    /// Gives the answer of a parked request, from any thread, once. That may be before the handler has returned `.parked`.
    public func answer(_ response: Response) {
        decide(response)
        if isHeld {
            isHeld = false
            if loop.settings.handler.hold(self) { return }
        }
        loop.hand(back: self)
    }

    /// Whether the client of a parked request has closed its connection, or at least sends no more.
    public var isAbandoned: Bool {
        var byte: UInt8 = 0
        let received = recv(record.pointee.descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return received == 0 || received < 0 && errno != EAGAIN && errno != EINTR
    }

    /// Where the exchange stands; see `Exchange.swift`.
    enum Phase {
        /// The request line has arrived.
        case target
        /// The body is arriving, if there is one.
        case receiving
        /// The body is arriving and dropped; the answer is known already.
        case swallowing
        /// A worker has it.
        case working
        /// The answer is with libmicrohttpd.
        case answered
    }

    var phase = Phase.target
    /// Nil once the request has ended.
    var connection: OpaquePointer?
    let record: ConnectionRecord.Pointer
    private let loop: EventLoop
    var memory: RequestMemory { loop.settings.requestMemory }
    /// Whose it is, for its memory and its turns.
    private(set) lazy var owner = loop.settings.handler.owner(of: self)
    let began: UInt64
    var received: ByteBuffer?
    /// Bytes of the body that are still allowed, while receiving; that were dropped, while swallowing.
    var bodyBytes = 0
    /// How long the body says it is; nil for a chunked one.
    var announcedBody: Int? = 0
    /// Found when the head was checked.
    var headers = HeaderFields()
    /// Bytes that are counted for this request against `ServerConfiguration.requestMemory`: for its owner, and by its
    /// event loop alone.
    var reserved = 0
    var smallMemory = 0
    /// How many more times its body the work on it takes, as the handler says.
    var workCopies = 0
    /// The answer was one that there is no room for: this goes in its place.
    var decidedRefusal: Refusal?
    /// The answer, before it can be sent.
    var decided: Response?
    /// The handler knows of this request, and must be told of its end.
    var known = false
    /// Its answer was held, and may not be sent.
    var answerLost = false
    /// Its connection has a timeout of its own for now.
    var ownTimeout = false
    /// Its answer went round libmicrohttpd, which takes the request for failed.
    var answeredDirectly = false
    var status = 0
    var responseBytes = 0

    /// As it was sent, whole, up to its first NUL; a byte after that NUL must be the version's first.
    let target: UnsafePointer<CChar>
    let targetLength: Int
    let targetIsVisible: Bool
    /// At most as many arguments as the query has.
    let arguments: Int
    /// Behind scheme and authority, where a client names them as to a proxy (RFC 9112, 3.2.2: a server takes that too).
    private let pathStart: Int
    private var pathLength: Int
    private let queryCopy: ByteBuffer?

    init(
        id: RequestID, target: UnsafePointer<CChar>, connection: OpaquePointer, record: ConnectionRecord.Pointer,
        loop: EventLoop, began: UInt64
    ) {
        self.loop = loop
        self.id = id
        self.target = target
        self.connection = connection
        self.record = record
        self.began = began
        targetLength = strlen(target)
        // Now, because libmicrohttpd is about to take the query apart in place.
        targetIsVisible = isVisible(target, targetLength)
        pathStart = Self.authorityLength(of: target)
        if let mark = strchr(target, 0x3F) {
            pathLength = max(UnsafePointer(mark) - target - pathStart, 0)
            // A copy, for the same reason.
            let rest = UnsafeRawBufferPointer(start: mark + 1, count: targetLength - (UnsafePointer(mark) - target) - 1)
            let copy = ByteBuffer(minimumCapacity: rest.count)
            copy.append(rest)
            queryCopy = copy
            arguments = 1 + rest.count { $0 == 0x26 }
        } else {
            pathLength = targetLength - pathStart
            queryCopy = nil
            arguments = 0
        }
    }

    /// Bytes of `http://host:port` before the path; 0 for a target that is a path, or names no host or a user (RFC 9110, 4.2).
    private static func authorityLength(of target: UnsafePointer<CChar>) -> Int {
        guard target[0] != 0x2F else { return 0 }
        for scheme in ["http://", "https://"] as [StaticString] {
            let length = scheme.utf8CodeUnitCount
            guard strncasecmp(target, scheme.utf8Start, length) == 0 else { continue }
            let authority = strcspn(target + length, "/?")
            let isHost = authority > 0 && target[length] != 0x3A && memchr(target + length, 0x40, authority) == nil
            return isHost ? length + authority : 0
        }
        return 0
    }

    /// A header's value as it was sent, the first of that name. Nil where it is absent. Valid during the handler's call.
    public func header(_ field: HeaderField) -> UnsafeRawBufferPointer? {
        connection == nil ? nil : headers[field]
    }

    /// The values of all headers of a name, in their order: of a list, one line may have a part. Valid during the handler's call.
    public func values(of field: HeaderField) -> [UnsafeRawBufferPointer] {
        guard let connection, count(of: field) > 0 else { return [] }
        var found = FoundValues(field: field)
        withUnsafeMutablePointer(to: &found) {
            _ = MHD_get_connection_values_n(connection, .HEADER_KIND, collectValue, $0)
        }
        return found.values
    }

    /// How many headers of this name there are.
    public func count(of field: HeaderField) -> Int {
        connection == nil ? 0 : headers.count(of: field)
    }

    /// Whether the head says that a body follows. A length of 0 is none.
    public var announcesBody: Bool { announcedBody != 0 }

    /// Wipes the body. A large one is gone from here at once, and wiped soon.
    func dropBody(wiper: Wiper) {
        guard let body = received else { return }
        if body.capacity > Wiper.small {
            received = nil
            wiper.discard(body)
        } else {
            body.wipe()
        }
    }

    /// Nothing of libmicrohttpd's may be reached from here on.
    func end(wiper: Wiper) {
        dropBody(wiper: wiper)
        queryCopy?.wipe()
        pathLength = 0
        connection = nil
        decided = nil
    }
}

private struct FoundValues {
    let field: HeaderField
    var values: [UnsafeRawBufferPointer] = []
}

private func collectValue(
    _ context: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?, _ nameLength: Int,
    _ value: UnsafePointer<CChar>?, _ valueLength: Int
) -> MHD_Result {
    guard let found = context?.assumingMemoryBound(to: FoundValues.self), let name, let value else { return .NO }
    if HeaderField(name, nameLength) == found.pointee.field {
        found.pointee.values.append(withoutBlanks(value, valueLength))
    }
    return .YES
}

public enum Method: UInt8, Sendable {
    case get, head, post, put, patch, delete, options, other

    init(_ name: UnsafePointer<CChar>) {
        self =
            switch name[0] {
            case 0x47 where strcmp(name, "GET") == 0: .get
            case 0x50 where strcmp(name, "POST") == 0: .post
            case 0x50 where strcmp(name, "PUT") == 0: .put
            case 0x50 where strcmp(name, "PATCH") == 0: .patch
            case 0x48 where strcmp(name, "HEAD") == 0: .head
            case 0x44 where strcmp(name, "DELETE") == 0: .delete
            case 0x4F where strcmp(name, "OPTIONS") == 0: .options
            default: .other
            }
    }
}
