// Preconditions over HTTP (RFC 9110, section 13): for every operation, in every form that a header may have.

import CoreBridge
import KeyService
import TestKit
import Testing
import Threading

@testable import NativeAPI

@Suite(.givesHandlesBack) struct PreconditionTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture()
        try fixture.create("orders", #","algorithm":"ecdsa-p256""#)
        let role = #"{"name":"app","grants":[{"operations":["read"]}]}"#
        #expect(try fixture.send("POST", "/v1/roles", role).status == 201)
    }

    private func tag(_ path: String = "/v1/keys/orders") throws -> String {
        try #require(try fixture.send("GET", path).response["ETag"])
    }

    @Test("no operation is done where its precondition does not hold")
    func everyOperation() throws {
        let token = try fixture.send("POST", "/v1/tokens", #"{"name":"n","role":"app"}"#)
        let id = try #require(token["id"].string)
        try fixture.send("POST", "/v1/keys/orders/rotate")
        let before = try tag()
        for operation in try TestedOperation.all(fixture, token: id)
        where !["getApproval", "decideApproval"].contains(operation.id) {
            let path = operation.path.replacing("/some", with: "/app")
            let made = ["createKey", "importKey", "restoreKey", "createRole", "createToken"].contains(operation.id)
            for header in [("If-Match", "\"999\""), ("If-None-Match", made ? "" : "*")] where !header.1.isEmpty {
                if operation.method == "GET", header.0 == "If-None-Match" { continue }
                let answer = try fixture.send(operation.method, path, operation.body, headers: [header])
                #expect(
                    answer.status == 412 && answer.code == "precondition_failed",
                    "\(operation.id) \(header): \(answer.response.text)")
            }
        }
        // Nothing was done: no rotation, no state, no role, no token revoked, no seal.
        #expect(try tag() == before)
        #expect(try fixture.send("GET", "/v1/roles")["roles"].elements.count == 1)
        #expect(try fixture.send("GET", "/v1/tokens")["tokens"].elements.count == 2)
        #expect(try fixture.send("GET", "/v1/keys")["keys"].elements.count == 1)
    }

    @Test("what has no entity tag is shown, whatever the reader has already")
    func readingWithoutTag() throws {
        let paths = ["/v1/keys", "/v1/roles", "/v1/tokens", "/v1/status", "/v1/audit", "/v1/approvals"]
        for path in paths + ["/v1/tokens/self", "/v1/import-key"] {
            for tags in ["*", "\"1\"", "W/\"1\""] {
                let answer = try fixture.send("GET", path, headers: [("If-None-Match", tags)])
                #expect(answer.status == 200, "\(path) \(tags): \(answer.response.text)")
            }
            #expect(try fixture.send("GET", path, headers: [("If-Match", "\"1\"")]).status == 412, "\(path)")
        }
    }

    @Test("a version is destroyed only at the revision that is named")
    func version() throws {
        try fixture.send("POST", "/v1/keys/orders/rotate")
        let path = "/v1/keys/orders/versions/1"
        let destroy = #"{"state":"destroyed"}"#
        #expect(try fixture.send("PATCH", path, destroy, headers: [("If-Match", "\"999\"")]).status == 412)
        #expect(try fixture.send("GET", "/v1/keys/orders")["versions"][0]["state"].string == "enabled")
        let now = try tag()
        #expect(try fixture.send("PATCH", path, destroy, headers: [("If-None-Match", now)]).status == 412)
        #expect(try fixture.send("PATCH", path, destroy, headers: [("If-Match", now)]).status == 200)
        #expect(try fixture.send("POST", "/v1/keys/orders/rotate", headers: [("If-Match", now)]).status == 412)
        #expect(try fixture.send("POST", "/v1/keys/orders/rotate", headers: [("If-Match", tag())]).status == 200)
    }

    @Test("entity tags are read as RFC 9110 has them: lists, several lines, weak ones, a star")
    func forms() throws {
        let now = try tag()
        func status(_ headers: [(String, String)]) throws -> Int {
            try fixture.send("PATCH", "/v1/keys/orders", #"{"labels":{}}"#, headers: headers).status
        }
        func matches(_ values: String...) throws -> Int {
            try status(values.map { ("If-Match", $0.replacing("NOW", with: try tag())) })
        }
        #expect(try matches("*") == 200)
        #expect(try matches("NOW") == 200)
        #expect(try matches("\"a\", NOW") == 200)
        #expect(try matches("\"a,b\" ,\t, NOW ,") == 200)
        #expect(try matches("\"a\"", "\"b\", W/\"c\"", "NOW") == 200)
        #expect(try matches("\"\u{e9}\", NOW") == 200)
        // Weak tags never match strongly, and tags are their characters.
        #expect(try matches("W/NOW") == 412)
        #expect(try matches("\"a,x\"") == 412)
        #expect(try status([("If-Match", "\"0" + tag().dropFirst())]) == 412)
        #expect(try status([("If-Match", now)]) == 412)
        #expect(try matches("\"\"") == 412)
        #expect(try status([("If-None-Match", "W/\(try tag())")]) == 412)
        #expect(try status([("If-None-Match", "\"a\"")]) == 200)
        // If-Match goes first, and both have to hold.
        #expect(try status([("If-Match", try tag()), ("If-None-Match", "\"a\"")]) == 200)
        #expect(try status([("If-Match", try tag()), ("If-None-Match", try tag())]) == 412)
        // There is no time of the last change to compare with.
        #expect(try status([("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")]) == 200)
        for malformed in [
            ",", " , ,", "1", "\"1", "1\"", "W/1", "w/\"1\"", "*, \"1\"", "\"1\" \"2\"", "\"a b\"", "* *", "W/*",
        ] {
            for header in ["If-Match", "If-None-Match"] {
                let answer = try fixture.send(
                    "PATCH", "/v1/keys/orders", #"{"labels":{}}"#, headers: [(header, malformed)])
                #expect(answer.violation == "/header/\(header) pattern", "\(malformed): \(answer.response.text)")
            }
        }
        #expect(try status([("If-Match", "*"), ("If-Match", "\"1\"")]) == 422)
    }

    @Test("GET and HEAD of what one has already are answered 304, without a length")
    func notModified() throws {
        for path in ["/v1/keys/orders", "/v1/roles/app", "/v1/keys/orders/public-key"] {
            let now = try tag(path)
            for method in ["GET", "HEAD"] {
                for held in [now, "W/\(now)", "\"a\", \(now)", "*"] {
                    let answer = try fixture.send(method, path, headers: [("If-None-Match", held)])
                    #expect(answer.status == 304 && answer.response["ETag"] == now, "\(method) \(path) \(held)")
                    #expect(answer.response["Content-Length"] == nil && answer.response["Transfer-Encoding"] == nil)
                }
                #expect(try fixture.send(method, path, headers: [("If-None-Match", "\"a\"")]).status == 200)
                #expect(try fixture.send(method, path, headers: [("If-Match", "\"a\"")]).status == 412)
                #expect(try fixture.send(method, path, headers: [("If-Match", now)]).status == 200)
            }
        }
        // Nothing follows a 304's head.
        let connection = try fixture.connect()
        defer { connection.close() }
        try connection.sendRequest(
            "GET", "/v1/keys/orders",
            headers: [("Authorization", "Bearer \(fixture.token)"), ("If-None-Match", "*"), ("Connection", "close")])
        let text = String(decoding: try connection.readToEnd(), as: UTF8.self)
        #expect(
            text.hasPrefix("HTTP/1.1 304 ") && text.hasSuffix("\r\n\r\n")
                && !text.lowercased().contains("\r\ncontent-length"))
    }

    @Test("a key that was made again or restored does not have its old tag")
    func identity() throws {
        try fixture.create("again")
        let first = try tag("/v1/keys/again")
        let backup = try #require(try fixture.send("GET", "/v1/keys/again/backup")["backup"].string)
        func delete() throws {
            try fixture.send("PATCH", "/v1/keys/again", #"{"deletion_protected":false}"#)
            #expect(try fixture.send("DELETE", "/v1/keys/again", #"{"after_days":7}"#).status == 202)
            fixture.clock.withLock { $0 += 7 * 86_400 }
            #expect(try fixture.service.destroyDueKeys() == 1)
        }
        func isOther(_ tag: String) throws -> Bool {
            try fixture.send("PATCH", "/v1/keys/again", #"{"labels":{}}"#, headers: [("If-Match", tag)]).status == 412
        }
        try delete()
        try fixture.create("again")
        #expect(try isOther(first))
        try delete()
        #expect(try fixture.send("POST", "/v1/restore", "{\"backup\":\"\(backup)\"}").status == 201)
        #expect(try isOther(first))
        #expect(try !isOther(tag("/v1/keys/again")))
    }

    @Test("of changes that name the same revision one is done")
    func race() throws {
        let now = try tag()
        let fixture = fixture
        let statuses = try (0..<4).map { index in
            let connection = try fixture.connect()
            try connection.sendRequest(
                "PATCH", "/v1/keys/orders",
                headers: [
                    ("Authorization", "Bearer \(fixture.token)"), ("Content-Type", "application/json"),
                    ("If-Match", now),
                ], body: Array("{\"labels\":{\"a\":\"\(index)\"}}".utf8))
            return connection
        }.map { connection in
            defer { connection.close() }
            return try connection.readResponse().status
        }
        #expect(statuses.sorted() == [200, 412, 412, 412])
    }

    @Test("a body of two media types is of none")
    func contentTypes() throws {
        let answer = try fixture.send(
            "POST", "/v1/random", #"{"bytes":1}"#,
            headers: [("Content-Type", "application/json"), ("Content-Type", "text/plain")])
        #expect(answer.status == 415)
    }
}
