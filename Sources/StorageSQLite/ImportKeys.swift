// Import keys in SQLite: few, and removed when they have expired and another takes their place.

internal import GRDB
public import Storage

extension SQLiteStore {
    public func insertImportKey(_ key: ImportKeyRecord, removingExpiredAt now: Int64) throws(StorageError) {
        let mac = try authentication?.mac(key.recordBytes)
        let removed = try write { database in
            try database.cachedStatement(sql: "DELETE FROM import_keys WHERE expires_at <= ?").execute(arguments: [now])
            let removed = database.changesCount
            try database.cachedStatement(
                sql: "INSERT INTO import_keys (\(importKeyColumns)) VALUES (?, ?, ?, ?, ?)"
            ).execute(arguments: [blob(key.id), blob(key.sealed), key.createdAt, key.expiresAt, mac.map(blob)])
            return removed
        }
        if removed > 0 { try eraseRemains() }
    }

    public func importKey(id: KeyID) throws(StorageError) -> ImportKeyRecord? {
        try importKey("WHERE id = ?", [blob(id)])
    }

    public func latestImportKey() throws(StorageError) -> ImportKeyRecord? {
        try importKey("ORDER BY expires_at DESC, id LIMIT 1", [])
    }

    private func importKey(_ which: String, _ arguments: StatementArguments) throws(StorageError) -> ImportKeyRecord? {
        let authentication = authentication
        return try read { database in
            let found = try database.records(
                "SELECT \(importKeyColumns) FROM import_keys \(which)", arguments,
                Authenticated<ImportKeyRecord>.init(row:)
            ).first
            guard let found, try authentication?.holds(found) ?? true else { return nil }
            return found.record
        }
    }
}

/// The columns that `Authenticated<ImportKeyRecord>.init(row:)` reads, in its order.
private let importKeyColumns = "id, sealed, created_at, expires_at, record_mac"

extension Database {
    func allImportKeys<Value>(_ make: (Authenticated<ImportKeyRecord>) throws -> Value) throws -> [Value] {
        try records("SELECT \(importKeyColumns) FROM import_keys") { row in try make(Authenticated(row: row)) }
    }
}

extension Authenticated<ImportKeyRecord> {
    fileprivate init(row: Row) throws(StorageError) {
        record = ImportKeyRecord(
            id: try row.keyID(0), sealed: try row.bytes(1), createdAt: try row.integer(2),
            expiresAt: try row.integer(3))
        mac = try row.optionalBytes(4)
    }
}
