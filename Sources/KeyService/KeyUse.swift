// Choosing the version of a key that a request is to use, and borrowing its open handle.

public import CoreBridge
internal import Storage

/// A key version, open and borrowed for one request.
public struct KeyInUse: Sendable {
    public let version: Int
    public let borrowed: BorrowedHandle

    public var handle: KeyHandle { borrowed.handle }
}

extension KeyService {
    /// The version of a key to encrypt with: the one asked for, or the latest enabled one.
    public func keyToEncrypt(
        _ name: String, version: Int?, waiting: Waiting
    ) throws(ServiceError) -> KeyInUse {
        let key = try usableKey(name, waiting)
        guard let number = version ?? key.primary else { throw .noEnabledVersion }
        guard let record = key.version(number) else { throw .versionNotFound }
        // What it would encrypt, nobody could decrypt.
        guard number >= key.stored.key.minDecryptVersion else { throw .versionTooOld }
        return try open(record, of: key, waiting)
    }

    /// The version of a key that a ciphertext names. One that never was is no more than a ciphertext that does not decrypt.
    public func keyToDecrypt(
        _ name: String, version: Int, waiting: Waiting
    ) throws(ServiceError) -> KeyInUse {
        let key = try usableKey(name, waiting)
        guard let record = key.version(version) else { throw .core(CoreError(.authenticationFailed)) }
        guard version >= key.stored.key.minDecryptVersion else { throw .versionTooOld }
        return try open(record, of: key, waiting)
    }

    private func usableKey(_ name: String, _ waiting: Waiting) throws(ServiceError) -> KeySnapshot {
        let key = try directory.key(name, waiting: waiting)
        if key.isPendingDeletion { throw .keyPendingDeletion }
        return key
    }

    private func open(
        _ record: KeyVersionRecord, of key: KeySnapshot, _ waiting: Waiting
    ) throws(ServiceError) -> KeyInUse {
        switch record.state {
        case .enabled: break
        case .disabled: throw .versionDisabled
        case .destroyed: throw .versionDestroyed
        }
        let id = KeyVersionID(key: key.identity, version: UInt32(clamping: record.version))
        if let borrowed = pool.borrow(id) { return KeyInUse(version: record.version, borrowed: borrowed) }
        guard waiting == .allowed else { throw .wouldBlock }
        guard let sealed = record.sealed else { throw .storage(.corrupt) }
        do {
            let borrowed = try pool.borrow(id) { () throws(CoreError) in try root.open(sealed, as: id) }
            // Had the version been disabled or destroyed since it was read, the pool was told before it had the handle:
            // it must not keep the material now.
            if !directory.isCurrent(key) { pool.invalidate(id) }
            return KeyInUse(version: record.version, borrowed: borrowed)
        } catch {
            throw .core(error)
        }
    }
}
