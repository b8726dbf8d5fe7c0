// Making keys and changing them: every function here writes to the store, and forgets what was cached before it returns.

public import CoreBridge
public import Storage

/// A key to be made.
public struct NewKey: Sendable {
    public var name: String
    public var algorithm: Algorithm
    /// Nil: everything that keys of the algorithm can be used for.
    public var usages: Usages?
    public var exportable: Bool
    public var labels: [String: String]

    public init(
        name: String, algorithm: Algorithm, usages: Usages? = nil, exportable: Bool = false,
        labels: [String: String] = [:]
    ) {
        self.name = name
        self.algorithm = algorithm
        self.usages = usages
        self.exportable = exportable
        self.labels = labels
    }
}

/// What is to be different about a key; nil stays as it is.
public struct KeyChange: Sendable {
    public var minDecryptVersion: Int?
    public var labels: [String: String]?
    public var deletionProtected: Bool?

    public init() {}
}

extension KeyService {
    public func createKey(_ new: NewKey) throws(ServiceError) -> StoredKey {
        let usages = new.usages ?? new.algorithm.usages
        guard new.algorithm.usages.isSuperset(of: usages), !usages.isEmpty else {
            throw .unfit(member: .usages, reason: .notForThisAlgorithm)
        }
        let createdAt = now()
        let id = try newKeyID()
        let identity = KeyIdentity(high: id.high, low: id.low)
        let sealed: [UInt8]
        do {
            sealed = try root.generate(
                KeySpecification(
                    key: KeyVersionID(key: identity, version: 1), algorithm: new.algorithm, usages: usages,
                    exportable: new.exportable, createdAt: UInt64(clamping: createdAt)))
        } catch {
            throw .core(error)
        }
        let key = KeyRecord(
            id: id, name: new.name, algorithm: new.algorithm.name, usages: usages.names, exportable: new.exportable,
            labels: new.labels, createdAt: createdAt)
        let version = KeyVersionRecord(keyID: id, version: 1, createdAt: createdAt, sealed: sealed)
        do {
            try store.createKey(key, firstVersion: version)
        } catch .nameTaken {
            throw .keyExists
        } catch {
            throw .storage(error)
        }
        directory.forget(new.name)
        return StoredKey(key: key, versions: [version])
    }

    public func key(_ name: String) throws(ServiceError) -> StoredKey {
        try directory.key(name, waiting: .allowed).stored
    }

    /// A page of keys, by name.
    public func keys(_ query: KeyQuery) throws(ServiceError) -> [KeyRecord] {
        do { return try store.keys(query) } catch { throw .storage(error) }
    }

    /// - Parameter revision: change only if the key is still at it.
    public func changeKey(
        _ name: String, ifRevision revision: Int64?, _ change: KeyChange
    ) throws(ServiceError) -> StoredKey {
        try update(name, ifRevision: revision) { record throws(ServiceError) in
            if record.state != .enabled { throw .keyPendingDeletion }
            if let version = change.minDecryptVersion {
                guard version <= record.latestVersion else {
                    throw .unfit(member: .minDecryptVersion, reason: .pastTheLatestVersion)
                }
                record.minDecryptVersion = version
            }
            if let labels = change.labels { record.labels = labels }
            if let protected = change.deletionProtected { record.deletionProtected = protected }
        }
    }

    /// Marks a key for destruction after `days`; it cannot be used from now on.
    public func deleteKey(
        _ name: String, ifRevision revision: Int64?, afterDays days: Int
    ) throws(ServiceError) -> StoredKey {
        let key = try update(name, ifRevision: revision) { record throws(ServiceError) in
            if record.state != .enabled { throw .keyPendingDeletion }
            if record.deletionProtected { throw .deletionProtected }
            record.state = .pendingDeletion(at: now() + Int64(days) * 86_400)
        }
        pool.invalidate(KeyIdentity(high: key.key.id.high, low: key.key.id.low))
        return key
    }

    public func cancelDeletion(of name: String) throws(ServiceError) -> StoredKey {
        try update(name, ifRevision: nil) { record throws(ServiceError) in
            if record.state == .enabled { throw .keyNotPendingDeletion }
            record.state = .enabled
        }
    }

