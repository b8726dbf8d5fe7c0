// Many items in one request: their order, their own errors, their bounds, and keys that must be opened on the way.

import CoreBridge
import KeyService
import TestKit
import Testing

@Suite(.givesHandlesBack) struct BatchTests {
    @Test("a thousand items are answered in their order, 1,001 are refused")
    func thousand() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let plaintexts = (0..<1000).map { base64("item \($0)") }
        let encrypted = try batch(fixture, "encrypt", plaintexts.map { "{\"plaintext\":\"\($0)\"}" })
        let ciphertexts = encrypted.compactMap { $0["ciphertext"].string }
        try #require(ciphertexts.count == 1000)
        let decrypted = try batch(fixture, "decrypt", ciphertexts.map { "{\"ciphertext\":\"\($0)\"}" })
        #expect(decrypted.map { $0["plaintext"].string } == plaintexts)
        #expect(decrypted.allSatisfy { $0["version"].integer == 1 })

        let items = (0...1000).map { _ in #"{"plaintext":""}"# }.joined(separator: ",")
        let tooMany = try fixture.send("POST", "/v1/keys/orders/encrypt/batch", "{\"items\":[\(items)]}")
        #expect(tooMany.status == 422)
        #expect(tooMany.violation == "/items maxItems")
        #expect(
            try fixture.send("POST", "/v1/keys/orders/encrypt/batch", #"{"items":[]}"#).violation == "/items minItems")
    }

    @Test("an item that does not fit the schema refuses the whole batch, and says which it is")
    func unfitItem() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let answer = try fixture.send(
            "POST", "/v1/keys/orders/encrypt/batch", #"{"items":[{"plaintext":"YQ=="},{"plaintext":"!"}]}"#)
        #expect(answer.status == 422)
        #expect(answer.violation == "/items/1/plaintext contentEncoding")
    }

    @Test("items that fail have their own errors, the others are done")
    func itemErrors() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        try fixture.create("others")
        let good = try fixture.encrypt("Z29vZA==", with: "orders")
        let foreign = try fixture.encrypt("Z29vZA==", with: "others")
        for _ in 0..<3 { try fixture.send("POST", "/v1/keys/orders/rotate") }
        try fixture.send("PATCH", "/v1/keys/orders/versions/2", #"{"state":"disabled"}"#)
        try fixture.send("PATCH", "/v1/keys/orders/versions/3", #"{"state":"destroyed"}"#)
        let body = String(good.dropFirst("sr:1:1:".count))
        let answers = try batch(
            fixture, "decrypt",
            [good, foreign, "sr:1:2:\(body)", "sr:1:3:\(body)", "sr:1:9:\(body)", "sr:1:1:AAAA", "sr:1:1:!!!!", good]
                .map {
                    "{\"ciphertext\":\"\($0)\"}"
                })
        #expect(
            answers.map { $0["error"]["code"].string ?? $0["plaintext"].string } == [
                "Z29vZA==", "decryption_failed", "version_disabled", "version_destroyed", "decryption_failed",
                "malformed_ciphertext", "malformed_ciphertext", "Z29vZA==",
            ])
        #expect(
            answers.map { $0["error"]["status"].integer } == [nil, 422, 409, 409, 422, 422, 422, nil])
        try fixture.send("PATCH", "/v1/keys/orders", #"{"min_decrypt_version":2}"#)
        let old = try batch(fixture, "decrypt", ["{\"ciphertext\":\"\(good)\"}"])
        #expect(old[0]["error"]["code"].string == "version_too_old")
    }

    @Test("items may name their versions")
    func mixedVersions() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        for _ in 0..<3 { try fixture.send("POST", "/v1/keys/orders/rotate") }
        let encrypted = try batch(
            fixture, "encrypt",
            ["", #","version":3"#, #","version":1"#, #","version":7"#, #","version":2"#].map {
                "{\"plaintext\":\"YQ==\"\($0)}"
            })
        #expect(encrypted.map { $0["version"].integer } == [4, 3, 1, nil, 2])
        #expect(encrypted[3]["error"]["code"].string == "version_not_found")
        #expect(encrypted[3]["error"]["status"].integer == 404)
        let decrypted = try batch(
            fixture, "decrypt", encrypted.compactMap { $0["ciphertext"].string }.map { "{\"ciphertext\":\"\($0)\"}" })
        #expect(decrypted.map { $0["version"].integer } == [4, 3, 1, 2])
        #expect(decrypted.allSatisfy { $0["plaintext"].string == "YQ==" })
    }

