// Re-encrypting to another key, and what of it is held to the grants for that.

import TestKit
import Testing

@testable import NativeAPI

@Suite(.givesHandlesBack) struct MovingTests {
    private let fixture: Fixture
    private let ciphertext: String
    private let path = "/v1/keys/orders/reencrypt"

    init() throws {
        fixture = try Fixture()
        try fixture.create("orders")
        try fixture.create("mine")
        let made = try fixture.send(
            "POST", "/v1/keys/orders/encrypt", #"{"plaintext":"YQ==","associated_data":"YWQ="}"#)
        ciphertext = try #require(made["ciphertext"].string)
    }

    private func body(_ members: String = "", to key: String? = "mine") -> String {
        let to = key.map { ",\"to\":{\"key\":\"\($0)\"}" } ?? ""
        return "{\"ciphertext\":\"\(ciphertext)\",\"associated_data\":\"YWQ=\"\(members)\(to)}"
    }

    /// The status of the request alone and in a batch, which are the same.
    private func status(
        _ token: String, _ body: String, at location: SourceLocation = #_sourceLocation
    ) throws -> Int {
        let header = [("Authorization", "Bearer \(token)")]
        let alone = try fixture.send("POST", path, body, headers: header, at: location)
        let batch = try fixture.send("POST", path + "/batch", "{\"items\":[\(body)]}", headers: header, at: location)
        #expect(alone.status == batch.status, sourceLocation: location)
        return alone.status
    }

    private static let mine = #"{"operations":["encrypt","decrypt"],"keys":"mine"}"#

    @Test("moving takes decrypt or move on the first key and encrypt on the other")
    func permissions() throws {
        let less = try fixture.makeToken("less", #"{"operations":["reencrypt"]},\#(Self.mine)"#)
        #expect(try status(less, body()) == 403)
        // On the same key it reads nothing.
        #expect(try status(less, body(to: nil)) == 200)
        #expect(try status(less, body(to: "orders")) == 200)
        for (role, grant) in [
            ("reader", #"{"operations":["decrypt"],"keys":"orders"}"#),
            ("mover", #"{"operations":["move"],"keys":"orders"}"#),
        ] {
            let more = try fixture.makeToken(role, #"{"operations":["reencrypt"]},\#(grant),\#(Self.mine)"#)
            #expect(try status(more, body()) == 200)
            let denied = try fixture.makeToken("\(role)-only", #"{"operations":["reencrypt"]},\#(grant)"#)
            #expect(try status(denied, body()) == 403)
        }
        let wildcard = try fixture.makeToken(
            "wildcard", #"{"operations":["*"]},{"effect":"deny","operations":["decrypt"],"keys":"orders"}"#)
        #expect(try status(wildcard, body()) == 403)
        // One item that moves is enough for a batch to be refused.
        let mixed = "{\"items\":[\(body(to: nil)),\(body())]}"
        let refused = try fixture.send("POST", path + "/batch", mixed, headers: [("Authorization", "Bearer \(less)")])
        #expect(refused.status == 403)
    }

    @Test("moving counts against the rate of what it takes, and asks for its approvals")
    func terms() throws {
        let rated = try fixture.makeToken(
            "rated",
            #"{"operations":["reencrypt"]},{"operations":["decrypt"],"keys":"orders","rate":{"requests":4,"seconds":60}},\#(Self.mine)"#
        )
        let header = [("Authorization", "Bearer \(rated)")]
        let three = "{\"items\":[\(body()),\(body()),\(body()),\(body(to: nil))]}"
        #expect(try fixture.send("POST", path + "/batch", three, headers: header).status == 200)
        #expect(try fixture.send("POST", path, body(), headers: header).status == 200)
        #expect(try fixture.send("POST", path, body(), headers: header).code == "rate_limited")
        #expect(try fixture.send("POST", path, body(to: nil), headers: header).status == 200)
        // Free to move, it needs nobody's leave to read.
        let free = try fixture.makeToken(
            "free",
            #"{"operations":["reencrypt","move"]},{"operations":["decrypt"],"keys":"orders","approvals":1},\#(Self.mine)"#
        )
        #expect(try status(free, body()) == 200)
        let asking = try fixture.makeToken(
            "asking",
            #"{"operations":["reencrypt"]},{"operations":["decrypt"],"keys":"orders","approvals":1},\#(Self.mine)"#)
        let asked = try fixture.send("POST", path, body(), headers: [("Authorization", "Bearer \(asking)")])
        #expect(asked.code == "approval_required")
        // Moving is sensitive: a key that asks for approvals asks for them here too.
        #expect(try fixture.send("PATCH", "/v1/keys/orders", #"{"min_approvals":1}"#).status == 200)
        let mover = try fixture.makeToken("mover", #"{"operations":["reencrypt","move"]},\#(Self.mine)"#)
        let held = try fixture.send("POST", path, body(), headers: [("Authorization", "Bearer \(mover)")])
        #expect(held.code == "approval_required")
    }

    @Test("new associated data is held to the grants, on the same key and on another")
    func associatedData() throws {
        let required = #","associated_data":"required""#
        let app = try fixture.makeToken("app", #"{"operations":["reencrypt"]\#(required)}"#)
        #expect(try status(app, body(to: nil)) == 200)
        #expect(try status(app, body(#","new_associated_data":"Yg==""#, to: nil)) == 200)
        #expect(try status(app, body(#","new_associated_data":"""#, to: nil)) == 403)
        let mixed = "{\"items\":[\(body(to: nil)),\(body(#","new_associated_data":"""#, to: nil))]}"
        #expect(
            try fixture.send("POST", path + "/batch", mixed, headers: [("Authorization", "Bearer \(app)")]).status
                == 403)
        for (role, grants, stripped) in [
            (
                "encrypting",
                #"{"operations":["reencrypt","move"]},{"operations":["encrypt"],"keys":"mine"\#(required)}"#, 403
            ),
            ("moving", #"{"operations":["reencrypt","encrypt"]},{"operations":["move"]\#(required)}"#, 200),
        ] {
            let token = try fixture.makeToken(role, grants)
            #expect(try status(token, body()) == 200)
            #expect(try status(token, body(#","new_associated_data":"""#)) == stripped)
        }
        // A ciphertext without any is not moved by a grant for those that have some.
        let bare = try fixture.encrypt("YQ==", with: "orders")
        let mover = try fixture.makeToken(
            "mover", #"{"operations":["reencrypt","encrypt"]},{"operations":["move"]\#(required)}"#)
        #expect(try status(mover, "{\"ciphertext\":\"\(bare)\",\"to\":{\"key\":\"mine\"}}") == 403)
    }
}
