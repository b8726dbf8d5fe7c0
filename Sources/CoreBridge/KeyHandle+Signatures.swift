// Signatures and MACs.

internal import CStrongroomCore

/// How a signature is made, and of what.
public struct SignatureScheme: Sendable {
    public enum Encoding: Sendable {
        /// A SEQUENCE of two INTEGERs (RFC 3279, 2.2.3), whose length varies.
        case der
        /// r || s (IEEE P1363), as JWS has it too.
        case p1363
    }

    public enum SaltLength: Sendable {
        /// The longest that fits when signing, any when verifying.
        case auto
        /// As long as the digest.
        case digest
        case bytes(UInt16)
    }

    public enum Kind: Sendable {
        case ed25519
        case ed25519ph
        case ecdsa(Hash, Encoding)
        case rsaPSS(Hash, SaltLength)
        case rsaPKCS1(Hash)
        case mlDSA
    }

    public let kind: Kind
    /// Whether the input is the message's digest.
    public let prehashed: Bool

    public init(_ kind: Kind, prehashed: Bool) {
        self.kind = kind
        self.prehashed = prehashed
    }

    var raw: sr_signature_scheme_t {
        var raw = sr_signature_scheme_t()
        raw.prehashed = prehashed ? 1 : 0
        switch kind {
        case .ed25519: raw.scheme = SR_SIGNATURE_ED25519
        case .ed25519ph: raw.scheme = SR_SIGNATURE_ED25519PH
        case .ecdsa(let hash, let encoding):
            (raw.scheme, raw.hash) = (SR_SIGNATURE_ECDSA, hash.rawValue)
            raw.encoding = encoding == .der ? SR_ENCODING_DER : SR_ENCODING_P1363
        case .rsaPSS(let hash, let salt):
            (raw.scheme, raw.hash) = (SR_SIGNATURE_RSA_PSS, hash.rawValue)
            switch salt {
            case .auto: raw.salt_length = SR_SALT_AUTO
            case .digest: raw.salt_length = SR_SALT_DIGEST
            case .bytes(let bytes): raw.salt_length = UInt32(bytes)
            }
        case .rsaPKCS1(let hash): (raw.scheme, raw.hash) = (SR_SIGNATURE_RSA_PKCS1, hash.rawValue)
        case .mlDSA: raw.scheme = SR_SIGNATURE_ML_DSA
        }
        return raw
    }
}

extension KeyHandle {
    /// The longest MAC, in bytes.
    public static let maximumMAC = 64

    /// Signs a message or digest to `signature`, which needs `algorithm.signatureBytes`. Gives the bytes written.
    public func sign(
        _ input: UnsafeRawBufferPointer, scheme: SignatureScheme, into signature: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try checkOverlap(signature, input)
        try require(.sign)
        var raw = scheme.raw
        return try callCoreForDetails(writingTo: signature) { sr_key_sign(handle, &raw, sr_bytes_t(input), $0, $1) }
    }

    /// Whether a signature is one of a message or digest.
    public func verify(
        _ signature: UnsafeRawBufferPointer, of input: UnsafeRawBufferPointer, scheme: SignatureScheme
    ) throws(CoreError) -> Bool {
        try require(.verify)
        var raw = scheme.raw
        var valid: UInt64 = 0
        try callCoreForDetails {
            sr_key_verify(handle, &raw, sr_bytes_t(input), sr_bytes_t(signature), &valid, $0)
        }
        return valid == 1
    }

    /// Writes a message's MAC to `mac`, which needs `maximumMAC` bytes at most. Gives the bytes written.
    /// - Parameter hash: of HMAC; nil for the algorithm's own.
    public func mac(
        _ message: UnsafeRawBufferPointer, hash: Hash?, into mac: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try checkOverlap(mac, message)
        try require(.mac)
        return try callCoreForDetails(writingTo: mac) {
            sr_key_mac(handle, hash?.rawValue ?? 0, sr_bytes_t(message), $0, $1)
        }
    }

    /// Whether a MAC is a message's; compared in constant time.
    public func verifyMAC(
        _ mac: UnsafeRawBufferPointer, of message: UnsafeRawBufferPointer, hash: Hash?
    ) throws(CoreError) -> Bool {
        try require(.verifyMAC)
        var valid: UInt64 = 0
        try callCoreForDetails {
            sr_key_verify_mac(handle, hash?.rawValue ?? 0, sr_bytes_t(message), sr_bytes_t(mac), &valid, $0)
        }
        return valid == 1
    }

    /// That the key may be used so.
    @inline(__always)
    func require(_ usage: Usages) throws(CoreError) {
        guard usages.contains(usage) else { throw CoreError(.usageNotAllowed) }
    }
}
