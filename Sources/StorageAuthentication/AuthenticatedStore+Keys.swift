// Keys, their versions and their counts of uses: what may be changed of them.

public import Storage

extension AuthenticatedStore {
    public func createKey(_ key: KeyRecord, versions: [KeyVersionRecord]) throws(StorageError) {
        guard key.revision >= 1, key.latestVersion == versions.last?.version else { throw .conflict }
        guard versions.contains(where: { $0.sealed != nil }) else { throw .conflict }
        var last = 0
        for version in versions {
            guard version.version > last, version.keyID == key.id else { throw .conflict }
            last = version.version
        }
        try write { records, authentication in
            let stored = try authentication.authenticated(StoredKey(key: key, versions: versions))
            try records.insert(Authenticated(key, mac: stored.mac))
            for version in versions {
                try records.insert(version, uses: authentication.authenticated(version.uses))
            }
            try count(1, in: .keys, records, authentication)
        }
    }

    public func key(named name: String) throws(StorageError) -> StoredKey? {
        try read { records, authentication in
            let name = KeyName(name)
            guard let found = try records.key(named: name) else { return nil }
            try authentication.check(found)
            let key = found.record
            // An index that was bent could lead to another's row.
            guard KeyName(ring: key.key.ring, name: key.key.name) == name,
                key.versions.last?.version == key.key.latestVersion
            else {
                throw StorageError.corrupt
            }
            return key
        }
    }

    public func keyCount(ofOwner owner: String, limit: Int) throws(StorageError) -> Int {
        if owner.isEmpty { return 0 }
        return try read { records, _ in try records.keyCount(ofOwner: owner, limit: limit) }
    }

    public func keys(_ query: KeyQuery) throws(StorageError) -> [KeyRecord] {
        var query = query
        query.limit = Self.page(query.limit)
        return try read { records, _ in try records.keys(query) }
    }

    public func updateKey(_ key: KeyRecord, expectedRevision: Int64) throws(StorageError) -> KeyRecord {
        try changeKey(key.id) { stored, _, _ in
            guard stored.key.revision == expectedRevision, key.minDecryptVersion >= 1,
                key.minDecryptVersion <= stored.key.latestVersion
            else { throw StorageError.conflict }
            stored.key.labels = key.labels
            stored.key.minDecryptVersion = key.minDecryptVersion
            stored.key.deletionProtected = key.deletionProtected
            stored.key.state = key.state
            (stored.key.rotationPeriod, stored.key.rotateAt) = (key.rotationPeriod, key.rotateAt)
            (stored.key.minApprovals, stored.key.approvalsBy) = (key.minApprovals, key.approvalsBy)
            try stored.countChange()
        }.key
    }

    public func addVersion(
        _ version: KeyVersionRecord, expectedLatest: Int, removing: [Int]
    ) throws(StorageError) -> KeyRecord {
        let next = expectedLatest.addingReportingOverflow(1)
        guard !next.overflow, version.version == next.partialValue, version.sealed != nil else { throw .conflict }
        return try changeKey(version.keyID) { stored, records, authentication in
            guard stored.key.latestVersion == expectedLatest else { throw StorageError.conflict }
            for number in removing {
                guard
                    let index = stored.versions.firstIndex(where: { $0.version == number && $0.state == .destroyed })
                else { throw StorageError.conflict }
                try records.delete(stored.versions.remove(at: index))
            }
            let due = version.createdAt.addingReportingOverflow(stored.key.rotationPeriod ?? 0)
            guard !due.overflow else { throw StorageError.conflict }
            stored.key.rotateAt = stored.key.rotationPeriod.map { _ in due.partialValue }
            stored.key.latestVersion = version.version
            try stored.countChange()
            stored.versions.append(version)
            try records.insert(version, uses: authentication.authenticated(version.uses))
        }.key
    }

    public func setVersionState(
        keyID: KeyID, version: Int, state: KeyVersionState
    ) throws(StorageError) -> KeyVersionRecord {
        let changed = try changeKey(keyID) { stored, records, _ in
            guard let index = stored.versions.firstIndex(where: { $0.version == version }) else {
                throw StorageError.notFound
            }
            guard stored.versions[index].state != state else { return }
            guard stored.versions[index].state != .destroyed else { throw StorageError.conflict }
            stored.versions[index].state = state
            if state == .destroyed { stored.versions[index].sealed = nil }
            try stored.countChange()
            try records.update(stored.versions[index])
        }.versions.first { $0.version == version }
        // Also when it was destroyed before: an earlier call may have been cut short here.
        if state == .destroyed { try records.eraseRemains() }
        guard let changed else { throw .corrupt }
        return changed
    }

