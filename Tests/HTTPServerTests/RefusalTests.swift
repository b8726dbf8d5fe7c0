// Refusals that come before or within a body: the client must be able to read them, and the connection must stay sound.

import Glibc
import HTTPServer
import Synchronization
import TestKit
import Testing
import Threading

extension HTTPServerTests {
    @Suite("refusals")
    struct RefusalTests {
        @Test("a refused head with a small body keeps the connection", arguments: [0, 1, 3000, 65_536])
        func refusedHead(size: Int) throws {
            try withServer { server, application in
                let connection = try TestConnection(port: server.port)
                for _ in 0..<3 {
                    let response = try connection.request("POST", "/head", body: [UInt8](repeating: 7, count: size))
                    #expect(response.status == 404)
                    #expect(response["Connection"] == nil)
                }
                #expect(try connection.request("GET", "/hello").status == 200)
                #expect(application.began.load(ordering: .relaxed) == 4)
            }
        }

        @Test("a body announced over the limit is answered 413")
        func announced() throws {
            try withServer(Application(bodyLimit: 1000)) { server, _ in
                let connection = try TestConnection(port: server.port)
                #expect(try connection.request("POST", "/echo", body: [UInt8](repeating: 1, count: 1000)).status == 200)
                #expect(try connection.request("POST", "/echo", body: [UInt8](repeating: 1, count: 1001)).status == 413)
                #expect(try connection.request("GET", "/hello").status == 200)
            }
        }

        @Test("a chunked body over the limit is answered 413, a small one on a connection that stays")
        func chunked() throws {
            try withServer(Application(bodyLimit: 1000)) { server, _ in
                let connection = try TestConnection(port: server.port)
                let chunk = "258\r\n" + String(repeating: "a", count: 600) + "\r\n"
                try connection.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk + "0\r\n\r\n"
                )
                #expect(try connection.readResponse().status == 413)
                #expect(try connection.request("GET", "/hello").status == 200)
            }
        }

        @Test("a chunked body without end is answered 413 and the connection closed")
        func endless() throws {
            try withServer(Application(bodyLimit: 1000)) { server, application in
                let connection = try TestConnection(port: server.port)
                try connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                let chunk = Array(("8000\r\n" + String(repeating: "a", count: 32_768) + "\r\n").utf8)
                for _ in 0..<100 { try connection.send(chunk) }
                let response = try connection.readResponse()
                #expect(response.status == 413)
                #expect(response["Connection"] == "close")
                #expect(response["Cache-Control"] == "no-store")
                #expect(response["X-Request-Id"] != nil)
                #expect(response["Date"] != nil)
                #expect(response.text == "{\"title\":\"too large\"}")
                connection.close()
                #expect(eventually { application.ended.load(ordering: .relaxed) == 1 })
                #expect(application.seen.withLock { $0.statuses } == [413])
            }
        }

        @Test("a client that uploads 33 MiB before it reads anything still reads the 413", arguments: [false, true])
        func upload(expecting: Bool) throws {
            try withServer { server, _ in
                for _ in 0..<3 {
                    let connection = try TestConnection(port: server.port)
                    let headers = expecting ? [("Expect", "100-continue")] : []
                    // Sends all of it, whatever the server says meanwhile.
                    try connection.sendRequest(
                        "POST", "/echo", headers: headers, body: [UInt8](repeating: 5, count: 33 << 20))
                    let response = try connection.readResponse()
                    #expect(response.status == 413)
                    #expect(response.text == "{\"title\":\"too large\"}")
                }
            }
        }

        @Test("curl prints the 413 to an upload of 33 MiB", arguments: [[], ["-H", "Expect:"]])
        func curl(options: [String]) throws {
            let path = "/tmp/strongroom-upload-\(getpid())-\(options.count)"
            let file = try #require(fopen(path, "wb"))
            ftruncate(fileno(file), 33 << 20)
            fclose(file)
            defer { unlink(path) }
            try withServer { server, _ in
                for _ in 0..<5 {
                    let child = try ChildProcess(
                        "/usr/bin/curl",
                        ["-sS", "--data-binary", "@\(path)", "http://127.0.0.1:\(server.port)/echo"] + options)
                    #expect(try child.readToEnd(of: .output) == "{\"title\":\"too large\"}")
                    #expect(try child.readToEnd(of: .error) == "")
                    #expect(try child.wait() == 0)
                }
            }
        }

        @Test("a head at any size is answered: taken, or 431, never silence", arguments: (30..<100).map { $0 * 61 })
        func headSizes(size: Int) throws {
            try withServer { server, _ in
                let connection = try TestConnection(port: server.port)
                let response = try connection.request(
                    "POST", "/echo", headers: [("X-Fill", String(repeating: "f", count: size))],
                    body: Array("body".utf8))
                if size < 3600 { #expect(response.status == 200) }
                if size > 4000 { #expect(response.status == 431) }
                if response.status == 200 {
                    #expect(response.text == "body")
                    #expect(try connection.request("GET", "/hello").status == 200)
                } else {
                    #expect(connection.isClosed(within: 2))
                }
            }
        }

        @Test("many small headers, arguments or cookies are answered as well", arguments: [5, 20, 35, 50, 65, 80, 120])
        func manyFields(number: Int) throws {
            try withServer { server, _ in
                let headers = (0..<number).map { ("X-\($0)", "") }
                let query = String(repeating: "a&", count: number)
                let cookies = String(repeating: "a=b;", count: number)
                for response in [
                    try request(port: server.port, "GET", "/hello", headers: headers),
                    try request(port: server.port, "GET", "/hello?\(query)"),
                    try request(port: server.port, "GET", "/hello", headers: [("Cookie", cookies)]),
                ] {
                    #expect([200, 431].contains(response.status))
                    if number <= 40 { #expect(response.status == 200) }
                }
                #expect(try request(port: server.port, "GET", "/hello").status == 200)
            }
        }
    }
}
