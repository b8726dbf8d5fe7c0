// Keys in SQLite: creating, finding, listing, changing and removing them.

internal import GRDB
public import Storage

extension SQLiteStore {
    public func createKey(_ key: KeyRecord, versions: [KeyVersionRecord]) throws(StorageError) {
        guard key.revision >= 1, key.latestVersion == versions.last?.version else { throw .conflict }
        guard versions.contains(where: { $0.sealed != nil }) else { throw .conflict }
        var last = 0
        for version in versions {
            guard version.version > last, version.keyID == key.id else { throw .conflict }
            last = version.version
        }
        let authentication = authentication
        try write { database in
            let mac = try authentication?.mac(StoredKey(key: key, versions: versions).recordBytes)
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO keys (\(keyColumns), record_mac)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            try statement.execute(
                arguments: [
                    blob(key.id), stored(key.ring), stored(key.name), stored(key.algorithm), words(key.usages),
                    key.exportable, key.derived, key.convergent, key.minDecryptVersion, key.latestVersion,
                    key.deletionProtected, key.deletionColumn, key.rotationPeriod, key.rotateAt, key.minApprovals,
                    key.approvalsBy.rawValue, stored(key.owner), key.createdAt, key.revision, mac.map(blob),
                ])
            try database.insertLabels(key.labels, of: key.id)
            for version in versions { try database.insertVersion(version, authentication) }
        }
    }

    public func key(named name: String) throws(StorageError) -> StoredKey? {
        guard isWhole(name) else { return nil }
        let authentication = authentication
        return try read { database in
            let name = KeyName(name)
            guard let (found, mac) = try database.storedKey("ring = ? AND name = ?", [name.ring, name.name]) else {
                return nil
            }
            try authentication?.check(found, mac)
            guard found.versions.last?.version == found.key.latestVersion else { throw StorageError.corrupt }
            return found
        }
    }

    public func keyCount(ofOwner owner: String, limit: Int) throws(StorageError) -> Int {
        guard isWhole(owner), !owner.isEmpty else { return 0 }
        return try read { database in
            try Int.fetchOne(
                database.cachedStatement(
                    sql: "SELECT count(*) FROM (SELECT 1 FROM keys WHERE owner <> '' AND owner = ? LIMIT ?)"),
                arguments: [owner, limit]) ?? 0
        }
    }

    public func keys(_ query: KeyQuery) throws(StorageError) -> [KeyRecord] {
        let texts = [query.ring, query.prefix, query.after ?? "", query.label?.name ?? "", query.label?.value ?? ""]
        guard texts.allSatisfy(isWhole) else { return [] }
        // Names are ASCII: everything with the prefix lies before the prefix with '~' after it. Bounds, not LIKE, so
        // that the index on names is walked from the right place, and no character of the prefix is a wildcard.
        let bounds: StatementArguments = [query.ring, query.after ?? "", query.prefix, query.prefix + "~"]
        let limit: StatementArguments = [pageLength(query.limit)]
        return try read { database in
            guard let label = query.label else {
                return try database.keyRecords(
                    """
                    SELECT \(keyColumns) FROM keys
                    WHERE ring = ? AND name > ? AND name >= ? AND name < ? ORDER BY name LIMIT ?
                    """, bounds + limit)
            }
            return try database.keyRecords(
                """
                SELECT \(keyColumns) FROM keys
                WHERE ring = ? AND name > ? AND name >= ? AND name < ? AND EXISTS (
                    SELECT 1 FROM key_labels
                    WHERE key_labels.key_id = keys.id AND key_labels.name = ? AND key_labels.value = ?)
                ORDER BY name LIMIT ?
                """, bounds + [label.name, label.value] + limit)
        }
    }

    public func updateKey(_ key: KeyRecord, expectedRevision: Int64) throws(StorageError) -> KeyRecord {
        try changeKey(key.id) { database in
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE keys SET min_decrypt_version = ?, deletion_protected = ?, delete_at = ?,
                        rotation_period = ?, rotate_at = ?, min_approvals = ?, approvals_by = ?, revision = revision + 1
                    WHERE id = ? AND revision = ?
                    """)
            try statement.execute(
                arguments: [
                    key.minDecryptVersion, key.deletionProtected, key.deletionColumn, key.rotationPeriod,
                    key.rotateAt, key.minApprovals, key.approvalsBy.rawValue, blob(key.id), expectedRevision,
                ])
            try database.requireChange(ofKey: key.id)
            try database.cachedStatement(sql: "DELETE FROM key_labels WHERE key_id = ?").execute(
                arguments: [blob(key.id)])
            try database.insertLabels(key.labels, of: key.id)
            return try database.storedKey(key.id)
        }
    }

    public func deleteKey(keyID: KeyID, expectedRevision: Int64) throws(StorageError) {
        try changeKey(keyID) { database in
            // Versions and labels go with it: their references cascade.
            try database.cachedStatement(sql: "DELETE FROM keys WHERE id = ? AND revision = ?").execute(
                arguments: [blob(keyID), expectedRevision])
            try database.requireChange(ofKey: keyID)
        }
        try eraseRemains()
    }

    public func keysDueForDeletion(at now: Int64, limit: Int) throws(StorageError) -> [KeyRecord] {
        try read { database in
            try database.keyRecords(
                """
                SELECT \(keyColumns) FROM keys
                WHERE delete_at IS NOT NULL AND delete_at <= ? ORDER BY delete_at, name LIMIT ?
                """, [now, pageLength(limit)])
        }
    }

    public func keysDueForRotation(at now: Int64, limit: Int) throws(StorageError) -> [KeyRecord] {
        try read { database in
            try database.keyRecords(
                """
                SELECT \(keyColumns) FROM keys
                WHERE rotate_at IS NOT NULL AND rotate_at <= ? AND delete_at IS NULL ORDER BY rotate_at, name LIMIT ?
                """, [now, pageLength(limit)])
        }
    }
}

extension Database {
    /// After a statement that changes a key under a condition: throws unless it did, and says which of the two was
    /// amiss.
    func requireChange(ofKey id: KeyID) throws {
        guard changesCount == 0 else { return }
        throw try keyRecord(id: id) == nil ? StorageError.notFound : StorageError.conflict
    }

    /// A key that this transaction has just changed.
    func storedKey(_ id: KeyID) throws -> KeyRecord {
        guard let key = try keyRecord(id: id) else { throw StorageError.corrupt }
        return key
    }
}

/// A listing's limit within what a store gives at once.
func pageLength(_ limit: Int) -> Int {
    min(max(limit, 0), KeyQuery.maximumLimit)
}
