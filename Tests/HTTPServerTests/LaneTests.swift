// Lanes: what one owner, one lane or one client that has left cannot do to others.

import Bytes
import Foundation
import HTTPServer
import Synchronization
import TestKit
import Testing
import Threading

extension HTTPServerTests {
    @Suite("lanes")
    struct LaneTests {
        @Test("work that fills one lane leaves another's requests to be answered")
        func separate() throws {
            try withLanes([lane(threads: 1), lane(threads: 1)]) { server, application in
                let held = try (0..<3).map { _ in try send("/0/1/hold", to: server) }
                #expect(eventually { server.statistics().lanes[0].waiting == 2 })
                let other = try TestConnection(port: server.port)
                #expect(try other.request("GET", "/1/1/quick").status == 200)
                #expect(server.statistics().lanes[0].working == 1)
                application.gate.store(true, ordering: .releasing)
                for connection in held { #expect(try connection.readResponse().status == 200) }
            }
        }

        @Test("owners take turns: whoever brings one request waits for one of another's")
        func turns() throws {
            try withLanes([lane(threads: 1)]) { server, application in
                var connections = [try send("/0/1/hold", to: server)]
                #expect(eventually { server.statistics().lanes[0].working == 1 })
                for index in 0..<20 {
                    connections.append(try send("/0/1/quick", to: server))
                    #expect(eventually { server.statistics().lanes[0].waiting == index + 1 })
                }
                connections.append(try send("/0/2/quick", to: server))
                #expect(eventually { server.statistics().lanes[0].waiting == 21 })
                application.gate.store(true, ordering: .releasing)
                for connection in connections { #expect(try connection.readResponse().status == 200) }
                let order = application.order.withLock { $0 }
                #expect(order.count == 22)
                #expect(try #require(order.firstIndex(of: 2)) <= 2)
            }
        }

        @Test("one owner does not get every thread of a lane")
        func threadsOfOne() throws {
            try withLanes([lane(threads: 3, ownerThreads: 2)]) { server, application in
                let held = try (0..<5).map { _ in try send("/0/1/hold", to: server) }
                #expect(eventually { server.statistics().lanes[0].waiting == 3 })
                #expect(server.statistics().lanes[0].working == 2)
                let other = try TestConnection(port: server.port)
                #expect(try other.request("GET", "/0/2/quick").status == 200)
                #expect(server.statistics().lanes[0].waiting == 3)
                #expect(eventually { server.statistics().lanes[0].working == 2 })
                application.gate.store(true, ordering: .releasing)
                for connection in held { #expect(try connection.readResponse().status == 200) }
            }
        }

        @Test("one owner's requests wait up to a bound, and others are let in beside them")
        func queueOfOne() throws {
            try withLanes([lane(threads: 1, queue: 10, ownerQueue: 3)]) { server, application in
                let held = try send("/0/1/hold", to: server)
                #expect(eventually { server.statistics().lanes[0].working == 1 })
                let waiting = try (0..<3).map { _ in try send("/0/1/quick", to: server) }
                #expect(eventually { server.statistics().lanes[0].waiting == 3 })
                let beyond = try TestConnection(port: server.port)
                #expect(try beyond.request("GET", "/0/1/quick").status == 429)
                let other = try send("/0/2/quick", to: server)
                #expect(eventually { server.statistics().lanes[0].waiting == 4 })
                #expect(server.statistics().lanes[0].refused == 1)
                application.gate.store(true, ordering: .releasing)
                for connection in [held] + waiting + [other] { #expect(try connection.readResponse().status == 200) }
            }
        }

        @Test("a full queue makes room for another owner, in the place of whoever has most in it")
        func fullQueue() throws {
            try withLanes([lane(threads: 1, queue: 4)]) { server, application in
                let held = try send("/0/1/hold", to: server)
                #expect(eventually { server.statistics().lanes[0].working == 1 })
                var waiting: [TestConnection] = []
                for count in 1...4 {
                    waiting.append(try send("/0/1/quick", to: server))
                    #expect(eventually { server.statistics().lanes[0].waiting == count })
                }
                let other = try send("/0/2/quick", to: server)
                #expect(try waiting[3].readResponse().status == 429)
                #expect(server.statistics().lanes[0].waiting == 4)
                // Its own latest would have to go for another of the one that has most.
                let beyond = try TestConnection(port: server.port)
                #expect(try beyond.request("GET", "/0/1/quick").status == 503)
                application.gate.store(true, ordering: .releasing)
                for connection in [held] + waiting.dropLast() + [other] {
                    #expect(try connection.readResponse().status == 200)
                }
            }
        }

        @Test("work in parts lets others have their turns between, and is answered when it is done")
        func parts() throws {
            try withLanes([lane(threads: 1)]) { server, application in
                let held = try send("/0/1/hold", to: server)
                #expect(eventually { server.statistics().lanes[0].working == 1 })
                let long = try send("/0/1/parts", to: server)
                #expect(eventually { server.statistics().lanes[0].waiting == 1 })
                let quick = try send("/0/2/quick", to: server)
                #expect(eventually { server.statistics().lanes[0].waiting == 2 })
                application.gate.store(true, ordering: .releasing)
                for connection in [held, long, quick] { #expect(try connection.readResponse().status == 200) }
                let order = application.order.withLock { $0 }
                #expect(order.count { $0 == 1 } == 1 + Parts.number)
                #expect(try #require(order.firstIndex(of: 2)) < order.count - 2)
            }
        }

        @Test(
            "work in parts ends when its client has left, also by shutting its sending side", arguments: [false, true])
        func leaving(byHalf: Bool) throws {
            try withLanes([lane(threads: 1, endsWithClient: true)]) { server, application in
                let connection = try send("/0/1/endless", to: server)
                #expect(eventually { application.order.withLock { $0.count } > 3 })
                if byHalf { connection.halfClose() } else { connection.close() }
                #expect(eventually { server.statistics().lanes[0].abandoned == 1 })
                if byHalf { #expect(try connection.readResponse().status == 503) }
                #expect(eventually { server.statistics().requestsInFlight == 0 })
                let parts = application.order.withLock { $0.count }
                usleep(50_000)
                #expect(application.order.withLock { $0.count } == parts)
            }
        }

        @Test("a request whose client left while it waited is not begun")
        func leftWaiting() throws {
            try withLanes([lane(threads: 1, endsWithClient: true)]) { server, application in
                let held = try send("/0/1/hold", to: server)
                #expect(eventually { server.statistics().lanes[0].working == 1 })
                let gone = try send("/0/2/quick", to: server)
                let staying = try send("/0/3/quick", to: server)
                #expect(eventually { server.statistics().lanes[0].waiting == 2 })
                gone.close()
                usleep(150_000)
                application.gate.store(true, ordering: .releasing)
                #expect(try held.readResponse().status == 200)
                #expect(try staying.readResponse().status == 200)
                #expect(application.order.withLock { $0 } == [1, 3])
                // The two came on connections of their own, in either order.
                #expect(eventually { server.statistics().lanes[0].abandoned == 1 })
            }
        }

        @Test("a lane that does not end with its clients answers one that has shut its sending side")
        func halfClosed() throws {
            try withLanes([lane(threads: 1)]) { server, application in
                let held = try send("/0/1/hold", to: server)
                #expect(eventually { server.statistics().lanes[0].working == 1 })
                let silent = try send("/0/2/quick", to: server)
                silent.halfClose()
                usleep(150_000)
                application.gate.store(true, ordering: .releasing)
                #expect(try held.readResponse().status == 200)
                #expect(try silent.readResponse().status == 200)
            }
        }

        @Test("a request may go on from one lane to another")
        func moving() throws {
            try withLanes([lane(threads: 1), lane(threads: 1)]) { server, application in
                let connection = try TestConnection(port: server.port)
                #expect(try connection.request("GET", "/0/1/move").text == "lane 1")
                #expect(eventually { server.statistics().lanes.allSatisfy { $0.working == 0 && $0.waiting == 0 } })
            }
        }

        @Test("a stop ends work in parts between two of them, in time")
        func stopping() throws {
            let application = Laned()
            let server = try Server(
                configuration: changed {
                    $0.lanes = [lane(threads: 1)]
                    $0.drainSeconds = 2
                }, handler: application)
            try server.start()
            let connections = try (0..<3).map { _ in try send("/0/1/endless", to: server) }
            #expect(eventually { server.statistics().lanes[0].waiting == 2 })
            #expect(server.statistics().lanes[0].working == 1)
            let began = now()
            let report = server.stop()
            #expect((0.9..<2).contains(now() - began))
            #expect(report == DrainReport(requestsFinished: 3, connectionsCut: 0, workersAbandoned: 0))
            for connection in connections { #expect(try connection.readResponse().status == 503) }
        }

        @Test("event loops ask for short slices, and workers do not", .enabled(if: hasSlices))
        func slices() throws {
            try withLanes([lane(threads: 1)]) { server, _ in
                // A thread has them from just after its start.
                #expect(try TestConnection(port: server.port).request("GET", "/0/1/quick").status == 200)
                let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
                func slices(named prefix: String) -> Set<Int> {
                    Set(
                        threads.compactMap { thread in
                            let name = try? String(contentsOfFile: "/proc/self/task/\(thread)/comm", encoding: .utf8)
                            return name?.hasPrefix(prefix) == true ? slice(of: "self/task/\(thread)") : nil
                        })
                }
                #expect(slices(named: "http-loop-").contains(300_000))
                let workers = slices(named: "lane-")
                #expect(!workers.isEmpty && workers.allSatisfy { $0 > 300_000 })
            }
        }

        @Test("a lane's niceness is its threads' own")
        func niceness() throws {
            try withLanes([lane(threads: 1, niceness: 7), lane(threads: 1)]) { server, _ in
                let connection = try TestConnection(port: server.port)
                let before = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
                #expect(try connection.request("GET", "/0/1/niceness").text == "\(min(before + 7, 19))")
                #expect(try connection.request("GET", "/1/1/niceness").text == "\(before)")
            }
        }

        private func lane(
            threads: Int, queue: Int = 100, ownerThreads: Int? = nil, ownerQueue: Int? = nil, niceness: Int = 0,
            endsWithClient: Bool = false
        ) -> LaneConfiguration {
            LaneConfiguration(
                name: "lane", threads: threads, queue: queue, ownerThreads: ownerThreads, ownerQueue: ownerQueue,
                niceness: niceness, endsWithClient: endsWithClient)
        }

        private func send(_ path: String, to server: Server) throws -> TestConnection {
            let connection = try TestConnection(port: server.port)
            try connection.sendRequest("GET", path)
            return connection
        }

        private func withLanes(
            _ lanes: [LaneConfiguration], _ body: (Server, Laned) throws -> Void
        ) throws {
            let application = Laned()
            let server = try Server(configuration: changed { $0.lanes = lanes }, handler: application)
            try server.start()
            let result = Result { try body(server, application) }
            application.gate.store(true, ordering: .releasing)
            server.stop()
            #expect(server.statistics().requestsInFlight == 0)
            try result.get()
        }
    }
}

/// Answers `/LANE/OWNER/WHAT` from that lane: `quick` at once, `hold` when the gate is open, `parts` after so many, `endless`
/// never, `move` from the lane after, `niceness` the thread's.
private final class Laned: RequestHandler {
    let gate = Atomic<Bool>(false)
    /// The owners of requests, as workers came to them.
    let order = Locked<[Int]>([])

    func begin(_ request: Request) -> HeadDecision { .readBody(maximumBytes: 0) }

    func respond(to request: Request, on thread: ServingThread) -> Outcome {
        let parts = text(request.path).split(separator: "/").map(String.init)
        guard parts.count == 3, let lane = Int(parts[0]), let owner = Int(parts[1]) else { return .answer(answer("?")) }
        guard case .worker(let current) = thread else { return .needsWorker(Lane(lane)) }
        order.withLock { $0.append(owner) }
        switch parts[2] {
        case "hold": _ = eventually(within: 20) { gate.load(ordering: .acquiring) }
        case "parts":
            let done = request.attachment as? Parts ?? Parts()
            request.attachment = done
            done.count += 1
            if done.count < Parts.number { return .unfinished }
        case "endless":
            usleep(2_000)
            return .unfinished
        case "move" where current.index == lane: return .needsWorker(Lane(lane + 1))
        case "niceness": return .answer(answer("\(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0))"))
        default: break
        }
        return .answer(answer("lane \(current.index)"))
    }

    func owner(of request: Request) -> RequestOwner {
        RequestOwner(
            number: text(request.path).split(separator: "/").dropFirst().first.flatMap { Int($0) } ?? 0, isKnown: true)
    }

    func response(to refusal: Refusal, of request: Request) -> Response {
        var response = answer("\(refusal)")
        response.status = refusal == .tooManyWaiting ? 429 : 503
        return response
    }

    func finished(_ request: Request, status: Int, responseBytes: Int, microseconds: Int) {}

    private func answer(_ text: String) -> Response {
        let body = ByteBuffer()
        body.append(text)
        return Response(status: 200, contentType: "text/plain", body: body)
    }
}

private final class Parts {
    static let number = 5
    var count = 0
}

/// The nanoseconds that a thread runs at a stretch, as the kernel says.
private func slice(of thread: String) -> Int? {
    let text = try? String(contentsOfFile: "/proc/\(thread)/sched", encoding: .utf8)
    return text?.split(separator: "\n").first { $0.hasPrefix("se.slice") }?.split(separator: ":").last
        .flatMap { Int($0.drop { $0 == " " }) }
}

/// Whether the kernel gives threads the slices that they ask for, from Linux 6.12 on, and tells them.
private let hasSlices: Bool = {
    let release = ProcessInfo.processInfo.operatingSystemVersion
    return (release.majorVersion, release.minorVersion) >= (6, 12) && slice(of: "self") != nil
}()
