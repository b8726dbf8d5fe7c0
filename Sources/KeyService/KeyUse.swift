// Choosing the version of a key that a request is to use, and borrowing its open handle.

public import CoreBridge
public import Storage

/// A key version, open and borrowed for one request.
public struct KeyInUse: Sendable {
    public let version: Int
    /// The pool's handle.
    let pooled: KeyHandle
    /// For a key that is used by context: the subkey for it, this request's alone.
    let subkey: KeyHandle?
    let identity: KeyIdentity
    /// How many blocks of encryptions the handle had been given when it was borrowed.
    let blocks: Int

    /// Whether it was derived for this request alone.
    public var isDerived: Bool { subkey != nil }

    /// What to use.
    @inline(__always)
    public var handle: KeyHandle {
        if let subkey { return subkey }
        return pooled
    }
}

extension KeyService {
    /// The version of a key to encrypt with: the one asked for, or the latest enabled one. Where its encryptions are counted,
    /// some are reserved for it.
    /// - Parameter context: for a derived key, the one to use; nil for others.
    public func keyToEncrypt(
        _ name: String, version: Int?, context: UnsafeRawBufferPointer? = nil, waiting: Waiting
    ) throws(ServiceError) -> KeyInUse {
        let key = try keyToUse(name, version: version, context: context, waiting: waiting)
        if key.pooled.algorithm.useLimit != nil, key.blocks == 0 { try reserveUses(of: key, waiting: waiting) }
        return key
    }

    /// The version of a key that a ciphertext names. One that never was is no more than a ciphertext that does not decrypt.
    public func keyToDecrypt(
        _ name: String, version: Int, context: UnsafeRawBufferPointer? = nil, waiting: Waiting
    ) throws(ServiceError) -> KeyInUse {
        let key = try usableKey(name, waiting)
        guard let index = key.index(ofVersion: version) else { throw .core(CoreError(.authenticationFailed)) }
        guard version >= key.stored.key.minDecryptVersion else { throw .versionTooOld }
        return try open(versionAt: index, of: key, context, waiting)
    }

    /// The version of a key for anything else: the one asked for, or the latest enabled one.
    public func keyToUse(
        _ name: String, version: Int?, context: UnsafeRawBufferPointer? = nil, waiting: Waiting
    ) throws(ServiceError) -> KeyInUse {
        let key = try usableKey(name, waiting)
        guard let number = version ?? key.primary else { throw key.lackOfVersion }
        guard let index = key.index(ofVersion: number) else { throw .versionNotFound }
        // What it would make, nobody could take.
        guard number >= key.stored.key.minDecryptVersion else { throw .versionTooOld }
        return try open(versionAt: index, of: key, context, waiting)
    }

    /// Opens a version as it is stored, to look at it. It does not go to the pool, which is told of changes by those who
    /// read the key afresh.
    public func open(_ version: KeyVersionRecord, of key: StoredKey) throws(ServiceError) -> KeyHandle {
        let id = KeyVersionID(
            key: KeyIdentity(high: key.key.id.high, low: key.key.id.low), version: UInt32(clamping: version.version))
        if let handle = pool.borrow(id) { return handle }
        guard let sealed = version.sealed else { throw .versionDestroyed }
        do {
            return try root.open(sealed, as: id)
        } catch {
            throw .core(error)
        }
    }

    private func usableKey(_ name: String, _ waiting: Waiting) throws(ServiceError) -> KeySnapshot {
        let key = try directory.key(name, waiting: waiting)
        if key.isPendingDeletion { throw .keyPendingDeletion }
        return key
    }

    private func open(
        versionAt index: Int, of key: KeySnapshot, _ context: UnsafeRawBufferPointer?, _ waiting: Waiting
    ) throws(ServiceError) -> KeyInUse {
        // Member by member: a copy of the record would count references that all threads share.
        let version = key.stored.versions[index].version
        switch key.stored.versions[index].state {
        case .enabled: break
        case .disabled: throw .versionDisabled
        case .destroyed: throw .versionDestroyed
        }
        let id = KeyVersionID(key: key.identity, version: UInt32(clamping: version))
        if let handle = pool.borrow(id) { return try inUse(handle, id, context) }
        guard waiting == .allowed else { throw .wouldBlock }
        guard let sealed = key.stored.versions[index].sealed else { throw .storage(.corrupt) }
        let handle: KeyHandle
        do {
            handle = try pool.borrow(id) { () throws(CoreError) in try root.open(sealed, as: id) }
        } catch {
            throw .core(error)
        }
        // Had the version been disabled or destroyed since it was read, the pool was told before it had the handle:
        // it must not keep the material now.
        if !directory.isCurrent(key) { pool.invalidate(id) }
        return try inUse(handle, id, context)
    }

    @inline(__always)
    private func inUse(
        _ handle: KeyHandle, _ id: KeyVersionID, _ context: UnsafeRawBufferPointer?
    ) throws(ServiceError) -> KeyInUse {
        var subkey: KeyHandle?
        if let context {
            do { subkey = try handle.subkey(context: context) } catch { throw .core(error) }
        }
        return KeyInUse(
            version: Int(id.version), pooled: handle, subkey: subkey, identity: id.key, blocks: handle.blocks)
    }
}
