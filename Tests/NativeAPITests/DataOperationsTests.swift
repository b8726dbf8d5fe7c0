// Encrypting, decrypting, re-encrypting, data keys and random bytes, one at a time.

import CoreBridge
import KeyService
import TestKit
import Testing

@Suite(.givesHandlesBack) struct DataOperationsTests {
    @Test("what is encrypted decrypts, at every length from 0 to 200", arguments: ["xaes-256-gcm", "aes-256-gcm"])
    func lengths(algorithm: String) throws {
        let fixture = try Fixture()
        try fixture.create("orders", ",\"algorithm\":\"\(algorithm)\"")
        let connection = try fixture.connect()
        var seen: Set<String> = []
        for length in 0...200 {
            let plaintext = base64((0..<length).map { _ in UInt8.random(in: 0...255) })
            let encrypted = try fixture.send(
                "POST", "/v1/keys/orders/encrypt", "{\"plaintext\":\"\(plaintext)\"}", on: connection)
            #expect(encrypted.status == 200)
            #expect(encrypted["version"].integer == 1)
            let ciphertext = try #require(encrypted["ciphertext"].string)
            #expect(ciphertext.hasPrefix("sr:1:1:"))
            seen.insert(ciphertext)
            let decrypted = try fixture.send(
                "POST", "/v1/keys/orders/decrypt", "{\"ciphertext\":\"\(ciphertext)\"}", on: connection)
            #expect(decrypted["plaintext"].string == plaintext, "\(length)")
            #expect(decrypted["version"].integer == 1)
        }
        #expect(seen.count == 201)
    }

    #if DEBUG
        // Without the optimiser the vectors that read base64 are a hundred times slower: 20 MiB take a minute.
        private static let largeLength = 2 << 20
    #else
        private static let largeLength = 20 << 20
    #endif

    @Test("20 MiB (2 in a debug build; docker/smoke.sh has the 20) make the round trip")
    func large() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let connection = try fixture.connect()
        connection.timeout = 60
        let plaintext = base64((0..<Self.largeLength).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
        let encrypted = try fixture.send(
            "POST", "/v1/keys/orders/encrypt",
            bytes: Array(#"{"plaintext":""#.utf8) + plaintext.utf8 + Array(#""}"#.utf8),
            on: connection)
        try #require(encrypted.status == 200)
        let ciphertext = try #require(encrypted["ciphertext"].string)
        let decrypted = try fixture.send(
            "POST", "/v1/keys/orders/decrypt",
            bytes: Array(#"{"ciphertext":""#.utf8) + ciphertext.utf8 + Array(#""}"#.utf8), on: connection)
        #expect(decrypted.status == 200)
        #expect(decrypted["plaintext"].string == plaintext)
    }

    @Test("a ciphertext decrypts only with its key, its version and its associated data, and only untouched")
    func authenticity() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        try fixture.create("others")
        try fixture.send("POST", "/v1/keys/orders/rotate")
        let connection = try fixture.connect()
        let encrypted = try fixture.send(
            "POST", "/v1/keys/orders/encrypt", #"{"plaintext":"c2VjcmV0","associated_data":"YWQ=","version":1}"#)
        #expect(encrypted["version"].integer == 1)
        let ciphertext = try #require(encrypted["ciphertext"].string)
        func decrypt(_ text: String, _ associated: String?, key: String = "orders") throws -> Answer {
            let extra = associated.map { ",\"associated_data\":\"\($0)\"" } ?? ""
            return try fixture.send(
                "POST", "/v1/keys/\(key)/decrypt", "{\"ciphertext\":\"\(text)\"\(extra)}", on: connection)
        }
        #expect(try decrypt(ciphertext, "YWQ=")["plaintext"].string == "c2VjcmV0")
        var refused: [Answer] = [
            try decrypt(ciphertext, "YWE="), try decrypt(ciphertext, ""), try decrypt(ciphertext, nil),
            try decrypt(ciphertext, "YWQ=", key: "others"),
            try decrypt(ciphertext.replacing("sr:1:1:", with: "sr:1:2:"), "YWQ="),
            try decrypt(ciphertext.replacing("sr:1:1:", with: "sr:1:77:"), "YWQ="),
            try decrypt(ciphertext.replacing("sr:1:1:", with: "sr:1:2147483647:"), "YWQ="),
        ]
        let bytes = try #require(decoded(String(ciphertext.dropFirst(7))))
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 1
            refused.append(try decrypt("sr:1:1:" + base64(changed), "YWQ="))
        }
        for answer in refused { #expect((answer.status, answer.code) == (422, "decryption_failed")) }
        // All alike: the answer says nothing of the cause.
        #expect(Set(refused.map { $0["detail"].string ?? "" }).count == 1)
    }

    @Test(
        "what is not a ciphertext is refused as that",
        arguments: [
            "sr:1:1:", "sr:1:1:AAAA", "sr:1:1:AA", "sr:1:1:A===", "sr:1:1:$$$$", "sr:1:1:AAAA AAAA", "sr:1:1:AAA_",
        ])
    func malformedCiphertext(text: String) throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        for _ in 0..<2 {
            let answer = try fixture.send("POST", "/v1/keys/orders/decrypt", "{\"ciphertext\":\"\(text)\"}")
            if text.utf8.count < 8 {
                #expect((answer.status, answer.code) == (422, "schema_violation"))
            } else {
                #expect((answer.status, answer.code) == (422, "malformed_ciphertext"), "\(answer.response.text)")
            }
        }
    }

    @Test(
        "a ciphertext of another format is refused by the schema",
        arguments: [
            "", "AAAAAAAA", "sr:2:1:AAAA", "sr:1:0:AAAA", "sr:1:01:AAAA", "sr:1:x:AAAA", "sr:1:12345678901:AAAA",
        ])
    func foreignCiphertext(text: String) throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let answer = try fixture.send("POST", "/v1/keys/orders/decrypt", "{\"ciphertext\":\"\(text)\"}")
        #expect((answer.status, answer.code) == (422, "schema_violation"), "\(answer.response.text)")
    }

    @Test("a version past what a version can be is not a ciphertext")
    func hugeVersion() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let answer = try fixture.send("POST", "/v1/keys/orders/decrypt", #"{"ciphertext":"sr:1:9999999999:AAAA"}"#)
        #expect((answer.status, answer.code) == (422, "malformed_ciphertext"))
    }

    @Test("base64 that is not strict is refused, without saying where")
    func badBase64() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let connection = try fixture.connect()
        var answers: Set<String> = []
        for text in ["A", "AA", "AAA", "AA=A", "====", "AAAA====", "AB==", "AAB=", "A_-A", "AA AA", "AAAA\\n", "ÄÄÄÄ"] {
            let answer = try fixture.send(
                "POST", "/v1/keys/orders/encrypt", "{\"plaintext\":\"\(text)\"}", on: connection)
            #expect((answer.status, answer.code) == (422, "schema_violation"), "\(text)")
            #expect(answer.violation == "/plaintext contentEncoding", "\(answer.response.text)")
            answers.insert(answer["errors"][0]["detail"].string ?? "")
        }
        #expect(answers.count == 1)
    }

