// Import keys in SQLite: few, and removed when they have expired and another takes their place.

internal import GRDB
public import Storage

extension SQLiteTransaction {
    public func importKeys() throws -> [Authenticated<ImportKeyRecord>] {
        try database.records("SELECT \(importKeyColumns) FROM import_keys ORDER BY id") { row in
            Authenticated(
                ImportKeyRecord(
                    id: try row.keyID(0), sealed: try row.bytes(1), createdAt: try row.integer(2),
                    expiresAt: try row.integer(3)), mac: try row.optionalBytes(4))
        }
    }

    public func insert(_ key: Authenticated<ImportKeyRecord>) throws {
        let record = key.record
        try database.change(
            "INSERT INTO import_keys (\(importKeyColumns)) VALUES (?, ?, ?, ?, ?)",
            [blob(record.id), blob(record.sealed), record.createdAt, record.expiresAt, key.mac.map(blob)])
    }

    public func deleteImportKeys(expiredAt now: Int64) throws -> Int {
        try database.cachedStatement(sql: "DELETE FROM import_keys WHERE expires_at <= ?").execute(arguments: [now])
        let removed = database.changesCount
        let rest = try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM import_keys WHERE expires_at <= ?)"),
            arguments: [now])
        guard rest == false else { throw StorageError.corrupt }
        return removed
    }
}

private let importKeyColumns = "id, sealed, created_at, expires_at, record_mac"
