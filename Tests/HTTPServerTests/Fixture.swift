// A server under test, and the small application it serves.

import Bytes
import Glibc
import HTTPServer
import Synchronization
import TestKit
import Testing
import Threading

/// All suites, one test after the other: they measure times and hold thousands of connections.
@Suite("HTTP server", .serialized)
struct HTTPServerTests {}

/// Answers by path:
/// `/echo` the body; `/hello` a word; `/slow?ms` from a worker after so many milliseconds; `/big?bytes` so many bytes;
/// `/head` 404 before any body; `/bad` answers that cannot be sent; `/never` asks for a worker twice.
final class Application: RequestHandler {
    let bodyLimit: Int
    let began = Atomic<Int>(0)
    let ended = Atomic<Int>(0)
    let lost = Atomic<Int>(0)
    /// What the last request looked like when it was answered.
    let seen = Locked(Seen())
    /// Requests kept beyond their end, for looking at what is left of them.
    let kept = Locked<[Request]>([])
    let keeps: Bool

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

    init(bodyLimit: Int = 1 << 20, keeps: Bool = false) {
        self.bodyLimit = bodyLimit
        self.keeps = keeps
    }

    func begin(_ request: Request) -> HeadDecision {
        began.wrappingAdd(1, ordering: .relaxed)
        if text(request.path) == "/head" { return .refuse(problem(404, "not found")) }
        return .readBody(maximumBytes: bodyLimit)
    }

    func respond(to request: Request, on thread: ServingThread) -> Outcome {
        let path = text(request.path)
        if keeps { kept.withLock { $0.append(request) } }
        seen.withLock { seen in
            seen.method = request.method
            seen.path = path
            seen.query = request.query.map(text)
            seen.id = request.id.description
            seen.peer = request.peer
            seen.authorization = request.header("authorization").map(text)
            seen.authorizations = request.count(ofHeader: "Authorization")
            seen.threads.append(thread)
            seen.identifiers.insert(request.id)
        }
        switch path {
        case "/slow":
            guard case .worker = thread else { return .needsWorker }
            usleep(1000 * (request.query.flatMap { UInt32(text($0)) } ?? 0))
            return .answer(plain(text(request.body.bytes) + text(request.header("X-Tag") ?? request.path)))
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
                Response(status: 200, headers: [.init("Content-Type", "application/octet-stream")], body: body))
        case "/cached":
            return .answer(
                Response(
                    status: 200, headers: [.init("cache-control", "max-age=60"), .init("Allow", "GET")],
                    body: ByteBuffer()))
        case "/bad":
            return .answer(Response(status: 200, headers: [.init("X-Split", "a\r\nSet-Cookie: b")], body: ByteBuffer()))
        case "/long":
            let value = String(repeating: "v", count: 600)
            return .answer(Response(status: 200, headers: [.init("X-Long", value)], body: ByteBuffer()))
        case "/never": return .needsWorker
        default: return .answer(plain("hello"))
        }
    }

    func response(to refusal: Refusal, of request: Request) -> Response {
        switch refusal {
        case .bodyTooLarge: problem(413, "too large")
        case .overloaded: problem(503, "overloaded", [.init("Retry-After", "1")])
        case .malformedHead: problem(400, "malformed")
        case .headTooLarge: problem(431, "head too large")
        case .noAnswer: problem(500, "no answer")
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
        return Response(status: 200, headers: [.init("Content-Type", "text/plain")], body: body)
    }

    private func problem(_ status: Int, _ title: String, _ headers: [Response.Header] = []) -> Response {
        let body = ByteBuffer()
        body.append("{\"title\":\"\(title)\"}")
        return Response(
            status: status, headers: [.init("Content-Type", "application/problem+json")] + headers, body: body)
    }
}

func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

/// Runs a server for the time of `body`, and checks afterwards that it stopped cleanly.
func withServer(
    _ application: Application = Application(), configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (Server, Application) throws -> Void
) throws {
    var configuration = ServerConfiguration()
    configuration.port = 0
    configuration.drainSeconds = 5
    configure(&configuration)
    let server = try Server(configuration: configuration, handler: application)
    try server.start()
    let result = Result { try body(server, application) }
    let began = now()
    server.stop()
    #expect(now() - began < Double(configuration.drainSeconds) + 2.5)
    let statistics = server.statistics()
    #expect(statistics.openConnections == 0)
    #expect(statistics.requestsInFlight == 0)
    #expect(statistics.suspended == 0)
    try result.get()
}
