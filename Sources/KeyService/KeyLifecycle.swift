// Making keys and changing them: every function here writes to the store, and forgets what was cached before it returns.

public import CoreBridge
public import Storage

/// A key to be made.
public struct NewKey: Sendable {
    /// With its ring.
    public var name: String
    public var algorithm: Algorithm
    /// Nil: everything that keys of the algorithm can be used for.
    public var usages: Usages?
    public var exportable: Bool
    /// Used through subkeys alone, one a context.
    public var derived: Bool
    /// Derived keys only: one message always encrypts to the same ciphertext.
    public var convergent: Bool
    /// Seconds between rotations that happen by themselves; nil for none.
    public var rotationPeriod: Int64?
    /// How many others have to approve what is sensitive about it.
    public var minApprovals = 0
    /// Who counts as one of those.
    public var approvalsBy = ApproverKind.token
    /// Whose quota of keys it counts against; empty: nobody's.
    public var owner = ""
    public var labels: [String: String]

    public init(
        name: String, algorithm: Algorithm, usages: Usages? = nil, exportable: Bool = false, derived: Bool = false,
        convergent: Bool = false, rotationPeriod: Int64? = nil, labels: [String: String] = [:]
    ) {
        self.name = name
        self.algorithm = algorithm
        self.usages = usages
        self.exportable = exportable
        self.derived = derived
        self.convergent = convergent
        self.rotationPeriod = rotationPeriod
        self.labels = labels
    }
}

extension NewKey {
    fileprivate var flags: KeyFlags {
        var flags: KeyFlags = []
        if exportable { flags.insert(.exportable) }
        if derived { flags.insert(.derived) }
        if convergent { flags.insert(.convergent) }
        return flags
    }
}

/// What is to be different about a key; nil stays as it is.
public struct KeyChange: Sendable {
    public var minDecryptVersion: Int?
    public var labels: [String: String]?
    public var deletionProtected: Bool?
    public var rotationPeriod: RotationPeriod?
    public var minApprovals: Int?
    public var approvalsBy: ApproverKind?
    /// How many have approved that there are fewer of those, or that others count as one.
    public var approvals = 0

    public enum RotationPeriod: Sendable {
        case never
        case seconds(Int64)
    }

    public init() {}
}

extension KeyService {
    /// - Parameter isPermitted: asked when the key is made, which may take seconds, and is about to be stored.
    public func createKey(_ new: NewKey, ifStill isPermitted: () -> Bool = { true }) throws(ServiceError) -> StoredKey {
        try createKey(new, ifStill: isPermitted) { specification throws(CoreError) in try root.generate(specification) }
    }

    /// Makes a key of the material that `seal` seals as it is told to.
    func createKey(
        _ new: NewKey, ifStill isPermitted: () -> Bool, sealedBy seal: (KeySpecification) throws(CoreError) -> [UInt8]
    ) throws(ServiceError) -> StoredKey {
        let usages = try usages(of: new)
        let name = KeyName(new.name)
        // Nothing makes another ring yet.
        guard name.ring.isEmpty else { throw .ringNotFound }
        guard name.name.utf8.count <= 128 else { throw .unfit(member: .name, reason: .longerThanNames) }
        try checkQuota(of: new.owner)
        let createdAt = now()
        let id = try newKeyID()
        let sealed: [UInt8]
        do {
            sealed = try seal(
                KeySpecification(
                    key: KeyVersionID(key: KeyIdentity(high: id.high, low: id.low), version: 1),
                    algorithm: new.algorithm, usages: usages, flags: new.flags, createdAt: UInt64(clamping: createdAt)))
        } catch {
            throw .core(error)
        }
        let key = KeyRecord(
            id: id, ring: name.ring, name: name.name, algorithm: new.algorithm.name, usages: usages.names,
            exportable: new.exportable,
            derived: new.derived, convergent: new.convergent, labels: new.labels, rotationPeriod: new.rotationPeriod,
            rotateAt: new.rotationPeriod.map { createdAt + $0 }, minApprovals: new.minApprovals,
            approvalsBy: new.approvalsBy, owner: new.owner, createdAt: createdAt)
        let version = KeyVersionRecord(keyID: id, version: 1, createdAt: createdAt, sealed: sealed)
        guard isPermitted() else { throw .callerChanged }
        try insert(StoredKey(key: key, versions: [version]))
        return StoredKey(key: key, versions: [version])
    }

