// Keys in SQLite, each with its labels, its versions and their counts of uses.

internal import GRDB
public import Storage

extension SQLiteTransaction {
    // MARK: Reading

    public func key(id: KeyID) throws -> Authenticated<StoredKey>? { try key("id = ?", [blob(id)]) }

    public func key(named name: KeyName) throws -> Authenticated<StoredKey>? {
        guard isWhole(name.ring), isWhole(name.name) else { return nil }
        return try key("ring = ? AND name = ?", [name.ring, name.name])
    }

    public func keyIDs(after id: KeyID?, limit: Int) throws -> [KeyID] {
        try database.records(
            "SELECT id FROM keys WHERE id > ? ORDER BY id LIMIT ?", [blob(id?.bytes ?? []), limit]
        ) { row in try row.keyID(0) }
    }

    public func keys(_ query: KeyQuery) throws -> [KeyRecord] {
        let texts = [query.ring, query.prefix, query.after ?? "", query.label?.name ?? "", query.label?.value ?? ""]
        guard texts.allSatisfy(isWhole) else { return [] }
        // Names are ASCII: everything with the prefix lies before the prefix with '~' after it. Bounds, not LIKE, so
        // that the index on names is walked from the right place, and no character of the prefix is a wildcard.
        let bounds: StatementArguments = [query.ring, query.after ?? "", query.prefix, query.prefix + "~"]
        guard let label = query.label else {
            return try keys(
                "ring = ? AND name > ? AND name >= ? AND name < ? ORDER BY name LIMIT ?", bounds + [query.limit])
        }
        return try keys(
            """
            ring = ? AND name > ? AND name >= ? AND name < ? AND EXISTS (
                SELECT 1 FROM key_labels
                WHERE key_labels.key_id = keys.id AND key_labels.name = ? AND key_labels.value = ?)
            ORDER BY name LIMIT ?
            """, bounds + [label.name, label.value, query.limit])
    }

    public func keyCount(ofOwner owner: String, limit: Int) throws -> Int {
        guard isWhole(owner) else { return 0 }
        let sql = "SELECT count(*) FROM (SELECT 1 FROM keys WHERE owner <> '' AND owner = ? LIMIT ?)"
        return try Int.fetchOne(database.cachedStatement(sql: sql), arguments: [owner, limit]) ?? 0
    }

    public func keysDueForDeletion(at now: Int64, limit: Int) throws -> [KeyRecord] {
        try keys("delete_at IS NOT NULL AND delete_at <= ? ORDER BY delete_at, name LIMIT ?", [now, limit])
    }

    public func keysDueForRotation(at now: Int64, limit: Int) throws -> [KeyRecord] {
        try keys(
            """
            rotate_at IS NOT NULL AND rotate_at <= ? AND delete_at IS NULL ORDER BY rotate_at, name LIMIT ?
            """, [now, limit])
    }

    // MARK: Changing

