// What RFC 9110 and 9112 have a server take, and clients and proxies send.

import TestKit
import Testing

@Suite(.givesHandlesBack) struct HeadToleranceTests {
    private let fixture: Fixture
    private let connection: TestConnection

    init() throws {
        fixture = try Fixture()
        try fixture.create("orders")
        connection = try fixture.connect()
    }

    /// Sends a head as it is written here, with the administrator's token in the place of `TOKEN`.
    private func send(
        _ head: String, body: String = "", answering operation: (String, String) = ("GET", "/v1/keys/orders")
    ) throws -> Answer {
        let lines = head.replacing("TOKEN", with: fixture.token).replacing("\n", with: "\r\n")
        try connection.send(lines + "\r\n\r\n" + body)
        return try fixture.read(connection, answering: operation.0, operation.1)
    }

    /// Authorization as it is written, and whether it is taken (RFC 9110, 5.5, 5.6.3 and 11.4: `auth-scheme 1*SP token68`).
    private static let credentials: [(String, Bool)] = [
        ("Bearer TOKEN", true), ("bearer TOKEN", true), ("BEARER TOKEN", true), ("bEaReR  TOKEN", true),
        ("Bearer   TOKEN", true), ("Bearer TOKEN ", true), ("Bearer TOKEN\t", true), ("Bearer TOKEN \t ", true),
        ("\tBearer TOKEN", true), ("  Bearer TOKEN", true), ("\t bEARER  TOKEN\t \t", true),
        ("Bearer\tTOKEN", false), ("Bearer \tTOKEN", false), ("Bearer\t TOKEN", false), ("BearerTOKEN", false),
        ("Bearer", false), ("Bearer ", false), ("Bearer TOKEN x", false), ("Bearer TOKEN TOKEN", false),
        ("Bearer TOKEN,", false), ("Bearer:TOKEN", false), ("Bearer \"TOKEN\"", false), ("Bearer =TOKEN", false),
        ("Bearers TOKEN", false), ("Basic TOKEN", false), ("TOKEN", false), ("Bearer T\tOKEN", false),
    ]

    @Test("blanks around a value are none of it, and a scheme of any case has spaces behind it", arguments: credentials)
    func blanks(authorization: String, isTaken: Bool) throws {
        let answer = try send("GET /v1/keys/orders HTTP/1.1\nHost: a \t\nAuthorization: \(authorization)")
        #expect(answer.status == (isTaken ? 200 : 401))
        let bare = try send("GET /v1/keys/orders HTTP/1.1\nhOST:a\t\naUTHORIZATION:\(authorization)")
        #expect(bare.status == (isTaken ? 200 : 401))
    }

    @Test("blanks behind the other values that matter are none of them", arguments: ["", " ", "\t", " \t "])
    func otherBlanks(blanks: String) throws {
        let read = try send("GET /v1/keys/orders HTTP/1.1\nHost: a\nAuthorization: Bearer TOKEN")
        let tag = try #require(read.response["ETag"])
        let answer = try send(
            """
            POST /v1/keys/orders/encrypt HTTP/1.1\nHost: a\nAuthorization: Bearer TOKEN\nIf-Match: \(tag)\(blanks)
            Content-Type: application/json\(blanks)\nContent-Length: 16
            Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\(blanks)
            """, body: #"{"plaintext":""}"#,
            answering: ("POST", "/v1/keys/orders/encrypt"))
        #expect(answer.status == 200, "\(answer.response.text)")
    }

    @Test("a target may name scheme and authority, as to a proxy (RFC 9112, 3.2.2)")
    func absoluteForm() throws {
        for target in [
            "http://a/v1/keys/orders", "HTTP://strongroom.example:8200/v1/keys/orders",
            "https://[::1]:8200/v1/keys/orders", "hTTps://a/v1/keys/orders",
        ] {
            let answer = try send("GET \(target) HTTP/1.1\nHost: a\nAuthorization: Bearer TOKEN")
            #expect(answer.status == 200, "\(target)")
            #expect(answer["name"].string == "orders")
        }
        let listed = try send(
            "GET HtTp://a/v1/keys?limit=1 HTTP/1.1\nHost: a\nAuthorization: Bearer TOKEN",
            answering: ("GET", "/v1/keys"))
        #expect(listed.status == 200)
    }

    @Test(
        "a target of another form is refused, and so is one of no server",
        arguments: [
            "http:/v1/keys/orders", "http:///v1/keys/orders", "http://:80/v1/keys/orders", "http://u@a/v1/keys/orders",
            "http//a/v1/keys/orders", "ftp://a/v1/keys/orders", "a:443",
            "//a/v1/keys/orders", "http://a", "http://a?x=/v1/keys/orders", "v1/keys/orders", "http:\\\\a\\v1",
        ])
    func otherForms(target: String) throws {
        let answer = try send("GET \(target) HTTP/1.1\nHost: a\nAuthorization: Bearer TOKEN")
        #expect(answer.status == 400 || answer.status == 404, "\(answer.response.text)")
    }

    @Test("OPTIONS of the server as a whole is told which methods there are (RFC 9110, 9.3.7)")
    func optionsOfServer() throws {
        let answer = try send("OPTIONS * HTTP/1.1\nHost: a", answering: ("OPTIONS", "*"))
        #expect((answer.status, answer.code) == (405, "method_not_allowed"))
        #expect(answer.response["Allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE")
    }

    @Test("forty short headers are no long head")
    func manyHeaders() throws {
        let headers = (0..<40).map { "\nX-Header-\($0): value" }.joined()
        #expect(try send("GET /v1/keys/orders HTTP/1.1\nHost: a\nAuthorization: Bearer TOKEN\(headers)").status == 200)
    }

    @Test("a body that is encoded is refused as such, and never read as what it is not (RFC 9110, 8.4)")
    func contentEncoding() throws {
        for encoding in ["gzip", "identity", "br, gzip", ""] {
            let answer = try send(
                """
                POST /v1/keys/orders/encrypt HTTP/1.1\nHost: a\nAuthorization: Bearer TOKEN
                Content-Type: application/json\nContent-Length: 16\nContent-Encoding: \(encoding)
                """, body: #"{"plaintext":""}"#,
                answering: ("POST", "/v1/keys/orders/encrypt"))
            #expect((answer.status, answer.code) == (415, "unsupported_media_type"), "\(encoding)")
        }
    }

    @Test("an empty chunked body, and an object without members, are no body")
    func emptyBodies() throws {
        for body in ["0\r\n\r\n", "2\r\n{}\r\n0\r\n\r\n"] {
            let answer = try send(
                "POST /v1/keys/orders/rotate HTTP/1.1\nHost: a\nAuthorization: Bearer TOKEN\nTransfer-Encoding: chunked",
                body: body, answering: ("POST", "/v1/keys/orders/rotate"))
            #expect(answer.status == 200, "\(answer.response.text)")
        }
    }
}
