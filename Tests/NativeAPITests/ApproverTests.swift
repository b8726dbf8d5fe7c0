// Who counts as one approver: lines of makers, identities, roles as they are when an approval is taken.

import CoreBridge
import KeyService
import TestKit
import Testing
import Threading

@testable import NativeAPI

@Suite(.givesHandlesBack) struct ApproverTests {
    private let fixture: Fixture
    private let application: String

    init() throws {
        fixture = try Fixture()
        try fixture.create("orders", #","min_approvals":2"#)
        application = try fixture.makeToken("app", #"{"operations":["*","backup"]}"#)
        let made = try fixture.send("POST", "/v1/roles", "{\"name\":\"approver\",\(Self.grants)}")
        try #require(made.status == 201)
    }

    private static let grants =
        #""grants":[{"operations":["approve","roles"]},{"operations":["tokens"],"roles":"approver"}]"#

    private func send(_ token: String, _ method: String, _ path: String, _ body: String? = nil) throws -> Answer {
        try fixture.send(method, path, body, headers: [("Authorization", "Bearer \(token)")])
    }

    /// A token of the approving role, made with `maker`.
    private func approver(with maker: String? = nil, _ members: String = "") throws -> (token: String, id: String) {
        let made = try send(
            maker ?? fixture.token, "POST", "/v1/tokens", "{\"name\":\"n\",\"role\":\"approver\"\(members)}")
        return (try #require(made["token"].string), try #require(made["id"].string))
    }

    private func ask(_ path: String = "/v1/keys/orders/backup", given: Int = 0) throws -> String {
        let answer = try send(application, "GET", path)
        #expect(answer.code == "approval_required" && answer["approval"]["given"].integer == given)
        return try #require(answer["approval"]["id"].string)
    }

    private func approve(_ id: String, with token: String, _ decision: String = "approve") throws -> Answer {
        try send(token, "POST", "/v1/approvals/\(id)", "{\"decision\":\"\(decision)\"}")
    }

    @Test(
        "a parent does not approve what its child approved, alive, expired or orphaned",
        arguments: ["", #","ttl":60"#, #","orphan":true"#])
    func lines(members: String) throws {
        let parent = try approver()
        let child = try approver(with: parent.token, members)
        let grandchild = try approver(with: child.token)
        let id = try ask()
        #expect(try approve(id, with: child.token).status == 200)
        if members.contains("ttl") {
            fixture.clock.withLock { $0 += 61 }
            _ = try #require(fixture.seal.current).tokens.tidy()
            #expect(try send(child.token, "GET", "/v1/tokens/self").status == 401)
        } else {
            #expect(try approve(id, with: grandchild.token).code == "own_approval")
        }
        #expect(try approve(id, with: parent.token).code == "own_approval")
        #expect(try ask(given: 1) == id)
        // A sibling of the parent is another.
        #expect(try approve(id, with: approver().token)["state"].string == "approved")
        #expect(try send(application, "GET", "/v1/keys/orders/backup").status == 200)
    }

    @Test("what an expired token approved is taken back when a token that it went with is revoked")
    func revokedLine() throws {
        let parent = try approver()
        let child = try approver(with: parent.token, #","ttl":60"#)
        let orphan = try approver(with: fixture.token, #","orphan":true"#)
        let id = try ask()
        #expect(try approve(id, with: child.token).status == 200)
        #expect(try approve(id, with: orphan.token).status == 200)
        fixture.clock.withLock { $0 += 61 }
        _ = try #require(fixture.seal.current).tokens.tidy()
        #expect(try send(application, "GET", "/v1/approvals/\(id)")["decisions"].elements.count == 2)
        #expect(try fixture.send("DELETE", "/v1/tokens/\(parent.id)").status == 204)
        #expect(try ask(given: 1) == id)
    }

    @Test("a decision counts only while its role still grants approving, approvals and denials alike")
    func roles() throws {
        let other = #"{"grants":[{"operations":["read"]}]}"#
        let (one, two) = (try approver(), try approver())
        let id = try ask()
        for approver in [one, two] { #expect(try approve(id, with: approver.token).status == 200) }
        #expect(try fixture.send("PUT", "/v1/roles/approver", other).status == 200)
        #expect(try ask(given: 0) == id)
        #expect(try fixture.send("PUT", "/v1/roles/approver", "{\(Self.grants)}").status == 200)
        #expect(try send(application, "GET", "/v1/keys/orders/backup").status == 200)
        let denied = try ask()
        #expect(try approve(denied, with: one.token, "deny").status == 200)
        #expect(try send(application, "GET", "/v1/keys/orders/backup").code == "approval_denied")
        #expect(try fixture.send("PUT", "/v1/roles/approver", other).status == 200)
        #expect(try ask() == denied)
    }

    @Test("a key approved by identities takes only those that logged in, each once")
    func identities() throws {
        try fixture.create("ours", #","min_approvals":2,"approvals_by":"identity""#)
        #expect(try fixture.send("GET", "/v1/keys/ours")["approvals_by"].string == "identity")
        let tokens = try #require(fixture.seal.current).tokens
        func login(_ identity: String) throws -> String {
            let (text, _) = try tokens.logIn(
                Login(identity: identity, name: "n", role: "approver", timeToLive: 1000, notAfter: nil))
            return text.withBytes { String(decoding: $0, as: UTF8.self) }
        }
        let id = try ask("/v1/keys/ours/backup")
        #expect(try approve(id, with: approver().token).code == "identity_required")
        #expect(try approve(id, with: login("ann")).status == 200)
        #expect(try approve(id, with: login("ann"))["state"].string == "pending")
        #expect(try approve(id, with: login("bob"))["state"].string == "approved")
        #expect(try send(application, "GET", "/v1/keys/ours/backup").status == 200)
        // Letting tokens count instead takes as many as there have to be.
        let weaker = #"{"approvals_by":"token"}"#
        #expect(try fixture.send("PATCH", "/v1/keys/ours", weaker).code == "approval_required")
        #expect(try fixture.send("PATCH", "/v1/keys/orders", #"{"approvals_by":"identity"}"#).status == 200)
        #expect(try fixture.send("PATCH", "/v1/keys/ours", #"{"approvals_by":"nobody"}"#).status == 422)
    }

    @Test("where only identities count from now on, what tokens decided before does not")
    func stricterKind() throws {
        let early = try approver().token
        let id = try ask()
        #expect(try approve(id, with: early).status == 200)
        #expect(try ask(given: 1) == id)
        #expect(try fixture.send("PATCH", "/v1/keys/orders", #"{"approvals_by":"identity"}"#).status == 200)
        #expect(try ask(given: 0) == id)
        #expect(try approve(id, with: approver().token).code == "identity_required")
        #expect(try send(application, "GET", "/v1/keys/orders/backup").code == "approval_required")
    }

    @Test("requests for approval are counted by owner: children of one's own role share its room")
    func quota() throws {
        let made = try fixture.send(
            "POST", "/v1/roles",
            #"{"name":"greedy","grants":[{"operations":["backup"]},{"operations":["tokens"],"roles":"greedy"}]}"#)
        try #require(made.status == 201)
        let first = try fixture.makeToken(of: "greedy")
        var waiting = 0
        var refused = 0
        for index in 0..<4 {
            let child = try send(first, "POST", "/v1/tokens", #"{"name":"n","role":"greedy"}"#)
            let token = try #require(child["token"].string)
            for number in 0..<10 {
                let key = "orders-\(index)-\(number)"
                try fixture.create(key, #","min_approvals":1"#)
                let answer = try send(token, "GET", "/v1/keys/\(key)/backup")
                if answer.code == "approval_required" { waiting += 1 }
                if answer.code == "too_many_approvals" { refused += 1 }
            }
        }
        #expect(waiting == 32 && refused == 8)
        // Another owner has room of its own.
        _ = try ask()
    }

    @Test(
        "who makes tokens of another role has room for 256 requests for approval with all of them, and not all there is"
    )
    func quotaOfHead() throws {
        for role in [
            #"{"name":"leaf","grants":[{"operations":["backup"]}]}"#,
            #"{"name":"issuer","grants":[{"operations":["tokens"],"roles":"leaf"}]}"#,
        ] { try #require(try fixture.send("POST", "/v1/roles", role).status == 201) }
        let issuer = try fixture.makeToken(of: "issuer")
        for number in 0..<32 { try fixture.create("k-\(number)", #","min_approvals":1"#) }
        func asked(with token: String) throws -> Int {
            try (0..<32).count { number in
                try send(token, "GET", "/v1/keys/k-\(number)/backup").code == "approval_required"
            }
        }
        let waiting = try (0..<9).map { _ in
            let child = try send(issuer, "POST", "/v1/tokens", #"{"name":"n","role":"leaf"}"#)
            return try asked(with: #require(child["token"].string))
        }
        #expect(waiting.reduce(0, +) == 256)
        #expect(try asked(with: fixture.makeToken(of: "leaf")) == 32)
    }
}
