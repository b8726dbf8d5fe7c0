// The core's algorithms as Swift sees them. The table is the core's (docs/algorithms.md, which tests hold to the core's and
// to this one); here is what must be known of an algorithm before a key of it is opened.

internal import CStrongroomCore

public enum Algorithm: UInt32, CaseIterable, Sendable {
    case aes256GCM = 1
    case xaes256GCM = 2
    case aes128GCM = 3
    case chaCha20Poly1305 = 4
    case ed25519 = 5
    case ecdsaP256 = 6
    case ecdsaP384 = 7
    case ecdsaP521 = 8
    case ecdsaSecp256k1 = 9
    case rsa2048 = 10
    case rsa3072 = 11
    case rsa4096 = 12
    case hmacSHA224 = 13
    case hmacSHA256 = 14
    case hmacSHA384 = 15
    case hmacSHA512 = 16
    case aes256CMAC = 17
    case ecdhP256 = 18
    case ecdhP384 = 19
    case ecdhP521 = 20
    case x25519 = 21
    case hkdfSHA256 = 22
    case aes256KWP = 23
    case mlDSA44 = 24
    case mlDSA65 = 25
    case mlDSA87 = 26

    /// The name used by the API and the store.
    public var name: String {
        switch self {
        case .aes256GCM: "aes-256-gcm"
        case .xaes256GCM: "xaes-256-gcm"
        case .aes128GCM: "aes-128-gcm"
        case .chaCha20Poly1305: "chacha20-poly1305"
        case .ed25519: "ed25519"
        case .ecdsaP256: "ecdsa-p256"
        case .ecdsaP384: "ecdsa-p384"
        case .ecdsaP521: "ecdsa-p521"
        case .ecdsaSecp256k1: "ecdsa-secp256k1"
        case .rsa2048: "rsa-2048"
        case .rsa3072: "rsa-3072"
        case .rsa4096: "rsa-4096"
        case .hmacSHA224: "hmac-sha224"
        case .hmacSHA256: "hmac-sha256"
        case .hmacSHA384: "hmac-sha384"
        case .hmacSHA512: "hmac-sha512"
        case .aes256CMAC: "aes-256-cmac"
        case .ecdhP256: "ecdh-p256"
        case .ecdhP384: "ecdh-p384"
        case .ecdhP521: "ecdh-p521"
        case .x25519: "x25519"
        case .hkdfSHA256: "hkdf-sha256"
        case .aes256KWP: "aes-256-kwp"
        case .mlDSA44: "ml-dsa-44"
        case .mlDSA65: "ml-dsa-65"
        case .mlDSA87: "ml-dsa-87"
        }
    }

    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// Everything that keys of this algorithm can be used for.
    public var usages: Usages {
        let macs: Usages = [.mac, .verifyMAC]
        switch self {
        case .aes256GCM, .xaes256GCM, .aes128GCM, .chaCha20Poly1305: return macs.union([.encrypt, .decrypt])
        case .ed25519, .ecdsaP256, .ecdsaP384, .ecdsaP521, .ecdsaSecp256k1, .mlDSA44, .mlDSA65, .mlDSA87:
            return macs.union([.sign, .verify])
        case .rsa2048, .rsa3072, .rsa4096: return macs.union([.encrypt, .decrypt, .sign, .verify, .unwrap])
        case .hmacSHA224, .hmacSHA256, .hmacSHA384, .hmacSHA512, .aes256CMAC: return macs
        case .ecdhP256, .ecdhP384, .ecdhP521, .x25519: return .agree
        case .hkdfSHA256: return .derive
        case .aes256KWP: return [.wrap, .unwrap]
        }
    }

    /// What they are used for where nothing is asked for: their purpose, without MACs by a companion key and without
    /// unwrapping keys that come in.
    public var defaultUsages: Usages {
        let purpose = usages.subtracting([.mac, .verifyMAC])
        if purpose.isEmpty { return usages }
        return isRSA ? purpose.subtracting(.unwrap) : purpose
    }

    /// Bytes of a new key that is no pair.
    public var keyBytes: Int {
        switch self {
        case .aes128GCM: 16
        case .hmacSHA224: 28
        case .hmacSHA384: 48
        case .hmacSHA512: 64
        default: 32
        }
    }

    /// Bytes that a ciphertext is longer than its plaintext; 0 where there is no associated data to encrypt with.
    public var ciphertextOverhead: Int {
        switch self {
        case .xaes256GCM: 40
        case .aes256GCM, .aes128GCM, .chaCha20Poly1305: 28
        default: 0
        }
    }

    /// How many messages one version may encrypt: under random 96-bit nonces no more (NIST SP 800-38D, 8.3). Nil without a
    /// limit that matters.
    public var useLimit: UInt64? { ciphertextOverhead == 28 ? 1 << 32 : nil }

