// An open key, by a handle. All that happens with key material happens behind it.

internal import CStrongroomCore
internal import Synchronization

/// One reference to a key that the core holds open, given back when the value goes. Any thread, several at once.
public final class KeyHandle: Sendable {
    let handle: sr_key_t
    public let algorithm: Algorithm
    /// What it may be used for.
    public let usages: Usages
    /// Bytes that a ciphertext is longer than its plaintext.
    public let ciphertextOverhead: Int
    /// Bytes of secret memory that it takes until it is closed.
    public let secretBytes: Int
    private let reservedBlocks = Atomic<Int>(0)

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
        usages = Usages(rawValue: description.spec.usages)
        ciphertextOverhead = Int(description.ciphertext_overhead)
        secretBytes = Int(description.secret_bytes)
    }

    deinit {
        // There is nobody to tell of a failure here; the live handle count at shutdown tells.
        _ = sr_key_release(handle, nil)
    }

    /// How many blocks of encryptions it was given.
    @inline(__always)
    public var blocks: Int { reservedBlocks.load(ordering: .relaxed) }

    /// Gives it the `count` encryptions of its version from `start` on, which were reserved for it and for nobody else; what
    /// is left of the block before is given up. Of no effect where encryptions are not counted.
    public func reserveUses(start: UInt64, count: UInt64) throws(CoreError) {
        try callCore { sr_key_reserve_uses(handle, start, count, $0) }
        reservedBlocks.add(1, ordering: .relaxed)
    }

    /// The subkey of a derived key for a context; it does what the key may.
    public func subkey(context: UnsafeRawBufferPointer) throws(CoreError) -> KeyHandle {
        var subkey = sr_key_t()
        try callCore { sr_key_subkey(handle, sr_bytes_t(context), &subkey, $0) }
        return try KeyHandle(taking: subkey)
    }

    /// Encrypts to `ciphertext`, which needs `ciphertextOverhead` bytes more than the plaintext. Gives the bytes written.
    public func encrypt(
        _ plaintext: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer,
        into ciphertext: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try checkOverlap(ciphertext, plaintext, associatedData)
        try checkEncryption(plaintext.count, associatedData, into: ciphertext, argument: 4)
        return try callCore(writingTo: ciphertext) {
            sr_key_encrypt(handle, sr_bytes_t(plaintext), sr_bytes_t(associatedData), $0, $1)
        }
    }

    /// Decrypts to `plaintext`. Gives the bytes written.
    public func decrypt(
        _ ciphertext: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer,
        into plaintext: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try checkOverlap(plaintext, ciphertext, associatedData)
        let length = try checkDecryption(ciphertext.count, associatedData)
        try checkRoom(plaintext, length, argument: 4)
        return try callCore(writingTo: plaintext) {
            sr_key_decrypt(handle, sr_bytes_t(ciphertext), sr_bytes_t(associatedData), $0, $1)
        }
    }

    /// Decrypts with this key and encrypts with `target`; the plaintext stays in the core. RSA keys do it by OAEP with SHA-256,
    /// the associated data being the label. Gives the bytes written.
    public func reencrypt(
        _ ciphertext: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer, to target: KeyHandle,
        newAssociatedData: UnsafeRawBufferPointer, into newCiphertext: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try checkOverlap(newCiphertext, ciphertext, associatedData)
        try checkOverlap(newCiphertext, newAssociatedData)
        try require(.decrypt)
        try target.require(.encrypt)
        if !algorithm.isRSA, !target.algorithm.isRSA {
            let length = try checkDecryption(ciphertext.count, associatedData)
            try target.checkEncryption(length, newAssociatedData, into: newCiphertext, argument: 6)
        }
        return try callCore(writingTo: newCiphertext) {
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
        try checkOverlap(ciphertext, associatedData)
        if let plaintext {
            try checkOverlap(plaintext, associatedData)
            try checkOverlap(plaintext, UnsafeRawBufferPointer(ciphertext))
        }
        guard usages.contains(.encrypt) else { throw CoreError(.usageNotAllowed) }
        guard (Int(SR_DATA_KEY_MIN_BYTES)...Int(SR_DATA_KEY_MAX_BYTES)).contains(bytes) else {
            throw CoreError(.lengthOutOfRange, argument: 2)
        }
        if let plaintext { try checkRoom(plaintext, bytes, argument: 4) }
        try checkEncryption(bytes, associatedData, into: ciphertext, argument: 5)
        var plaintextLength = 0
        return try callCore(writingTo: ciphertext) { room, error in
            withUnsafeMutablePointer(to: &plaintextLength) { length in
                let plaintext = plaintext.map { sr_buffer_t($0, length) } ?? .none
                return sr_key_data_key(handle, UInt32(bytes), sr_bytes_t(associatedData), plaintext, room, error)
            }
        }
    }
}
