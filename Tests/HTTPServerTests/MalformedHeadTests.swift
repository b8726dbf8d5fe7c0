// Heads that are broken, or that two servers could read in two ways.

import HTTPServer
import Synchronization
import TestKit
import Testing
import Threading

extension HTTPServerTests {
    @Suite("malformed heads")
    struct MalformedHeadTests {
        /// Refused by us, with the application's own problem document.
        static let ours: [String] = [
            "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a?b\0c HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET  /a HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a  HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a\u{1} HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n",
            "G\0T /a HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a HTTP/1.1\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET /a HTTP/1.1\nHost: a\n\n",
            "GET /a HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
            "GET /a HTTP/1.1\r\n folded: b\r\nHost: a\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc",
            "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
            "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\ncontent-length: 4\r\n\r\nabc",
            "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\nabc",
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: +3\r\n\r\n0\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            // What has two readings has them in either version.
            "GET /a HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET /a HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\nX: b\r\nhOST: a\r\n\r\n",
            "POST /a HTTP/1.0\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
            "POST /a HTTP/1.0\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET /a HTTP/1.0\r\nX : b\r\n\r\n",
            "GET /a HTTP/1.0\nHost: a\n\n",
        ]

        @Test("a head that is broken or has two readings is answered 400 and the connection closed", arguments: ours)
        func refused(head: String) throws {
            try withServer { server, application in
                let connection = try TestConnection(port: server.port)
                try connection.send(head)
                let response = try connection.readResponse()
                #expect(response.status == 400)
                #expect(response.text == "{\"title\":\"malformed\"}")
                #expect(response["Connection"] == "close")
                #expect(connection.isClosed(within: 2))
                #expect(application.began.load(ordering: .relaxed) == 0)
                #expect(eventually { application.seen.withLock { $0.statuses } == [400] })
                #expect(server.statistics().malformed == 1)
            }
        }

