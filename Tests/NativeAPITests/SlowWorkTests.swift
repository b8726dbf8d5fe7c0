// Slow work and large bodies: where they are done, what is refused, what goes on beside them, and when they end.

import CoreBridge
import Foundation
import HTTPServer
import KeyService
import NativeAPI
import TestKit
import Testing

@Suite(.givesHandlesBack) struct SlowWorkTests {
    @Test("a batch of more work than one request may ask for is refused, and none of it is done")
    func tooCostly() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let pairs = { (count: Int) in
            items(Array(repeating: #"{"algorithm":"rsa-4096"}"#, count: count))
        }
        for count in [5, 12, 1000] {
            let answer = try fixture.send("POST", "/v1/keys/orders/data-key/batch", pairs(count))
            #expect(answer.status == 422 && answer.code == "too_costly")
        }
        // It never came to the lane in which such keys are made.
        #expect(fixture.lane("long").turns == 0)
        let cheap = items(Array(repeating: #"{"algorithm":"ed25519"}"#, count: 50))
        #expect(try fixture.send("POST", "/v1/keys/orders/data-key/batch", cheap).status == 200)
    }

    @Test("batches of slow signatures leave keys to be read, tokens revoked, and readiness told")
    func beside() throws {
        let fixture = try Fixture()
        try fixture.createSlowKey()
        _ = try fixture.makeToken("short", #"{"operations":["read"]}"#)
        let attackers = try (0..<4).map { _ in try fixture.startSigning(fixture.token) }
        #expect(eventually { fixture.lane("data").working == 2 && fixture.lane("data").waiting == 2 })
        for _ in 0..<3 {
            let began = now()
            #expect(try fixture.send("GET", "/v1/keys/signing").status == 200)
            #expect(try fixture.send("GET", "/v1/health/ready").status == 200)
            let made = try fixture.send("POST", "/v1/tokens", #"{"name":"a","role":"short"}"#)
            let id = try #require(made["id"].string)
            #expect(try fixture.send("DELETE", "/v1/tokens/\(id)").status == 204)
            #expect(now() - began < 3)
        }
        #expect(fixture.lane("control").waiting == 0)
        #expect(fixture.lane("data").working == 2)
        // Nobody waits for them any more: they end, having made a fraction of their signatures.
        for connection in attackers { connection.close() }
        #expect(eventually { fixture.server.statistics().requestsInFlight == 0 })
        #expect(fixture.lane("data").abandoned == 4)
        #expect(eventually { (try? fixture.records("signBatch").count) == 4 })
        #expect(try fixture.records("signBatch").allSatisfy { $0["code"].string == "client_gone" })
    }

    @Test("a batch ends when its token is revoked, and when the service is sealed")
    func revoked() throws {
        let fixture = try Fixture()
        try fixture.createSlowKey()
        let token = try fixture.makeToken("signer", #"{"operations":["sign"]}"#)
        let id = try #require(
            try fixture.send("GET", "/v1/tokens/self", headers: [("Authorization", "Bearer \(token)")])["id"].string)
        let signing = try fixture.startSigning(token)
        #expect(eventually { fixture.lane("data").turns > 2 })
        #expect(try fixture.send("DELETE", "/v1/tokens/\(id)").status == 204)
        let answer = try fixture.read(signing, answering: "POST", "/v1/keys/signing/sign/batch")
        #expect(answer.status == 401 && answer.code == "unauthenticated")

        let other = try fixture.startSigning(fixture.token)
        let turns = fixture.lane("data").turns
        #expect(eventually { fixture.lane("data").turns > turns + 2 })
        #expect(try fixture.send("POST", "/v1/seal").status == 200)
        let sealed = try fixture.read(other, answering: "POST", "/v1/keys/signing/sign/batch")
        #expect(sealed.status == 503)
    }

    @Test("a batch that is done in parts answers its items in their order, those that fail among them")
    func inParts() throws {
        let fixture = try Fixture()
        try fixture.create("signing", #","algorithm":"ecdsa-p384""#)
        let messages = (0..<60).map { base64("message \($0)") }
        let before = fixture.lane("data").turns
        let answer = try fixture.send(
            "POST", "/v1/keys/signing/sign/batch",
            items(messages.enumerated().map { #"{"message":"\#($1)"\#($0 == 30 ? #","version":7"# : "")}"# }))
        #expect(fixture.lane("data").turns >= before + 4)
        let signatures = answer["items"].elements
        try #require(signatures.count == 60)
        #expect(signatures[30]["error"]["code"].string == "version_not_found")
        let verified = try fixture.send(
            "POST", "/v1/keys/signing/verify/batch",
            items(
                zip(messages, signatures).compactMap { message, item in
                    item["signature"].string.map { #"{"message":"\#(message)","signature":"\#($0)"}"# }
                }))
        #expect(verified["items"].elements.count == 59)
        #expect(verified["items"].elements.allSatisfy { $0["valid"].boolean == true })
    }

    @Test(
        "what costs more than a moment goes to a worker, and what does not stays on the event loop",
        arguments: [
            ("encrypt", #"{"plaintext":"AAAA"}"#, nil),
            ("encrypt", #"{"plaintext":"\#(filler(60_000))"}"#, nil),
            ("encrypt", #"{"plaintext":"\#(filler(300_000))"}"#, "data"),
            ("encrypt", #"{"plaintext":"\#(filler(17_000_000))"}"#, "long"),
            // Leaves the flat scanner: short ones are read on the loop, longer ones are not.
            ("encrypt", #"{"plaintext":"\/\/\/\/\#(filler(8_000))"}"#, nil),
            ("encrypt", #"{"plaintext":"\/\/\/\/\#(filler(20_000))"}"#, "data"),
            ("encrypt", #"{"plaintext":"\#(String(repeating: #"\u0041"#, count: 4_000))"}"#, "data"),
            ("encrypt/batch", Body(stringLiteral: batchBody(20, #"{"plaintext":"AAAA"}"#)), nil),
            ("encrypt/batch", Body(stringLiteral: batchBody(1000, #"{"plaintext":"AAAA"}"#)), "data"),
            ("data-key", "{}", nil),
            ("data-key", #"{"algorithm":"ed25519"}"#, nil),
            ("data-key", #"{"algorithm":"ecdsa-p384"}"#, "data"),
            ("data-key", #"{"algorithm":"rsa-2048"}"#, "long"),
        ] as [(String, Body, String?)])
    fileprivate func places(operation: String, body: Body, lane: String?) throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        // Opened.
        _ = try fixture.encrypt("AAAA", with: "orders")
        let before = fixture.server.statistics().lanes
        let connection = try fixture.connect()
        connection.timeout = 60
        #expect(try fixture.send("POST", "/v1/keys/orders/\(operation)", body.text, on: connection).status == 200)
        let after = fixture.server.statistics().lanes
        let used = zip(before, after).filter { $0.turns != $1.turns }.map(\.1.name)
        #expect(used == [lane].compactMap { $0 })
    }

    @Test(
        "slow curves are verified on a worker as well, and long messages hashed there",
        arguments: [
            ("ed25519", "sign", nil), ("ecdsa-p256", "sign", nil), ("ecdsa-p384", "sign", "data"),
            ("rsa-2048", "sign", "data"),
        ] as [(String, String, String?)])
    func algorithms(algorithm: String, operation: String, lane: String?) throws {
        let fixture = try Fixture()
        try fixture.create("signing", ",\"algorithm\":\"\(algorithm)\"")
        let signed = try fixture.send("POST", "/v1/keys/signing/sign", #"{"message":"AAAA"}"#)
        let signature = try #require(signed["signature"].string)
        var turns = fixture.lane("data").turns
        #expect(try fixture.send("POST", "/v1/keys/signing/sign", #"{"message":"AAAA"}"#).status == 200)
        #expect(fixture.lane("data").turns == turns + (lane == nil ? 0 : 1))
        turns = fixture.lane("data").turns
        let verified = try fixture.send(
            "POST", "/v1/keys/signing/verify", #"{"message":"AAAA","signature":"\#(signature)"}"#)
        #expect(verified["valid"].boolean == true)
        #expect(fixture.lane("data").turns == turns + (algorithm == "ecdsa-p384" ? 1 : 0))
        #expect(try fixture.send("POST", "/v1/keys/signing/sign", #"{"message":"\#(filler(80_000))"}"#).status == 200)
        #expect(fixture.lane("data").turns > turns)
    }

    @Test("keys that take long to make are made apart from those that do not")
    func making() throws {
        let fixture = try Fixture()
        try fixture.create("quick", #","algorithm":"ed25519""#)
        #expect(fixture.lane("long").turns == 0)
        try fixture.create("slow", #","algorithm":"rsa-2048""#)
        #expect(fixture.lane("long").turns == 1)
        #expect(try fixture.send("POST", "/v1/keys/quick/rotate").status == 200)
        #expect(fixture.lane("long").turns == 1)
        #expect(try fixture.send("POST", "/v1/keys/slow/rotate").status == 200)
        #expect(fixture.lane("long").turns == 2)
        let patient = try fixture.connect()
        patient.timeout = 60
        #expect(try fixture.send("GET", "/v1/import-key", on: patient).status == 200)
        #expect(fixture.lane("long").turns == 3)
    }

    @Test("tokens of one line with one role are one holder's, whose requests take its turns")
    func lines() throws {
        let fixture = try Fixture()
        try fixture.createSlowKey()
        let parent = try fixture.makeToken(
            "family", #"{"operations":["sign"]},{"operations":["tokens"],"roles":"family"}"#)
        let children = try (0..<4).map { _ in
            let made = try fixture.send(
                "POST", "/v1/tokens", #"{"name":"a","role":"family"}"#, headers: [("Authorization", "Bearer \(parent)")]
            )
            return try #require(made["token"].string)
        }
        let attackers = try children.map { try fixture.startSigning($0) }
        // One of three threads is left to others.
        #expect(eventually { fixture.lane("data").turns > 8 })
        for _ in 0..<50 { #expect(fixture.lane("data").working <= 2) }
        for connection in attackers { connection.close() }
        #expect(eventually { fixture.server.statistics().requestsInFlight == 0 })
    }

    @Test("tokens take turns: one's many requests do not keep another's waiting behind them")
    func turns() throws {
        let fixture = try Fixture()
        try fixture.createSlowKey()
        let token = try fixture.makeToken("signer", #"{"operations":["sign"]}"#)
        let attackers = try (0..<10).map { _ in try fixture.startSigning(fixture.token) }
        #expect(eventually { fixture.lane("data").waiting >= 8 })
        let answer = try fixture.send(
            "POST", "/v1/keys/signing/sign", #"{"message":"AAAA"}"#, headers: [("Authorization", "Bearer \(token)")])
        #expect(answer.status == 200)
        #expect(fixture.lane("data").waiting >= 8)
        for connection in attackers { connection.close() }
        #expect(eventually { fixture.server.statistics().requestsInFlight == 0 })
    }
}

/// So many characters of base64.
private func filler(_ count: Int) -> String { String(repeating: "AAAA", count: count / 4) }

private func items(_ items: [String]) -> String { "{\"items\":[\(items.joined(separator: ","))]}" }

private func batchBody(_ count: Int, _ item: String) -> String { items(Array(repeating: item, count: count)) }

extension Fixture {
    fileprivate func lane(_ name: String) -> LaneStatistics {
        server.statistics().lanes.first { $0.name == name }
            ?? LaneStatistics(name: "", waiting: -1, working: -1, turns: -1, refused: -1, abandoned: -1)
    }

    /// Makes `signing`, whose signatures take milliseconds each.
    fileprivate func createSlowKey() throws {
        let patient = try connect()
        patient.timeout = 60
        let made = try send("POST", "/v1/keys", #"{"name":"signing","algorithm":"rsa-4096"}"#, on: patient)
        try #require(made.status == 201)
    }

    /// Sends a batch of 1,000 signatures by the key `signing`, some seconds of work.
    fileprivate func startSigning(_ token: String) throws -> TestConnection {
        let connection = try connect()
        connection.timeout = 30
        try connection.sendRequest(
            "POST", "/v1/keys/signing/sign/batch",
            headers: [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")],
            body: Array(batchBody(1000, #"{"message":"AAAA"}"#).utf8))
        return connection
    }

    fileprivate func records(_ operation: String) throws -> [JSONTree] {
        try auditRecords().filter { $0["operation"].string == operation }
    }
}

/// A body of which the tests' output shows the beginning: describing 17 MB takes longer than encrypting them.
private struct Body: ExpressibleByStringInterpolation, CustomTestStringConvertible {
    let text: String

    init(stringLiteral text: String) { self.text = text }

    var testDescription: String { "\(text.prefix(40)), \(text.utf8.count) bytes" }
}
