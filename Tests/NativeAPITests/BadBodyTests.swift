// Bodies that are not what they should be: each a problem with its status, on a connection that stays in step.

import TestKit
import Testing

@Suite(.givesHandlesBack) struct BadBodyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let body: String
        let status: Int
        let code: String
        var testDescription: String { name }
    }

    private static let deep = String(repeating: "[", count: 100_000)

    static let cases: [Case] = [
        Case(name: "nothing", body: "", status: 400, code: "malformed_json"),
        Case(name: "not JSON", body: "plaintext=YQ==", status: 400, code: "malformed_json"),
        Case(name: "truncated", body: #"{"plaintext":"YQ=="#, status: 400, code: "malformed_json"),
        Case(name: "truncated in an escape", body: #"{"plaintext":"\u00"#, status: 400, code: "malformed_json"),
        Case(name: "something behind", body: #"{"plaintext":"YQ=="} {}"#, status: 400, code: "malformed_json"),
        Case(name: "a NUL behind", body: "{\"plaintext\":\"YQ==\"}\0", status: 400, code: "malformed_json"),
        Case(name: "a byte order mark", body: "\u{FEFF}{\"plaintext\":\"YQ==\"}", status: 400, code: "malformed_json"),
        Case(name: "a comment", body: #"{"plaintext":"YQ=="/* */}"#, status: 400, code: "malformed_json"),
        Case(name: "single quotes", body: "{'plaintext':'YQ=='}", status: 400, code: "malformed_json"),
        Case(name: "a comma too many", body: #"{"plaintext":"YQ==",}"#, status: 400, code: "malformed_json"),
        Case(name: "NaN", body: #"{"plaintext":"YQ==","version":NaN}"#, status: 400, code: "malformed_json"),
        Case(name: "a raw newline", body: "{\"plaintext\":\"YQ\n==\"}", status: 400, code: "malformed_json"),
        Case(name: "half a surrogate", body: #"{"plaintext":"\ud800"}"#, status: 400, code: "malformed_json"),
        Case(name: "a depth bomb of arrays", body: deep, status: 400, code: "json_too_deep"),
        Case(
            name: "a closed depth bomb", body: deep + String(repeating: "]", count: 100_000), status: 400,
            code: "json_too_deep"),
        Case(
            name: "a depth bomb of objects", body: String(repeating: #"{"a":"#, count: 50_000), status: 400,
            code: "json_too_deep"),
        Case(
            name: "a depth bomb in a member", body: #"{"plaintext":"YQ==","a":"# + deep, status: 400,
            code: "json_too_deep"),
        Case(
            name: "a duplicate", body: #"{"plaintext":"YQ==","plaintext":"YQ=="}"#, status: 422,
            code: "schema_violation"),
        Case(
            name: "a duplicate in disguise", body: #"{"plaintext":"YQ==","pl\u0061intext":"YQ=="}"#, status: 422,
            code: "schema_violation"),
        Case(name: "unknown", body: #"{"plaintext":"YQ==","extra":1}"#, status: 422, code: "schema_violation"),
        Case(name: "wrong type", body: #"{"plaintext":1}"#, status: 422, code: "schema_violation"),
        Case(name: "null", body: #"{"plaintext":null}"#, status: 422, code: "schema_violation"),
        Case(name: "an array", body: "[]", status: 422, code: "schema_violation"),
        Case(name: "a string", body: "\"YQ==\"", status: 422, code: "schema_violation"),
        Case(
            name: "out of range", body: #"{"plaintext":"","version":4294967296}"#, status: 422, code: "schema_violation"
        ),
        Case(
            name: "a number that is none of ours", body: #"{"plaintext":"","version":123456789012345678901234567890}"#,
            status: 422, code: "schema_violation"),
        Case(name: "bad base64", body: #"{"plaintext":"!!!!"}"#, status: 422, code: "schema_violation"),
    ]

    @Test("a bad body is refused, and the connection serves the next request", arguments: cases)
    func refused(one: Case) throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let connection = try fixture.connect()
        for path in ["/v1/keys/orders/encrypt", "/v1/keys/orders/encrypt/batch"] {
            let answer = try fixture.send("POST", path, one.body, on: connection)
            #expect((answer.status, answer.code) == (one.status, one.code), "\(answer.response.text)")
            if answer.status == 422 { #expect(answer.violation != nil) }
            try fixture.expectUsable(connection)
        }
    }

    @Test("bytes that are not UTF-8 are not JSON")
    func notUTF8() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let connection = try fixture.connect()
        for bad in [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] as [[UInt8]] {
            let body = Array(#"{"plaintext":"YQ==","a":""#.utf8) + bad + Array("\"}".utf8)
            let answer = try fixture.send("POST", "/v1/keys/orders/encrypt", bytes: body, on: connection)
            #expect((answer.status, answer.code) == (400, "malformed_json"))
            try fixture.expectUsable(connection)
        }
    }

    @Test(
        "a body of another type is refused",
        arguments: ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application", "json", ""])
    func contentType(type: String) throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let connection = try fixture.connect()
        let answer = try fixture.send(
            "POST", "/v1/keys/orders/encrypt", #"{"plaintext":"YQ=="}"#, headers: [("Content-Type", type)],
            on: connection)
        #expect((answer.status, answer.code) == (415, "unsupported_media_type"))
        try fixture.expectUsable(connection)
    }

    @Test(
        "JSON is taken under each of its names",
        arguments: [
            "application/json", "APPLICATION/JSON", "application/json; charset=utf-8", "application/json;charset=UTF-8",
        ])
    func jsonType(type: String) throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let answer = try fixture.send(
            "POST", "/v1/keys/orders/encrypt", #"{"plaintext":"YQ=="}"#, headers: [("Content-Type", type)])
        #expect(answer.status == 200)
    }

    @Test(
        "33 MiB are too many: announced, expecting leave, or in chunks", arguments: ["announced", "expect", "chunked"])
    func tooLarge(way: String) throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let connection = try fixture.connect()
        let path = "/v1/keys/orders/encrypt"
        let head = """
            POST \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(fixture.token)\r\n\
            Content-Type: application/json\r\n
            """
        switch way {
        case "chunked":
            try connection.send(head + "Transfer-Encoding: chunked\r\n\r\n")
            let chunk = Array("100000\r\n".utf8) + [UInt8](repeating: 0x20, count: 1 << 20) + Array("\r\n".utf8)
            for _ in 0..<33 { try connection.send(chunk) }
        case "expect":
            // The refusal comes at once, instead of the leave that was asked for.
            try connection.send(head + "Content-Length: \(33 << 20)\r\nExpect: 100-continue\r\n\r\n")
        default:
            try connection.send(head + "Content-Length: \(33 << 20)\r\n\r\n")
            let piece = [UInt8](repeating: 0x20, count: 1 << 20)
            for _ in 0..<33 { try connection.send(piece) }
        }
        let answer = try fixture.read(connection, answering: "POST", path)
        #expect((answer.status, answer.code) == (413, "body_too_large"))
        #expect(try fixture.send("GET", "/v1/status").status == 200)
    }

    @Test("operations that take little refuse more than little")
    func limits() throws {
        let fixture = try Fixture()
        let connection = try fixture.connect()
        let random = #"{"bytes":1}"# + String(repeating: " ", count: 4096)
        #expect(try fixture.send("POST", "/v1/random", random, on: connection).status == 413)
        try fixture.expectUsable(connection)
        let labels = #"{"name":"a"}"# + String(repeating: " ", count: 65_536)
        #expect(try fixture.send("POST", "/v1/keys", labels, on: connection).status == 413)
    }
}