    /// Stores a key that was not there before.
    func insert(_ key: StoredKey) throws(ServiceError) {
        do {
            try change { store throws(StorageError) in try store.createKey(key.key, versions: key.versions) }
        } catch .nameTaken {
            throw .keyExists
        } catch {
            throw .storage(error)
        }
        directory.forget(key.key.fullName)
    }

    /// That an owner may have another key.
    func checkQuota(of owner: String) throws(ServiceError) {
        guard !owner.isEmpty else { return }
        let count: Int
        do { count = try store.keyCount(ofOwner: owner, limit: keysOfOne) } catch { throw .storage(error) }
        guard count < keysOfOne else { throw .tooManyKeys }
    }

    /// What a new key is to be used for; all that it is asked to be fits together.
    private func usages(of new: NewKey) throws(ServiceError) -> Usages {
        let usages = new.usages ?? new.algorithm.defaultUsages
        guard new.algorithm.usages.isSuperset(of: usages), !usages.isEmpty else {
            throw .unfit(member: .usages, reason: .notForThisAlgorithm)
        }
        if new.derived, !new.algorithm.isDerivable { throw .unfit(member: .derived, reason: .notForThisAlgorithm) }
        if new.convergent, !new.derived || new.algorithm.ciphertextOverhead == 0 {
            throw .unfit(member: .convergent, reason: .forDerivedEncryptionOnly)
        }
        return usages
    }

    public func key(_ name: String) throws(ServiceError) -> StoredKey {
        try directory.key(name, waiting: .allowed).stored
    }

    /// What is known of a key.
    public func record(of name: String, waiting: Waiting) throws(ServiceError) -> KeyRecord {
        try directory.key(name, waiting: waiting).stored.key
    }

    /// A key's id, how many have to approve what is sensitive about it, and who counts as one; nil where there is no such
    /// key.
    public func approvals(
        of name: String, waiting: Waiting
    ) throws(ServiceError) -> (id: KeyID, needed: Int, by: ApproverKind)? {
        do throws(ServiceError) {
            let key = try directory.key(name, waiting: waiting).stored.key
            return (key.id, key.minApprovals, key.approvalsBy)
        } catch .keyNotFound {
            return nil
        }
    }

    /// A page of keys, by name.
    public func keys(_ query: KeyQuery) throws(ServiceError) -> [KeyRecord] {
        do { return try store.keys(query) } catch { throw .storage(error) }
    }

    public func changeKey(
        _ name: String, if condition: KeyCondition? = nil, _ change: KeyChange
    ) throws(ServiceError) -> StoredKey {
        try update(name, if: condition) { record, latest throws(ServiceError) in
            if record.state != .enabled { throw .keyPendingDeletion }
            if let version = change.minDecryptVersion {
                guard version <= record.latestVersion else {
                    throw .unfit(member: .minDecryptVersion, reason: .pastTheLatestVersion)
                }
                record.minDecryptVersion = version
            }
            if let labels = change.labels { record.labels = labels }
            if let protected = change.deletionProtected { record.deletionProtected = protected }
            if let needed = change.minApprovals {
                // It was raised since it was asked how many there have to be.
                if needed < record.minApprovals, change.approvals < record.minApprovals { throw .contended }
                record.minApprovals = needed
            }
            if let kind = change.approvalsBy {
                if kind != record.approvalsBy, kind == .token, change.approvals < record.minApprovals {
                    throw .contended
                }
                record.approvalsBy = kind
            }
            switch change.rotationPeriod {
            case nil: break
            case .never: (record.rotationPeriod, record.rotateAt) = (nil, nil)
            case .seconds(let period):
                // From the latest version on, as if it had been so all along.
                (record.rotationPeriod, record.rotateAt) = (period, latest.createdAt + period)
            }
        }
    }

