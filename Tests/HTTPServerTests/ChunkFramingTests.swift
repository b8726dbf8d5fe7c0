// The framing of chunked bodies: what RFC 9112, 7.1, has is taken however it arrives, and anything else is refused at once, so that
// no request hides in a body that a proxy in front reads differently.

import HTTPServer
import TestKit
import Testing
import Threading

extension HTTPServerTests {
    @Suite("the framing of chunked bodies")
    struct ChunkFramingTests {
        private static let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        private static let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"

        static let sound: [(String, String)] = [
            ("5\r\nhello\r\n0\r\n\r\n", "hello"),
            ("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"),
            ("000a;x\r\n0123456789\r\nA;a=b;c=\"d;e\"\r\nabcdefghij\r\n00\r\n\r\n", "0123456789abcdefghij"),
            ("0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n", "hello"),
            ("1;\ta=b\r\n\n\r\n2\r\n\r\n\r\n0;last\r\nX-Checksum: 1\r\nX-Empty:\r\n\r\n", "\n\r\n"),
        ]

        /// Each is refused where it stands; what follows would be another request if it were not.
        static let malformed: [String] = [
            // LF alone.
            "5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r\n0\n\r\n", "5\r\nhello\r\n0\r\n\n",
            "5\r\nhello\r\n0\r\nX: y\n\r\n", "5\r\nhello\r\n0\n\n", "5;x\nhello\r\n0\r\n\r\n",
            "5;x=\"\n\"\r\nhello\r\n0\r\n\r\n",
            "2;\n\n\r\n\r\n0\r\n\r\n", "5\n\nhello\r\n0\r\n\r\n",
            // CR alone, and more than one.
            "5\rhello\r\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n", "5\r\r\nhello\r\n0\r\n\r\n",
            "5;\rx\r\nhello\r\n0\r\n\r\n",
            "5\r\nhello\r\n0\r\n\rX", "5\r\nhello\r\n0\r\nX: \r y\r\n\r\n", "5\n\rhello\r\n0\r\n\r\n",
            // Sizes.
            " 5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "5\t\r\nhello\r\n0\r\n\r\n",
            "5 ;x\r\nhello\r\n0\r\n\r\n",
            "+5\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n",
            "5_0\r\nhello\r\n0\r\n\r\n",
            "\r\n5\r\nhello\r\n0\r\n\r\n", ";x\r\nhello\r\n0\r\n\r\n", "g\r\nhello\r\n0\r\n\r\n",
            "5h\r\nhello\r\n0\r\n\r\n",
            "5\0\r\nhello\r\n0\r\n\r\n", "00000000000000005\r\nhello\r\n0\r\n\r\n",
            "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
            "10000000000000005\r\nhello\r\n0\r\n\r\n", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
            "8000000000000000\r\nhello\r\n0\r\n\r\n",
            // Data longer or shorter than its size.
            "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhell\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "3\r\nhello\r\n0\r\n\r\n",
            // Extensions.
            "5;\0\r\nhello\r\n0\r\n\r\n", "5;a\u{7F}\r\nhello\r\n0\r\n\r\n",
            "5;\(String(repeating: "a", count: 300))\r\nhello\r\n0\r\n\r\n",
            // Trailers that are none, or that would be headers.
            "5\r\nhello\r\n0\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n", "5\r\nhello\r\n0\r\nX : y\r\n\r\n",
            "5\r\nhello\r\n0\r\n: y\r\n\r\n", "5\r\nhello\r\n0\r\nX\r\n\r\n", "5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n",
            "5\r\nhello\r\n0\r\n X: y\r\n\r\n", "5\r\nhello\r\n0\r\nX: \u{1}\r\n\r\n",
            "5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n", "5\r\nhello\r\n0\r\ntransfer-encoding: chunked\r\n\r\n",
            "5\r\nhello\r\n0\r\nHOST: b\r\n\r\n", "5\r\nhello\r\n0\r\nAuthorization: Bearer x\r\n\r\n",
            "5\r\nhello\r\n0\r\nX: y\r\nContent-Type: text/plain\r\n\r\n", "5\r\nhello\r\n0\r\nTE: x\r\n\r\n",
            "5\r\nhello\r\n0\r\nExpect: 100-continue\r\n\r\n", "5\r\nhello\r\n0\r\nProxy-Authorization: x\r\n\r\n",
        ]