    public func reserveUses(
        keyID: KeyID, version: Int, count: Int64, limit: Int64
    ) throws(StorageError) -> Range<Int64>? {
        guard count > 0 else { throw .conflict }
        return try write { records, authentication in
            guard let record = try records.version(version, of: keyID) else { throw StorageError.notFound }
            guard record.state != .destroyed else { throw StorageError.conflict }
            let found = try authentication.checked(records.uses(of: version, of: keyID)) {
                try records.key(id: keyID)?.record.key.fullName
            }
            let start = found.reserved
            guard start < limit else { return nil }
            var uses = found
            uses.reserved = start + min(count, limit - start)
            try records.update(authentication.authenticated(uses), from: found)
            return start..<uses.reserved
        }
    }

    public func deleteKey(keyID: KeyID, expectedRevision: Int64) throws(StorageError) {
        try write { records, authentication in
            guard let found = try records.key(id: keyID) else { throw StorageError.notFound }
            try authentication.check(found)
            guard found.record.key.id == keyID else { throw StorageError.corrupt }
            guard found.record.key.revision == expectedRevision else { throw StorageError.conflict }
            try records.delete(found.record)
            try count(-1, in: .keys, records, authentication)
        }
        try records.eraseRemains()
    }

    public func keysDueForDeletion(at now: Int64, limit: Int) throws(StorageError) -> [KeyRecord] {
        try read { records, _ in try records.keysDueForDeletion(at: now, limit: Self.page(limit)) }
    }

    public func keysDueForRotation(at now: Int64, limit: Int) throws(StorageError) -> [KeyRecord] {
        try read { records, _ in try records.keysDueForRotation(at: now, limit: Self.page(limit)) }
    }

    // MARK: Import keys

    public func insertImportKey(_ key: ImportKeyRecord, removingExpiredAt now: Int64) throws(StorageError) {
        let removed = try write { records, authentication in
            let removed = try records.deleteImportKeys(expiredAt: now)
            try records.insert(authentication.authenticated(key))
            return removed
        }
        if removed > 0 { try records.eraseRemains() }
    }

    public func importKey(id: KeyID) throws(StorageError) -> ImportKeyRecord? {
        try read { records, authentication in
            guard let found = try records.importKeys().first(where: { $0.record.id == id }) else { return nil }
            return try authentication.holds(found) ? found.record : nil
        }
    }

    public func latestImportKey() throws(StorageError) -> ImportKeyRecord? {
        try read { records, authentication in
            let latest = try records.importKeys().max { $0.record.expiresAt < $1.record.expiresAt }
            guard let latest, try authentication.holds(latest) else { return nil }
            return latest.record
        }
    }

    // MARK: -

    /// Changes a key that is as it was written, and gives it the MAC of what `body` made of it. `body` writes what changed of
    /// versions, and counts the revision up where anything changed.
    private func changeKey(
        _ id: KeyID, _ body: (inout StoredKey, Records.Transaction, RecordAuthentication?) throws -> Void
    ) throws(StorageError) -> StoredKey {
        try write { records, authentication in
            guard let found = try records.key(id: id) else { throw StorageError.notFound }
            try authentication.check(found)
            guard found.record.key.id == id else { throw StorageError.corrupt }
            var key = found.record
            try body(&key, records, authentication)
            if key != found.record {
                let mac = try authentication.authenticated(key).mac
                try records.update(Authenticated(key.key, mac: mac), from: found.record.key)
            }
            return key
        }
    }

    /// A listing's limit within what a store gives at once.
    static func page(_ limit: Int) -> Int { min(max(limit, 0), KeyQuery.maximumLimit) }
}

extension StoredKey {
    fileprivate mutating func countChange() throws(StorageError) {
        let next = key.revision.addingReportingOverflow(1)
        guard !next.overflow else { throw .conflict }
        key.revision = next.partialValue
    }
}
