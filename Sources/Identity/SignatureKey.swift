// Public keys of an issuer, out of a JSON Web Key Set (RFC 7517), each for the algorithms that it may be used with. The core judges
// keys and verifies signatures. This file decides which key and which algorithm; the token never does.

internal import Bytes
internal import CoreBridge
internal import JSON

/// One public key.
struct SignatureKey: Sendable {
    let id: String?
    private let key: WebKey
    private let algorithms: [JWSAlgorithm]

    /// The algorithms that an issuer's tokens may be signed with, unless the issuer names fewer.
    static let supported = JWSAlgorithm.allCases.map(\.name)

    func takes(_ algorithm: String) -> Bool { found(algorithm) != nil }

    func verify(_ signature: [UInt8], of signed: [UInt8], with algorithm: String) -> Bool {
        guard let algorithm = found(algorithm) else { return false }
        // Where the core fails the signature counts as wrong.
        return (try? key.verify(signature, of: signed, with: algorithm)) ?? false
    }

    private func found(_ name: String) -> JWSAlgorithm? { algorithms.first { $0.name.isExactly(name) } }

    /// The keys of a set that can verify signatures. Keys for other purposes are skipped (RFC 7517, 5).
    /// - Returns: nil if this is no key set, or if it has no usable key.
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
        let members: (StaticString, StaticString?)
        var fitting: [JWSAlgorithm]
        switch (type, key.member("crv")?.ascii) {
        case ("RSA", _): (members, fitting) = (("n", "e"), [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512])
        case ("EC", "P-256"): (members, fitting) = (("x", "y"), [.es256])
        case ("EC", "P-384"): (members, fitting) = (("x", "y"), [.es384])
        case ("EC", "P-521"): (members, fitting) = (("x", "y"), [.es512])
        case ("OKP", "Ed25519"): (members, fitting) = (("x", nil), [.edDSA])
        default: return nil
        }
        if let algorithm = key.member("alg") { fitting.removeAll { $0.name != algorithm.ascii } }
        guard let first = Self.bytes(key, members.0), let second = members.1.map({ Self.bytes(key, $0) }) ?? [],
            let algorithm = fitting.first, let sound = try? WebKey(first, second, for: algorithm)
        else { return nil }
        id = key.member("kid")?.string
        self.key = sound
        algorithms = fitting
    }

    /// What a member decodes to.
    private static func bytes(_ key: JSONValue, _ name: StaticString) -> [UInt8]? {
        guard let value = key.member(name), value.kind == .string else { return nil }
        return Base64URL.decode(value.stringBytes)
    }
}
