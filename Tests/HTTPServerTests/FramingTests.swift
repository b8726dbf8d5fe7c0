// Where requests and answers begin and end on the wire.

import HTTPServer
import Synchronization
import TestKit
import Testing
import Threading

extension HTTPServerTests {
    @Suite("framing")
    struct FramingTests {
        @Test("pipelined requests are answered in their order, slow ones among them")
        func pipelined() throws {
            try withServer { server, _ in
                let connection = try TestConnection(port: server.port)
                var burst = ""
                for index in 0..<100 {
                    let path = index % 10 == 3 ? "/slow?1" : "/echo"
                    let body = "number \(index)"
                    burst += "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                }
                try connection.send(burst)
                for index in 0..<100 {
                    let response = try connection.readResponse()
                    #expect(response.status == 200)
                    #expect(response.text.hasPrefix("number \(index)"))
                    #expect(!response.text.hasPrefix("number \(index)0"))
                }
            }
        }

        @Test("a request sent byte by byte is understood")
        func byteByByte() throws {
            try withServer { server, _ in
                let connection = try TestConnection(port: server.port)
                for byte in "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8 {
                    try connection.send([byte])
                }
                #expect(try connection.readResponse().text == "abc")
            }
        }

        @Test("Expect: 100-continue gets the interim answer, and the body is taken")
        func expect() throws {
            try withServer { server, _ in
                let connection = try TestConnection(port: server.port)
                try connection.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
                #expect(try connection.readResponse().status == 100)
                try connection.send("hello")
                #expect(try connection.readResponse().text == "hello")
                #expect(try connection.request("GET", "/hello").status == 200)
            }
        }

        @Test("a refused head with Expect: 100-continue is answered at once, its body never asked for")
        func expectRefused() throws {
            try withServer { server, _ in
                let connection = try TestConnection(port: server.port)
                try connection.send(
                    "POST /head HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
                let response = try connection.readResponse()
                #expect(response.status == 404)
                #expect(response["Connection"] == "close")
                #expect(connection.isClosed(within: 2))
            }
        }

        @Test("chunked bodies are put together, extensions and trailers dropped")
        func chunked() throws {
            try withServer { server, _ in
                let connection = try TestConnection(port: server.port)
                try connection.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n")
                #expect(try connection.readResponse().text == "hello world")
                #expect(try connection.request("GET", "/hello").text == "hello")
            }
        }

        @Test("a large body arrives whole, announced and chunked", arguments: [1, 4095, 4096, 65_536, 1 << 20])
        func large(size: Int) throws {
            try withServer { server, _ in
                let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let connection = try TestConnection(port: server.port)
                #expect(try connection.request("POST", "/echo", body: body).body == body)
                try connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                var position = 0
                while position < size {
                    let length = min(7000, size - position)
                    try connection.send(Array((String(length, radix: 16) + "\r\n").utf8))
                    try connection.send(Array(body[position..<position + length]))
                    try connection.send("\r\n")
                    position += length
                }
                try connection.send("0\r\n\r\n")
                #expect(try connection.readResponse().body == body)
            }
        }

        @Test("HEAD is answered as GET would be, without the body")
        func head() throws {
            try withServer { server, application in
                let connection = try TestConnection(port: server.port)
                let response = try connection.request("HEAD", "/big?1000")
                #expect(response.status == 200)
                #expect(response["Content-Length"] == "1000")
                #expect(response["X-Request-Id"] != nil)
                #expect(application.seen.withLock { $0.method } == .head)
                // Bytes of a body would stand before this answer.
                #expect(try connection.request("GET", "/hello").text == "hello")
            }
        }

        @Test("a large answer arrives whole, and the connection stays")
        func largeAnswer() throws {
            try withServer { server, _ in
                let connection = try TestConnection(port: server.port)
                let response = try connection.request("GET", "/big?2000000")
                #expect(response.body.count == 2_000_000)
                #expect(response.body.allSatisfy { $0 == 0x42 })
                #expect(try connection.request("GET", "/hello").text == "hello")
            }
        }

        @Test(
            "a client that has shut its sending side still gets its answer", arguments: ["/hello", "/echo", "/slow?50"])
        func halfClosed(path: String) throws {
            try withServer { server, application in
                var connections: [TestConnection] = []
                for _ in 0..<20 {
                    let connection = try TestConnection(port: server.port)
                    try connection.sendRequest("POST", path, body: Array("x".utf8))
                    connection.halfClose()
                    connections.append(connection)
                }
                for connection in connections {
                    #expect(try connection.readResponse().status == 200)
                    #expect(connection.isClosed(within: 2))
                }
                #expect(application.lost.load(ordering: .relaxed) == 0)
            }
        }

        @Test("HTTP/1.0 is answered and the connection closed, Connection: close likewise")
        func closing() throws {
            try withServer { server, _ in
                let old = try TestConnection(port: server.port)
                try old.send("GET /hello HTTP/1.0\r\n\r\n")
                #expect(try old.readResponse().text == "hello")
                #expect(old.isClosed(within: 2))
                let closing = try TestConnection(port: server.port)
                let response = try closing.request("GET", "/hello", headers: [("Connection", "close")])
                #expect(response["Connection"] == "close")
                #expect(closing.isClosed(within: 2))
            }
        }

        @Test("an answer's own Cache-Control stands instead of ours")
        func ownHeaders() throws {
            try withServer { server, _ in
                let response = try request(port: server.port, "GET", "/cached")
                #expect(response["Cache-Control"] == "max-age=60")
                #expect(response.count(of: "Cache-Control") == 1)
                #expect(response["Allow"] == "GET")
                #expect(response["Content-Length"] == "0")
            }
        }

        @Test(
            "an answer whose headers cannot be sent becomes 500, and the connection stays",
            arguments: Application.unsendable.indices)
        func unsendable(index: Int) throws {
            try withServer { server, application in
                let connection = try TestConnection(port: server.port)
                let response = try connection.request("GET", "/bad?\(index)")
                #expect(response.status == 500)
                #expect(response["Set-Cookie"] == nil)
                #expect(try connection.request("GET", "/hello").status == 200)
                #expect(application.seen.withLock { $0.statuses.first } == 500)
            }
        }

        @Test("an answer's own headers all arrive, beside ours")
        func manyHeaders() throws {
            try withServer { server, _ in
                let connection = try TestConnection(port: server.port)
                for _ in 0..<3 {
                    let response = try connection.request("GET", "/many")
                    for index in 0..<20 { #expect(response["X-\(index)"] == "value\t\(index)") }
                    #expect(response["X-Request-Id"]?.utf8.count == 32)
                    #expect(response["Cache-Control"] == "no-store")
                    #expect(response["Content-Length"] == "0")
                    #expect(response.headers.count == 20 + 7)
                }
            }
        }
    }
}
