// Keys that come in from outside: the RSA key to wrap them to, and taking them in.

public import CoreBridge
public import Storage
internal import Threading

/// The key to which clients wrap keys of their own.
public struct ImportKey: Sendable {
    public let id: KeyID
    /// SubjectPublicKeyInfo in DER.
    public let publicKey: [UInt8]
    /// Seconds since 1970.
    public let expiresAt: Int64
}

extension KeyService {
    /// The key that serves just now, made where there is none that is good for another half of its time. It lives a
    /// day, and any number of keys can be wrapped to it meanwhile; so there are never more than a few. The first call of a
    /// day takes seconds.
    public func importKey() throws(ServiceError) -> ImportKey {
        importKeys.lock()
        defer { importKeys.unlock() }
        let latest: ImportKeyRecord?
        do { latest = try store.latestImportKey() } catch { throw .storage(error) }
        if let latest, latest.expiresAt - now() > Self.lifetime / 2 { return try show(latest) }
        let id = try newKeyID()
        let createdAt = now()
        let sealed: [UInt8]
        do {
            sealed = try root.generate(
                KeySpecification(
                    key: KeyVersionID(key: KeyIdentity(high: id.high, low: id.low), version: 1), algorithm: .rsa4096,
                    usages: .unwrap, createdAt: UInt64(clamping: createdAt)))
        } catch {
            throw .core(error)
        }
        let record = ImportKeyRecord(
            id: id, sealed: sealed, createdAt: createdAt, expiresAt: createdAt + Self.lifetime)
        do {
            try store.insertImportKey(record, removingExpiredAt: createdAt)
        } catch {
            throw .storage(error)
        }
        return try show(record)
    }

    /// Makes a key of material that was wrapped to an import key.
    /// - Parameters:
    ///   - hash: of RSA-OAEP.
    ///   - wrapped: RSA-OAEP of an AES-256 key, then AES-KWP of the material under it.
    public func importKey(
        _ new: NewKey, wrapped: UnsafeRawBufferPointer, hash: Hash, to importKey: KeyID,
        ifStill isPermitted: () -> Bool = { true }
    ) throws(ServiceError) -> StoredKey {
        let record: ImportKeyRecord?
        do { record = try store.importKey(id: importKey) } catch { throw .storage(error) }
        guard let record, record.expiresAt > now() else { throw .importKeyNotFound }
        let handle = try open(record)
        return try createKey(new, ifStill: isPermitted) { specification throws(CoreError) in
            try root.importKey(wrapped, to: handle, wrapping: .oaepThenKWP, hash: hash, as: specification)
        }
    }

    private func show(_ record: ImportKeyRecord) throws(ServiceError) -> ImportKey {
        let handle = try open(record)
        do {
            return ImportKey(
                id: record.id, publicKey: try handle.publicKey(.der), expiresAt: record.expiresAt)
        } catch {
            throw .core(error)
        }
    }

    /// Not by the pool: an import key is used seldom, and not under a name.
    private func open(_ record: ImportKeyRecord) throws(ServiceError) -> KeyHandle {
        do {
            return try root.open(
                record.sealed,
                as: KeyVersionID(key: KeyIdentity(high: record.id.high, low: record.id.low), version: 1))
        } catch {
            throw .core(error)
        }
    }

    /// Seconds.
    private static let lifetime: Int64 = 86_400
}
