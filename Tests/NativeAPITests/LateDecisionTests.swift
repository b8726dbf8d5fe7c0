// What becomes of a request whose token, role or service changes between its head and its end.

import CoreBridge
import Foundation
import HTTPServer
import KeyService
import TestKit
import Testing
import Threading

@testable import NativeAPI

@Suite(.givesHandlesBack) struct LateDecisionTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture { $0.lanes = NativeAPI.lanes(workers: 1, dataWorkers: 1, longWorkers: 1) }
        try fixture.create("orders")
    }

    private static let everything = TestedOperation.everything()

    /// The operations that take a body.
    private func operations() throws -> [TestedOperation] {
        try TestedOperation.all(fixture).filter { $0.body != nil }
    }

    private func revokeItself(_ token: String) throws {
        let answer = try fixture.send("DELETE", "/v1/tokens/self", headers: [("Authorization", "Bearer \(token)")])
        #expect(answer.status == 204)
    }

    /// Sends all of a request but its last byte, does something, and sends that byte.
    private func send(
        _ token: String, _ method: String, _ path: String, _ body: String,
        at location: SourceLocation = #_sourceLocation, meanwhile: () throws -> Void
    ) throws -> Answer {
        let connection = try fixture.connect()
        defer { connection.close() }
        let bytes = Array(body.utf8)
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(bytes.count)\r\n\r\n"
        try connection.send(Array(head.utf8) + bytes.dropLast())
        // The head has been decided once another connection of the same loops is served, twice over.
        for _ in 0..<4 { #expect(try fixture.send("GET", "/v1/health/live").status == 200) }
        try meanwhile()
        try connection.send(Array(bytes.suffix(1)))
        return try fixture.read(connection, answering: method, path, at: location)
    }

    @Test("a token that is revoked while a body is on its way does nothing")
    func revoked() throws {
        _ = try fixture.makeToken("all", Self.everything)
        let operations = try operations()
        #expect(operations.count > 30)
        for operation in operations {
            let token = try fixture.makeToken(of: "all")
            let answer = try send(token, operation.method, operation.path, operation.body ?? "") {
                try revokeItself(token)
            }
            #expect(answer.status == 401 && answer.code == "unauthenticated", "\(operation.id)")
        }
        let record = try #require(try fixture.auditRecords().last)
        #expect(record["status"].integer == 401 && record["token_id"].string != nil)
    }

    @Test("a role that comes to deny while a body is on its way denies")
    func denied() throws {
        let token = try fixture.makeToken("all", Self.everything)
        for operation in try operations() where operation.permission != nil {
            let restored = try fixture.send("PUT", "/v1/roles/all", "{\"grants\":[\(Self.everything)]}")
            #expect(restored.status == 200)
            let answer = try send(token, operation.method, operation.path, operation.body ?? "") {
                let deny = TestedOperation.everything().replacing(
                    #"{"operations""#, with: #"{"effect":"deny","operations""#)
                let changed = try fixture.send("PUT", "/v1/roles/all", "{\"grants\":[\(Self.everything),\(deny)]}")
                #expect(changed.status == 200, "\(changed.response.text)")
            }
            #expect(answer.status == 403 && answer.code == "forbidden", "\(operation.id): \(answer.response.text)")
        }
    }

    @Test("a token that expires while a body is on its way has expired")
    func expired() throws {
        let token = try fixture.makeToken("all", Self.everything, ttl: 100)
        let body = #"{"plaintext":"YQ=="}"#
        let renewed = try send(token, "POST", "/v1/keys/orders/encrypt", body) {
            fixture.clock.withLock { $0 += 60 }
            let renewed = try fixture.send(
                "POST", "/v1/tokens/self/renew", headers: [("Authorization", "Bearer \(token)")])
            #expect(renewed.status == 200)
            fixture.clock.withLock { $0 += 60 }
        }
        #expect(renewed.status == 200)
        let expired = try send(token, "POST", "/v1/keys/orders/encrypt", body) {
            fixture.clock.withLock { $0 += 60 }
        }
        #expect(expired.status == 401)
    }

    @Test("a revoked administrator's requests make no role, no token and no key")
    func administrator() throws {
        for (path, body, made) in [
            ("/v1/roles", #"{"name":"mine","grants":[{"operations":["*"]}]}"#, "/v1/roles/mine"),
            ("/v1/keys", #"{"name":"mine"}"#, "/v1/keys/mine"),
        ] {
            let token = try fixture.makeToken(of: "administrator")
            let answer = try send(token, "POST", path, body) {
                try revokeItself(token)
            }
            #expect(answer.status == 401)
            #expect(try fixture.send("GET", made).status == 404)
        }
        let token = try fixture.makeToken(of: "administrator")
        let made = #"{"name":"mine","role":"administrator","orphan":true}"#
        let answer = try send(token, "POST", "/v1/tokens", made) {
            try revokeItself(token)
        }
        #expect(answer.status == 401)
        #expect(try fixture.send("GET", "/v1/tokens")["tokens"].elements.count == 1)
    }

    @Test("what a role comes to ask for while a body is on its way is asked for")
    func terms() throws {
        let free = #"{"operations":["encrypt"]}"#
        let token = try fixture.makeToken("app", free)
        let path = "/v1/keys/orders/encrypt"
        func change(_ grants: String) throws {
            #expect(try fixture.send("PUT", "/v1/roles/app", "{\"grants\":[\(grants)]}").status == 200)
        }
        let body = #"{"plaintext":"YQ=="}"#
        let bare = try send(token, "POST", path, body) {
            try change(#"{"operations":["encrypt"],"associated_data":"required"}"#)
        }
        #expect(bare.status == 403)
        try change(free)
        let unapproved = try send(token, "POST", path, body) {
            try change(#"{"operations":["encrypt"],"approvals":1}"#)
        }
        #expect(unapproved.code == "approval_required")
        try change(free)
        let rated = #"{"operations":["encrypt"],"rate":{"requests":1,"seconds":60}}"#
        #expect(try send(token, "POST", path, body) { try change(rated) }.status == 200)
        #expect(try send(token, "POST", path, body) {}.code == "rate_limited")
    }

    @Test("a request from before the service was sealed is refused as sealed")
    func sealed() throws {
        let token = try fixture.makeToken(of: "administrator")
        for isUnsealedAgain in [false, true] {
            for (method, path, body) in [
                ("POST", "/v1/keys/orders/encrypt", #"{"plaintext":"YQ=="}"#),
                ("POST", "/v1/roles", #"{"name":"mine","grants":[]}"#),
                ("PATCH", "/v1/keys/orders", #"{"labels":{"a":"b"}}"#),
            ] {
                let answer = try send(token, method, path, body) {
                    #expect(fixture.seal.close())
                    if isUnsealedAgain { try unseal() }
                }
                #expect(answer.status == 503 && answer.code == "sealed", "\(path)")
                if !isUnsealedAgain { try unseal() }
            }
        }
        #expect(try fixture.send("GET", "/v1/roles")["roles"].elements.isEmpty)
        #expect(try fixture.send("GET", "/v1/keys/orders")["labels"].names.isEmpty)
    }

    private func unseal() throws {
        try fixture.seal.open(with: UnsealKey.open(file: fixture.folder.file("unseal.key")))
    }

    @Test("a request that waited for a worker while its token was revoked is refused")
    func queued() throws {
        let token = try fixture.makeToken(of: "administrator")
        let tokens = try #require(fixture.seal.current).tokens
        let found = try Array(token.utf8).withUnsafeBytes { try tokens.authenticate($0) }
        let id = try #require(found).tokenID
        try fixture.create("signing", #","algorithm":"rsa-2048","usages":["sign"]"#)
        let busy = try fixture.connect()
        let waiting = try fixture.connect()
        defer { for connection in [busy, waiting] { connection.close() } }
        for connection in [busy, waiting] { connection.timeout = 60 }
        // The only worker for what takes long makes a key.
        let headers = [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")]
        try busy.sendRequest(
            "POST", "/v1/keys", headers: headers, body: Array(#"{"name":"slow","algorithm":"rsa-4096"}"#.utf8))
        #expect(eventually { fixture.server.statistics().lanes[2].working == 1 })
        try waiting.sendRequest(
            "POST", "/v1/keys/signing/rotate", headers: [("Authorization", "Bearer \(token)")])
        #expect(eventually { fixture.server.statistics().lanes[2].waiting == 1 })
        for _ in 0..<4 { #expect(try fixture.send("GET", "/v1/health/live").status == 200) }
        try tokens.revokeToken(id: id, by: nil)
        #expect(try fixture.read(waiting, answering: "POST", "/v1/keys/signing/rotate").status == 401)
        // Nor is what was made meanwhile kept for it.
        #expect(try fixture.read(busy, answering: "POST", "/v1/keys").status == 401)
        #expect(try fixture.send("GET", "/v1/keys/slow").status == 404)
    }
}
