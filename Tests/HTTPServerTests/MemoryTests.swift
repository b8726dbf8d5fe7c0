// What requests and answers take in memory is bounded, in all and for each owner, and given back whatever becomes of them.

import Glibc
import HTTPServer
import TestKit
import Testing

extension HTTPServerTests {
    @Suite("request memory")
    struct MemoryTests {
        private static let mebibyte = 1 << 20

        /// 8 MiB in all: 7 for large requests, 4 for one owner.
        private func withSmallMemory(
            workCopies: Int = 0, _ change: @escaping (inout ServerConfiguration) -> Void = { _ in },
            _ body: (Server) throws -> Void
        ) throws {
            let application = Application(bodyLimit: 32 << 20, workCopies: workCopies)
            let settings = changed {
                $0.requestMemory = 8 << 20
                $0.largestRequest = 4 << 20
                change(&$0)
            }
            try withServer(application, settings: settings) { server, _ in
                try body(server)
                #expect(eventually { server.statistics().requestMemory == 0 })
            }
        }

        /// A connection with a request whose body is announced and does not come.
        private func announce(_ bytes: Int, of owner: String, _ server: Server) throws -> TestConnection {
            let connection = try TestConnection(port: server.port)
            let before = server.statistics().requestMemory
            try connection.send("POST /echo?\(owner) HTTP/1.1\r\nHost: a\r\nContent-Length: \(bytes)\r\n\r\n")
            #expect(eventually { server.statistics().requestMemory > before })
            return connection
        }

        private func post(_ bytes: Int, of owner: String, _ server: Server) throws -> TestResponse {
            try request(port: server.port, "POST", "/echo?\(owner)", body: [UInt8](repeating: 1, count: bytes))
        }

        @Test("one owner gets its share and then 429, while another's request is taken")
        func share() throws {
            try withSmallMemory { server in
                let first = try announce(3 * Self.mebibyte, of: "a", server)
                let refused = try post(2 * Self.mebibyte, of: "a", server)
                #expect(refused.status == 429)
                #expect(refused["Retry-After"] == "1")
                #expect(try post(2 * Self.mebibyte, of: "b", server).status == 200)
                #expect(try post(1000, of: "a", server).status == 200)
                try first.send([UInt8](repeating: 2, count: 3 * Self.mebibyte))
                #expect(try first.readResponse().body.count == 3 * Self.mebibyte)
                #expect(eventually { server.statistics().requestMemory == 0 })
                #expect(try post(2 * Self.mebibyte, of: "a", server).status == 200)
                #expect(server.statistics().overShare == 1)
            }
        }

