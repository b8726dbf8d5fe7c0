// One source's connections leave room for those of others.

import Glibc
import HTTPServer
import TestKit
import Testing

extension HTTPServerTests {
    @Suite("shares of connections")
    struct SourceShareTests {
        /// Connections from one address that were answered, and how many were closed at once.
        private func connect(
            _ number: Int, from source: String, _ server: Server
        ) throws -> (held: [TestConnection], closed: Int) {
            var held: [TestConnection] = []
            var closed = 0
            for _ in 0..<number {
                let connection = try TestConnection(port: server.port, from: source)
                if (try? connection.request("GET", "/hello"))?.status == 200 {
                    held.append(connection)
                } else {
                    closed += 1
                }
            }
            return (held, closed)
        }

        @Test("one source gets its share, and others are let in beside it")
        func share() throws {
            try withServer(
                settings: changed {
                    $0.connections = 40
                    $0.connectionsPerSource = 10
                }
            ) { server, _ in
                let greedy = try connect(30, from: "127.0.0.2", server)
                #expect(greedy.held.count == 10 && greedy.closed == 20)
                #expect(try connect(5, from: "127.0.0.3", server).closed == 0)
                #expect(server.statistics().sourceOverShare == 20)
                // Each that is closed makes room for exactly one.
                for connection in greedy.held.prefix(4) { connection.close() }
                #expect(eventually { server.statistics().openConnections <= 11 })
                #expect(eventually { (try? connect(6, from: "127.0.0.2", server).held.count) == 4 })
            }
        }

        @Test("shares are exact after connections have ended in every way")
        func exact() throws {
            try withServer(
                settings: changed {
                    $0.connections = 40
                    $0.connectionsPerSource = 4
                    $0.requestSeconds = 1
                    $0.idleSeconds = 1
                }
            ) { server, _ in
                for round in 0..<3 {
                    let ends = try connect(4, from: "127.0.0.2", server).held
                    try #require(ends.count == 4, "\(round)")
                    ends[0].reset()
                    ends[1].halfClose()
                    try ends[2].send("nonsense\r\n\r\n")
                    // The last is closed by the server, for being idle.
                    #expect(ends[3].isClosed(within: 5))
                    #expect(eventually { server.statistics().openConnections == 0 })
                }
            }
        }

        @Test("when all connections are taken, idle ones of the largest source make room")
        func eviction() throws {
            try withServer(
                settings: changed {
                    $0.connections = 40
                    $0.connectionsPerSource = 30
                }
            ) { server, _ in
                var crowd = try connect(30, from: "127.0.0.2", server).held
                crowd += try connect(10, from: "127.0.0.3", server).held
                #expect(server.statistics().openConnections == 40)
                // At work: it is not closed.
                let busy = crowd[0]
                try busy.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1")
                usleep(100_000)
                #expect(try connect(1, from: "127.0.0.4", server).held.count == 1)
                #expect(eventually { server.statistics().evicted > 0 })
                #expect(eventually { server.statistics().openConnections < 40 })
                try busy.send("2")
                #expect(try busy.readResponse().text == "12")
                // The largest source gets no more by it.
                #expect(server.statistics().turnedAway == 0)
            }
        }
    }
}
