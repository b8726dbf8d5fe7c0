// RSA-OAEP, key wrap, what is derived from keys, and public keys.

internal import CStrongroomCore

public enum WrapScheme: UInt32, Sendable {
    /// RFC 5649: any length.
    case kwp = 1
    /// RFC 3394: multiples of 8 bytes from 16.
    case kw = 2
}

public enum PublicKeyFormat: UInt32, Sendable {
    /// SubjectPublicKeyInfo in DER.
    case der = 1
    case pem = 2
    /// RFC 7517.
    case jwk = 3
    /// The point; not of RSA.
    case raw = 4
}

extension KeyHandle {
    /// The longest RSA modulus, in bytes: room for any ciphertext of OAEP, and for any plaintext.
    public static let maximumModulus = 512

    /// Encrypts with RSA-OAEP to `ciphertext`, which needs the modulus's length. Gives the bytes written.
    public func encryptOAEP(
        _ plaintext: UnsafeRawBufferPointer, hash: Hash, label: UnsafeRawBufferPointer,
        into ciphertext: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try checkOverlap(ciphertext, plaintext, label)
        try require(.encrypt)
        return try callCore(writingTo: ciphertext) {
            sr_key_encrypt_oaep(handle, hash.rawValue, sr_bytes_t(label), sr_bytes_t(plaintext), $0, $1)
        }
    }

    /// Decrypts with RSA-OAEP to `plaintext`, for which `maximumModulus` is room enough. Gives the bytes written.
    public func decryptOAEP(
        _ ciphertext: UnsafeRawBufferPointer, hash: Hash, label: UnsafeRawBufferPointer,
        into plaintext: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try checkOverlap(plaintext, ciphertext, label)
        try require(.decrypt)
        return try callCore(writingTo: plaintext) {
            sr_key_decrypt_oaep(handle, hash.rawValue, sr_bytes_t(label), sr_bytes_t(ciphertext), $0, $1)
        }
    }

    /// The longest key material that is wrapped, in bytes.
    public static var maximumWrapped: Int { Int(SR_WRAP_MAX_BYTES) }

    /// Bytes of `length` bytes of key material, wrapped with padding.
    public static func wrappedLength(of length: Int) -> Int { (length + 7) / 8 * 8 + 8 }

    /// Wraps key material (1 to 65,536 bytes). Gives the bytes written.
    public func wrap(
        _ material: UnsafeRawBufferPointer, scheme: WrapScheme, into wrapped: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try checkOverlap(wrapped, material)
        try require(.wrap)
        return try callCore(writingTo: wrapped) {
            sr_key_wrap(handle, scheme.rawValue, sr_bytes_t(material), $0, $1)
        }
    }

    /// Unwraps to `material`, for which the length of `wrapped` is room enough. Gives the bytes written.
    public func unwrap(
        _ wrapped: UnsafeRawBufferPointer, scheme: WrapScheme, into material: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try checkOverlap(material, wrapped)
        try require(.unwrap)
        return try callCore(writingTo: material) {
            sr_key_unwrap(handle, scheme.rawValue, sr_bytes_t(wrapped), $0, $1)
        }
    }

    /// Fills `derived` (1 to 8,160 bytes) with HKDF-SHA-256 of the key.
    public func derive(
        salt: UnsafeRawBufferPointer, info: UnsafeRawBufferPointer, into derived: UnsafeMutableRawBufferPointer
    ) throws(CoreError) {
        try checkOverlap(derived, salt, info)
        try require(.derive)
        _ = try callCore(writingTo: derived) {
            sr_key_derive(handle, sr_bytes_t(salt), sr_bytes_t(info), $0, $1)
        }
    }

    /// Fills `derived` (1 to 8,160 bytes) with HKDF of the secret that the key shares with the holder of `publicKey`:
    /// SubjectPublicKeyInfo in DER, or the raw point.
    public func agree(
        with publicKey: UnsafeRawBufferPointer, hash: Hash, salt: UnsafeRawBufferPointer,
        info: UnsafeRawBufferPointer, into derived: UnsafeMutableRawBufferPointer
    ) throws(CoreError) {
        try checkOverlap(derived, salt, info)
        try checkOverlap(derived, publicKey)
        try require(.agree)
        _ = try callCoreForDetails(writingTo: derived) {
            sr_key_agree(
                handle, sr_bytes_t(publicKey), hash.rawValue, sr_bytes_t(salt), sr_bytes_t(info), $0, $1)
        }
    }

    /// The public half of a pair.
    public func publicKey(_ format: PublicKeyFormat) throws(CoreError) -> [UInt8] {
        try bytesFromCore(capacity: SR_PUBLIC_KEY_MAX_BYTES) {
            sr_key_public_key(handle, format.rawValue, $0, $1)
        }
    }

    /// The longest private key as PKCS#8, in bytes.
    public static var maximumPrivateKey: Int { Int(SR_PRIVATE_KEY_MAX_BYTES) }

    /// Makes a pair and encrypts its private key, PKCS#8 in DER, to `ciphertext`, which has room for `maximumPrivateKey` and
    /// the overhead; without `privateKey` it has never left the core.
    public func dataKeyPair(
        _ algorithm: Algorithm, associatedData: UnsafeRawBufferPointer, privateKey: UnsafeMutableRawBufferPointer?,
        into ciphertext: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> DataKeyPair {
        try checkOverlap(ciphertext, associatedData)
        if let privateKey {
            try checkOverlap(privateKey, associatedData)
            try checkOverlap(privateKey, UnsafeRawBufferPointer(ciphertext))
        }
        try require(.encrypt)
        var lengths = (private: 0, ciphertext: 0)
        let publicKey = try bytesFromCore(capacity: SR_PUBLIC_KEY_MAX_BYTES) { room, error in
            withUnsafeMutablePointer(to: &lengths.private) { privateLength in
                withUnsafeMutablePointer(to: &lengths.ciphertext) { ciphertextLength in
                    sr_key_data_key_pair(
                        handle, algorithm.rawValue, sr_bytes_t(associatedData),
                        privateKey.map { sr_buffer_t($0, privateLength) } ?? .none,
                        sr_buffer_t(ciphertext, ciphertextLength), room, error)
                }
            }
        }
        return DataKeyPair(
            publicKey: publicKey, privateKeyLength: lengths.private, ciphertextLength: lengths.ciphertext)
    }
}

/// What was made of a data key that is a pair, beside what was written.
public struct DataKeyPair: Sendable {
    /// SubjectPublicKeyInfo in DER.
    public let publicKey: [UInt8]
    /// Bytes.
    public let privateKeyLength: Int
    /// Bytes.
    public let ciphertextLength: Int
}
