// An issuer of tokens for tests: it signs whatever it is told to, sound or not.

import Foundation
import JWTKit
import TestKit
import Testing

@testable import Identity

/// One key of an issuer, and tokens signed with it.
struct TestIssuer: Sendable {
    let algorithm: any JWTAlgorithm
    /// The public key, as members of a JWK.
    let key: [String: String]

    static let time: Int64 = 1_700_000_000

    /// An ES256 key.
    static func make(id: String? = "one") async throws -> TestIssuer {
        let key = ES256PrivateKey()
        let parameters = try #require(key.parameters)
        var members = [
            "kty": "EC", "crv": "P-256", "x": urlSafe(parameters.x), "y": urlSafe(parameters.y), "alg": "ES256",
        ]
        members["kid"] = id
        return TestIssuer(
            algorithm: try await JWTKeyCollection().add(ecdsa: key, kid: "key").getKey(for: "key"), key: members)
    }

    static func keySet(_ keys: [[String: String]]) throws -> [UInt8] {
        [UInt8](try JSONEncoder().encode(["keys": keys]))
    }

    /// A token of these texts, which need not be JSON.
    func token(header: String, claims: String) throws -> String {
        let signed = encoded(header) + "." + encoded(claims)
        return signed + "." + encoded(try algorithm.sign(Array(signed.utf8)))
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

func encoded(_ bytes: some Sequence<UInt8>) -> String { urlSafe(Data(bytes).base64EncodedString()) }
func encoded(_ text: String) -> String { encoded(text.utf8) }

private func urlSafe(_ text: String) -> String {
    text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}
