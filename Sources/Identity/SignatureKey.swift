// Public keys of an issuer, out of a JSON Web Key Set (RFC 7517), each for the algorithms that it may be used with. Signatures are
// jwt-kit's to verify; which key and which algorithm is decided here, and never by the token.

internal import Bytes
internal import Foundation
internal import JSON
internal import JWTKit

/// One public key.
struct SignatureKey: Sendable {
    let id: String?
    /// By the name of the algorithm (RFC 7518, 3.1).
    private let algorithms: [String: any JWTAlgorithm]

    /// What a token may be signed with, where its issuer does not say less: nothing with a shared secret, and never `none`.
    static let supported = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    ]

    func takes(_ algorithm: String) -> Bool { algorithms[algorithm] != nil }

    func verify(_ signature: [UInt8], of signed: [UInt8], with algorithm: String) -> Bool {
        // Anything that goes wrong is a signature that is none.
        (try? algorithms[algorithm]?.verify(signature, signs: signed)) ?? false
    }

    /// The keys of a set that can verify signatures; those that are for something else are passed over, as RFC 7517, 5 has it.
    /// - Returns: nil where it is no key set, or has no key of use.
    static func set(_ bytes: UnsafeRawBufferPointer) -> [SignatureKey]? {
        guard let document = try? JSONDocument.parse(bytes, maximumDepth: 8, maximumValues: 4000),
            let list = document.root.member("keys"), list.kind == .array, list.count <= maximumKeys
        else { return nil }
        var keys: [SignatureKey] = []
        list.forEachElement { _, key in if let key = SignatureKey(key) { keys.append(key) } }
        return keys.isEmpty ? nil : keys
    }

    private static let maximumKeys = 100

    private init?(_ key: JSONValue) {
        // A private key that is published is nobody's.
        guard let type = key.member("kty")?.ascii, key.member("d") == nil else { return nil }
        if let use = key.member("use"), use.ascii != "sig" { return nil }
        // RFC 7517, 4.3.
        if let operations = key.member("key_ops") {
            guard operations.kind == .array, operations.strings.contains(where: { $0.isExactly("verify") }) else {
                return nil
            }
        }
        let members: [StaticString]
        var fitting: [String]
        switch (type, key.member("crv")?.ascii) {
        case ("RSA", _):
            guard let modulus = key.member("n").flatMap({ Base64URL.decode($0.stringBytes) }),
                Self.modulusBytes.contains(modulus.count), modulus[0] >= 0x80
            else { return nil }
            (members, fitting) = (["n", "e"], ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
        case ("EC", "P-256"): (members, fitting) = (["crv", "x", "y"], ["ES256"])
        case ("EC", "P-384"): (members, fitting) = (["crv", "x", "y"], ["ES384"])
        case ("EC", "P-521"): (members, fitting) = (["crv", "x", "y"], ["ES512"])
        case ("OKP", "Ed25519"): (members, fitting) = (["crv", "x"], ["EdDSA"])
        default: return nil
        }
        if let algorithm = key.member("alg") { fitting.removeAll { $0 != algorithm.ascii } }
        var parts = ["kty": type]
        for name in members {
            guard let value = key.member(name)?.string else { return nil }
            parts["\(name)"] = value
        }
        var algorithms: [String: any JWTAlgorithm] = [:]
        for name in fitting { algorithms[name] = Self.algorithm(name, of: parts) }
        guard !algorithms.isEmpty else { return nil }
        id = key.member("kid")?.string
        self.algorithms = algorithms
    }

    /// 2048 to 8192 bits: below is weak, above is work for who sends it.
    private static let modulusBytes = 256...1024

    /// One key for one algorithm, so that jwt-kit has nothing to choose from. Nil where it is not a sound public key.
    private static func algorithm(_ name: String, of members: [String: String]) -> (any JWTAlgorithm)? {
        var members = members
        (members["alg"], members["kid"]) = (name, "key")
        guard let text = try? JSONEncoder().encode(members), let key = try? JSONDecoder().decode(JWK.self, from: text)
        else { return nil }
        return CallingThread.run { try? await JWTKeyCollection().add(jwk: key).getKey(for: "key") }
    }
}
