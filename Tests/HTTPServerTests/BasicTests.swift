// Requests as well-behaved clients send them.

import HTTPServer
import Synchronization
import TestKit
import Testing
import Threading

extension HTTPServerTests {
    @Suite("requests and answers")
    struct BasicTests {
        @Test("a request is answered with its status, body and the hardening headers")
        func answer() throws {
            try withServer { server, application in
                let connection = try TestConnection(port: server.port)
                let response = try connection.request(
                    "POST", "/echo?a=%20+b&c", headers: [("Authorization", "Bearer x")], body: Array("payload".utf8))
                #expect(response.status == 200)
                #expect(response.text == "payload")
                #expect(response["Cache-Control"] == "no-store")
                #expect(response["X-Content-Type-Options"] == "nosniff")
                #expect(response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'")
                #expect(response["Referrer-Policy"] == "no-referrer")
                #expect(response["Server"] == nil)
                #expect(response["Date"] != nil)
                let seen = application.seen.withLock { $0 }
                #expect(response["X-Request-Id"] == seen.id)
                #expect(seen.id.utf8.count == 32)
                #expect(seen.path == "/echo")
                #expect(seen.query == "a=%20+b&c")
                #expect(seen.method == .post)
                #expect(seen.peer == "127.0.0.1")
                #expect(seen.authorization == "Bearer x")
                #expect(seen.authorizations == 1)
            }
        }

        @Test("a path arrives as it was sent, escapes and all")
        func rawPath() throws {
            try withServer { server, application in
                try request(port: server.port, "GET", "/a%2Fb%00/../c+d")
                #expect(application.seen.withLock { $0.path } == "/a%2Fb%00/../c+d")
                #expect(application.seen.withLock { $0.query } == nil)
            }
        }

        @Test("one connection serves many requests, each with an identifier of its own")
        func keepAlive() throws {
            try withServer { server, application in
                let connection = try TestConnection(port: server.port)
                for index in 0..<500 {
                    let body = Array("request \(index)".utf8)
                    #expect(try connection.request("POST", "/echo", body: body).body == body)
                }
                #expect(application.seen.withLock { $0.identifiers.count } == 500)
                #expect(server.statistics().accepted == 1)
                #expect(server.statistics().requests == 500)
                #expect(eventually { application.ended.load(ordering: .relaxed) == 500 })
            }
        }
    }
}