    @Test("a version to encrypt with must be there and enabled")
    func encryptVersions() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        try fixture.send("POST", "/v1/keys/orders/rotate")
        try fixture.send("PATCH", "/v1/keys/orders/versions/1", #"{"state":"disabled"}"#)
        for (version, status, code) in [
            ("1", 409, "version_disabled"), ("3", 404, "version_not_found"), ("2147483647", 404, "version_not_found"),
            ("0", 422, "schema_violation"), ("2147483648", 422, "schema_violation"), ("\"1\"", 422, "schema_violation"),
            ("1.5", 422, "schema_violation"), ("-1", 422, "schema_violation"), ("1e999", 422, "schema_violation"),
        ] {
            let answer = try fixture.send(
                "POST", "/v1/keys/orders/encrypt", "{\"plaintext\":\"\",\"version\":\(version)}")
            #expect((answer.status, answer.code) == (status, code), "\(version): \(answer.response.text)")
        }
        try fixture.send("PATCH", "/v1/keys/orders", #"{"min_decrypt_version":2}"#)
        let answer = try fixture.send("POST", "/v1/keys/orders/encrypt", #"{"plaintext":"","version":1}"#)
        #expect((answer.status, answer.code) == (409, "version_too_old"))
    }

    @Test("re-encrypting moves a ciphertext to another version, key and associated data")
    func reencrypt() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        try fixture.create("archive", #","algorithm":"aes-256-gcm""#)
        let old = try fixture.send(
            "POST", "/v1/keys/orders/encrypt", #"{"plaintext":"c2VjcmV0","associated_data":"YQ=="}"#)
        let ciphertext = try #require(old["ciphertext"].string)
        try fixture.send("POST", "/v1/keys/orders/rotate")
        func reencrypt(_ rest: String) throws -> Answer {
            try fixture.send("POST", "/v1/keys/orders/reencrypt", "{\"ciphertext\":\"\(ciphertext)\"\(rest)}")
        }
        func decrypt(_ answer: Answer, _ key: String, _ associated: String) throws -> String? {
            let text = try #require(answer["ciphertext"].string)
            return try fixture.send(
                "POST", "/v1/keys/\(key)/decrypt",
                "{\"ciphertext\":\"\(text)\",\"associated_data\":\"\(associated)\"}")["plaintext"].string
        }
        let newer = try reencrypt(#","associated_data":"YQ==""#)
        #expect(newer["version"].integer == 2)
        #expect(try decrypt(newer, "orders", "YQ==") == "c2VjcmV0")
        let bound = try reencrypt(#","associated_data":"YQ==","new_associated_data":"Yg==""#)
        #expect(try decrypt(bound, "orders", "Yg==") == "c2VjcmV0")
        #expect(try decrypt(bound, "orders", "YQ==") == nil)
        let unbound = try reencrypt(#","associated_data":"YQ==","new_associated_data":"""#)
        #expect(try decrypt(unbound, "orders", "") == "c2VjcmV0")
        let moved = try reencrypt(#","associated_data":"YQ==","to":{"key":"archive"}"#)
        #expect(moved["version"].integer == 1)
        #expect(try decrypt(moved, "archive", "YQ==") == "c2VjcmV0")
        let pinned = try reencrypt(#","associated_data":"YQ==","to":{"key":"orders","version":1}"#)
        #expect(pinned["version"].integer == 1)

        let wrong = try reencrypt("")
        #expect((wrong.status, wrong.code) == (422, "decryption_failed"))
        let unknown = try reencrypt(#","associated_data":"YQ==","to":{"key":"none"}"#)
        #expect((unknown.status, unknown.code) == (404, "key_not_found"))
        let version = try reencrypt(#","associated_data":"YQ==","to":{"key":"orders","version":9}"#)
        #expect((version.status, version.code) == (404, "version_not_found"))
        let unfit = try reencrypt(#","to":{"version":1}"#)
        #expect(unfit.violation == "/to/key required")
    }

    @Test("a data key comes in the clear and encrypted, or encrypted only, as long as was asked for")
    func dataKey() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        for (body, length) in [
            ("{}", 32), (#"{"bytes":16}"#, 16), (#"{"bytes":512}"#, 512), (#"{"algorithm":"aes-256-gcm"}"#, 32),
            (#"{"bytes":33,"plaintext":true,"associated_data":"YQ=="}"#, 33),
        ] {
            let answer = try fixture.send("POST", "/v1/keys/orders/data-key", body)
            #expect(answer.status == 200)
            let plaintext = try #require(answer["plaintext"].string)
            #expect(decoded(plaintext)?.count == length)
            let ciphertext = try #require(answer["ciphertext"].string)
            let extra = body.contains("associated") ? #","associated_data":"YQ==""# : ""
            let decrypted = try fixture.send(
                "POST", "/v1/keys/orders/decrypt", "{\"ciphertext\":\"\(ciphertext)\"\(extra)}")
            #expect(decrypted["plaintext"].string == plaintext)
        }
        let hidden = try fixture.send("POST", "/v1/keys/orders/data-key", #"{"plaintext":false,"bytes":20}"#)
        #expect(hidden["plaintext"].isAbsent)
        let ciphertext = try #require(hidden["ciphertext"].string)
        let opened = try fixture.send("POST", "/v1/keys/orders/decrypt", "{\"ciphertext\":\"\(ciphertext)\"}")
        #expect(decoded(opened["plaintext"].string)?.count == 20)

        for (body, violation) in [
            (#"{"bytes":15}"#, "/bytes minimum"), (#"{"bytes":513}"#, "/bytes maximum"),
            (#"{"bytes":32,"algorithm":"aes-256-gcm"}"#, " not"), (#"{"algorithm":"rot13"}"#, "/algorithm enum"),
            (#"{"plaintext":"no"}"#, "/plaintext type"),
        ] {
            let answer = try fixture.send("POST", "/v1/keys/orders/data-key", body)
            #expect(answer.status == 422)
            #expect(answer.violation == violation, "\(answer.response.text)")
        }
    }

    @Test("a key does only what it was made for")
    func usages() throws {
        let fixture = try Fixture()
        try fixture.create("in", #","usages":["encrypt"]"#)
        try fixture.create("out", #","usages":["decrypt"]"#)
        let ciphertext = try fixture.encrypt("YQ==", with: "in")
        for (path, body) in [
            ("in/decrypt", "{\"ciphertext\":\"\(ciphertext)\"}"),
            ("in/reencrypt", "{\"ciphertext\":\"\(ciphertext)\"}"),
            ("out/encrypt", #"{"plaintext":""}"#), ("out/data-key", "{}"),
        ] {
            let answer = try fixture.send("POST", "/v1/keys/\(path)", body)
            #expect((answer.status, answer.code) == (403, "usage_not_allowed"), "\(path)")
        }
    }

    @Test("random bytes are as many as were asked for, and never the same")
    func random() throws {
        let fixture = try Fixture()
        for count in [1, 2, 3, 32, 65_535, 65_536] {
            let answer = try fixture.send("POST", "/v1/random", "{\"bytes\":\(count)}")
            #expect(decoded(answer["random"].string)?.count == count)
        }
        let first = try fixture.send("POST", "/v1/random", #"{"bytes":32}"#)["random"].string
        #expect(try fixture.send("POST", "/v1/random", #"{"bytes":32}"#)["random"].string != first)
        for body in [#"{"bytes":0}"#, #"{"bytes":65537}"#, "{}", #"{"bytes":"1"}"#, #"{"bytes":1.0e1}"#] {
            #expect(try fixture.send("POST", "/v1/random", body).status == (body.contains("e1") ? 200 : 422), "\(body)")
        }
    }
}