    /// Adds a version, which encrypts from now on. Two at once add two.
    public func rotateKey(_ name: String) throws(ServiceError) -> StoredKey {
        for _ in 0..<Self.attempts {
            let key = try freshKey(name)
            if key.isPendingDeletion { throw .keyPendingDeletion }
            let latest = key.stored.key.latestVersion
            guard latest < Self.mostVersions else { throw .versionsExhausted }
            // A destroyed version's rights are gone with it; any other version carries them.
            guard let previous = key.stored.versions.last(where: { $0.sealed != nil })?.sealed else {
                throw .noEnabledVersion
            }
            let createdAt = now()
            let sealed: [UInt8]
            do {
                sealed = try root.rotate(
                    previous, to: KeyVersionID(key: key.identity, version: UInt32(latest + 1)),
                    createdAt: UInt64(clamping: createdAt))
            } catch {
                throw .core(error)
            }
            let version = KeyVersionRecord(
                keyID: key.stored.key.id, version: latest + 1, createdAt: createdAt, sealed: sealed)
            let record: KeyRecord
            do {
                record = try store.addVersion(version, expectedLatest: latest)
            } catch .conflict {
                directory.forget(name)
                continue
            } catch .notFound {
                directory.forget(name)
                throw .keyNotFound
            } catch {
                throw .storage(error)
            }
            directory.forget(name)
            // A version's state may have changed since the key was read; the answer must not show the old one.
            guard record.revision == key.stored.key.revision + 1 else { return try freshKey(name).stored }
            return StoredKey(key: record, versions: key.stored.versions + [version])
        }
        throw .contended
    }

    public func setVersion(
        _ number: Int, of name: String, to state: KeyVersionState
    ) throws(ServiceError) -> KeyVersionRecord {
        let key = try freshKey(name)
        if key.isPendingDeletion { throw .keyPendingDeletion }
        guard key.version(number) != nil else { throw .versionNotFound }
        // Whatever became of the change, what is cached is not to be trusted after it.
        defer {
            directory.forget(name)
            pool.invalidate(KeyVersionID(key: key.identity, version: UInt32(clamping: number)))
        }
        do {
            return try store.setVersionState(keyID: key.stored.key.id, version: number, state: state)
        } catch .conflict {
            throw .versionDestroyed
        } catch .notFound {
            throw .keyNotFound
        } catch {
            throw .storage(error)
        }
    }

    /// Destroys keys whose waiting time is over, 100 a call at most. Gives how many there were.
    public func destroyDueKeys() throws(ServiceError) -> Int {
        var destroyed = 0
        do throws(StorageError) {
            for key in try store.keysDueForDeletion(at: now(), limit: 100) {
                do throws(StorageError) {
                    try store.deleteKey(keyID: key.id, expectedRevision: key.revision)
                    destroyed += 1
                } catch .conflict {
                    // Cancelled a moment ago.
                } catch .notFound {
                    // Gone already.
                }
                directory.forget(key.name)
                pool.invalidate(KeyIdentity(high: key.id.high, low: key.id.low))
            }
        } catch {
            throw .storage(error)
        }
        return destroyed
    }

    private static let attempts = 8
    private static let mostVersions = Int(Int32.max)

    /// Reads, changes and writes a key's record; tries again where another change came between, unless the caller named a
    /// revision.
    private func update(
        _ name: String, ifRevision revision: Int64?, _ change: (inout KeyRecord) throws(ServiceError) -> Void
    ) throws(ServiceError) -> StoredKey {
        for _ in 0..<Self.attempts {
            let key = try freshKey(name)
            var record = key.stored.key
            if let revision, record.revision != revision { throw .revisionMismatch }
            try change(&record)
            do {
                let changed = try store.updateKey(record, expectedRevision: record.revision)
                directory.forget(name)
                return StoredKey(key: changed, versions: key.stored.versions)
            } catch .conflict {
                directory.forget(name)
            } catch .notFound {
                directory.forget(name)
                throw .keyNotFound
            } catch {
                throw .storage(error)
            }
        }
        throw .contended
    }

    private func freshKey(_ name: String) throws(ServiceError) -> KeySnapshot {
        try directory.key(name, waiting: .allowed)
    }

    private func newKeyID() throws(ServiceError) -> KeyID {
        var words: (UInt64, UInt64) = (0, 0)
        do throws(CoreError) {
            try withUnsafeMutableBytes(of: &words) { room throws(CoreError) in try core.random(into: room) }
        } catch {
            throw .core(error)
        }
        // Version 4, variant 1 (RFC 9562), so that it reads as the UUID it is shown as.
        return KeyID(
            high: words.0 & 0xffff_ffff_ffff_0fff | 0x4000, low: words.1 & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        )
    }
}
