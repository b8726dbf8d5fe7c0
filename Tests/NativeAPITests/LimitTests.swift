// The limits of every operation: what the schema lets through is done or refused, also where a limit depends on another member, on
// the rounding of base64 or on the key.

import CoreBridge
import Foundation
import OpenAPI
import TestKit
import Testing

@Suite(.givesHandlesBack) struct LimitTests {
    /// A key of each kind, by its name.
    private static let keys = [
        "plain": "xaes-256-gcm", "counted": "aes-256-gcm", "rsa": "rsa-2048", "ed25519": "ed25519",
        "p256": "ecdsa-p256",
        "p521": "ecdsa-p521", "ecdh": "ecdh-p256", "x25519": "x25519", "hkdf": "hkdf-sha256", "kwp": "aes-256-kwp",
        "hmac": "hmac-sha512", "cmac": "aes-256-cmac",
    ]

    /// The kinds that an operation is for; any, where it is not here.
    private static func fitting(_ operation: String) -> [String] {
        switch operation.replacing("Batch", with: "") {
        case "encrypt", "decrypt", "reencrypt", "createDataKey": ["plain", "derived", "convergent", "counted", "rsa"]
        case "sign", "verify": ["rsa", "ed25519", "p256", "p521", "derived-ed25519"]
        case "mac", "verifyMac": ["hmac", "cmac"]
        case "wrap", "unwrap": ["kwp"]
        case "agree": ["ecdh", "x25519"]
        case "derive": ["hkdf"]
        default: ["plain"]
        }
    }

