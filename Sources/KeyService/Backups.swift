// Whole keys as backups: all versions and what is known of the key, encrypted and authenticated by the core, for this
// installation or another that has the same backup key.

internal import CoreBridge
public import Storage

extension KeyService {
    /// A key as a backup. What `describe` says of it goes into the backup, encrypted; `restoreKey` is given it again.
    public func backUpKey(
        _ name: String, describe: (StoredKey) -> [UInt8]
    ) throws(ServiceError) -> [UInt8] {
        let key = try freshKey(name)
        let sealed = key.stored.versions.compactMap(\.sealed)
        guard !sealed.isEmpty else { throw .versionDestroyed }
        do {
            return try root.backUp(
                key.identity, versions: sealed, metadata: describe(key.stored), for: backupRoot ?? root)
        } catch {
            throw .core(error)
        }
    }

    /// Restores a key, which must not be there.
    ///
    /// What the core sealed into each version (algorithm, usages, flags) is believed from there alone. Versions that have a
    /// limit of use come back used up, because nobody knows how often they encrypted since the backup was made: they
    /// decrypt, and the key is rotated to encrypt again.
    /// - Parameter read: the key as `describe` told of it; nil where it cannot be read. Its versions' blobs are not looked
    ///   at.
    public func restoreKey(
        _ backup: UnsafeRawBufferPointer, owner: String = "", read: ([UInt8]) -> StoredKey?,
        ifPermitted: (_ name: String) -> Bool
    ) throws(ServiceError) -> StoredKey {
        let opened: OpenedBackup
        do throws(CoreError) {
            opened = try open(backup)
        } catch {
            throw .core(error)
        }
        guard var key = read(opened.metadata) else { throw .core(CoreError(.backupMalformed)) }
        guard ifPermitted(key.key.fullName) else { throw .notPermitted }
        // Nothing makes another ring yet.
        guard key.key.ring.isEmpty else { throw .ringNotFound }
        try checkQuota(of: owner)
        key.key.owner = owner
        var algorithm: Algorithm?
        for index in 0..<opened.versions {
            let restored: RestoredVersion
            do {
                restored = try root.restore(versionAt: index, of: backup, from: opened.root)
            } catch {
                throw .core(error)
            }
            let specification = restored.specification
            let number = Int(specification.key.version)
            guard let place = key.index(ofVersion: number), key.versions[place].state != .destroyed else {
                throw .core(CoreError(.backupMalformed))
            }
            key.versions[place].sealed = restored.sealed
            key.versions[place].createdAt = Int64(clamping: specification.createdAt)
            key.versions[place].usesReserved = Int64(clamping: specification.algorithm.useLimit ?? 0)
            key.key.adopt(specification)
            algorithm = specification.algorithm
        }
        guard algorithm != nil, key.versions.allSatisfy({ ($0.sealed == nil) == ($0.state == .destroyed) }) else {
            throw .core(CoreError(.backupMalformed))
        }
        for index in key.versions.indices { key.versions[index].keyID = key.key.id }
        key.key.state = .enabled
        // Past what it ever was: who knows it from before it was deleted does not take it for that.
        key.key.revision = max(now(), 1) * 1_000_000
        if let period = key.key.rotationPeriod, let latest = key.versions.last {
            key.key.rotateAt = latest.createdAt + period
        }
        do {
            try insert(key)
        } catch .keyExists, .storage(.conflict) {
            // The key itself is here already, or another of its name.
            throw .keyOfBackupExists
        }
        return key
    }

    private struct OpenedBackup {
        let root: RootKey
        let versions: Int
        let metadata: [UInt8]
    }

    /// Opens it with the shared backup key where there is one, else with the root key that it may have been made with before.
    private func open(_ backup: UnsafeRawBufferPointer) throws(CoreError) -> OpenedBackup {
        if let backupRoot {
            do throws(CoreError) {
                let contents = try backupRoot.readBackup(backup)
                return OpenedBackup(root: backupRoot, versions: contents.versions, metadata: contents.metadata)
            } catch  where error.code != .backupNotAuthentic {
                throw error
            } catch {
                // Made before there was a shared key, or not one of ours at all: the root key tells.
            }
        }
        let contents = try root.readBackup(backup)
        return OpenedBackup(root: root, versions: contents.versions, metadata: contents.metadata)
    }
}

extension KeyRecord {
    /// Takes over what the core authenticated.
    fileprivate mutating func adopt(_ specification: KeySpecification) {
        id = KeyID(high: specification.key.key.high, low: specification.key.key.low)
        algorithm = specification.algorithm.name
        usages = specification.usages.names
        exportable = specification.flags.contains(.exportable)
        derived = specification.flags.contains(.derived)
        convergent = specification.flags.contains(.convergent)
    }
}
