// How advice about tokens, roles and approvals is followed.

import KeyService
import TestKit
import Testing
import Threading

@testable import NativeAPI

extension AdviceTests {
    static let tokenSent: Scenario = {
        let fixture = try Fixture()
        return Advised(
            refused: try fixture.send("GET", "/v1/keys", headers: [("Authorization", "Bearer srt_x")]),
            after: try fixture.send("GET", "/v1/keys"))
    }

    private static let approving = #"{"operations":["approve"]}"#

    static let approvalGiven: Scenario = {
        let fixture = try Fixture()
        let (asker, id) = try fixture.askForBackup()
        let refused = try fixture.send("GET", "/v1/keys/orders/backup", as: asker)
        #expect(try fixture.decide(id, with: fixture.makeToken("approver", approving)).status == 200)
        return Advised(refused: refused, after: try fixture.send("GET", "/v1/keys/orders/backup", as: asker))
    }

    static let approvalOfRoleGiven: Scenario = {
        let fixture = try Fixture()
        try fixture.create("orders")
        let asker = try fixture.makeToken("asker", #"{"operations":["encrypt"],"approvals":2}"#)
        func encrypt() throws -> Answer {
            try fixture.send("POST", "/v1/keys/orders/encrypt", #"{"plaintext":""}"#, as: asker)
        }
        let refused = try encrypt()
        let id = try #require(refused["approval"]["id"].string, "\(refused.response.text)")
        #expect(try fixture.decide(id, with: fixture.makeToken("approver", approving)).status == 200)
        #expect(try fixture.decide(id, with: fixture.makeToken(of: "approver")).status == 200)
        return Advised(refused: refused, after: try encrypt())
    }

    static let deniedAskedAgain: Scenario = {
        let fixture = try Fixture()
        let (asker, id) = try fixture.askForBackup()
        let approver = try fixture.makeToken("approver", approving)
        #expect(try fixture.decide(id, "deny", with: approver).status == 200)
        let refused = try fixture.send("GET", "/v1/keys/orders/backup", as: asker)
        fixture.clock.withLock { $0 += 86_400 }
        let asked = try fixture.send("GET", "/v1/keys/orders/backup", as: asker)
        #expect(asked.code == "approval_required")
        #expect(try fixture.decide(#require(asked["approval"]["id"].string), with: approver).status == 200)
        return Advised(refused: refused, after: try fixture.send("GET", "/v1/keys/orders/backup", as: asker))
    }

    static let approvedSentAgain: Scenario = {
        let (fixture, asker, last) = try fixtureWithApprovals()
        let refused = try fixture.send("GET", "/v1/keys/k-32/backup", as: asker)
        // Deciding alone makes no room.
        #expect(try fixture.decide(last, with: fixture.makeToken("approver", approving)).status == 200)
        #expect(try fixture.send("GET", "/v1/keys/k-32/backup", as: asker).code == "too_many_approvals")
        #expect(try fixture.send("GET", "/v1/keys/k-31/backup", as: asker).status == 200)
        return try followed(fixture, refused, asker)
    }

    static let approvalsExpired: Scenario = {
        let (fixture, asker, _) = try fixtureWithApprovals()
        let refused = try fixture.send("GET", "/v1/keys/k-32/backup", as: asker)
        fixture.clock.withLock { $0 += 86_400 }
        _ = try fixture.makeToken("approver", approving)
        return try followed(fixture, refused, asker)
    }

    /// The backup of the last key is asked for now, and approved.
    private static func followed(_ fixture: Fixture, _ refused: Answer, _ asker: String) throws -> Advised {
        let asked = try fixture.send("GET", "/v1/keys/k-32/backup", as: asker)
        let id = try #require(asked["approval"]["id"].string, "\(asked.response.text)")
        #expect(try fixture.decide(id, with: fixture.makeToken(of: "approver")).status == 200)
        return Advised(refused: refused, after: try fixture.send("GET", "/v1/keys/k-32/backup", as: asker))
    }

    /// One whose requests wait for approval, as many as may: of 32 keys out of 33. The last one's id.
    private static func fixtureWithApprovals() throws -> (Fixture, String, String) {
        let fixture = try Fixture()
        let asker = try fixture.makeToken("asker", #"{"operations":["backup"]}"#)
        var last: String?
        for number in 0...32 {
            try fixture.create("k-\(number)", #","min_approvals":1"#)
            guard number < 32 else { break }
            last = try fixture.send("GET", "/v1/keys/k-\(number)/backup", as: asker)["approval"]["id"].string
        }
        return (fixture, asker, try #require(last))
    }

    private static let role = #"{"name":"app","grants":[{"operations":["encrypt"]}]}"#

    static let roleChanged: Scenario = {
        let fixture = try Fixture()
        #expect(try fixture.send("POST", "/v1/roles", role).status == 201)
        return Advised(
            refused: try fixture.send("POST", "/v1/roles", role),
            after: try fixture.send("PUT", "/v1/roles/app", #"{"grants":[{"operations":["decrypt"]}]}"#))
    }

    static let otherRoleNamed: Scenario = {
        let fixture = try Fixture()
        #expect(try fixture.send("POST", "/v1/roles", role).status == 201)
        return Advised(
            refused: try fixture.send("POST", "/v1/roles", role),
            after: try fixture.send("POST", "/v1/roles", role.replacing("app", with: "other")))
    }

    static let roleFreed: Scenario = {
        let fixture = try Fixture()
        let tokens = [
            try fixture.makeToken("app", #"{"operations":["encrypt"]}"#), try fixture.makeToken(of: "app", ttl: 1),
        ]
        fixture.clock.withLock { $0 += 2 }
        let refused = try fixture.send("DELETE", "/v1/roles/app")
        #expect(try fixture.send("DELETE", "/v1/tokens/self", as: tokens[0]).status == 204)
        // One that has expired is a token as well, until it is forgotten.
        for token in try fixture.send("GET", "/v1/tokens")["tokens"].elements where token["role"].string == "app" {
            #expect(try fixture.send("DELETE", "/v1/tokens/\(#require(token["id"].string))").status == 204)
        }
        return Advised(refused: refused, after: try fixture.send("DELETE", "/v1/roles/app"))
    }

    static let earlierTokenUsed: Scenario = {
        let fixture = try Fixture()
        let body = #"{"name":"n","role":"maker"}"#
        var line = [try fixture.makeToken("maker", #"{"operations":["tokens"],"roles":"maker"}"#)]
        var answer = try fixture.send("POST", "/v1/tokens", body, as: line[0])
        while answer.status == 201, line.count < 64 {
            line.append(try #require(answer["token"].string))
            answer = try fixture.send("POST", "/v1/tokens", body, as: line[line.count - 1])
        }
        return Advised(
            refused: answer, after: try fixture.send("POST", "/v1/tokens", body, as: line[line.count - 2]))
    }

    static let otherAdministratorMade: Scenario = {
        let fixture = try Fixture()
        let refused = try fixture.send("DELETE", "/v1/tokens/self")
        // One that ends with it does not help, nor one with an end of its own.
        for members in ["", #","orphan":true,"ttl":3600"#] {
            let made = try fixture.send("POST", "/v1/tokens", "{\"name\":\"n\",\"role\":\"administrator\"\(members)}")
            #expect(made.status == 201)
            #expect(try fixture.send("DELETE", "/v1/tokens/self").code == "last_administrator")
        }
        let made = try fixture.send("POST", "/v1/tokens", #"{"name":"n","role":"administrator","orphan":true}"#)
        let after = try fixture.send("DELETE", "/v1/tokens/self")
        #expect(try fixture.send("GET", "/v1/keys", as: #require(made["token"].string)).status == 200)
        return Advised(refused: refused, after: after)
    }

    static let madeTokenEnded: Scenario = {
        var quotas = TokenQuotas()
        quotas.ofHead = 3
        let fixture = try Fixture(tokenQuotas: quotas)
        _ = try fixture.makeToken("app", #"{"operations":["encrypt"]}"#)
        let maker = try fixture.makeToken("maker", #"{"operations":["tokens"],"roles":"app"}"#)
        let body = #"{"name":"n","role":"app"}"#
        var made: [String] = []
        var answer = try fixture.send("POST", "/v1/tokens", body, as: maker)
        while answer.status == 201, made.count < 8 {
            made.append(try #require(answer["token"].string))
            answer = try fixture.send("POST", "/v1/tokens", body, as: maker)
        }
        #expect(try fixture.send("DELETE", "/v1/tokens/self", as: #require(made.first)).status == 204)
        return Advised(refused: answer, after: try fixture.send("POST", "/v1/tokens", body, as: maker))
    }

    /// Logging in itself is refused by the same count; here it is asked for past HTTP, and told over it by one that makes a token.
    static let loginsTokenEnded: Scenario = {
        var quotas = TokenQuotas()
        quotas.ofHead = 2
        let fixture = try Fixture(tokenQuotas: quotas)
        _ = try fixture.makeToken("app", #"{"operations":["encrypt"]},{"operations":["tokens"],"roles":"app"}"#)
        let tokens = try #require(fixture.seal.current).tokens
        let login = Login(identity: "jwt:ci:alice", name: "n", role: "app", timeToLive: 100, notAfter: nil)
        func logIn() throws -> String {
            try tokens.logIn(login).0.withBytes { String(decoding: $0, as: UTF8.self) }
        }
        let (first, second) = (try logIn(), try logIn())
        let body = #"{"name":"n","role":"app"}"#
        let refused = try fixture.send("POST", "/v1/tokens", body, as: first)
        #expect(try fixture.send("DELETE", "/v1/tokens/self", as: second).status == 204)
        return Advised(refused: refused, after: try fixture.send("POST", "/v1/tokens", body, as: first))
    }

    private static let limited = #"{"operations":["encrypt"],"rate":{"requests":2,"seconds":60}}"#

    static let fewerItemsSent: Scenario = {
        let fixture = try Fixture()
        try fixture.create("orders")
        let app = try fixture.makeToken("app", limited)
        func encrypt(_ count: Int) throws -> Answer {
            let items = Array(repeating: #"{"plaintext":""}"#, count: count).joined(separator: ",")
            return try fixture.send("POST", "/v1/keys/orders/encrypt/batch", "{\"items\":[\(items)]}", as: app)
        }
        return Advised(refused: try encrypt(3), after: try encrypt(2))
    }

    static let rateWaitedFor: Scenario = {
        let fixture = try Fixture()
        try fixture.create("orders")
        let app = try fixture.makeToken("app", limited)
        func encrypt() throws -> Answer {
            try fixture.send("POST", "/v1/keys/orders/encrypt", #"{"plaintext":""}"#, as: app)
        }
        for _ in 0..<2 { #expect(try encrypt().status == 200) }
        let refused = try encrypt()
        try fixture.wait(for: refused)
        return Advised(refused: refused, after: try encrypt())
    }
}

extension Fixture {
    /// As long as an answer's Retry-After says, and no longer.
    func wait(for answer: Answer) throws {
        let seconds = try #require(answer.response["Retry-After"].flatMap { Int64($0) })
        clock.withLock { $0 += seconds }
    }
}
