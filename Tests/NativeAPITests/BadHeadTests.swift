// Requests that are refused by their heads: tokens, methods and paths.

import TestKit
import Testing

@Suite(.givesHandlesBack) struct BadHeadTests {
    @Test("without one valid token there is nothing but health, metrics and the document")
    func tokens() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let connection = try fixture.connect()
        let token = fixture.token
        let other = try Fixture().token
        let headers = [
            "", "Bearer", "Bearer ", "Bearer \(token) \(token)", "Bearer \(token)x",
            "Bearer \(token.dropLast())",
            "Bearer \(token.uppercased())", "Bearer \(other)", "Basic \(token)", token, "Bearer\t\(token)",
            "Bearer \(token),\(token)", "Bearer srt_", "Bearer \(String(repeating: "a", count: 2000))",
        ]
        for header in headers {
            for (method, path, body) in [
                ("GET", "/v1/keys/orders", nil), ("POST", "/v1/keys/orders/encrypt", #"{"plaintext":""}"#),
            ] as [(String, String, String?)] {
                let answer = try fixture.send(
                    method, path, body, headers: [("Authorization", header)], on: connection)
                #expect((answer.status, answer.code) == (401, "unauthenticated"), "\(header.prefix(10))")
                try fixture.expectUsable(connection)
            }
        }
        let twice = try fixture.send(
            "GET", "/v1/keys/orders",
            headers: [("Authorization", "Bearer \(token)"), ("authorization", "Bearer \(token)")],
            on: connection)
        #expect(twice.status == 401)
        for scheme in ["bearer", "BEARER", "Bearer"] {
            let answer = try fixture.send("GET", "/v1/keys/orders", headers: [("Authorization", "\(scheme) \(token)")])
            #expect(answer.status == 200)
        }
    }

