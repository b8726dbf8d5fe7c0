// Tokens in SQLite: found by their MACs, listed and removed by their ids.

internal import GRDB
public import Storage

extension SQLiteStore {
    public func insertToken(_ token: TokenRecord) throws(StorageError) {
        try write { database in try database.insertToken(token) }
    }

    public func token(mac: [UInt8]) throws(StorageError) -> TokenRecord? {
        try read { database in
            try database.records(
                "SELECT \(tokenColumns) FROM tokens WHERE mac = ?", [blob(mac)], TokenRecord.init(row:)
            ).first
        }
    }

    public func tokens(after: String?, limit: Int) throws(StorageError) -> [TokenRecord] {
        guard isWhole(after ?? "") else { return [] }
        return try read { database in
            try database.records(
                "SELECT \(tokenColumns) FROM tokens WHERE id > ? ORDER BY id LIMIT ?",
                [after ?? "", pageLength(limit)], TokenRecord.init(row:))
        }
    }

    public func deleteToken(id: String) throws(StorageError) {
        guard isWhole(id) else { throw .notFound }
        try write { database in
            try database.cachedStatement(sql: "DELETE FROM tokens WHERE id = ?").execute(arguments: [id])
            if database.changesCount == 0 { throw StorageError.notFound }
        }
    }
}

/// The columns that `TokenRecord.init(row:)` reads, in its order.
private let tokenColumns = "id, mac, name, role, created_at, expires_at"

extension Database {
    func insertToken(_ token: TokenRecord) throws {
        try cachedStatement(sql: "INSERT INTO tokens (\(tokenColumns)) VALUES (?, ?, ?, ?, ?, ?)").execute(
            arguments: [
                stored(token.id), blob(token.mac), stored(token.name), stored(token.role), token.createdAt,
                token.expiresAt,
            ])
    }
}

extension TokenRecord {
    fileprivate init(row: Row) throws(StorageError) {
        self.init(
            id: try row.text(0), mac: try row.bytes(1), name: try row.text(2), role: try row.text(3),
            createdAt: try row.integer(4), expiresAt: try row.optionalInteger(5))
    }
}
