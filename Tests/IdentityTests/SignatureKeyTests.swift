// Keys of issuers: which of a set are taken and for what, and Wycheproof's signatures under them.

import Foundation
import TestKit
import Testing

@testable import Identity

@Suite(.givesHandlesBack) struct SignatureKeyTests {
    init() { _ = TestCore.shared }

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

    /// The modulus of RFC 7515, A.2.
    private static let modulus = """
        ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ\
        S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2\
        R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD\
        TW9gb54h4FRWyuXpoQ
        """

    /// A key, and a signature in the compact form, of RFC 7515, A.2 to A.4, and RFC 8037, A.4.
    private static let examples = [
        (
            "RS256", #"{"kty":"RSA","n":"\#(modulus)","e":"AQAB"}"#,
            """
            eyJhbGciOiJSUzI1NiJ9.\
            eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
            cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb\
            F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383\
            LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWy\
            wlVmtVrBp0igcN_IoypGlUPQGe77Rw
            """
        ),
        (
            "ES256",
            """
            {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
             "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
            """,
            """
            eyJhbGciOiJFUzI1NiJ9.\
            eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
            DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q
            """
        ),
        (
            "ES512",
            """
            {"kty":"EC","crv":"P-521",
             "x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
             "y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}
            """,
            """
            eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-K\
            GDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn
            """
        ),
        (
            "EdDSA", #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            """
            eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
            hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg
            """
        ),
    ]

    @Test("the RFCs' examples verify under their own key and algorithm alone")
    func examples() throws {
        let keys = try Self.examples.map { try #require(Self.set($0.1)?.first, "\($0.0)") }
        for (own, (algorithm, _, token)) in Self.examples.enumerated() {
            let parts = token.split(separator: ".")
            let signature = try #require(Base64URL.decode(parts[2].utf8))
            let signed = Array((parts[0] + "." + parts[1]).utf8)
            for (index, key) in keys.enumerated() {
                for name in SignatureKey.supported {
                    let holds = key.verify(signature, of: signed, with: name)
                    #expect(holds == (index == own && name == algorithm), "\(algorithm) with key \(index) as \(name)")
                }
            }
            #expect(!keys[own].verify(signature, of: Array(signed.dropLast()), with: algorithm))
            #expect(!keys[own].verify(Array(signature.dropLast()), of: signed, with: algorithm))
            #expect(!keys[own].verify(signature + [0], of: signed, with: algorithm))
            #expect(!keys[own].verify([], of: signed, with: algorithm))
        }
    }

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
            // Members that are missing, or no strings.
            #"{"kty":"RSA","n":"\#(modulus)"}"#, #"{"kty":"RSA","e":"AQAB"}"#,
            #"{"kty":"RSA","n":"\#(modulus)","e":65537}"#, #"{"kty":"OKP","crv":"Ed25519"}"#,
            // Of a curve's key: not on the curve, x alone, another encoding of the same bytes.
            #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(x)"}"#, #"{"kty":"EC","crv":"P-256","x":"\#(x)"}"#,
            #"{"kty":"EC","crv":"P-384","x":"\#(x)","y":"\#(y)"}"#,
            #"{"kty":"EC","crv":"P-256","x":"\#(x)=","y":"\#(y)"}"#,
            #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"AAAA\#(y)"}"#, #"{"kty":"EC","x":"\#(x)","y":"\#(y)"}"#,
            // Of an RSA key: an exponent of 1, an even one, one with a leading zero, an even modulus, a modulus with one.
            #"{"kty":"RSA","n":"\#(modulus)","e":"AQ"}"#, #"{"kty":"RSA","n":"\#(modulus)","e":"BA"}"#,
            #"{"kty":"RSA","n":"\#(modulus)","e":"AAEAAQ"}"#,
            #"{"kty":"RSA","n":"\#(modulus.dropLast(2))oA","e":"AQAB"}"#,
            #"{"kty":"RSA","n":"AAAA\#(modulus)","e":"AQAB"}"#,
            // Of an Ed25519 key: the neutral element, no point, and too short.
            #"{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ"}"#,
        ])
    func unfit(key: String) {
        #expect(Self.set(key) == nil)
    }

    /// A point on P-256.
    private static let x = "KSexBRK64-3c_kZ4KBKLrSkDJpkZ9whgacjE32xzKDg"
    private static let y = "x3h5ZOqsAOWSH7FJimD0YGdms9loUAFVjRqXTnNBUT4"

    @Test("a key is good for the algorithm that it names, for signatures alone, and never with its private part")
    func members() throws {
        let key = #""kty":"EC","crv":"P-256","x":"\#(Self.x)","y":"\#(Self.y)""#
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
