// Each byte of what is authenticated counts, to the last: ciphertexts, MACs, signatures, wrapped keys, backups and tokens.

import CoreBridge
import Foundation
import KeyService
import TestKit
import Testing

@testable import NativeAPI

@Suite(.givesHandlesBack) struct FlippedByteTests {
    private static let message = "bWVzc2FnZQ=="

    /// `bytes` with one bit of each byte changed in turn, and one byte more and one less.
    private func altered(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.indices.map { index in
            var changed = bytes
            changed[index] ^= 1 << UInt8(index % 8)
            return changed
        } + [bytes + [0], bytes.dropLast()]
    }

    private func batch(_ fixture: Fixture, _ operation: String, _ items: [String]) throws -> [JSONTree] {
        var answers: [JSONTree] = []
        // ML-DSA has signatures of some thousand bytes.
        for start in stride(from: 0, to: items.count, by: 200) {
            let part = items[start..<min(start + 200, items.count)].joined(separator: ",")
            let answer = try fixture.send("POST", "/v1/keys/k/\(operation)/batch", "{\"items\":[\(part)]}")
            try #require(answer.status == 200, "\(answer.response.text.prefix(500))")
            answers += answer["items"].elements
        }
        try #require(answers.count == items.count)
        return answers
    }

    @Test(
        "a ciphertext of which any byte was changed does not decrypt",
        arguments: [
            #""algorithm":"xaes-256-gcm""#, #""algorithm":"aes-256-gcm""#, #""algorithm":"aes-128-gcm""#,
            #""algorithm":"chacha20-poly1305""#, #""algorithm":"rsa-2048","usages":["encrypt","decrypt"]"#,
            #""algorithm":"aes-256-gcm","derived":true,"convergent":true"#,
        ])
    func ciphertexts(members: String) throws {
        let fixture = try Fixture()
        try fixture.create("k", "," + members)
        let more = #","associated_data":"YQ==""# + (members.contains("derived") ? #","context":"YQ==""# : "")
        let made = try fixture.send("POST", "/v1/keys/k/encrypt", "{\"plaintext\":\"\(Self.message)\"\(more)}")
        let text = try #require(made["ciphertext"].string, "\(made.response.text)")
        let prefix = text.prefix(text.count - text.split(separator: ":")[3].count)
        let bytes = try #require(decoded(String(text.dropFirst(prefix.count))))
        let items = ([bytes] + altered(bytes)).map { "{\"ciphertext\":\"\(prefix)\(base64($0))\"\(more)}" }
        let answers = try batch(fixture, "decrypt", items)
        #expect(answers[0]["plaintext"].string == Self.message)
        for (index, answer) in answers.enumerated().dropFirst() {
            #expect(answer["plaintext"].isAbsent, "byte \(index - 1) of \(bytes.count)")
            let code = answer["error"]["code"].string
            #expect(code == "decryption_failed" || code == "malformed_ciphertext")
        }
    }

    @Test(
        "a MAC of which any byte was changed is not valid",
        arguments: ["hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512", "aes-256-cmac"])
    func macs(algorithm: String) throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"\#(algorithm)""#)
        let made = try fixture.send("POST", "/v1/keys/k/mac", #"{"message":"\#(Self.message)"}"#)
        let bytes = try #require(decoded(made["mac"].string))
        let items = ([bytes] + altered(bytes)).map { #"{"message":"\#(Self.message)","mac":"\#(base64($0))"}"# }
        let valid = try batch(fixture, "verify-mac", items).map { $0["valid"].boolean }
        #expect(valid == [true] + Array(repeating: false, count: items.count - 1))
        // Alone as in a batch.
        let last = try fixture.send("POST", "/v1/keys/k/verify-mac", items[bytes.count])
        #expect(last["valid"].boolean == false)
    }

    @Test(
        "a signature of which any byte was changed is not valid",
        arguments: ["ed25519", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ecdsa-secp256k1", "rsa-2048"])
    func signatures(algorithm: String) throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"\#(algorithm)""#)
        let made = try fixture.send("POST", "/v1/keys/k/sign", #"{"message":"\#(Self.message)"}"#)
        let bytes = try #require(decoded(made["signature"].string), "\(made.response.text)")
        let items = ([bytes] + altered(bytes)).map { #"{"message":"\#(Self.message)","signature":"\#(base64($0))"}"# }
        let valid = try batch(fixture, "verify", items).map { $0["valid"].boolean }
        #expect(valid == [true] + Array(repeating: false, count: items.count - 1))
    }

    @Test("wrapped key material of which any byte was changed does not unwrap")
    func wrapped() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"aes-256-kwp""#)
        // Lengths at which the padding has 0 to 7 bytes.
        for length in 16...23 {
            let material = base64(Array(repeating: UInt8(length), count: length))
            let made = try fixture.send("POST", "/v1/keys/k/wrap", #"{"key_material":"\#(material)"}"#)
            let bytes = try #require(decoded(made["wrapped"].string), "\(made.response.text)")
            let items = ([bytes] + altered(bytes)).map { #"{"wrapped":"\#(base64($0))"}"# }
            let answers = try batch(fixture, "unwrap", items)
            #expect(answers[0]["key_material"].string == material, "\(answers[0])")
            for answer in answers.dropFirst() { #expect(answer["key_material"].isAbsent && !answer["error"].isAbsent) }
        }
    }

    @Test("a backup of which any byte was changed is not restored")
    func backups() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","exportable":true"#)
        let made = try fixture.send("GET", "/v1/keys/k/backup")
        let bytes = try #require(decoded(made["backup"].string), "\(made.response.text)")
        // Where the key is still there, every backup of it is refused.
        try fixture.send("PATCH", "/v1/keys/k", #"{"deletion_protected":false}"#)
        try fixture.send("DELETE", "/v1/keys/k", #"{"after_days":0}"#)
        #expect(try fixture.service.destroyDueKeys() == 1)
        let restored = { (bytes: [UInt8]) in
            try fixture.send("POST", "/v1/restore", #"{"backup":"\#(base64(bytes))"}"#)
        }
        for (index, changed) in altered(bytes).enumerated() {
            let status = try restored(changed).status
            #expect((400..<500).contains(status), "byte \(index) of \(bytes.count): \(status)")
        }
        #expect(try restored(bytes).status == 201)
    }

    @Test("a token of which any character was changed is none")
    func tokens() throws {
        let fixture = try Fixture()
        let token = Array(fixture.token)
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")
        let connection = try fixture.connect()
        func status(_ token: String) throws -> Int {
            try fixture.send("GET", "/v1/keys", headers: [("Authorization", "Bearer \(token)")], on: connection).status
        }
        #expect(try status(String(token)) == 200)
        for index in token.indices {
            // The last character has bits that belong to no byte: whatever they are, there is one way to write a token.
            let others = index == token.count - 1 ? alphabet : [alphabet[index % 32], alphabet[(index + 13) % 32]]
            for other in others + [Character(token[index].uppercased())] where other != token[index] {
                var changed = token
                changed[index] = other
                #expect(try status(String(changed)) == 401, "character \(index)")
            }
        }
        #expect(try status(String(token.dropLast())) == 401)
        #expect(try status(String(token) + "a") == 401)
    }
}
