// Versions in SQLite: adding one, and changing its state up to its destruction.

internal import GRDB
public import Storage

extension SQLiteStore {
    public func addVersion(
        _ version: KeyVersionRecord, expectedLatest: Int, removing: [Int]
    ) throws(StorageError) -> KeyRecord {
        let next = expectedLatest.addingReportingOverflow(1)
        guard !next.overflow, version.version == next.partialValue, version.sealed != nil else { throw .conflict }
        let authentication = authentication
        return try changeKey(version.keyID) { database in
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE keys SET latest_version = ?, rotate_at = ? + rotation_period, revision = revision + 1
                    WHERE id = ? AND latest_version = ?
                    """)
            try statement.execute(
                arguments: [version.version, version.createdAt, blob(version.keyID), expectedLatest])
            try database.requireChange(ofKey: version.keyID)
            let removal = try database.cachedStatement(
                sql: "DELETE FROM key_versions WHERE key_id = ? AND version = ? AND state = 'destroyed'")
            for number in removing {
                try removal.execute(arguments: [blob(version.keyID), number])
                guard database.changesCount == 1 else { throw StorageError.conflict }
            }
            try database.insertVersion(version, authentication)
            return try database.storedKey(version.keyID)
        }
    }

    public func setVersionState(
        keyID: KeyID, version: Int, state: KeyVersionState
    ) throws(StorageError) -> KeyVersionRecord {
        let changed = try changeKey(keyID) { database in
            guard var record = try database.version(version, of: keyID) else { throw StorageError.notFound }
            guard record.state != state else { return record }
            guard record.state != .destroyed else { throw StorageError.conflict }
            record.state = state
            if state == .destroyed { record.sealed = nil }
            try database.update(record)
            return record
        }
        // Also when it was destroyed before: an earlier call may have been cut short here.
        if state == .destroyed { try eraseRemains() }
        return changed
    }

    public func reserveUses(
        keyID: KeyID, version: Int, count: Int64, limit: Int64
    ) throws(StorageError) -> Range<Int64>? {
        guard count > 0 else { throw .conflict }
        let authentication = authentication
        return try write { database in
            guard var record = try database.version(version, of: keyID) else { throw StorageError.notFound }
            guard record.state != .destroyed else { throw StorageError.conflict }
            // A count that is gone is not 0: whoever removed it would have nonces used again.
            guard let stored = try database.uses(version, of: keyID) else {
                try authentication?.reportAltered(database.name(of: keyID))
                throw StorageError.altered
            }
            let start = stored.record
            record.usesReserved = start
            try authentication?.check(record.usesBytes, stored.mac, database.name(of: keyID))
            guard start < limit else { return nil }
            let end = start + min(count, limit - start)
            record.usesReserved = end
            try database.cachedStatement(
                sql: """
                    UPDATE key_uses SET reserved = ?, record_mac = ? WHERE key_id = ? AND version = ? AND reserved = ?
                    """
            ).execute(
                arguments: [
                    end, try (authentication?.mac(record.usesBytes)).map(blob), blob(keyID), version, start,
                ])
            guard database.changesCount == 1 else { throw StorageError.conflict }
            return start..<end
        }
    }
}

extension Database {
    fileprivate func version(_ version: Int, of id: KeyID) throws -> KeyVersionRecord? {
        try records(
            "SELECT \(versionColumns) FROM key_versions WHERE key_id = ? AND version = ?", [blob(id), version]
        ) { row in try KeyVersionRecord(row: row) }.first
    }

    /// How many encryptions of a version are reserved.
    fileprivate func uses(_ version: Int, of id: KeyID) throws -> Authenticated<Int64>? {
        try records(
            "SELECT reserved, record_mac FROM key_uses WHERE key_id = ? AND version = ?", [blob(id), version]
        ) { row in Authenticated(record: try row.integer(0) as Int64, mac: try row.optionalBytes(1)) }.first
    }

    fileprivate func name(of id: KeyID) throws -> RecordName {
        .key(name: try keyRecord(id: id)?.fullName ?? "")
    }

    /// Writes a version's state and blob, and counts the change in its key's revision.
    fileprivate func update(_ record: KeyVersionRecord) throws {
        try cachedStatement(
            sql: "UPDATE key_versions SET state = ?, sealed = ? WHERE key_id = ? AND version = ?"
        ).execute(
            arguments: [record.state.rawValue, record.sealed.map(blob), blob(record.keyID), record.version])
        try cachedStatement(sql: "UPDATE keys SET revision = revision + 1 WHERE id = ?").execute(
            arguments: [blob(record.keyID)])
    }
}