    /// Whether its keys have a public half.
    public var isPair: Bool {
        switch self {
        case .ecdhP256, .ecdhP384, .ecdhP521, .x25519: true
        default: signatures != nil
        }
    }

    /// Whether subkeys can be derived from its keys by context.
    public var isDerivable: Bool { ciphertextOverhead > 0 || self == .ed25519 }

    public var isRSA: Bool { signatures == .rsa }

    public enum Signatures: Sendable {
        case ed25519, ecdsa, rsa, mlDSA
    }

    /// What signatures its keys make, if any.
    public var signatures: Signatures? {
        switch self {
        case .ed25519: .ed25519
        case .ecdsaP256, .ecdsaP384, .ecdsaP521, .ecdsaSecp256k1: .ecdsa
        case .rsa2048, .rsa3072, .rsa4096: .rsa
        case .mlDSA44, .mlDSA65, .mlDSA87: .mlDSA
        default: nil
        }
    }

    /// The hash that is signed where none is asked for.
    public var signatureHash: Hash {
        switch self {
        case .ecdsaP384: .sha384
        case .ecdsaP521: .sha512
        default: .sha256
        }
    }

    /// The longest of its signatures, in bytes.
    public var signatureBytes: Int {
        switch self {
        case .ed25519: 64
        case .ecdsaP256, .ecdsaSecp256k1: 72
        case .ecdsaP384: 104
        case .ecdsaP521: 139
        case .rsa2048: 256
        case .rsa3072: 384
        case .rsa4096: 512
        case .mlDSA44: 2420
        case .mlDSA65: 3309
        case .mlDSA87: 4627
        default: 0
        }
    }
}

/// What a key may be used for, sealed into it and enforced by the core.
public struct Usages: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let encrypt = Usages(rawValue: SR_USAGE_ENCRYPT)
    public static let decrypt = Usages(rawValue: SR_USAGE_DECRYPT)
    public static let sign = Usages(rawValue: SR_USAGE_SIGN)
    public static let verify = Usages(rawValue: SR_USAGE_VERIFY)
    public static let mac = Usages(rawValue: SR_USAGE_MAC)
    public static let verifyMAC = Usages(rawValue: SR_USAGE_VERIFY_MAC)
    public static let wrap = Usages(rawValue: SR_USAGE_WRAP)
    public static let unwrap = Usages(rawValue: SR_USAGE_UNWRAP)
    public static let derive = Usages(rawValue: SR_USAGE_DERIVE)
    public static let agree = Usages(rawValue: SR_USAGE_AGREE)

    private static let names: [(Usages, String)] = [
        (.encrypt, "encrypt"), (.decrypt, "decrypt"), (.sign, "sign"), (.verify, "verify"), (.mac, "mac"),
        (.verifyMAC, "verify-mac"), (.wrap, "wrap"), (.unwrap, "unwrap"), (.derive, "derive"), (.agree, "agree"),
    ]

    public var names: [String] { Self.names.filter { contains($0.0) }.map(\.1) }

    /// Nil where one of the names is not a usage.
    public init?(names: [String]) {
        self = []
        for name in names {
            guard let usage = Self.names.first(where: { $0.1 == name }) else { return nil }
            insert(usage.0)
        }
    }
}

/// Properties sealed into a key.
public struct KeyFlags: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Its material may leave the core, wrapped, in a build that can export.
    public static let exportable = KeyFlags(rawValue: SR_FLAG_EXPORTABLE)
    /// It is used through subkeys alone, one a context.
    public static let derived = KeyFlags(rawValue: SR_FLAG_DERIVED)
    /// Its subkeys encrypt one message always to the same ciphertext.
    public static let convergent = KeyFlags(rawValue: SR_FLAG_CONVERGENT)
    /// Its material came from outside; the core sets it.
    public static let imported = KeyFlags(rawValue: SR_FLAG_IMPORTED)
}

public enum Hash: UInt32, CaseIterable, Sendable {
    case sha1 = 1
    case sha224 = 2
    case sha256 = 3
    case sha384 = 4
    case sha512 = 5
    case sha3Digest224 = 6
    case sha3Digest256 = 7
    case sha3Digest384 = 8
    case sha3Digest512 = 9

    /// The name used by the API.
    public var name: String {
        switch self {
        case .sha1: "sha1"
        case .sha224: "sha224"
        case .sha256: "sha256"
        case .sha384: "sha384"
        case .sha512: "sha512"
        case .sha3Digest224: "sha3-224"
        case .sha3Digest256: "sha3-256"
        case .sha3Digest384: "sha3-384"
        case .sha3Digest512: "sha3-512"
        }
    }

    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    public var digestBytes: Int {
        switch self {
        case .sha1: 20
        case .sha224, .sha3Digest224: 28
        case .sha256, .sha3Digest256: 32
        case .sha384, .sha3Digest384: 48
        case .sha512, .sha3Digest512: 64
        }
    }
}
