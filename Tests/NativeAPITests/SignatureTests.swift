// sign, verify, mac and verify-mac by HTTP: what they answer, and every refusal.

import CoreBridge
import TestKit
import Testing

@Suite(.givesHandlesBack) struct SignatureTests {
    private static let message = base64("a message")

    @Test(
        "a key signs with its defaults, and verifies what it signed and nothing else",
        arguments: [
            "ed25519", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ecdsa-secp256k1", "rsa-2048",
        ])
    func roundTrip(algorithm: String) throws {
        let fixture = try Fixture()
        try fixture.create("signer", #","algorithm":"\#(algorithm)""#)
        let signed = try fixture.send("POST", "/v1/keys/signer/sign", #"{"message":"\#(Self.message)"}"#)
        #expect(signed.status == 200)
        #expect((signed["algorithm"].string, signed["version"].integer) == (algorithm, 1))
        let signature = try #require(signed["signature"].string)
        func valid(_ message: String, _ signature: String) throws -> Bool? {
            try fixture.send(
                "POST", "/v1/keys/signer/verify", #"{"message":"\#(message)","signature":"\#(signature)"}"#
            )["valid"].boolean
        }
        #expect(try valid(Self.message, signature) == true)
        #expect(try valid(base64("another"), signature) == false)
        var edited = try #require(decoded(signature))
        edited[edited.count - 1] ^= 1
        #expect(try valid(Self.message, base64(edited)) == false)
        #expect(try valid(Self.message, base64(edited.prefix(10))) == false)
        #expect(try valid(Self.message, "") == false)

        try fixture.send("POST", "/v1/keys/signer/rotate")
        #expect(try valid(Self.message, signature) == false, "the latest version is another key")
        let old = #"{"message":"\#(Self.message)","signature":"\#(signature)","version":1}"#
        #expect(try fixture.send("POST", "/v1/keys/signer/verify", old)["valid"].boolean == true)
    }

    @Test(
        "a digest signs as its message does, and must be as long as its hash's", arguments: ["ecdsa-p256", "rsa-2048"])
    func digests(algorithm: String) throws {
        let fixture = try Fixture()
        try fixture.create("signer", #","algorithm":"\#(algorithm)""#)
        let digest = try #require(
            try fixture.send("POST", "/v1/hash", #"{"message":"\#(Self.message)","hash":"sha384"}"#)["digest"].string)
        let signed = try fixture.send("POST", "/v1/keys/signer/sign", #"{"digest":"\#(digest)","hash":"sha384"}"#)
        let signature = try #require(signed["signature"].string)
        let body = #"{"message":"\#(Self.message)","hash":"sha384","signature":"\#(signature)"}"#
        #expect(try fixture.send("POST", "/v1/keys/signer/verify", body)["valid"].boolean == true)
        for operation in ["sign", "verify"] {
            let extra = operation == "verify" ? #","signature":"AAAA""# : ""
            let answer = try fixture.send(
                "POST", "/v1/keys/signer/\(operation)", #"{"digest":"\#(digest)","hash":"sha256"\#(extra)}"#)
            #expect((answer.status, answer.code) == (422, "digest_length"))
        }
    }

    @Test(
        "parameters that belong to another kind of key are refused",
        arguments: [
            ("ed25519", #""encoding":"der""#, "scheme_not_of_key"),
            ("ed25519", #""hash":"sha256""#, "scheme_not_of_key"),
            ("ed25519", #""padding":"pss""#, "scheme_not_of_key"),
            ("ecdsa-p256", #""padding":"pss""#, "scheme_not_of_key"),
            ("ecdsa-p256", #""salt_length":1"#, "scheme_not_of_key"),
            ("rsa-2048", #""encoding":"p1363""#, "scheme_not_of_key"),
            ("rsa-2048", #""padding":"pkcs1v15","salt_length":20"#, "scheme_not_of_key"),
            ("ecdsa-p256", #""hash":"sha1""#, "feature_not_built"),
            ("xaes-256-gcm", "", "usage_not_allowed"), ("hmac-sha256", "", "usage_not_allowed"),
        ])
    func misfits(algorithm: String, members: String, code: String) throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"\#(algorithm)""#)
        let tail = members.isEmpty ? "" : "," + members
        let answer = try fixture.send("POST", "/v1/keys/k/sign", #"{"message":"\#(Self.message)"\#(tail)}"#)
        #expect(answer.code == code)
        if code == "feature_not_built" { #expect(answer["feature"].string == "legacy-algorithms") }
    }

    @Test("Ed25519ph is answered where OpenSSL has it, and 501 where it has not")
    func prehashed() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"ed25519""#)
        let answer = try fixture.send("POST", "/v1/keys/k/sign", #"{"message":"\#(Self.message)","hash":"sha512"}"#)
        #expect(answer.status == 200 || (answer.status, answer.code ?? "") == (501, "algorithm_unavailable"))
    }

    @Test(
        "a request to sign that does not fit the schema says where",
        arguments: [
            (#"{}"#, " oneOf"), (#"{"message":"","digest":""}"#, " oneOf"), (#"{"message":1}"#, "/message type"),
            (#"{"message":"","hash":"md5"}"#, "/hash enum"), (#"{"message":"","padding":"none"}"#, "/padding enum"),
            (#"{"message":"","salt_length":-1}"#, "/salt_length anyOf"),
            (#"{"message":"","encoding":"raw"}"#, "/encoding enum"),
            (#"{"message":"","signature":""}"#, "/signature additionalProperties"),
        ])
    func unfit(body: String, violation: String) throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"ed25519""#)
        let answer = try fixture.send("POST", "/v1/keys/k/sign", body)
        #expect(answer.status == 422)
        #expect(answer.violation == violation)
    }

    @Test("salts of given, automatic and digest's length verify as what they are")
    func salts() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"rsa-2048""#)
        for (salt, others) in [
            ("17", ["\"digest\"", "18"]), ("\"digest\"", ["17"]), ("\"auto\"", ["17", "\"digest\""]),
        ] {
            let signed = try fixture.send(
                "POST", "/v1/keys/k/sign", #"{"message":"\#(Self.message)","salt_length":\#(salt)}"#)
            let signature = try #require(signed["signature"].string)
            for (asked, expected) in [(salt, true), ("\"auto\"", true)] + others.map({ ($0, false) }) {
                let body = #"{"message":"\#(Self.message)","salt_length":\#(asked),"signature":"\#(signature)"}"#
                #expect(try fixture.send("POST", "/v1/keys/k/verify", body)["valid"].boolean == expected)
            }
        }
        let tooLong = try fixture.send("POST", "/v1/keys/k/sign", #"{"message":"","salt_length":500}"#)
        #expect(tooLong.violation == "/salt_length strongroom")
    }

    @Test("a batch of signatures has its errors with its items, in their order")
    func batch() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"ecdsa-p256""#)
        let items = [
            #"{"message":"\#(Self.message)"}"#, #"{"digest":"AAAA"}"#, #"{"message":"","padding":"pss"}"#,
            #"{"message":"","version":9}"#, #"{"message":"\#(Self.message)","encoding":"jws"}"#,
        ]
        let answer = try fixture.send(
            "POST", "/v1/keys/k/sign/batch", #"{"items":[\#(items.joined(separator: ","))]}"#)
        #expect(answer.status == 200)
        let answers = answer["items"].elements
        try #require(answers.count == 5)
        #expect(
            answers.map { $0["error"]["code"].string } == [
                nil, "digest_length", "scheme_not_of_key", "version_not_found", nil,
            ]
        )
        #expect(decoded(answers[4]["signature"].string)?.count == 64)
        let checks = [
            #"{"message":"\#(Self.message)","signature":"\#(answers[0]["signature"].string ?? "")"}"#,
            #"{"message":"","signature":"\#(answers[0]["signature"].string ?? "")"}"#,
            #"{"message":"\#(Self.message)","encoding":"p1363","signature":"\#(answers[4]["signature"].string ?? "")"}"#,
        ]
        let verified = try fixture.send(
            "POST", "/v1/keys/k/verify/batch", #"{"items":[\#(checks.joined(separator: ","))]}"#)
        #expect(verified["items"].elements.map { $0["valid"].boolean } == [true, false, true])
        #expect(try fixture.send("POST", "/v1/keys/none/sign/batch", #"{"items":[{"message":""}]}"#).status == 404)
    }

    @Test("MACs are made and verified, whole ones only, also by keys for another purpose whose usages say so")
    func macs() throws {
        let fixture = try Fixture()
        let usages = #""usages":["encrypt","mac","verify-mac"]"#
        for (index, members) in [
            #""algorithm":"hmac-sha256""#, #""algorithm":"aes-256-cmac""#, #""algorithm":"xaes-256-gcm",\#(usages)"#,
        ].enumerated() {
            let name = "k\(index)"
            try fixture.create(name, "," + members)
            let made = try fixture.send("POST", "/v1/keys/\(name)/mac", #"{"message":"\#(Self.message)"}"#)
            let mac = try #require(made["mac"].string)
            let short = base64(try #require(decoded(mac)).dropLast())
            for (message, mac, expected) in [
                (Self.message, mac, true), ("", mac, false), (Self.message, short, false),
            ] {
                let body = #"{"message":"\#(message)","mac":"\#(mac)"}"#
                #expect(try fixture.send("POST", "/v1/keys/\(name)/verify-mac", body)["valid"].boolean == expected)
            }
            let batch = #"{"items":[{"message":"\#(Self.message)"},{"message":"","version":2}]}"#
            let items = try fixture.send("POST", "/v1/keys/\(name)/mac/batch", batch)["items"]
            #expect(items[0]["mac"].string == mac)
            #expect(items[1]["error"]["code"].string == "version_not_found")
            let checks = #"{"items":[{"message":"\#(Self.message)","mac":"\#(mac)"}]}"#
            #expect(
                try fixture.send("POST", "/v1/keys/\(name)/verify-mac/batch", checks)["items"][0]["valid"].boolean
                    == true)
        }
        let cmac = try fixture.send("POST", "/v1/keys/k1/mac", #"{"message":"","hash":"sha256"}"#)
        #expect((cmac.status, cmac.code) == (422, "scheme_not_of_key"))
        try fixture.create("plain")
        #expect(try fixture.send("POST", "/v1/keys/plain/mac", #"{"message":""}"#).code == "usage_not_allowed")
    }
}