    @Test("values at the limits of all operations are never a fault of the server's", arguments: [UInt64(1)])
    func drawn(seed: UInt64) throws {
        let fixture = try Fixture()
        for (name, algorithm) in Self.keys { try fixture.create(name, #","algorithm":"\#(algorithm)""#) }
        try fixture.create("derived", #","derived":true"#)
        try fixture.create("convergent", #","derived":true,"convergent":true"#)
        try fixture.create("derived-ed25519", #","derived":true,"algorithm":"ed25519""#)
        var random = SeededGenerator(seed: seed)
        var sampler = try SchemaSampler(document: Data(OpenAPIDocument.embedded), seed: seed)
        sampler.isAtLimits = true
        sampler.known = try known(fixture)
        let document = try OpenAPIDocument.load(OpenAPIDocument.embedded)
        var statuses: [Int: Int] = [:]
        var done: Set<String> = []
        for operation in document.operations {
            guard let schema = sampler.body(of: operation.id) else { continue }
            let isChange = operation.method == .patch || operation.method == .delete
            for _ in 0..<12 {
                let names = Self.fitting(operation.id)
                let key = isChange ? "spare" : names.randomElement(using: &random) ?? "plain"
                let path = operation.pathTemplate.replacing("{key}", with: key).replacing("{version}", with: "1")
                let text = try sampler.value(of: schema).text()
                // A refusal of what is too long ends its connection.
                let answer = try fixture.send(operation.method.name, path, text)
                statuses[answer.status, default: 0] += 1
                if answer.status < 300 { done.insert(operation.id) }
                // What this machine's OpenSSL or this build lacks is no fault.
                if let wrong = Self.fault(in: answer) {
                    Issue.record("\(operation.id) with \(key): \(wrong) for \(Self.shortened(text))")
                }
            }
        }
        #expect((statuses[200] ?? 0) > 60 && (statuses[422] ?? 0) > 30, "\(statuses)")
        // Which ones is the draw's; that many are shows that values are not refused before they reach anything.
        #expect(done.count > 10, "\(done)")
    }

    @Test("parameters at their limits are never a fault of the server's")
    func parameters() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        var random = SeededGenerator(seed: 3)
        var sampler = try SchemaSampler(document: Data(OpenAPIDocument.embedded), seed: 3)
        sampler.isAtLimits = true
        sampler.known = ["key": ["orders"]]
        var sent = 0
        for operation in try OpenAPIDocument.load(OpenAPIDocument.embedded).operations {
            // Sealing ends the test, and so does the end of its token.
            guard !["sealService", "revokeOwnToken"].contains(operation.id) else { continue }
            let parameters = try sampler.parameters(of: operation.id)
            for _ in 0..<(parameters.isEmpty ? 0 : 6) {
                var path = operation.pathTemplate
                var query: [String] = []
                for (name, isInPath, schema) in parameters where isInPath || Bool.random(using: &random) {
                    let text: String
                    switch try sampler.value(of: schema) {
                    case .plain(let value), .string(let value): text = Self.escaped(value)
                    default: continue
                    }
                    if isInPath {
                        path = path.replacing("{\(name)}", with: text)
                    } else {
                        query.append("\(name)=\(text)")
                    }
                }
                if !query.isEmpty { path += "?" + query.joined(separator: "&") }
                let body = try sampler.body(of: operation.id).map { try sampler.value(of: $0).text() }
                let answer = try fixture.send(operation.method.name, path, body)
                sent += 1
                if let wrong = Self.fault(in: answer) { Issue.record("\(operation.id): \(wrong) for \(path)") }
            }
        }
        #expect(sent > 200)
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let character = Character(UnicodeScalar(byte))
            let isPlain = byte < 0x80 && (character.isLetter || character.isNumber || "-._~".contains(character))
            return isPlain ? String(character) : String(format: "%%%02X", byte)
        }.joined()
    }

    /// Values that fit each other: what one draws of a schema alone is refused early.
    private func known(_ fixture: Fixture) throws -> [String: [String]] {
        var publicKeys: [String] = []
        for (algorithm, name) in [("ecdh-p256", "peer-ecdh"), ("x25519", "peer-x25519")] {
            try fixture.create(name, #","algorithm":"\#(algorithm)""#)
            let key = try fixture.send("GET", "/v1/keys/\(name)/public-key?format=der").response.body
            publicKeys.append(base64(key))
        }
        let wrapped = try fixture.send("POST", "/v1/keys/kwp/wrap", #"{"key_material":"AAECAwQFBgc="}"#)["wrapped"]
            .string
        return [
            // To make RSA keys takes long, and their limits are those of others.
            "algorithm": ["ed25519", "ecdh-p256", "aes-128-gcm", "hmac-sha256"], "public_key": publicKeys,
            "wrapped": [try #require(wrapped)],
            "ciphertext": [try fixture.encrypt("AAAA", with: "plain"), try fixture.encrypt("AAAA", with: "rsa")],
        ]
    }

    private static func fault(in answer: Answer) -> String? {
        if answer.status >= 500, answer.status != 501 { return "\(answer.status) \(answer.code ?? "")" }
        for item in answer["items"].elements {
            if let status = item["error"]["status"].integer, status >= 500, status != 501 {
                return "\(status) of an item"
            }
        }
        return nil
    }

    private static func shortened(_ text: String) -> String {
        text.replacing(/[A-Za-z0-9+\/=]{100,}/) { "(\($0.output.count) characters)" }
    }

    @Test("agreement gives at most 255 digests of its hash", arguments: Hash.allCases.filter { $0 != .sha1 })
    func agreement(hash: Hash) throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"x25519""#)
        let publicKey = base64(try fixture.send("GET", "/v1/keys/k/public-key?format=der").response.body)
        // The schema has the most of SHA-256, for any hash.
        let most = min(255 * hash.digestBytes, 8160)
        for (bytes, isDone) in [(most, true), (most + 1, false)] {
            let kdf = #"{"hash":"\#(hash.name)","info":"","bytes":\#(bytes)}"#
            let item = #"{"public_key":"\#(publicKey)","kdf":\#(kdf)}"#
            let answer = try fixture.send("POST", "/v1/keys/k/agree", item)
            let batch = try fixture.send("POST", "/v1/keys/k/agree/batch", #"{"items":[\#(item)]}"#)
            if isDone {
                #expect(decoded(answer["shared_secret"].string)?.count == bytes)
                #expect(decoded(batch["items"][0]["shared_secret"].string)?.count == bytes)
            } else {
                #expect(answer.status == 422)
                #expect(answer.violation?.hasPrefix("/kdf/bytes ") == true)
                if bytes <= 8160 {
                    #expect(batch["items"][0]["error"]["code"].string == "schema_violation")
                } else {
                    #expect(batch.status == 422)
                }
            }
        }
    }

    @Test("key material of 65,536 bytes is wrapped, and what base64 rounds up to is not")
    func wrapping() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"aes-256-kwp""#)
        for length in [65_535, 65_536, 65_537, 65_538] {
            let item = #"{"key_material":"\#(base64([UInt8](repeating: 7, count: length)))"}"#
            let answer = try fixture.send("POST", "/v1/keys/k/wrap", item)
            let batch = try fixture.send("POST", "/v1/keys/k/wrap/batch", #"{"items":[\#(item)]}"#)
            guard length <= 65_536 else {
                #expect((answer.status, answer.violation) == (422, "/key_material strongroom"))
                #expect(batch["items"][0]["error"]["code"].string == "schema_violation")
                continue
            }
            let wrapped = try #require(answer["wrapped"].string)
            #expect(batch["items"][0]["wrapped"].string == wrapped)
            let back = try fixture.send("POST", "/v1/keys/k/unwrap", #"{"wrapped":"\#(wrapped)"}"#)
            #expect(decoded(back["key_material"].string)?.count == length)
        }
    }

    @Test("info and salt of HKDF are as long as their schema says", arguments: [32_768, 32_769, 65_536, 65_538])
    func derivation(length: Int) throws {
        let fixture = try Fixture()
        try fixture.create("h", #","algorithm":"hkdf-sha256""#)
        try fixture.create("x", #","algorithm":"x25519""#)
        let publicKey = base64(try fixture.send("GET", "/v1/keys/x/public-key?format=der").response.body)
        let long = base64([UInt8](repeating: 7, count: length))
        for (info, salt) in [(long, ""), ("", long), (long, long)] {
            let members = #""info":"\#(info)","salt":"\#(salt)","bytes":32"#
            let derived = try fixture.send("POST", "/v1/keys/h/derive", "{\(members)}")
            #expect(decoded(derived["derived"].string)?.count == 32)
            let kdf = #"{"hash":"sha256",\#(members)}"#
            let agreed = try fixture.send("POST", "/v1/keys/x/agree", #"{"public_key":"\#(publicKey)","kdf":\#(kdf)}"#)
            #expect(decoded(agreed["shared_secret"].string)?.count == 32)
        }
    }
}
