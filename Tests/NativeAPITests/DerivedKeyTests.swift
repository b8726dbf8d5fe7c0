// Keys that are used by context, and convergent encryption, by HTTP.

import KeyService
import TestKit
import Testing

@Suite(.givesHandlesBack) struct DerivedKeyTests {
    private func body(_ member: String, _ value: String, context: String?, _ more: String = "") -> String {
        let context = context.map { #","context":"\#(base64($0))""# } ?? ""
        return #"{"\#(member)":"\#(value)"\#(context)\#(more)}"#
    }

    @Test("each context has a key of its own, and none is no key at all")
    func contexts() throws {
        let fixture = try Fixture()
        let created = try fixture.create("k", #","derived":true"#)
        #expect((created["derived"].boolean, created["convergent"].boolean) == (true, false))
        let answer = try fixture.send("POST", "/v1/keys/k/encrypt", body("plaintext", "YQ==", context: "one"))
        let ciphertext = try #require(answer["ciphertext"].string)
        func decrypt(_ context: String?) throws -> Answer {
            try fixture.send("POST", "/v1/keys/k/decrypt", body("ciphertext", ciphertext, context: context))
        }
        #expect(try decrypt("one")["plaintext"].string == "YQ==")
        #expect(try decrypt("two").code == "decryption_failed")
        #expect(try decrypt(nil).code == "context_mismatch")
        try fixture.create("plain")
        let plain = try fixture.send("POST", "/v1/keys/plain/encrypt", body("plaintext", "YQ==", context: "one"))
        #expect((plain.status, plain.code) == (422, "context_mismatch"))

        let moved = try fixture.send(
            "POST", "/v1/keys/k/reencrypt",
            body("ciphertext", ciphertext, context: "one", #","new_context":"\#(base64("two"))""#))
        let second = try #require(moved["ciphertext"].string)
        let opened = try fixture.send("POST", "/v1/keys/k/decrypt", body("ciphertext", second, context: "two"))
        #expect(opened["plaintext"].string == "YQ==")
        let away = try fixture.send(
            "POST", "/v1/keys/k/reencrypt", body("ciphertext", ciphertext, context: "one", #","to":{"key":"plain"}"#))
        #expect(away.status == 200)

        let dataKey = try fixture.send("POST", "/v1/keys/k/data-key", #"{"context":"\#(base64("one"))"}"#)
        #expect(decoded(dataKey["plaintext"].string)?.count == 32)
    }

    @Test("a batch takes a context an item")
    func batch() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","derived":true"#)
        let items = ["one", "two"].map { body("plaintext", "YQ==", context: $0) } + [#"{"plaintext":""}"#]
        let made = try fixture.send(
            "POST", "/v1/keys/k/encrypt/batch", #"{"items":[\#(items.joined(separator: ","))]}"#)["items"].elements
        #expect(made.map { $0["error"]["code"].string } == [nil, nil, "context_mismatch"])
        let back = zip(made, ["one", "one"]).map { body("ciphertext", $0["ciphertext"].string ?? "", context: $1) }
        let opened = try fixture.send(
            "POST", "/v1/keys/k/decrypt/batch", #"{"items":[\#(back.joined(separator: ","))]}"#)["items"].elements
        #expect(opened.map { $0["plaintext"].string } == ["YQ==", nil])
        #expect(opened[1]["error"]["code"].string == "decryption_failed")
    }

    @Test("convergent encryption gives one message one ciphertext, bound to context and associated data")
    func convergent() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","derived":true,"convergent":true,"algorithm":"aes-256-gcm""#)
        func encrypt(_ text: String, _ context: String, _ data: String = "") throws -> String? {
            try fixture.send(
                "POST", "/v1/keys/k/encrypt",
                body("plaintext", base64(text), context: context, #","associated_data":"\#(base64(data))""#)
            )["ciphertext"].string
        }
        let first = try #require(try encrypt("text", "one"))
        #expect(try encrypt("text", "one") == first)
        #expect(try encrypt("text", "two") != first)
        #expect(try encrypt("text", "one", "data") != first)
        #expect(try encrypt("texu", "one") != first)
    }

    @Test(
        "what cannot be derived or convergent is refused with the member that says so",
        arguments: [
            (#""algorithm":"rsa-2048","derived":true"#, "/derived"),
            (#""algorithm":"x25519","derived":true"#, "/derived"),
            (#""convergent":true"#, "/convergent"),
            (#""algorithm":"ed25519","derived":true,"convergent":true"#, "/convergent"),
            (#""algorithm":"ed25519","usages":["encrypt"]"#, "/usages"),
        ])
    func unfit(members: String, pointer: String) throws {
        let answer = try Fixture().send("POST", "/v1/keys", #"{"name":"k",\#(members)}"#)
        #expect(answer.status == 422)
        #expect(answer.violation == "\(pointer) strongroom")
    }

    @Test("a derived signing key has a public key a context")
    func publicKeys() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"ed25519","derived":true"#)
        // "one" and "two" in base64url.
        let one = try fixture.send("GET", "/v1/keys/k/public-key?format=raw&context=b25l")
        let two = try fixture.send("GET", "/v1/keys/k/public-key?format=raw&context=dHdv")
        #expect(one.response.body.count == 32)
        #expect(one.response.body != two.response.body)
        #expect(try fixture.send("GET", "/v1/keys/k/public-key").code == "context_mismatch")
        // A length that base64 cannot have, and bits left over that are not zero (RFC 4648, 3.5): the document says so itself.
        for unfit in ["AAAAA", "00", "AAAAAAB", "b25l="] {
            let answer = try fixture.send("GET", "/v1/keys/k/public-key?context=\(unfit)")
            #expect(answer.violation == "/query/context pattern", "\(unfit)")
        }
        let signed = try fixture.send("POST", "/v1/keys/k/sign", body("message", "YQ==", context: "one"))
        let signature = try #require(signed["signature"].string)
        for (context, valid) in [("one", true), ("two", false)] {
            let answer = try fixture.send(
                "POST", "/v1/keys/k/verify", body("message", "YQ==", context: context, #","signature":"\#(signature)""#)
            )
            #expect(answer["valid"].boolean == valid)
        }
    }
}