    public func insert(_ key: Authenticated<KeyRecord>) throws {
        let record = key.record
        try database.change(
            """
            INSERT INTO keys (\(keyColumns), record_mac)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                blob(record.id), stored(record.ring), stored(record.name), stored(record.algorithm),
                words(record.usages), record.exportable, record.derived, record.convergent,
                record.minDecryptVersion, record.latestVersion, record.deletionProtected, record.deletionColumn,
                record.rotationPeriod, record.rotateAt, record.minApprovals, record.approvalsBy.rawValue,
                stored(record.owner), record.createdAt, record.revision, key.mac.map(blob),
            ])
        try insertLabels(of: record)
    }

    public func update(_ key: Authenticated<KeyRecord>, from before: KeyRecord) throws {
        let record = key.record
        try database.change(
            """
            UPDATE keys SET min_decrypt_version = ?, latest_version = ?, deletion_protected = ?, delete_at = ?,
                rotation_period = ?, rotate_at = ?, min_approvals = ?, approvals_by = ?, revision = ?, record_mac = ?
            WHERE id = ? AND revision = ?
            """,
            [
                record.minDecryptVersion, record.latestVersion, record.deletionProtected, record.deletionColumn,
                record.rotationPeriod, record.rotateAt, record.minApprovals, record.approvalsBy.rawValue,
                record.revision, key.mac.map(blob), blob(record.id), before.revision,
            ])
        guard record.labels != before.labels else { return }
        try deleteLabels(of: before)
        try insertLabels(of: record)
    }

    public func delete(_ key: StoredKey) throws {
        try deleteLabels(of: key.key)
        // Their counts of uses go with them.
        try database.change(
            "DELETE FROM key_versions WHERE key_id = ?", [blob(key.key.id)], rows: key.versions.count)
        try database.change("DELETE FROM keys WHERE id = ?", [blob(key.key.id)])
    }

    // MARK: Versions

    public func version(_ version: Int, of key: KeyID) throws -> KeyVersionRecord? {
        try database.records(
            "SELECT \(versionColumns) FROM key_versions WHERE key_id = ? AND version = ?", [blob(key), version]
        ) { row in try KeyVersionRecord(row: row) }.first
    }

    public func insert(_ version: KeyVersionRecord, uses: Authenticated<KeyUses>) throws {
        try database.change(
            "INSERT INTO key_versions (\(versionColumns)) VALUES (?, ?, ?, ?, ?)",
            [
                blob(version.keyID), version.version, version.state.rawValue, version.createdAt,
                version.sealed.map(blob),
            ])
        try database.change(
            "INSERT INTO key_uses (key_id, version, reserved, record_mac) VALUES (?, ?, ?, ?)",
            [blob(version.keyID), version.version, uses.record.reserved, uses.mac.map(blob)])
    }

    public func update(_ version: KeyVersionRecord) throws {
        try database.change(
            "UPDATE key_versions SET state = ?, sealed = ? WHERE key_id = ? AND version = ?",
            [version.state.rawValue, version.sealed.map(blob), blob(version.keyID), version.version])
    }

    public func delete(_ version: KeyVersionRecord) throws {
        try database.change(
            "DELETE FROM key_versions WHERE key_id = ? AND version = ?", [blob(version.keyID), version.version])
    }

    public func uses(of version: Int, of key: KeyID) throws -> Authenticated<KeyUses>? {
        try database.records(
            "SELECT reserved, record_mac FROM key_uses WHERE key_id = ? AND version = ?", [blob(key), version]
        ) { row in
            Authenticated(
                KeyUses(keyID: key, version: version, reserved: try row.integer(0)), mac: try row.optionalBytes(1))
        }.first
    }

    public func update(_ uses: Authenticated<KeyUses>, from before: KeyUses) throws {
        try database.change(
            "UPDATE key_uses SET reserved = ?, record_mac = ? WHERE key_id = ? AND version = ? AND reserved = ?",
            [
                uses.record.reserved, uses.mac.map(blob), blob(uses.record.keyID), uses.record.version,
                before.reserved,
            ])
    }

    // MARK: -

    private func keys(_ condition: String, _ arguments: StatementArguments) throws -> [KeyRecord] {
        try database.records("SELECT \(keyColumns) FROM keys WHERE \(condition)", arguments) { row in
            try KeyRecord(row: row, labels: labels(of: row.keyID(0)))
        }
    }

    private func key(_ condition: String, _ arguments: StatementArguments) throws -> Authenticated<StoredKey>? {
        let found = try database.records("SELECT \(keyColumns), record_mac FROM keys WHERE \(condition)", arguments) {
            (try KeyRecord(row: $0, labels: labels(of: $0.keyID(0))), try $0.optionalBytes(keyColumnCount))
        }
        guard let (key, mac) = found.first else { return nil }
        let versions = try database.records(
            """
            SELECT \(versionColumns), (
                SELECT reserved FROM key_uses
                WHERE key_uses.key_id = key_versions.key_id AND key_uses.version = key_versions.version)
            FROM key_versions WHERE key_id = ? ORDER BY version
            """, [blob(key.id)]
        ) { row in try KeyVersionRecord(row: row, hasUses: true) }
        return Authenticated(StoredKey(key: key, versions: versions), mac: mac)
    }

    private func labels(of id: KeyID) throws -> [String: String] {
        let pairs = try database.records("SELECT name, value FROM key_labels WHERE key_id = ?", [blob(id)]) { row in
            (try row.text(0), try row.text(1))
        }
        // Names are unique within a key: they are its primary key.
        return Dictionary(pairs) { first, _ in first }
    }

    private func insertLabels(of key: KeyRecord) throws {
        for (name, value) in key.labels {
            try database.change(
                "INSERT INTO key_labels (key_id, name, value) VALUES (?, ?, ?)",
                [blob(key.id), stored(name), stored(value)])
        }
    }

    private func deleteLabels(of key: KeyRecord) throws {
        try database.change(
            "DELETE FROM key_labels WHERE key_id = ?", [blob(key.id)], rows: key.labels.count)
    }
}