    /// Marks a key for destruction after `days`; it cannot be used from now on.
    public func deleteKey(
        _ name: String, if condition: KeyCondition? = nil, afterDays days: Int
    ) throws(ServiceError) -> StoredKey {
        let key = try update(name, if: condition) { record, _ throws(ServiceError) in
            if record.state != .enabled { throw .keyPendingDeletion }
            if record.deletionProtected { throw .deletionProtected }
            record.state = .pendingDeletion(at: now() + Int64(days) * 86_400)
        }
        pool.invalidate(KeyIdentity(high: key.key.id.high, low: key.key.id.low))
        return key
    }

    public func cancelDeletion(of name: String, if condition: KeyCondition? = nil) throws(ServiceError) -> StoredKey {
        try update(name, if: condition) { record, _ throws(ServiceError) in
            if record.state == .enabled { throw .keyNotPendingDeletion }
            record.state = .enabled
        }
    }

    public func setVersion(
        _ number: Int, of name: String, to state: KeyVersionState, if condition: KeyCondition? = nil
    ) throws(ServiceError) -> KeyVersionRecord {
        let key = try freshKey(name)
        if key.isPendingDeletion { throw .keyPendingDeletion }
        guard key.index(ofVersion: number) != nil else { throw .versionNotFound }
        // Whatever became of the change, what is cached is not to be trusted after it.
        defer {
            directory.forget(name)
            pool.invalidate(KeyVersionID(key: key.identity, version: UInt32(clamping: number)))
        }
        let changed: KeyVersionRecord?
        do {
            changed = try change(name, if: condition) { store throws(StorageError) in
                try store.setVersionState(keyID: key.stored.key.id, version: number, state: state)
            }
        } catch .conflict {
            throw .versionDestroyed
        } catch .notFound {
            throw .keyNotFound
        } catch {
            throw .storage(error)
        }
        guard let changed else { throw .revisionMismatch }
        return changed
    }

    /// Destroys keys whose waiting time is over, 100 a call at most. Gives how many there were.
    /// - Parameter keep: asked with each key's name just before; false leaves the key for another time.
    public func destroyDueKeys(
        keeping keep: (String) -> Bool = { _ in true }
    ) throws(ServiceError) -> Int {
        var destroyed = 0
        do throws(StorageError) {
            for key in try store.keysDueForDeletion(at: now(), limit: 100) {
                guard keep(key.fullName) else { break }
                do throws(StorageError) {
                    try store.deleteKey(keyID: key.id, expectedRevision: key.revision)
                    destroyed += 1
                } catch .conflict {
                    // Cancelled a moment ago.
                } catch .notFound {
                    // Gone already.
                } catch .altered {
                    // Perhaps only to have it destroyed. The store has said which it is; those behind it are due all the same.
                }
                directory.forget(key.fullName)
                pool.invalidate(KeyIdentity(high: key.id.high, low: key.id.low))
            }
        } catch {
            throw .storage(error)
        }
        return destroyed
    }

    static let attempts = 8

    /// Reads, changes and writes a key's record; tries again where another change came between.
    private func update(
        _ name: String, if condition: KeyCondition?,
        _ change: (_ record: inout KeyRecord, _ latest: KeyVersionRecord) throws(ServiceError) -> Void
    ) throws(ServiceError) -> StoredKey {
        for _ in 0..<Self.attempts {
            let key = try freshKey(name)
            var record = key.stored.key
            if let condition, !condition(record) { throw .revisionMismatch }
            guard let latest = key.stored.versions.last else { throw .storage(.corrupt) }
            try change(&record, latest)
            do {
                let changed = try self.change { store throws(StorageError) in
                    try store.updateKey(record, expectedRevision: record.revision)
                }
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

    func freshKey(_ name: String) throws(ServiceError) -> KeySnapshot {
        try directory.key(name, waiting: .allowed)
    }

    func newKeyID() throws(ServiceError) -> KeyID {
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