        @Test("a sound body is taken however its bytes are cut, and the next request after it", arguments: sound)
        func taken(body: String, content: String) throws {
            try withServer { server, _ in
                let bytes = Array((Self.head + body).utf8)
                let connection = try TestConnection(port: server.port)
                // Kept: what comes before a request on its connection shifts where that lies.
                for cut in 1..<bytes.count {
                    try connection.send(Array(bytes[..<cut]))
                    try connection.send(Array(bytes[cut...]) + Array("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                    #expect(try connection.readResponse().text == content, "cut at \(cut)")
                    #expect(try connection.readResponse().text == "hello", "cut at \(cut)")
                }
                for byte in bytes { try connection.send([byte]) }
                #expect(try connection.readResponse().text == content)
            }
        }

        @Test("chunked requests sent in one piece are each answered, with others between them")
        func pipelined() throws {
            try withServer { server, _ in
                let connection = try TestConnection(port: server.port)
                var burst = ""
                for (index, (body, _)) in (Self.sound + Self.sound).enumerated() {
                    burst += "\r\n" + Self.head + body
                    burst += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(index)\r\n\r\n"
                    burst += String(repeating: "x", count: index)
                }
                try connection.send(burst)
                for (index, (_, content)) in (Self.sound + Self.sound).enumerated() {
                    #expect(try connection.readResponse().text == content)
                    #expect(try connection.readResponse().text == String(repeating: "x", count: index))
                }
            }
        }

        @Test("a malformed body is answered 400 once and the connection closed", arguments: malformed)
        func refused(body: String) throws {
            try withServer { server, application in
                let bytes = Array((Self.head + body + Self.hidden).utf8)
                // With its head, behind another request, and byte by byte.
                for way in 0..<3 {
                    let connection = try TestConnection(port: server.port)
                    switch way {
                    case 0: try connection.send(bytes)
                    case 1: try connection.send(Array("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n".utf8) + bytes)
                    default: for byte in bytes { try? connection.send([byte]) }
                    }
                    if way == 1 { #expect(try connection.readResponse().text == "hello") }
                    let response = try connection.readResponse()
                    #expect(response.status == 400)
                    #expect(response.text == "{\"title\":\"malformed body\"}")
                    #expect(response["Connection"] == "close")
                    #expect(try connection.readToEnd().isEmpty, "there is another answer")
                    #expect(application.seen.withLock { $0.path } != "/hidden")
                    #expect(application.seen.withLock { $0.path } != "/echo")
                }
                #expect(server.statistics().malformed == 3)
            }
        }

        @Test(
            "a body that ends before its last chunk is answered 400",
            arguments: ["", "5", "5\r\nhel", "5\r\nhello\r\n0\r\n"])
        func early(body: String) throws {
            try withServer { server, application in
                let connection = try TestConnection(port: server.port)
                try connection.send(Self.head + body)
                connection.halfClose()
                #expect(try connection.readResponse().status == 400)
                #expect(try connection.readToEnd().isEmpty)
                #expect(application.seen.withLock { $0.path } == "")
            }
        }

        @Test("a refused request whose body is read over is refused for its framing")
        func swallowed() throws {
            try withServer { server, _ in
                let connection = try TestConnection(port: server.port)
                let head = "POST /head HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                try connection.send(head + "5\r\nhello\r\n0\r\n\r\n" + head + "5\nhello\r\n0\r\n\r\n" + Self.hidden)
                #expect(try connection.readResponse().status == 404)
                #expect(try connection.readResponse().status == 400)
                #expect(try connection.readToEnd().isEmpty)
            }
        }
    }
}
