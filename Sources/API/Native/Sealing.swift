// How the API encrypts with each kind of key: an AEAD with its associated data, or RSA-OAEP with SHA-256, whose label the
// associated data is.

internal import CoreBridge

extension BatchItem {
    static func seal(_ key: KeyHandle, _ plaintext: Range<Int>, associatedData: Range<Int>) -> Self {
        key.algorithm.isRSA
            ? .encryptOAEP(key, plaintext, hash: .sha256, label: associatedData)
            : .encrypt(key, plaintext, associatedData: associatedData)
    }

    static func unseal(_ key: KeyHandle, _ ciphertext: Range<Int>, associatedData: Range<Int>) -> Self {
        key.algorithm.isRSA
            ? .decryptOAEP(key, ciphertext, hash: .sha256, label: associatedData)
            : .decrypt(key, ciphertext, associatedData: associatedData)
    }
}

extension KeyHandle {
    /// Room for the ciphertext of `length` bytes.
    @inline(__always)
    func sealedCapacity(_ length: Int) -> Int {
        algorithm.isRSA ? Self.maximumModulus : length + ciphertextOverhead
    }

    /// Room for the plaintext of `length` bytes of ciphertext.
    @inline(__always)
    func openedCapacity(_ length: Int) -> Int {
        algorithm.isRSA ? Self.maximumModulus : length
    }

    /// Gives the bytes written to `ciphertext`.
    @inline(__always)
    func seal(
        _ plaintext: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer,
        into ciphertext: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        if algorithm.isRSA {
            return try encryptOAEP(plaintext, hash: .sha256, label: associatedData, into: ciphertext)
        }
        return try encrypt(plaintext, associatedData: associatedData, into: ciphertext)
    }

    /// Gives the bytes written to `plaintext`, which has `openedCapacity`.
    @inline(__always)
    func unseal(
        _ ciphertext: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer,
        into plaintext: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        if algorithm.isRSA {
            return try decryptOAEP(ciphertext, hash: .sha256, label: associatedData, into: plaintext)
        }
        return try decrypt(ciphertext, associatedData: associatedData, into: plaintext)
    }
}
