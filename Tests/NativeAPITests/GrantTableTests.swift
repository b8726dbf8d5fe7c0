// Denials, networks, rates and approvals over all operations: also those whose path names no key.

import KeyService
import TestKit
import Testing

@testable import NativeAPI

@Suite(.givesHandlesBack) struct GrantTableTests {
    private let fixture: Fixture
    private let approver: String
    /// What any token may do with itself, and see of what it asked for.
    private static let ofOneself: Set = [
        "getOwnToken", "renewOwnToken", "revokeOwnToken", "listApprovals", "getApproval",
    ]

    init() throws {
        fixture = try Fixture()
        try fixture.create("orders")
        let made = try fixture.send("POST", "/v1/tokens", #"{"name":"n","role":"administrator","orphan":true}"#)
        approver = try #require(made["token"].string)
    }

    /// The import key is made ahead: that takes longer than a test waits for an answer, where many run at once.
    private func makeImportKey() throws { _ = try fixture.service.importKey() }

    /// The operations that take a permission, but for the one that ends the rest.
    private func operations(token: String = "some-id", approval: String = "some-id") throws -> [TestedOperation] {
        let all = try TestedOperation.all(fixture, token: token, approval: approval)
        #expect(Set(all.filter { $0.permission == nil }.map(\.id)) == Self.ofOneself)
        return all.filter { $0.permission != nil && $0.id != "sealService" }
    }

    private func deny(_ members: String = "", keys: String? = nil) -> String {
        func names(_ word: String) -> String { keys.map { ",\"\(word)\":\"\($0)\"" } ?? "" }
        let all = Permission.allCases.filter { $0 != .tokens }.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
        return #"{"effect":"deny","operations":[\#(all)]\#(names("keys"))\#(members)},"#
            + #"{"effect":"deny","operations":["tokens"]\#(names("roles"))\#(members)}"#
    }

    @Test("what is denied on every key is denied in every operation")
    func denied() throws {
        let all = TestedOperation.everything()
        let tokens = [
            try fixture.makeToken("denied", "\(all),\(deny())"),
            try fixture.makeToken("denied-star", "\(all),\(deny(keys: "*"))"),
            try fixture.makeToken("denied-stars", "\(all),\(deny(keys: "*?*"))"),
            try fixture.makeToken("denied-here", "\(all),\(deny(#","networks":["127.0.0.0/8"]"#))"),
            try fixture.makeToken("elsewhere", TestedOperation.everything(#","networks":["10.0.0.0/8"]"#)),
        ]
        for operation in try operations() {
            for token in tokens {
                let answer = try operation.send(token, to: fixture)
                #expect(answer.status == 403 && answer.code == "forbidden", "\(operation.id): \(answer.response.text)")
            }
        }
    }

    @Test("what is denied on some keys alone, or for another network, is left to the name")
    func deniedElsewhere() throws {
        let all = TestedOperation.everything()
        let tokens = [
            try fixture.makeToken("some-denied", "\(all),\(deny(keys: "other-*"))"),
            try fixture.makeToken("denied-there", "\(all),\(deny(#","networks":["10.0.0.0/8"]"#))"),
            try fixture.makeToken("holder", TestedOperation.everything(#","networks":["127.0.0.0/8"]"#)),
        ]
        try makeImportKey()
        for operation in try operations() {
            // For the service there are no names.
            for (index, token) in tokens.enumerated()
            where index > 0 || operation.permission?.scope != .service {
                #expect(try operation.send(token, to: fixture).code != "forbidden", "\(operation.id)")
            }
        }
        let made = try fixture.send(
            "POST", "/v1/keys", #"{"name":"other-1"}"#, headers: [("Authorization", "Bearer \(tokens[0])")])
        #expect(made.status == 403)
    }

    @Test("a rate holds in every operation, and each request is counted once")
    func rates() throws {
        try makeImportKey()
        let waiting = try waitingApproval()
        var number = 0
        for operation in try operations(approval: waiting) {
            number += 1
            let role = number == 1 ? "holder" : "rated-\(number)"
            let token = try fixture.makeToken(
                role, TestedOperation.everything(#","rate":{"requests":2,"seconds":60}"#))
            var operation = operation
            if operation.id == "revokeToken" { operation = try revocation(operation) }
            for _ in 0..<2 {
                let answer = try operation.send(token, to: fixture)
                #expect(answer.status != 429 && answer.code != "forbidden", "\(operation.id): \(answer.response.text)")
                if operation.id == "revokeToken" { operation = try revocation(operation) }
            }
            let answer = try operation.send(token, to: fixture)
            #expect(answer.status == 429 && answer.code == "rate_limited", "\(operation.id): \(answer.response.text)")
        }
    }

    @Test("a grant with approvals holds every operation until others have approved it")
    func approvals() throws {
        try makeImportKey()
        let waiting = try waitingApproval()
        var number = 0
        for operation in try operations(approval: waiting) {
            number += 1
            let token = try fixture.makeToken(
                number == 1 ? "holder" : "approved-\(number)", TestedOperation.everything(#","approvals":1"#))
            let operation = operation.id == "revokeToken" ? try revocation(operation) : operation
            let asked = try operation.send(token, to: fixture)
            #expect(asked.code == "approval_required", "\(operation.id): \(asked.response.text)")
            let id = try #require(asked["approval"]["id"].string, "\(operation.id)")
            try approve(id)
            let done = try operation.send(token, to: fixture)
            #expect(done.code != "approval_required" && done.code != "forbidden", "\(operation.id)")
        }
    }

    /// By one who did not make the token that asked.
    private func approve(_ id: String) throws {
        let answer = try fixture.send(
            "POST", "/v1/approvals/\(id)", #"{"decision":"approve"}"#,
            headers: [("Authorization", "Bearer \(approver)")])
        #expect(answer.status == 200, "\(answer.response.text)")
    }

    /// Something that others can approve.
    private func waitingApproval() throws -> String {
        let asker = try fixture.makeToken("asker", #"{"operations":["rotate"],"approvals":16}"#)
        let asked = try fixture.send("POST", "/v1/keys/orders/rotate", headers: [("Authorization", "Bearer \(asker)")])
        return try #require(asked["approval"]["id"].string)
    }

    /// Of a token that there is.
    private func revocation(_ operation: TestedOperation) throws -> TestedOperation {
        let made = try fixture.send("POST", "/v1/tokens", #"{"name":"n","role":"asker"}"#)
        let id = try #require(made["id"].string)
        return TestedOperation(
            id: operation.id, method: operation.method, path: "/v1/tokens/\(id)", body: nil,
            permission: operation.permission)
    }

    @Test("an approved listing shows what it was approved for; an orphan counts once")
    func terms() throws {
        let reader = try fixture.makeToken("reader", #"{"operations":["read"],"approvals":1}"#)
        let header = [("Authorization", "Bearer \(reader)")]
        let asked = try fixture.send("GET", "/v1/keys", headers: header)
        let id = try #require(asked["approval"]["id"].string)
        try approve(id)
        #expect(try fixture.send("GET", "/v1/keys", headers: header)["keys"].elements.count == 1)
        let maker = try fixture.makeToken(
            "maker",
            #"{"operations":["tokens"],"rate":{"requests":2,"seconds":60}},{"operations":["roles"],"rate":{"requests":1,"seconds":60}}"#
        )
        for _ in 0..<2 {
            let made = try fixture.send(
                "POST", "/v1/tokens", #"{"name":"n","role":"reader","orphan":true}"#,
                headers: [("Authorization", "Bearer \(maker)")])
            #expect(made.status == 201)
        }
    }
}
