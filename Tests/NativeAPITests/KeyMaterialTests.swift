// wrap, unwrap, agree, derive and data keys that are pairs, by HTTP; RSA in the place of an AEAD.

import TestKit
import Testing

@Suite(.givesHandlesBack) struct KeyMaterialTests {
    @Test("wrapped key material unwraps to itself, and edited to nothing")
    func wrap() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"aes-256-kwp""#)
        for length in [1, 8, 32, 1000] {
            let material = base64([UInt8](repeating: 9, count: length))
            let answer = try fixture.send("POST", "/v1/keys/k/wrap", #"{"key_material":"\#(material)"}"#)
            let wrapped = try #require(decoded(answer["wrapped"].string))
            #expect(wrapped.count == (length + 7) / 8 * 8 + 8)
            var edited = wrapped
            edited[0] ^= 1
            for (text, expected) in [(wrapped, material), (edited, nil)] {
                let back = try fixture.send("POST", "/v1/keys/k/unwrap", #"{"wrapped":"\#(base64(text))"}"#)
                #expect(back["key_material"].string == expected)
                if expected == nil { #expect((back.status, back.code) == (422, "decryption_failed")) }
            }
        }
        let short = try fixture.send("POST", "/v1/keys/k/unwrap", #"{"wrapped":"AAAA"}"#)
        #expect((short.status, short.code) == (422, "malformed_ciphertext"))
        let items = #"{"items":[{"key_material":"AAAA"},{"key_material":"AAAA","version":2}]}"#
        let batch = try fixture.send("POST", "/v1/keys/k/wrap/batch", items)["items"]
        #expect(batch[1]["error"]["code"].string == "version_not_found")
        let back = #"{"items":[{"wrapped":"\#(batch[0]["wrapped"].string ?? "")"},{"wrapped":"AAAA"}]}"#
        let unwrapped = try fixture.send("POST", "/v1/keys/k/unwrap/batch", back)["items"]
        #expect(unwrapped[0]["key_material"].string == "AAAA")
        #expect(unwrapped[1]["error"]["code"].string == "malformed_ciphertext")
        try fixture.create("other")
        #expect(
            try fixture.send("POST", "/v1/keys/other/wrap", #"{"key_material":"AAAA"}"#).code == "usage_not_allowed")
    }

    @Test(
        "two sides agree on one secret, whatever form the public key has",
        arguments: ["ecdh-p256", "ecdh-p384", "ecdh-p521", "x25519"])
    func agree(algorithm: String) throws {
        let fixture = try Fixture()
        for name in ["a", "b"] { try fixture.create(name, #","algorithm":"\#(algorithm)""#) }
        func secret(_ name: String, _ peer: String, _ format: String, info: String = "aW5mbw==") throws -> String? {
            let key = base64(try fixture.send("GET", "/v1/keys/\(peer)/public-key?format=\(format)").response.body)
            let kdf = #"{"hash":"sha256","info":"\#(info)","bytes":40}"#
            return try fixture.send("POST", "/v1/keys/\(name)/agree", #"{"public_key":"\#(key)","kdf":\#(kdf)}"#)[
                "shared_secret"
            ].string
        }
        let first = try #require(try secret("a", "b", "der"))
        #expect(decoded(first)?.count == 40)
        #expect(try secret("b", "a", "raw") == first)
        #expect(try secret("a", "b", "der", info: "") != first)
        let bad = #"{"public_key":"AAAA","kdf":{"hash":"sha256","info":"","bytes":1}}"#
        let refused = try fixture.send("POST", "/v1/keys/a/agree", bad)
        #expect((refused.status, refused.code) == (422, "public_key_invalid"))
        let batch = try fixture.send("POST", "/v1/keys/a/agree/batch", #"{"items":[\#(bad)]}"#)
        #expect(batch["items"][0]["error"]["code"].string == "public_key_invalid")
    }

    @Test("bytes are derived by info and salt, and only of keys for it")
    func derive() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"hkdf-sha256""#)
        func derive(_ members: String) throws -> String? {
            try fixture.send("POST", "/v1/keys/k/derive", "{\(members)}")["derived"].string
        }
        let first = try #require(try derive(#""info":"YQ==","bytes":32"#))
        #expect(try derive(#""info":"YQ==","bytes":32"#) == first)
        #expect(try derive(#""info":"Yg==","bytes":32"#) != first)
        #expect(try derive(#""info":"YQ==","bytes":32,"salt":"YQ==""#) != first)
        #expect(decoded(try derive(#""info":"","bytes":8160"#))?.count == 8160)
        let tooMany = try fixture.send("POST", "/v1/keys/k/derive", #"{"info":"","bytes":8161}"#)
        #expect(tooMany.violation == "/bytes maximum")
        let items = #"{"items":[{"info":"YQ==","bytes":32},{"info":"","bytes":1,"version":4}]}"#
        let batch = try fixture.send("POST", "/v1/keys/k/derive/batch", items)["items"]
        #expect(batch[0]["derived"].string == first)
        #expect(batch[1]["error"]["code"].string == "version_not_found")
    }

    @Test("a data key of an algorithm has its length, and of a pair comes with its public key")
    func dataKeys() throws {
        let fixture = try Fixture()
        try fixture.create("k")
        for (algorithm, length) in [("aes-128-gcm", 16), ("hmac-sha512", 64), ("xaes-256-gcm", 32)] {
            let answer = try fixture.send("POST", "/v1/keys/k/data-key", #"{"algorithm":"\#(algorithm)"}"#)
            #expect(decoded(answer["plaintext"].string)?.count == length)
            #expect(answer["public_key"].isAbsent)
        }
        for algorithm in ["ecdsa-p256", "x25519", "rsa-2048"] {
            for plaintext in [true, false] {
                let body = #"{"algorithm":"\#(algorithm)","plaintext":\#(plaintext),"associated_data":"YQ=="}"#
                let answer = try fixture.send("POST", "/v1/keys/k/data-key", body)
                #expect(!answer["public_key"].isAbsent && answer["plaintext"].isAbsent == !plaintext)
                let opened = try fixture.send(
                    "POST", "/v1/keys/k/decrypt",
                    #"{"ciphertext":"\#(answer["ciphertext"].string ?? "")","associated_data":"YQ=="}"#)
                let privateKey = try #require(opened["plaintext"].string)
                if plaintext { #expect(privateKey == answer["plaintext"].string) }
            }
        }
        let items = #"{"items":[{"algorithm":"ed25519"},{"bytes":16},{"version":7}]}"#
        let batch = try fixture.send("POST", "/v1/keys/k/data-key/batch", items)["items"]
        #expect(!batch[0]["public_key"].isAbsent)
        #expect(decoded(batch[1]["plaintext"].string)?.count == 16)
        #expect(batch[2]["error"]["code"].string == "version_not_found")
    }

    @Test("RSA encrypts what it has room for, with associated data as its label")
    func rsa() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"rsa-2048""#)
        let longest = base64([UInt8](repeating: 1, count: 190))
        for data in ["", "YQ=="] {
            let body = #"{"plaintext":"\#(longest)","associated_data":"\#(data)"}"#
            let made = try fixture.send("POST", "/v1/keys/k/encrypt", body)
            let ciphertext = try #require(made["ciphertext"].string)
            for (given, expected) in [(data, longest), ("Yg==", nil)] {
                let opened = try fixture.send(
                    "POST", "/v1/keys/k/decrypt", #"{"ciphertext":"\#(ciphertext)","associated_data":"\#(given)"}"#)
                #expect(opened["plaintext"].string == expected)
                if expected == nil { #expect(opened.code == "decryption_failed") }
            }
        }
        let tooLong = base64([UInt8](repeating: 1, count: 191))
        let refused = try fixture.send("POST", "/v1/keys/k/encrypt", #"{"plaintext":"\#(tooLong)"}"#)
        #expect((refused.status, refused.code) == (422, "message_too_long"))
        let short = try fixture.send("POST", "/v1/keys/k/decrypt", #"{"ciphertext":"sr:1:1:AAAA"}"#)
        #expect((short.status, short.code) == (422, "malformed_ciphertext"))
        let items = #"{"items":[{"plaintext":"YQ=="},{"plaintext":"\#(tooLong)"}]}"#
        let batch = try fixture.send("POST", "/v1/keys/k/encrypt/batch", items)["items"]
        #expect(batch[1]["error"]["code"].string == "message_too_long")
        let back = #"{"items":[{"ciphertext":"\#(batch[0]["ciphertext"].string ?? "")"},{"ciphertext":"sr:1:1:AAAA"}]}"#
        let opened = try fixture.send("POST", "/v1/keys/k/decrypt/batch", back)["items"]
        #expect(opened[0]["plaintext"].string == "YQ==")
        #expect(opened[1]["error"]["code"].string == "malformed_ciphertext")
    }

    @Test("a ciphertext moves between RSA and an AEAD, one at a time and in batches, without its plaintext being given")
    func moves() throws {
        let fixture = try Fixture()
        try fixture.create("rsa", #","algorithm":"rsa-2048""#)
        try fixture.create("aead")
        let first = try fixture.encrypt("YQ==", with: "aead")
        let there = try fixture.send(
            "POST", "/v1/keys/aead/reencrypt",
            #"{"ciphertext":"\#(first)","new_associated_data":"Yg==","to":{"key":"rsa"}}"#)
        let second = try #require(there["ciphertext"].string)
        let back = try fixture.send(
            "POST", "/v1/keys/rsa/reencrypt",
            #"{"ciphertext":"\#(second)","associated_data":"Yg==","new_associated_data":"","to":{"key":"aead"}}"#)
        let third = try #require(back["ciphertext"].string)
        let opened = try fixture.send("POST", "/v1/keys/aead/decrypt", #"{"ciphertext":"\#(third)"}"#)
        #expect(opened["plaintext"].string == "YQ==")
        let wrong = try fixture.send(
            "POST", "/v1/keys/rsa/reencrypt", #"{"ciphertext":"\#(second)","to":{"key":"aead"}}"#)
        #expect((wrong.status, wrong.code) == (422, "decryption_failed"))

        let items =
            #"{"items":[{"ciphertext":"\#(first)","to":{"key":"rsa"}},{"ciphertext":"\#(first)","to":{"key":"none"}}]}"#
        let batch = try fixture.send("POST", "/v1/keys/aead/reencrypt/batch", items)["items"]
        let moved = try #require(batch[0]["ciphertext"].string)
        #expect(batch[1]["error"]["code"].string == "key_not_found")
        let plain = try fixture.send("POST", "/v1/keys/rsa/decrypt", #"{"ciphertext":"\#(moved)"}"#)
        #expect(plain["plaintext"].string == "YQ==")
    }

    @Test("an algorithm that OpenSSL lacks is refused with 501, and status does not list it")
    func unavailable() throws {
        let fixture = try Fixture()
        let listed = try fixture.send("GET", "/v1/status")["algorithms"].elements.compactMap(\.string)
        let answer = try fixture.send("POST", "/v1/keys", #"{"name":"k","algorithm":"ml-dsa-65"}"#)
        if listed.contains("ml-dsa-65") {
            #expect(answer.status == 201)
        } else {
            #expect((answer.status, answer.code) == (501, "algorithm_unavailable"))
        }
    }
}
