// Requests that need a worker.

import Glibc
import HTTPServer
import Synchronization
import TestKit
import Testing
import Threading

extension HTTPServerTests {
    @Suite("workers")
    struct WorkerTests {
        @Test("a lone slow request is answered when its work is done, not at some later timeout")
        func latency() throws {
            try withServer { server, application in
                let connection = try TestConnection(port: server.port)
                let began = now()
                for _ in 0..<50 { #expect(try connection.request("GET", "/slow?2").status == 200) }
                // 100 ms of work in all; a loop that slept on would take a sweep's time, 500 ms, for each.
                #expect(now() - began < 2)
                let threads = application.seen.withLock { $0.threads }
                #expect(threads.count == 100)
            }
        }

        @Test("a worker sees the request whole: body, headers, path and query")
        func whole() throws {
            try withServer { server, _ in
                let response = try request(
                    port: server.port, "POST", "/slow?1", headers: [("if-match", "tagged")], body: Array("body-".utf8))
                #expect(response.text == "body-tagged")
            }
        }

        @Test("when the queue is full the answer is 503 at once, and the rest are served")
        func overload() throws {
            try withServer(
                settings: changed {
                    $0.lanes = [LaneConfiguration(name: "one", threads: 1, queue: 2)]
                }
            ) { server, _ in
                var waiting: [TestConnection] = []
                for index in 0..<3 {
                    let connection = try TestConnection(port: server.port)
                    try connection.sendRequest("GET", "/slow?400")
                    waiting.append(connection)
                    let (suspended, queued) = (index + 1, index)
                    #expect(
                        eventually {
                            let statistics = server.statistics()
                            return statistics.suspended == suspended && statistics.workerQueueDepth == queued
                        })
                }
                let began = now()
                let refused = try TestConnection(port: server.port)
                let response = try refused.request("GET", "/slow?400")
                #expect(response.status == 503)
                #expect(response["Retry-After"] == "1")
                #expect(now() - began < 0.2)
                #expect(try refused.request("GET", "/hello").status == 200)
                #expect(server.statistics().overloaded == 1)
                for connection in waiting { #expect(try connection.readResponse().status == 200) }
            }
        }

        @Test("a handler that asks a worker for a worker is answered 500")
        func noAnswer() throws {
            try withServer { server, _ in
                let connection = try TestConnection(port: server.port)
                #expect(try connection.request("GET", "/never").status == 500)
                #expect(try connection.request("GET", "/hello").status == 200)
            }
        }

        @Test("slow work takes longer than the idle and request times without being cut")
        func longWork() throws {
            try withServer(
                settings: changed {
                    $0.idleSeconds = 1
                    $0.requestSeconds = 1
                }
            ) { server, _ in
                let connection = try TestConnection(port: server.port)
                #expect(try connection.request("GET", "/slow?2500").status == 200)
                #expect(try connection.request("GET", "/hello").status == 200)
            }
        }
    }
}
