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

    @Test(
        "blanks behind a value are none of it, and a scheme may have several spaces behind it (RFC 9110, 5.5 and 11.4)")
    func blanks() throws {
        for authorization in ["Bearer TOKEN ", "Bearer TOKEN \t ", "bearer   TOKEN", " Bearer TOKEN"] {
            let answer = try send("GET /v1/keys/orders HTTP/1.1\nHost: a \nAuthorization: \(authorization)")
            #expect(answer.status == 200, "\(authorization.debugDescription)")
        }
        for authorization in ["Bearer\tTOKEN", "BearerTOKEN", "Bearer TOKEN x"] {
            let answer = try send("GET /v1/keys/orders HTTP/1.1\nHost: a\nAuthorization: \(authorization)")
            #expect(answer.status == 401, "\(authorization.debugDescription)")
        }
    }

    @Test("a target may name scheme and authority, as to a proxy (RFC 9112, 3.2.2)")
    func absoluteForm() throws {
        for target in [
            "http://a/v1/keys/orders", "HTTP://strongroom.example:8200/v1/keys/orders",
            "https://[::1]:8200/v1/keys/orders",
        ] {
            let answer = try send("GET \(target) HTTP/1.1\nHost: a\nAuthorization: Bearer TOKEN")
            #expect(answer.status == 200, "\(target)")
            #expect(answer["name"].string == "orders")
        }
        let listed = try send(
            "GET http://a/v1/keys?limit=1 HTTP/1.1\nHost: a\nAuthorization: Bearer TOKEN",
            answering: ("GET", "/v1/keys"))
        #expect(listed.status == 200)
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
