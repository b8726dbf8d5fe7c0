// An issuer of tokens for tests: it signs whatever it is told to, sound or not.

import CoreBridge
import Foundation
import TestKit
import Testing

@testable import Identity

/// One key of an issuer, and tokens signed with it.
struct TestIssuer: Sendable {
    private let pair: KeyHandle
    /// The public key, as members of a JWK.
    let key: [String: String]

    static let time: Int64 = 1_700_000_000

    /// An ES256 key.
    static func make(id: String? = "one") throws -> TestIssuer {
        let root = try TestCore.rootKey()
        let version = KeyVersionID(key: KeyIdentity(high: 1, low: 1), version: 1)
        let sealed = try root.generate(
            KeySpecification(key: version, algorithm: .ecdsaP256, usages: .sign, createdAt: 1))
        let pair = try root.open(sealed, as: version)
        let point = try pair.publicKey(.raw)
        try #require(point.count == 65)
        var members = [
            "kty": "EC", "crv": "P-256", "x": encoded(point[1...32]), "y": encoded(point[33...]), "alg": "ES256",
        ]
        members["kid"] = id
        return TestIssuer(pair: pair, key: members)
    }

    /// The public key, as its owner may have published it too.
    var pem: String { get throws { String(decoding: try pair.publicKey(.pem), as: UTF8.self) } }

    func sign(_ text: [UInt8]) throws -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: 64)
        let length = try signature.withUnsafeMutableBytes { room in
            try text.withUnsafeBytes {
                try pair.sign($0, scheme: SignatureScheme(.ecdsa(.sha256, .p1363), prehashed: false), into: room)
            }
        }
        return Array(signature.prefix(length))
    }

    static func keySet(_ keys: [[String: String]]) throws -> [UInt8] {
        [UInt8](try JSONEncoder().encode(["keys": keys]))
    }

    /// A token of these texts, which need not be JSON.
    func token(header: String, claims: String) throws -> String {
        let signed = encoded(header) + "." + encoded(claims)
        return signed + "." + encoded(try sign(Array(signed.utf8)))
    }

    func token(_ claims: String = TestIssuer.claims()) throws -> String {
        try token(header: #"{"alg":"ES256","typ":"JWT","kid":"one"}"#, claims: claims)
    }

    /// Sound ones, with some replaced: a member that is given as nil is left out.
    static func claims(_ changes: [String: String?] = [:]) -> String {
        var members = [
            "iss": #""https://issuer.example""#, "aud": #""strongroom""#, "sub": #""alice""#, "exp": "\(time + 600)",
            "iat": "\(time - 10)", "groups": #"["staff","payments"]"#,
            "kubernetes.io": #"{"namespace":"orders","serviceaccount":{"name":"app"}}"#,
        ]
        for (name, value) in changes { members[name] = value }
        return "{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }
}

func encoded(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}
func encoded(_ text: String) -> String { encoded(text.utf8) }