        @Test("when all is taken large requests are answered 503, and small ones go on")
        func overload() throws {
            try withSmallMemory { server in
                let held = try ["a", "b"].map { try announce(3 * Self.mebibyte, of: $0, server) }
                #expect(try post(2 * Self.mebibyte, of: "c", server).status == 503)
                for _ in 0..<100 { #expect(try post(16_000, of: "c", server).status == 200) }
                #expect(server.statistics().overloaded == 1)
                for connection in held { connection.reset() }
                #expect(eventually { server.statistics().requestMemory == 0 })
                #expect(try post(2 * Self.mebibyte, of: "c", server).status == 200)
            }
        }

        @Test("all who are not known have a quarter together, and those who are get in")
        func strangers() throws {
            try withSmallMemory { server in
                let held = try announce(1_500_000, of: "stranger-1", server)
                #expect(try post(1_000_000, of: "stranger-2", server).status == 503)
                #expect(try post(3 * Self.mebibyte, of: "a", server).status == 200)
                #expect(try post(400_000, of: "stranger-2", server).status == 200)
                held.close()
            }
        }

        @Test("the work on a body is counted with it before it arrives")
        func workCopies() throws {
            try withSmallMemory(workCopies: 2) { server in
                let held = try announce(Self.mebibyte, of: "a", server)
                #expect(server.statistics().requestMemory == 3 * Self.mebibyte)
                #expect(try post(Self.mebibyte, of: "a", server).status == 429)
                // A third of the share is the largest body.
                #expect(try post(2 * Self.mebibyte, of: "b", server).status == 413)
                held.close()
            }
        }

        @Test("a chunked body is counted as it grows, and refused where there is no room for it")
        func chunked() throws {
            try withSmallMemory { server in
                let held = try announce(3 * Self.mebibyte, of: "a", server)
                let growing = try TestConnection(port: server.port)
                try growing.send("POST /echo?a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                let chunk = "8000\r\n" + String(repeating: "a", count: 32_768) + "\r\n"
                for _ in 0..<60 { try growing.send(chunk) }
                #expect(try growing.readResponse().status == 429)
                held.close()
                #expect(eventually { server.statistics().requestMemory == 0 })
                let whole = try TestConnection(port: server.port)
                try whole.send("POST /echo?a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<20 { try whole.send(chunk) }
                try whole.send("0\r\n\r\n")
                #expect(try whole.readResponse().body.count == 20 * 32_768)
            }
        }

        @Test("an answer that nobody reads counts until it is read or given up")
        func slowReaders() throws {
            try withSmallMemory({ $0.responseSeconds = 2 }) { server in
                var readers: [TestConnection] = []
                // Of one owner: what does not fit into the sockets' buffers.
                for _ in 0..<4 {
                    let reader = try TestConnection(port: server.port, receiveBuffer: 4096)
                    try reader.sendRequest("GET", "/big?3145728")
                    readers.append(reader)
                }
                #expect(eventually { server.statistics().overShare == 3 })
                #expect(server.statistics().requestMemory >= 3 * Self.mebibyte)
                #expect(server.statistics().requestMemory < 4 * Self.mebibyte)
                #expect(try request(port: server.port, "GET", "/hello").status == 200)
                #expect(eventually(within: 10) { server.statistics().timedOut >= 1 })
                #expect(eventually { server.statistics().requestMemory == 0 })
                #expect(try request(port: server.port, "GET", "/big?3145728").body.count == 3 * Self.mebibyte)
            }
        }

        @Test("a client that reads slowly holds the answer and not the body that it sent")
        func bodyGoesFirst() throws {
            try withSmallMemory(workCopies: 1, { $0.requestMemory = 32 << 20 }) { server in
                let slow = try TestConnection(port: server.port, receiveBuffer: 4096)
                try slow.sendRequest("POST", "/echo?a", body: [UInt8](repeating: 1, count: 7_900_000))
                // Twice the body while it arrived.
                #expect(eventually { (7_900_000..<8_000_000).contains(server.statistics().requestMemory) })
                #expect(try post(1_000_000, of: "a", server).status == 200)
                #expect(try slow.readResponse().body.count == 7_900_000)
            }
        }

        @Test("small bodies that never end are bounded as well")
        func manySmall() throws {
            try withServer(
                settings: changed {
                    $0.requestMemory = 1 << 20
                    $0.eventLoops = 1
                }
            ) { server, _ in
                var held: [TestConnection] = []
                for _ in 0..<70 {
                    let connection = try TestConnection(port: server.port)
                    try connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 16000\r\n\r\n1")
                    held.append(connection)
                }
                // 64 and something of them fill a mebibyte.
                #expect(eventually { server.statistics().overloaded >= 4 })
                #expect(server.statistics().requestMemory <= 1 << 20)
                // A request without a body takes nothing.
                #expect(try request(port: server.port, "GET", "/hello").status == 200)
                for connection in held { connection.reset() }
                #expect(eventually { server.statistics().requestMemory == 0 })
                #expect(try request(port: server.port, "POST", "/echo", body: [1]).status == 200)
            }
        }

        @Test("memory is given back on every way out")
        func waysOut() throws {
            try withSmallMemory({ $0.lanes = [LaneConfiguration(name: "none", threads: 1, queue: 0)] }) { server in
                let body = [UInt8](repeating: 1, count: Self.mebibyte)
                // Refused at the head, by a full queue, with an answer that cannot be sent; cut by either side.
                #expect(try request(port: server.port, "POST", "/head", body: body).status == 404)
                #expect(try request(port: server.port, "POST", "/slow?1", body: body).status == 503)
                #expect(try request(port: server.port, "POST", "/bad?1", body: body).status == 500)
                #expect(eventually { server.statistics().requestMemory == 0 })
                let cut = try announce(Self.mebibyte, of: "a", server)
                try cut.send(Array(body.prefix(500_000)))
                cut.reset()
                #expect(eventually { server.statistics().requestMemory == 0 })
                let closed = try announce(Self.mebibyte, of: "a", server)
                try closed.send(Array(body.prefix(500_000)))
                closed.close()
                #expect(eventually { server.statistics().requestMemory == 0 })
                let ended = try announce(Self.mebibyte, of: "a", server)
                try ended.send(Array(body.prefix(500_000)))
                // An end that libmicrohttpd meets together with data it learns of by the time limit alone.
                usleep(500_000)
                ended.halfClose()
                #expect(ended.isClosed(within: 20))
            }
        }

        @Test("a stop gives back what requests that it cuts had taken")
        func drained() throws {
            let settings = changed {
                $0.requestMemory = 8 << 20
                $0.drainSeconds = 1
            }
            try withServer(Application(bodyLimit: 4 << 20), settings: settings) { server, _ in
                let held = try announce(Self.mebibyte, of: "a", server)
                #expect(server.stop().connectionsCut == 1)
                #expect(server.statistics().requestMemory == 0)
                held.close()
            }
        }
    }
}