    @Test("a wrong token is told before anything about the body, and unknown keys look like known ones to it")
    func tokenFirst() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        for key in ["orders", "none"] {
            let answer = try fixture.send(
                "POST", "/v1/keys/\(key)/encrypt", "not json",
                headers: [("Authorization", "Bearer no"), ("Content-Type", "text/plain")])
            #expect(answer.status == 401)
        }
    }

    @Test("a method that a path does not take is 405, with those that it takes")
    func methods() throws {
        let fixture = try Fixture()
        let connection = try fixture.connect()
        for (method, path, allow) in [
            ("DELETE", "/v1/keys", "GET, HEAD, POST"), ("POST", "/v1/keys/orders", "GET, HEAD, PATCH, DELETE"),
            ("GET", "/v1/keys/orders/encrypt", "POST"), ("PUT", "/v1/random", "POST"),
            ("OPTIONS", "/v1/random", "POST"),
            ("TRACE", "/v1/status", "GET, HEAD"), ("FOO", "/v1/status", "GET, HEAD"),
            ("get", "/v1/status", "GET, HEAD"),
            ("PROPFIND", "/v1/keys/orders/versions/1", "PATCH"), ("HEAD", "/v1/random", "POST"),
        ] {
            let answer = try fixture.send(method, path, on: connection)
            #expect(answer.status == 405, "\(method) \(path)")
            #expect(answer.response["Allow"] == allow, "\(method) \(path)")
            try fixture.expectUsable(connection)
        }
    }

    @Test(
        "what is not a path of the document is 404, what is not a path at all or means to be another is 400",
        arguments: [
            ("/", 404), ("/v1", 404), ("/v2/keys", 404), ("/v1/keys/", 404), ("//v1/keys", 404), ("/v1//keys", 404),
            ("/v1/keys/orders/", 404), ("/v1/keys//encrypt", 404), ("/V1/keys", 404),
            ("/v1/keys/orders/encrypt/x", 404),
            ("/v1/keys/orders/fly", 404), ("/v1/%6beys", 404), ("/%76%31/keys", 404),
            ("/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t", 404),
            ("/v1/keys/..", 400), ("/v1/keys/../status", 400), ("/v1/../v1/status", 400), ("/..", 400),
            ("/./v1/keys", 400),
            ("/v1/keys/%2e%2e", 400), ("/v1/keys/%2E%2E/status", 400), ("/v1/keys/.%2e/x", 400),
            ("/v1/keys/a%2fb", 400), ("/v1/keys/a%2Frotate", 400), ("/v1%2fkeys", 400), ("/v1/keys/a%00", 400),
            ("/v1/keys/a%00b/encrypt", 400), ("/v1/keys/%", 400), ("/v1/keys/%4", 400), ("/v1/keys/%zz", 400),
            ("/v1/keys/a%0d%0ab", 400), ("/v1/keys/a\\b", 400), ("/v1/keys/a\"b", 400), ("/v1/keys/<a>", 400),
            ("/v1/keys/a|b", 400), ("/v1/keys/{key}", 400), ("v1/keys", 400), ("*", 400), ("http://", 400),
            ("http://a", 400), ("ftp://a/v1/keys", 400),
        ])
    func paths(path: String, status: Int) throws {
        let fixture = try Fixture()
        try fixture.create("a")
        let connection = try fixture.connect()
        let answer = try fixture.send("GET", path, on: connection)
        #expect(answer.status == status, "\(answer.response.text)")
        if answer.response["Connection"] != "close" { try fixture.expectUsable(connection) }
    }

    @Test(
        "a name that no key can have is refused by the schema, whatever stands in it",
        arguments: [
            "%c0%af", "%c0%ae%c0%ae", "%ff", "%ed%a0%80", "-a", "a-", "a%20b", "%e2%80%ae", "a+b", "a;b",
            "a::b", ":a", "a:", "a:b:c", "a%2Fb", "%2Fa:b", "a%2F:b", "a:b%2Fc",
        ])
    func names(name: String) throws {
        let fixture = try Fixture()
        let connection = try fixture.connect()
        for (method, rest, body) in [("GET", "", nil), ("POST", "/encrypt", #"{"plaintext":""}"#)]
            as [(String, String, String?)]
        {
            let answer = try fixture.send(method, "/v1/keys/\(name)\(rest)", body, on: connection)
            #expect(answer.status == 422 || answer.status == 400, "\(answer.response.text)")
            try fixture.expectUsable(connection)
        }
    }

    @Test("a key's name may be escaped in the path")
    func escapedName() throws {
        let fixture = try Fixture()
        try fixture.create("orders.eu-1")
        #expect(try fixture.send("GET", "/v1/keys/%6frders%2eeu%2D1").status == 200)
    }

    private static let brokenHeads = [
        "GET /v1/keys/a\0b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /v1/ke ys HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v1/keys HTTP/1.1\r\n\r\n", "GET /v1/keys/\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v1/keys HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET /v1/keys HTTP/1.1\nHost: a\n\n",
        "POST /v1/random HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /v1/keys HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
    ]

    @Test("a head that is broken is a problem too, and the end of its connection", arguments: brokenHeads.indices)
    func brokenHead(index: Int) throws {
        let fixture = try Fixture()
        let connection = try fixture.connect()
        try connection.send(Self.brokenHeads[index])
        let answer = try fixture.read(connection, answering: "GET", "/v1/keys")
        #expect((answer.status, answer.code) == (400, "malformed_request"))
        #expect(connection.isClosed(within: 2))
        #expect(try fixture.send("GET", "/v1/status").status == 200)
    }

    @Test("headers that are too long are a problem, and the end of their connection")
    func longHead() throws {
        let fixture = try Fixture()
        let connection = try fixture.connect()
        let answer = try fixture.send(
            "GET", "/v1/keys", headers: [("X-Long", String(repeating: "a", count: 4500))], on: connection)
        #expect((answer.status, answer.code) == (431, "head_too_large"))
        #expect(connection.isClosed(within: 2))
        #expect(try fixture.send("GET", "/v1/status").status == 200)
    }
}
