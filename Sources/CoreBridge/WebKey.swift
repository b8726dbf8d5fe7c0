// Public keys of others out of JSON Web Keys, and the JSON Web Signatures that the core verifies with them. Which key and which
// algorithm a token is held to is for the caller to decide.

internal import CStrongroomCore

/// How a JSON Web Signature is made (RFC 7518, 3.1; RFC 8037, 3.1): never with a shared secret, and never `none`.
public enum JWSAlgorithm: UInt32, CaseIterable, Sendable {
    case rs256 = 1
    case rs384 = 2
    case rs512 = 3
    case ps256 = 4
    case ps384 = 5
    case ps512 = 6
    case es256 = 7
    case es384 = 8
    case es512 = 9
    case edDSA = 10

    /// The value of `alg`.
    public var name: String {
        switch self {
        case .rs256: "RS256"
        case .rs384: "RS384"
        case .rs512: "RS512"
        case .ps256: "PS256"
        case .ps384: "PS384"
        case .ps512: "PS512"
        case .es256: "ES256"
        case .es384: "ES384"
        case .es512: "ES512"
        case .edDSA: "EdDSA"
        }
    }
}

/// A public key that the core has found sound.
public struct WebKey: Sendable {
    private let first: [UInt8]
    private let second: [UInt8]

    /// Takes the bytes that the members of a JWK decode to: `n` and `e` of RSA, `x` and `y` of a curve, `x` and nothing of Ed25519.
    /// Throws `publicKeyInvalid` where they are no sound key for the algorithm.
    public init(_ first: [UInt8], _ second: [UInt8], for algorithm: JWSAlgorithm) throws(CoreError) {
        self.first = first
        self.second = second
        // The core judges the key before the signature.
        _ = try verify([], of: [], with: algorithm)
    }

    /// Whether a signature is one of a message (at most 32 MiB). Throws `publicKeyInvalid` for an algorithm of another kind of key.
    public func verify(
        _ signature: [UInt8], of message: [UInt8], with algorithm: JWSAlgorithm
    ) throws(CoreError) -> Bool {
        var valid: UInt64 = 0
        try callCore { error in
            first.withUnsafeBytes { first in
                second.withUnsafeBytes { second in
                    message.withUnsafeBytes { message in
                        signature.withUnsafeBytes { signature in
                            sr_jws_verify(
                                algorithm.rawValue, sr_bytes_t(first), sr_bytes_t(second), sr_bytes_t(message),
                                sr_bytes_t(signature), &valid, error)
                        }
                    }
                }
            }
        }
        return valid == 1
    }
}