    @Test("a batch over cold keys goes to a worker and gives the same answers", arguments: [false, true])
    func coldKeys(byTree: Bool) throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        for _ in 0..<4 { try fixture.send("POST", "/v1/keys/orders/rotate") }
        let items = (1...5).flatMap { version in
            ["", "YQ==", "YWI=", base64(String(repeating: "long ", count: 50))].map { (version, $0) }
        }
        let encrypted = try batch(
            fixture, "encrypt",
            items.map { "{\"plaintext\":\"\($0.1)\",\"associated_data\":\"YWQ=\",\"version\":\($0.0)}" })
        // Bad ones in front: what was tried on the event loop must not change what the worker finds.
        let texts = ["sr:1:1:YWFhYWFhYWFh!AAA"] + encrypted.compactMap { $0["ciphertext"].string }
        try #require(texts.count == 21)
        // The first versions are open, the later ones cold: the event loop decodes some items before it meets one.
        try fixture.service.pool.drain()
        _ = try fixture.send(
            "POST", "/v1/keys/orders/decrypt", "{\"ciphertext\":\"\(texts[1])\",\"associated_data\":\"YWQ=\"}")
        let misses = try fixture.service.pool.statistics.misses
        let slash = byTree ? #"\u0059WQ="# : "YWQ="
        let decrypted = try batch(
            fixture, "decrypt", texts.map { "{\"ciphertext\":\"\($0)\",\"associated_data\":\"\(slash)\"}" })
        #expect(try fixture.service.pool.statistics.misses == misses + 4)
        #expect(decrypted[0]["error"]["code"].string == "malformed_ciphertext")
        #expect(decrypted.dropFirst().map { $0["plaintext"].string } == items.map(\.1))
        #expect(decrypted.dropFirst().map { $0["version"].integer } == items.map(\.0))
    }

    @Test("what is not base64 is called that on a worker too, whatever decoding it left behind")
    func undecodable() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        try fixture.send("POST", "/v1/keys/orders/rotate")
        let cold = try fixture.encrypt("YQ==", with: "orders")
        try fixture.service.pool.drain()
        _ = try fixture.send("POST", "/v1/keys/orders/encrypt", #"{"plaintext":"","version":1}"#)
        // Its first half decodes to base64 of its own: decoded again in the same place the whole would be base64.
        let inner = base64([UInt8](repeating: 0x41, count: 48))
        let text = "sr:1:1:" + base64(inner.utf8) + "!" + "AAAAAAAAAAAAAAAAAAA"
        let answers = try batch(fixture, "decrypt", [text, cold].map { "{\"ciphertext\":\"\($0)\"}" })
        #expect(answers[0]["error"]["code"].string == "malformed_ciphertext")
        #expect(answers[1]["plaintext"].string == "YQ==")
    }

    @Test("re-encrypting and data keys work in batches, and each item's target is its own concern")
    func otherOperations() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        try fixture.create("archive")
        try fixture.create("leaving")
        try fixture.send("PATCH", "/v1/keys/leaving", #"{"deletion_protected":false}"#)
        try fixture.send("DELETE", "/v1/keys/leaving")
        let ciphertext = try fixture.encrypt("YQ==", with: "orders")
        let moved = try batch(
            fixture, "reencrypt",
            [
                "", #","to":{"key":"archive"}"#, #","to":{"key":"none"}"#, #","to":{"key":"leaving"}"#,
                #","associated_data":"YQ==""#,
            ]
            .map { "{\"ciphertext\":\"\(ciphertext)\"\($0)}" })
        #expect(
            moved.map { $0["error"]["code"].string } == [
                nil, nil, "key_not_found", "key_pending_deletion", "decryption_failed",
            ])
        let archived = try #require(moved[1]["ciphertext"].string)
        let opened = try fixture.send("POST", "/v1/keys/archive/decrypt", "{\"ciphertext\":\"\(archived)\"}")
        #expect(opened["plaintext"].string == "YQ==")

        let keys = try batch(
            fixture, "data-key",
            ["{}", #"{"bytes":16}"#, #"{"plaintext":false}"#, #"{"algorithm":"aes-256-gcm"}"#, #"{"version":5}"#])
        #expect(keys.map { decoded($0["plaintext"].string)?.count } == [32, 16, nil, 32, nil])
        #expect(keys[4]["error"]["code"].string == "version_not_found")
        let plain = try batch(
            fixture, "decrypt", keys.compactMap { $0["ciphertext"].string }.map { "{\"ciphertext\":\"\($0)\"}" })
        #expect(plain.map { decoded($0["plaintext"].string)?.count } == [32, 16, 32, 32])
        #expect(plain[0]["plaintext"].string == keys[0]["plaintext"].string)
    }

    private func batch(_ fixture: Fixture, _ operation: String, _ items: [String]) throws -> [JSONTree] {
        let answer = try fixture.send(
            "POST", "/v1/keys/orders/\(operation)/batch", "{\"items\":[\(items.joined(separator: ","))]}")
        try #require(answer.status == 200, "\(answer.response.text.prefix(500))")
        let answers = answer["items"].elements
        try #require(answers.count == items.count)
        return answers
    }
}