        /// Refused by libmicrohttpd before anything of ours is asked.
        static let theirs: [(String, Int?)] = [
            ("GET /a\r\n\r\n", 400),
            ("GET /a HTTP/2.0\r\nHost: a\r\n\r\n", 505),
            ("GET /a HTTP/0.9\r\nHost: a\r\n\r\n", 505),
            ("GET /a HTTX/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET /a HTTP/1.1x\r\nHost: a\r\n\r\n", 400),
            ("garbage\r\n\r\n", nil),
            (" \r\n\r\n", nil),
            ("GET /" + String(repeating: "a", count: 6500) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ]

        @Test("what libmicrohttpd itself refuses is refused, and the connection closed", arguments: theirs)
        func refusedByLibrary(head: String, status: Int?) throws {
            try withServer { server, application in
                let connection = try TestConnection(port: server.port)
                try connection.send(head)
                connection.halfClose()
                if let status {
                    #expect(try connection.readResponse().status == status)
                } else {
                    #expect(try connection.readToEnd().isEmpty)
                }
                #expect(connection.isClosed(within: 2))
                #expect(application.seen.withLock { $0.statuses.allSatisfy { $0 == 0 } })
                #expect(try request(port: server.port, "GET", "/hello").status == 200)
            }
        }

        /// Not a length.
        static let lengths: [String] = [
            "+3", "-3", "0x3", "3,3", "3, 3", "3 3", "3;", "", " ", "3 ", "3\t", "three", "3.0", "\u{663}", "3\u{B}",
            "0b11",
        ]

        /// Refused by libmicrohttpd once it has the request line, and answered by us in its place.
        static let inItsPlace: [(String, Int)] = {
            let heads: [(String, Int)] = [
                ("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400),
                ("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
                ("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n", 413),
                ("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\nContent-Length: 3\r\n\r\nabc", 400),
                ("GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n", 400),
                ("GET /a HTTP/1.0\r\nContent-Length: +0\r\n\r\n", 400),
                ("GET /a HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400),
                ("GET /a HTTP/1.1\r\nno colon\r\nHost: a\r\n\r\n", 400),
                ("GET /a HTTP/1.1\r\nHost: a\r\nX\0Y: b\r\n\r\n", 400),
                ("GET /a HTTP/1.1\r\nX: " + String(repeating: "a", count: 6500) + "\r\n\r\n", 431),
            ]
            return lengths.map { ("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: \($0)\r\n\r\nabc", 400) } + heads
        }()

        @Test("a length or header that libmicrohttpd refuses is answered once, by us", arguments: inItsPlace)
        func refusedInItsPlace(head: String, status: Int) throws {
            try withServer { server, application in
                let title = [400: "malformed", 413: "too large", 431: "head too large"][status] ?? ""
                let cut = head.utf8.count / 2
                // Whole, behind another request, and in two pieces with another connection's request between them.
                for way in 0..<3 {
                    let connection = try TestConnection(port: server.port)
                    switch way {
                    case 0: try connection.send(head)
                    case 1: try connection.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n" + head)
                    default:
                        try connection.send(Array(head.utf8.prefix(cut)))
                        let other = try TestConnection(port: server.port)
                        try other.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n")
                        #expect(try request(port: server.port, "GET", "/hello").status == 200)
                        try connection.send(Array(head.utf8.dropFirst(cut)))
                        try other.send("\r\nabc")
                        #expect(try other.readResponse().text == "abc")
                    }
                    if way == 1 { #expect(try connection.readResponse().text == "hello") }
                    let response = try connection.readResponse()
                    #expect(response.status == status)
                    #expect(response.text == "{\"title\":\"\(title)\"}")
                    #expect(response["Connection"] == "close")
                    #expect(try connection.readToEnd().isEmpty, "there is another answer")
                    #expect(application.seen.withLock { $0.path } != "/a")
                }
                #expect(eventually { application.seen.withLock { $0.statuses.count { $0 == status } } == 3 })
                #expect(server.statistics().malformed == 3)
                #expect(try request(port: server.port, "GET", "/hello").status == 200)
            }
        }

        @Test("a request smuggled behind two lengths is never seen")
        func smuggling() throws {
            try withServer { server, application in
                let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
                let connection = try TestConnection(port: server.port)
                try connection.send(
                    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: \(hidden.utf8.count + 5)\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden)
                #expect(try connection.readResponse().status == 400)
                #expect(connection.isClosed(within: 2))
                #expect(application.seen.withLock { $0.path } == "")
            }
        }

        @Test("random bytes neither stop the server nor reach the application")
        func garbage() throws {
            try withServer { server, application in
                var state: UInt64 = 88_172_645_463_325_252
                var connections: [TestConnection] = []
                for round in 0..<200 {
                    var bytes: [UInt8] = []
                    for _ in 0..<(round * 7 % 900 + 1) {
                        state ^= state << 13
                        state ^= state >> 7
                        state ^= state << 17
                        bytes.append(UInt8(truncatingIfNeeded: state))
                    }
                    let connection = try TestConnection(port: server.port)
                    try connection.send(bytes)
                    connection.halfClose()
                    connections.append(connection)
                }
                for connection in connections { #expect(connection.isClosed(within: 5)) }
                #expect(application.began.load(ordering: .relaxed) == 0)
                #expect(try request(port: server.port, "GET", "/hello").status == 200)
            }
        }

        @Test("a valid request changed in one byte is answered or refused, and the next one served")
        func mutations() throws {
            try withServer { server, _ in
                let valid = Array("POST /echo?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8)
                var connections: [TestConnection] = []
                for position in valid.indices {
                    for byte: UInt8 in [0, 10, 13, 32, 58, 0x7F, 0xFF] {
                        var changed = valid
                        changed[position] = byte
                        let connection = try TestConnection(port: server.port)
                        try connection.send(changed)
                        connection.halfClose()
                        connections.append(connection)
                    }
                }
                for connection in connections {
                    let answer = String(decoding: try connection.readToEnd(), as: UTF8.self)
                    if !answer.isEmpty { #expect(answer.hasPrefix("HTTP/1.1 ")) }
                }
                #expect(try request(port: server.port, "GET", "/hello").status == 200)
            }
        }
    }
}
