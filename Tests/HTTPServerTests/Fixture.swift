// A server under test, and the small application it serves.

import Bytes
import Glibc
import HTTPServer
import Network
import Synchronization
import TestKit
import Testing
import Threading

/// All suites, one test after the other: they measure times and hold thousands of connections.
@Suite("HTTP server", .serialized)
struct HTTPServerTests {}

/// Answers by path: `/echo` the body; `/hello` a word; `/slow?ms` from a worker after so many milliseconds; `/gate`
/// from a worker once the gate is open; `/big?bytes` so many bytes; `/head` 404 before any body; `/bad?n` an answer
/// that cannot be sent; `/many` twenty headers; `/never` asks for a worker twice.
final class Application: RequestHandler {
    let bodyLimit: Int
    let workCopies: Int
    let began = Atomic<Int>(0)
    let ended = Atomic<Int>(0)
    let lost = Atomic<Int>(0)
    /// Workers wait for it at `/gate`.
    let gateIsOpen = Atomic<Bool>(false)
    /// What the last request looked like when it was answered.
    let seen = Locked(Seen())
    /// Requests kept beyond their end, for looking at what is left of them.
    let kept = Locked<[Request]>([])
    let keeps: Bool

    /// Headers that no answer may have: they would break it apart, or are the server's to set.
    static let unsendable: [(String, String)] = [
        ("X-Split", "a\r\nSet-Cookie: b"), ("X-Split", "1234567890\nSet-Cookie: b"), ("X-Nul", "a\0"),
        ("X-Long", String(repeating: "v", count: 600)), ("X Y", "a"), ("", "a"), ("X:", "a"), ("X\r\nSet-Cookie", "b"),
        ("Content-Length", "3"), ("transfer-encoding", "chunked"), ("Connection", "close"), ("Date", "now"),
        ("X-Request-ID", "a"),
    ]

    struct Seen {
        var method = Method.other
        var path = ""
        var query: String?
        var id = ""
        var peer = ""
        var authorization: String?
        var authorizations = 0
        var threads: [ServingThread] = []
        var statuses: [Int] = []
        var identifiers: Set<RequestID> = []
    }

    init(bodyLimit: Int = 1 << 20, workCopies: Int = 0, keeps: Bool = false) {
        self.bodyLimit = bodyLimit
        self.workCopies = workCopies
        self.keeps = keeps
    }

    func begin(_ request: Request) -> HeadDecision {
        began.wrappingAdd(1, ordering: .relaxed)
        if text(request.path) == "/head" { return .refuse(problem(404, "not found")) }
        return .readBody(maximumBytes: bodyLimit, workCopies: workCopies)
    }

    /// Whom the query names: requests with the same have one owner.
    func owner(of request: Request) -> RequestOwner {
        let name = request.query.map(text) ?? "nobody"
        return RequestOwner(number: name.hashValue, isKnown: !name.hasPrefix("stranger"))
    }

    func respond(to request: Request, on thread: ServingThread) -> Outcome {
        let path = text(request.path)
        if keeps { kept.withLock { $0.append(request) } }
        seen.withLock { seen in
            seen.method = request.method
            seen.path = path
            seen.query = request.query.map(text)
            seen.id = request.id.description
            seen.peer = request.peer.text
            seen.authorization = request.header(.authorization).map(text)
            seen.authorizations = request.count(of: .authorization)
            seen.threads.append(thread)
            seen.identifiers.insert(request.id)
        }
        switch path {
        case "/slow":
            guard case .worker = thread else { return .needsWorker(Lane(0)) }
            usleep(1000 * (request.query.flatMap { UInt32(text($0)) } ?? 0))
            return .answer(plain(text(request.body.bytes) + text(request.header(.ifMatch) ?? request.path)))
        case "/gate":
            guard case .worker = thread else { return .needsWorker(Lane(0)) }
            _ = eventually(within: 20) { gateIsOpen.load(ordering: .acquiring) }
            return .answer(plain("through"))
        case "/big":
            let body = ByteBuffer()
            let length = request.query.flatMap { Int(text($0)) } ?? 0
            body.append(room: length) { room in
                room.initializeMemory(as: UInt8.self, repeating: 0x42)
                return length
            }
            return .answer(Response(status: 200, body: body))
        case "/echo":
            let body = ByteBuffer()
            body.append(request.body.bytes)
            return .answer(
                Response(status: 200, contentType: "application/octet-stream", body: body))
        case "/cached":
            return .answer(
                Response(
                    status: 200, headers: [.init("cache-control", "max-age=60"), .init("Allow", "GET")],
                    body: ByteBuffer()))
        case "/bad":
            let (name, value) = Application.unsendable[request.query.flatMap { Int(text($0)) } ?? 0]
            return .answer(Response(status: 200, headers: [.init(name, value)], body: ByteBuffer()))
        case "/many":
            let headers = (0..<20).map { Response.Header("X-\($0)", "value\t\($0)") }
            return .answer(Response(status: 200, headers: headers, body: ByteBuffer()))
        case "/never": return .needsWorker(Lane(0))
        default: return .answer(plain("hello"))
        }
    }

    func response(to refusal: Refusal, of request: Request) -> Response {
        switch refusal {
        case .bodyTooLarge: problem(413, "too large")
        case .overloaded: problem(503, "overloaded", [.init("Retry-After", "1")])
        case .overShare: problem(429, "over share", [.init("Retry-After", "1")])
        case .tooManyWaiting: problem(429, "too many waiting", [.init("Retry-After", "1")])
        case .clientGone: problem(503, "client gone")
        case .stopping: problem(503, "stopping")
        case .malformedHead: problem(400, "malformed")
        case .malformedBody: problem(400, "malformed body")
        case .headTooLarge: problem(431, "head too large")
        case .noAnswer: problem(500, "no answer")
        case .answerLost: problem(503, "answer lost")
        }
    }

    func finished(_ request: Request, status: Int, responseBytes: Int, microseconds: Int) {
        ended.wrappingAdd(1, ordering: .relaxed)
        if status == 0 { lost.wrappingAdd(1, ordering: .relaxed) }
        seen.withLock { $0.statuses.append(status) }
    }

    private func plain(_ text: String) -> Response {
        let body = ByteBuffer()
        body.append(text)
        return Response(status: 200, contentType: "text/plain", body: body)
    }

    private func problem(_ status: Int, _ title: String, _ headers: [Response.Header] = []) -> Response {
        let body = ByteBuffer()
        body.append("{\"title\":\"\(title)\"}")
        return Response(
            status: status, contentType: "application/problem+json", headers: headers, body: body)
    }
}

func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

/// Settings for a test: a free port, and what the test wants else.
func changed(_ change: (inout ServerConfiguration) -> Void) -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.port = 0
    configuration.drainSeconds = 5
    change(&configuration)
    return configuration
}

/// Runs a server for the time of `body`, and checks afterwards that it stopped cleanly.
func withServer(
    _ application: Application = Application(), settings: ServerConfiguration = changed { _ in },
    _ body: (Server, Application) throws -> Void
) throws {
    let server = try Server(configuration: settings, handler: application)
    try server.start()
    let result = Result { try body(server, application) }
    let began = now()
    server.stop()
    #expect(now() - began < Double(settings.drainSeconds) + 2.5)
    let statistics = server.statistics()
    #expect(statistics.openConnections == 0)
    #expect(statistics.requestsInFlight == 0)
    #expect(statistics.suspended == 0)
    try result.get()
}
