// Import keys in SQLite: few, and removed when they have expired and another takes their place.

internal import GRDB
public import Storage

extension SQLiteStore {
    public func insertImportKey(_ key: ImportKeyRecord, removingExpiredAt now: Int64) throws(StorageError) {
        let removed = try write { database in
            try database.cachedStatement(sql: "DELETE FROM import_keys WHERE expires_at <= ?").execute(arguments: [now])
            let removed = database.changesCount
            try database.cachedStatement(
                sql: "INSERT INTO import_keys (\(importKeyColumns)) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [blob(key.id), blob(key.sealed), key.createdAt, key.expiresAt])
            return removed
        }
        if removed > 0 { try eraseRemains() }
    }

    public func importKey(id: KeyID) throws(StorageError) -> ImportKeyRecord? {
        try read { database in
            try database.records(
                "SELECT \(importKeyColumns) FROM import_keys WHERE id = ?", [blob(id)], ImportKeyRecord.init(row:)
            ).first
        }
    }

    public func latestImportKey() throws(StorageError) -> ImportKeyRecord? {
        try read { database in
            try database.records(
                "SELECT \(importKeyColumns) FROM import_keys ORDER BY expires_at DESC, id LIMIT 1", [],
                ImportKeyRecord.init(row:)
            ).first
        }
    }
}

/// The columns that `ImportKeyRecord.init(row:)` reads, in its order.
private let importKeyColumns = "id, sealed, created_at, expires_at"

extension ImportKeyRecord {
    fileprivate init(row: Row) throws(StorageError) {
        self.init(
            id: try row.keyID(0), sealed: try row.bytes(1), createdAt: try row.integer(2),
            expiresAt: try row.integer(3))
    }
}
