// What is left of a connection that ended before its request did: a token, or a part of a plaintext.

import CWiping
import Glibc
import HTTPServer
import TestKit
import Testing
import Threading

/// How far a request comes, and what is before the canary in it.
enum CutRequest: String, CaseIterable {
    case target = "GET /"
    case header = "POST /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
    case body = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n"
    case query = "POST /echo?a HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n{\"plaintext\":\""
    case large = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n"
    case chunk = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100\r\n"
    case trailer = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: "
    case refused = "POST /head HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n"

    func send(_ canary: Canary, on connection: TestConnection) throws { try canary.send(rawValue, on: connection) }
}

extension HTTPServerTests {
    @Suite("closed connections", .enabled(if: cwiping_is_on()))
    struct ClosedConnectionTests {
        private let settings = changed {
            $0.requestSeconds = 1
            $0.idleSeconds = 1
        }

        /// Waits until it is there, and gives whether it was.
        private func arrives(_ canary: Canary) -> Bool { eventually { (try? canary.copies()) ?? 0 > 0 } }
        private func isGone(_ canary: Canary) -> Bool { eventually { (try? canary.copies()) == 0 } }

        @Test("nothing is left of a request that its client broke off", arguments: CutRequest.allCases)
        func brokenOff(request: CutRequest) throws {
            try withServer { server, _ in
                for isReset in [false, true] {
                    let canary = Canary()
                    let connection = try TestConnection(port: server.port)
                    try request.send(canary, on: connection)
                    #expect(request == .refused || arrives(canary))
                    if isReset {
                        var abort = linger(l_onoff: 1, l_linger: 0)
                        setsockopt(
                            connection.descriptor, SOL_SOCKET, SO_LINGER, &abort,
                            socklen_t(MemoryLayout<linger>.size))
                    }
                    connection.close()
                    #expect(eventually { server.statistics().openConnections == 0 })
                    #expect(isGone(canary), "reset: \(isReset)")
                }
            }
        }

        @Test("nothing is left of a request whose time was over", arguments: CutRequest.allCases)
        func timedOut(request: CutRequest) throws {
            try withServer(settings: settings) { server, _ in
                let canary = Canary()
                let connection = try TestConnection(port: server.port)
                try request.send(canary, on: connection)
                #expect(connection.isClosed(within: 8))
                #expect(eventually { server.statistics().openConnections == 0 })
                #expect(isGone(canary))
            }
        }

        @Test("nothing is left of requests that a stop cut off")
        func stopped() throws {
            var canaries: [Canary] = []
            var connections: [TestConnection] = []
            try withServer(settings: changed { $0.drainSeconds = 1 }) { server, _ in
                for request in CutRequest.allCases {
                    let canary = Canary()
                    let connection = try TestConnection(port: server.port)
                    try request.send(canary, on: connection)
                    if request != .refused { #expect(arrives(canary)) }
                    canaries.append(canary)
                    connections.append(connection)
                }
            }
            for canary in canaries { #expect(isGone(canary)) }
        }

        @Test(
            "nothing is left of a request that was refused",
            arguments: [
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 5\r\nAuthorization: Bearer ",
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nAuthorization: Bearer ",
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n",
                "POST /head HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n",
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n",
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nG\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 6000),
                "GET /" + String(repeating: "?", count: 6000),
            ])
        func refused(start: String) throws {
            try withServer { server, _ in
                let canary = Canary()
                let connection = try TestConnection(port: server.port)
                try canary.send(start, on: connection, then: "\r\n\r\n")
                #expect(try connection.readResponse().status >= 400)
                // While it lingers too: what comes then is read, and not kept.
                let late = Canary()
                try? late.send(on: connection)
                usleep(100_000)
                connection.close()
                #expect(eventually { server.statistics().openConnections == 0 })
                #expect(isGone(canary))
                #expect(isGone(late))
            }
        }

        @Test("nothing is left of a request whose client asked for the end, or left while it was worked on")
        func ended() throws {
            try withServer { server, application in
                for (path, waits) in [("/hello", true), ("/slow?300", false)] {
                    let canary = Canary()
                    let connection = try TestConnection(port: server.port)
                    try canary.send(
                        "POST \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 24\r\n\r\n",
                        on: connection)
                    if waits { _ = connection.isClosed(within: 5) }
                    connection.close()
                    #expect(eventually { server.statistics().openConnections == 0 })
                    #expect(isGone(canary), "\(path)")
                }
            }
        }

        @Test("a block that grows leaves nothing where it was, and one that shrinks nothing behind")
        func moved() throws {
            let canary = Canary()
            for (before, after) in [(64, 100_000), (100_000, 64), (5_000, 0)] {
                var memory = malloc(before)
                // In between, so that it has to move.
                let other = malloc(64)
                canary.write(to: try #require(memory) + before - 48)
                #expect(try canary.copies() == 1)
                memory = realloc(memory, after)
                #expect(try canary.copies() == (before < after ? 1 : 0))
                if after > 0 { free(memory) }
                free(other)
                #expect(try canary.copies() == 0)
            }
        }
    }
}
