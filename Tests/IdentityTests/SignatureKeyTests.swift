// Keys of issuers: which of a set are taken and for what, and Wycheproof's signatures under them.

import Foundation
import TestKit
import Testing

@testable import Identity

@Suite struct SignatureKeyTests {
    /// What Wycheproof has of the algorithms of JSON Web Signatures, and with which of these each file is verified.
    private static let files = [
        ("ecdsa_secp256r1_sha256_p1363_test", "ES256"), ("ecdsa_secp384r1_sha384_p1363_test", "ES384"),
        ("ecdsa_secp521r1_sha512_p1363_test", "ES512"), ("ed25519_test", "EdDSA"),
        ("rsa_signature_2048_sha256_test", "RS256"), ("rsa_signature_3072_sha256_test", "RS256"),
        ("rsa_signature_4096_sha256_test", "RS256"), ("rsa_signature_2048_sha384_test", "RS384"),
        ("rsa_signature_2048_sha512_test", "RS512"), ("rsa_signature_4096_sha512_test", "RS512"),
        ("rsa_pss_2048_sha256_mgf1_32_test", "PS256"), ("rsa_pss_3072_sha256_mgf1_32_test", "PS256"),
        ("rsa_pss_2048_sha384_mgf1_48_test", "PS384"), ("rsa_pss_4096_sha512_mgf1_32_test", "PS512"),
    ]

    private static func set(_ keys: String) -> [SignatureKey]? {
        Array("{\"keys\":[\(keys)]}".utf8).withUnsafeBytes { SignatureKey.set($0) }
    }

    @Test("Wycheproof's signatures are told apart, under keys read as an issuer publishes them")
    func wycheproof() throws {
        guard let folder = try Vectors.folder("wycheproof") else {
            print(
                "Wycheproof: no vectors (STRONGROOM_VECTORS), \(Self.files.count) files of JSON Web Signatures skipped")
            return
        }
        var (valid, invalid) = (0, 0)
        for (name, algorithm) in Self.files {
            let data = try Data(contentsOf: folder.appendingPathComponent("\(name).json"))
            let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            for group in try #require(file["testGroups"] as? [[String: Any]]) {
                guard let members = (group["publicKeyJwk"] ?? group["keyJwk"]) as? [String: String] else { continue }
                let text = String(decoding: try JSONEncoder().encode(members), as: UTF8.self)
                let key = Self.set(text)?.first
                for test in try #require(group["tests"] as? [[String: Any]]) {
                    let message = try bytes(test["msg"]), signature = try bytes(test["sig"])
                    let holds = key?.verify(signature, of: message, with: algorithm) ?? false
                    switch test["result"] as? String {
                    case "valid":
                        #expect(holds, "\(name) \(test["tcId"] ?? 0): \(test["comment"] ?? "")")
                        valid += 1
                    case "invalid":
                        #expect(!holds, "\(name) \(test["tcId"] ?? 0): \(test["comment"] ?? "")")
                        invalid += 1
                    // What libraries may take or leave.
                    default: break
                    }
                }
            }
        }
        #expect(valid > 300 && invalid > 1000, "\(valid) valid, \(invalid) invalid")
    }

    @Test(
        "keys that are not public keys for signatures, or too weak for it, are passed over",
        arguments: [
            #"{"kty":"oct","k":"c2VjcmV0","alg":"HS256"}"#, #"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#,
            #"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, #"{"kty":"OKP","crv":"X25519","x":"AA"}"#,
            #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, #"{"kty":7}"#, "{}", "7",
            #"{"kty":"EC","crv":"P-256","x":1,"y":2}"#,
        ])
    func unfit(key: String) {
        #expect(Self.set(key) == nil)
    }

    @Test("a key is good for the algorithm that it names, for signatures alone, and never with its private part")
    func members() throws {
        let point =
            #""x":"KSexBRK64-3c_kZ4KBKLrSkDJpkZ9whgacjE32xzKDg","y":"x3h5ZOqsAOWSH7FJimD0YGdms9loUAFVjRqXTnNBUT4""#
        let key = "\"kty\":\"EC\",\"crv\":\"P-256\",\(point)"
        #expect(Self.set("{\(key)}")?.first?.takes("ES256") == true)
        #expect(Self.set("{\(key),\"alg\":\"ES256\",\"use\":\"sig\"}")?.first?.takes("ES256") == true)
        for more in [#""alg":"ES384""#, #""alg":"none""#, #""alg":7"#, #""use":"enc""#, #""d":"AA""#] {
            #expect(Self.set("{\(key),\(more)}") == nil, "\(more)")
        }
        // What a key is for (RFC 7517, 4.3).
        for operations in [#"["verify"]"#, #"["sign","verify"]"#] {
            #expect(Self.set("{\(key),\"key_ops\":\(operations)}")?.count == 1, "\(operations)")
        }
        for operations in [
            #"["sign"]"#, #"["encrypt","wrapKey"]"#, "[]", #""verify""#, #"["Verify"]"#, "[7]", "null", "{}",
        ] {
            #expect(Self.set("{\(key),\"key_ops\":\(operations)}") == nil, "\(operations)")
        }
        // One that is of no use does not take the others with it.
        #expect(Self.set("{\"kty\":\"oct\"},{\(key)}")?.count == 1)
        let many = Array(repeating: "{\(key)}", count: 101).joined(separator: ",")
        #expect(Self.set(many) == nil)
    }

    private func bytes(_ text: Any?) throws -> [UInt8] {
        let digits = Array(try #require(text as? String).utf8)
        return try stride(from: 0, to: digits.count, by: 2).map { at in
            try #require(UInt8(String(decoding: digits[at..<at + 2], as: UTF8.self), radix: 16))
        }
    }
}
