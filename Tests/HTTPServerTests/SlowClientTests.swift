// Clients that take their time, or vanish.

import Glibc
import HTTPServer
import Synchronization
import TestKit
import Testing
import Threading

extension HTTPServerTests {
    @Suite("slow and vanishing clients")
    struct SlowClientTests {
        @Test("clients that trickle their requests are cut when their time is over")
        func trickle() throws {
            let texts = [
                "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "GET / HTTP/1.1\r\nHost: a\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n80\r\naaaaaaaaaaaaaaaaaaaa",
                String(repeating: "\r\n", count: 30),
            ]
            try withServer(
                settings: changed {
                    $0.idleSeconds = 2
                    $0.requestSeconds = 1
                }
            ) { server, _ in
                var trickling = try texts.map { (try TestConnection(port: server.port), $0) }
                for (connection, text) in trickling { try connection.send(String(text.dropLast(4))) }
                let began = now()
                // One byte each 0.1 s: the library's own timeout never passes.
                while !trickling.isEmpty, now() - began < 8 {
                    trickling = trickling.filter { connection, text in
                        do {
                            try connection.send(String(text.suffix(1)))
                        } catch {
                            return false
                        }
                        return !connection.isClosed(within: 0.02)
                    }
                }
                #expect(trickling.isEmpty)
                #expect(server.statistics().timedOut == texts.count)
                #expect(eventually { server.statistics().requestsInFlight == 0 })
            }
        }

        @Test("an idle connection is closed after its time, an active one not")
        func idle() throws {
            try withServer(settings: changed { $0.idleSeconds = 1 }) { server, _ in
                let idle = try TestConnection(port: server.port)
                #expect(try idle.request("GET", "/hello").status == 200)
                let active = try TestConnection(port: server.port)
                for _ in 0..<5 {
                    #expect(try active.request("GET", "/hello").status == 200)
                    usleep(300_000)
                }
                #expect(idle.isClosed(within: 2))
                #expect(try active.request("GET", "/hello").status == 200)
            }
        }

        @Test("a client that does not read its answer is cut when its time is over")
        func reader() throws {
            try withServer(settings: changed { $0.responseSeconds = 1 }) { server, application in
                let connection = try TestConnection(port: server.port, receiveBuffer: 4096)
                try connection.sendRequest("GET", "/big?50000000")
                #expect(eventually(within: 5) { application.lost.load(ordering: .relaxed) == 1 })
                #expect(server.statistics().timedOut == 1)
            }
        }

        @Test("a client that vanishes within its request leaves nothing behind", arguments: [false, true])
        func withinRequest(reset: Bool) throws {
            try withServer { server, application in
                for text in [
                    "GET /", "GET / HTTP/1.1\r\nHost",
                    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
                    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
                ] {
                    let connection = try TestConnection(port: server.port)
                    try connection.send(text)
                    usleep(20_000)
                    if reset { connection.reset() } else { connection.close() }
                }
                #expect(
                    eventually {
                        server.statistics().openConnections == 0 && server.statistics().requestsInFlight == 0
                    })
                // Who closes within chunks may only send no more, and is answered.
                #expect(application.lost.load(ordering: .relaxed) == (reset ? 2 : 1))
                #expect(application.ended.load(ordering: .relaxed) == application.began.load(ordering: .relaxed))
            }
        }

        @Test("a client that vanishes while a worker has its request leaves nothing behind", arguments: [false, true])
        func withinWork(reset: Bool) throws {
            try withServer { server, application in
                for number in 1...8 {
                    let connection = try TestConnection(port: server.port)
                    try connection.sendRequest("GET", "/slow?60")
                    #expect(eventually { application.began.load(ordering: .relaxed) == number })
                    if reset { connection.reset() } else { connection.close() }
                }
                #expect(eventually { server.statistics().openConnections == 0 })
                #expect(eventually { application.ended.load(ordering: .relaxed) == 8 })
                #expect(server.statistics().suspended == 0)
                #expect(try request(port: server.port, "GET", "/hello").status == 200)
            }
        }

        @Test("a head that fills its memory to the last byte does not keep the loop busy")
        func fullMemory() throws {
            try withServer { server, _ in
                // Empty lines before the request line take memory that the head's own length does not tell of. At one
                // of these lengths no byte is left for the body, which libmicrohttpd then waits for without sleep.
                let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nX: "
                let waiting = try (2400..<2760).map { fill in
                    let connection = try TestConnection(port: server.port)
                    let filler = String(repeating: "x", count: fill - head.utf8.count - 4)
                    try connection.send(String(repeating: "\r\n", count: 600) + head + filler + "\r\n\r\n")
                    return connection
                }
                usleep(200_000)
                for connection in waiting { try? connection.send("0123456789") }
                let deadline = now() + 4
                for connection in waiting {
                    connection.timeout = max(deadline - now(), 0.01)
                    do {
                        #expect([200, 400, 431].contains(try connection.readResponse().status))
                    } catch let error as TestError where error.code != ETIMEDOUT {
                        // Closed without an answer, for which no memory was left either.
                    }
                }
                #expect(try request(port: server.port, "GET", "/hello").status == 200)
            }
        }
    }
}
