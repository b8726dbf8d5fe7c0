// An open key, by a handle. All that happens with key material happens behind it.

internal import CStrongroomCore

/// One reference to a key that the core holds open, given back when the value goes. Any thread, several at once.
public final class KeyHandle: Sendable {
    let handle: sr_key_t
    public let algorithm: Algorithm
    /// Bytes that a ciphertext is longer than its plaintext.
    public let ciphertextOverhead: Int

    /// Takes over one reference.
    init(taking handle: sr_key_t) throws(CoreError) {
        var description = sr_key_description_t()
        do {
            try callCore { sr_key_describe(handle, &description, $0) }
        } catch {
            _ = sr_key_release(handle, nil)
            throw error
        }
        guard let algorithm = Algorithm(rawValue: description.spec.algorithm) else {
            _ = sr_key_release(handle, nil)
            throw CoreError(.algorithmUnavailable)
        }
        self.handle = handle
        self.algorithm = algorithm
        ciphertextOverhead = Int(description.ciphertext_overhead)
    }

    deinit {
        // There is nobody to tell of a failure here; the live handle count at shutdown tells.
        _ = sr_key_release(handle, nil)
    }

    /// Encrypts to `ciphertext`, which needs `ciphertextOverhead` bytes more than the plaintext. Gives the bytes written.
    public func encrypt(
        _ plaintext: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer,
        into ciphertext: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try callCore(writingTo: ciphertext) {
            sr_key_encrypt(handle, sr_bytes_t(plaintext), sr_bytes_t(associatedData), $0, $1)
        }
    }

    /// Decrypts to `plaintext`. Gives the bytes written.
    public func decrypt(
        _ ciphertext: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer,
        into plaintext: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try callCore(writingTo: plaintext) {
            sr_key_decrypt(handle, sr_bytes_t(ciphertext), sr_bytes_t(associatedData), $0, $1)
        }
    }

    /// Decrypts with this key and encrypts with `target`; the plaintext stays in the core. Gives the bytes written.
    public func reencrypt(
        _ ciphertext: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer, to target: KeyHandle,
        newAssociatedData: UnsafeRawBufferPointer, into newCiphertext: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try callCore(writingTo: newCiphertext) {
            sr_key_reencrypt(
                handle, target.handle, sr_bytes_t(ciphertext), sr_bytes_t(associatedData),
                sr_bytes_t(newAssociatedData), $0, $1)
        }
    }

    /// Makes a data key of `bytes` (16 to 512) and encrypts it; without `plaintext` it has never left the core. Gives the
    /// bytes written to `ciphertext`; `plaintext` is filled.
    public func dataKey(
        bytes: Int, associatedData: UnsafeRawBufferPointer, plaintext: UnsafeMutableRawBufferPointer?,
        into ciphertext: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        guard let bytes = UInt32(exactly: bytes) else { throw CoreError(.lengthOutOfRange) }
        var plaintextLength = 0
        return try callCore(writingTo: ciphertext) { room, error in
            withUnsafeMutablePointer(to: &plaintextLength) { length in
                let plaintext = plaintext.map { sr_buffer_t($0, length) } ?? .none
                return sr_key_data_key(handle, bytes, sr_bytes_t(associatedData), plaintext, room, error)
            }
        }
    }
}
