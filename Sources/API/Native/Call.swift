// One request on its way through the API: what was found out about it, kept from its head to its end.

internal import Bytes
internal import HTTPServer
internal import JSON
internal import KeyService
internal import Network
internal import Observability
internal import OpenAPI
internal import Storage

/// What was found out about a request, kept with it until it is finished. One thread at a time, as the request.
final class Exchange {
    /// Nil where the request matched no operation.
    var route: Route?
    var parameters = CheckedParameters()
    /// Whether they are what the document asks for: until then they are anything that a client cared to send.
    var parametersAreSound = false
    /// What it asks for before it is done; nil where it asks for nothing.
    var preconditions: Preconditions?
    var principal: Principal?
    /// What there was of the service when the request came, for an operation that needs a token.
    var unsealed: Unsealed?
    /// Whether the caller's role grants it to requests with associated data alone.
    var needsAssociatedData = false
    /// What its grant holds it to, until it was counted.
    var rate: GrantRate?
    /// It was counted: whatever is decided again, it is one request.
    var isCounted = false
    /// So was what it moves to other keys.
    var isMoveCounted = false
    /// How many others have to approve it, as its grant says.
    var approvals = 0
    /// SHA-256 of the body as it was sent, where it may have to be approved.
    var bodyDigest: [UInt8]?
    /// The approval that it has taken.
    var approval: ApprovalRecord?
    /// The body, once it was checked. A second call, on a worker, must not check it again: its base64 is decoded in place.
    var body: CheckedBody?
    /// What its body takes once more, as a tree; 0 where it is read as it lies.
    var treeBytes = 0
    /// How far a batch is that is done in parts.
    var batch: BatchWork?
    /// What its line in the log says of it: by then the request is over, and tells no more.
    let peer: Peer
    var trace: TraceContext?
    var requestBytes = 0
    /// Why the request was refused, for its line in the log and its record.
    var refusal: ProblemCode?
    /// For its record: a key that only the body names, the versions that were used, and what else it is about.
    var key: String?
    var versions: ClosedRange<Int>?
    var subject: String?
    /// Who logged in, where that was proved, and the role that was asked for.
    var identity: String?
    var wantedRole: String?
    /// The approval that it asked for, took or decided, and how.
    var approvalID: String?
    var decision: String?
    /// It has its record.
    var isAudited = false
    /// What to wait with until the record is on disk.
    var auditTicket: Int64 = 0

    init(peer: Peer) {
        self.peer = peer
    }

    /// Takes room for `bytes` beside the body and what that was parsed to.
    func reserve(_ bytes: Int, for request: Request) -> Refusal? {
        request.reserve(request.body.count + treeBytes + bytes)
    }

    /// Everything that was made of the body; its record is in line by then.
    func dropBody() {
        batch = nil
        body = nil
    }
}

/// One operation of the document, and how it is handled.
final class Route: Sendable {
    let operation: Operation
    let handling: Handling
    /// Whether its requests leave records: all that need a token do, and what opens a way in does.
    let isAudited: Bool

    init(operation: Operation, handling: Handling) {
        self.operation = operation
        self.handling = handling
        isAudited = operation.needsToken || Self.waysIn.contains(operation.id)
    }

    /// Where a request is done, by what is known before its body is read; nil for the event loop.
    func lane(forBody bytes: Int) -> Lane? {
        // Most bodies.
        if bytes <= 4096 { return handling.lane }
        let lane = Lane(for: Cost(nanoseconds: bytes * handling.perByte))
        return lane == .long ? lane : handling.lane ?? lane
    }

    private static let waysIn: Set<String> = ["unseal", "loginByJWT", "loginByCertificate", "loginByPeer"]
}

/// What a handler is given.
struct Call {
    let request: Request
    let exchange: Exchange
    /// What it is called on.
    let thread: ServingThread

    /// Whether the thread may wait.
    var waiting: Waiting {
        thread.isWorker ? .allowed : .forbidden
    }

    var parameters: CheckedParameters { exchange.parameters }

    /// The path's key name.
    var key: String { get throws(CallError) { try required(exchange.parameters.string("key")) } }

    /// The body, which operations with a schema for it always have by now.
    var body: CheckedBody { get throws(CallError) { try required(exchange.body) } }

    /// A value that the schema promised. Where it is absent the document and the handler disagree: a fault of ours.
    func required<Value>(_ value: Value?) throws(CallError) -> Value {
        guard let value else { throw CallError(.internalError) }
        return value
    }

    /// To be called before what waits or takes long: elsewhere than in a lane for that it ends the call, to be made again there.
    func needs(_ lane: Lane) throws(CallError) {
        if case .worker(let current) = thread, current.mayDo(lane) { return }
        throw .needsWorker(lane)
    }

    /// The same, for work of a cost; refuses what is too much for one request.
    func needs(_ cost: Cost) throws(CallError) {
        guard cost <= .limit else { throw CallError(.tooCostly) }
        if let lane = Lane(for: cost) { try needs(lane) }
    }

    /// Takes room for `bytes` that the work uses beside the body. To be called before anything is done.
    func reserve(_ bytes: Int) throws(CallError) {
        if let refusal = exchange.reserve(bytes, for: request) { throw CallError(ProblemCode(refusal)) }
    }

    /// Runs a function of the service, and puts its error as the API answers it.
    func run<Value>(_ work: (KeyService) throws(ServiceError) -> Value) throws(CallError) -> Value {
        guard let unsealed = exchange.unsealed else { throw CallError(.sealed) }
        do { return try work(unsealed.service) } catch { throw CallError(error) }
    }

    /// Answers with JSON that `write` puts into the body.
    static func json(
        status: Int = 200, headers: [Response.Header] = [], capacity: Int = 512,
        _ write: (inout JSONWriter) throws(CallError) -> Void
    ) throws(CallError) -> Response {
        let body = ByteBuffer(minimumCapacity: capacity)
        var writer = JSONWriter(body)
        try write(&writer)
        body.append(UInt8(ascii: "\n"))
        return Response(status: status, contentType: "application/json", headers: headers, body: body)
    }
}
