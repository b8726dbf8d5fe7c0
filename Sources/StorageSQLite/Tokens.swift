// Tokens in SQLite: found by their MACs, listed and removed by their ids.

internal import GRDB
public import Storage

extension SQLiteStore {
    public func insertToken(_ token: TokenRecord) throws(StorageError) {
        let mac = try authentication?.mac(token.recordBytes)
        try write { database in try database.insertToken(token, mac: mac) }
    }

    public func token(mac: [UInt8]) throws(StorageError) -> TokenRecord? {
        let authentication = authentication
        return try read { database in
            let found = try database.records(
                "SELECT \(tokenColumns) FROM tokens WHERE mac = ?", [blob(mac)], Authenticated<TokenRecord>.init(row:)
            ).first
            guard let found, try authentication?.holds(found) ?? true else { return nil }
            return found.record
        }
    }

    public func tokens(after: String?, limit: Int) throws(StorageError) -> [TokenRecord] {
        guard isWhole(after ?? "") else { return [] }
        let authentication = authentication
        return try read { database in
            var tokens: [TokenRecord] = []
            var last = after ?? ""
            // Altered ones are left out, and others take their place: a short page is the last.
            while tokens.count < pageLength(limit) {
                let page = try database.records(
                    "SELECT \(tokenColumns) FROM tokens WHERE id > ? ORDER BY id LIMIT ?",
                    [last, pageLength(limit) - tokens.count], Authenticated<TokenRecord>.init(row:))
                guard let end = page.last else { break }
                for token in page where try authentication?.holds(token) ?? true { tokens.append(token.record) }
                last = end.record.id
            }
            return tokens
        }
    }

    public func setTokenExpiry(id: String, expiresAt: Int64?) throws(StorageError) {
        guard isWhole(id) else { throw .notFound }
        let authentication = authentication
        try write { database in
            let found = try database.records(
                "SELECT \(tokenColumns) FROM tokens WHERE id = ?", [id], Authenticated<TokenRecord>.init(row:)
            ).first
            guard let found, try authentication?.holds(found) ?? true else { throw StorageError.notFound }
            var token = found.record
            token.expiresAt = expiresAt
            let mac = try authentication?.mac(token.recordBytes)
            try database.cachedStatement(sql: "UPDATE tokens SET expires_at = ?, record_mac = ? WHERE id = ?").execute(
                arguments: [expiresAt, mac.map(blob), id])
        }
    }

    public func noteTokenUses(_ uses: [String: Int64]) throws(StorageError) {
        try write { database in
            let statement = try database.cachedStatement(
                sql: "UPDATE tokens SET last_used_at = max(?, coalesce(last_used_at, 0)) WHERE id = ?")
            for (id, time) in uses where isWhole(id) { try statement.execute(arguments: [time, id]) }
        }
    }

    public func deleteTokens(ids: [String]) throws(StorageError) {
        try write { database in
            let statement = try database.cachedStatement(sql: "DELETE FROM tokens WHERE id = ?")
            for id in ids where isWhole(id) { try statement.execute(arguments: [id]) }
        }
    }
}

/// The columns that `Authenticated<TokenRecord>.init(row:)` reads, in its order.
private let tokenColumns = """
    id, mac, name, roles, created_at, expires_at, record_mac, makers, bound_makers, time_to_live, last_used_at, identity
    """

extension Database {
    func insertToken(_ token: TokenRecord, mac: [UInt8]?) throws {
        try cachedStatement(sql: "INSERT INTO tokens (\(tokenColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .execute(
                arguments: [
                    stored(token.id), blob(token.mac), stored(token.name), words(token.roles), token.createdAt,
                    token.expiresAt, mac.map(blob), column(of: token.makers), token.boundMakers, token.timeToLive,
                    token.lastUsedAt,
                    token.identity.map(stored),
                ])
    }

    func allTokens<Value>(_ make: (Authenticated<TokenRecord>) throws -> Value) throws -> [Value] {
        try records("SELECT \(tokenColumns) FROM tokens") { row in try make(Authenticated(row: row)) }
    }
}

extension Authenticated<TokenRecord> {
    fileprivate init(row: Row) throws(StorageError) {
        record = TokenRecord(
            id: try row.text(0), mac: try row.bytes(1), name: try row.text(2), roles: try row.words(3),
            createdAt: try row.integer(4), expiresAt: try row.optionalInteger(5), makers: try row.makers(7),
            boundMakers: try row.integer(8), timeToLive: try row.optionalInteger(9),
            identity: try row.optionalText(11), lastUsedAt: try row.optionalInteger(10))
        mac = try row.optionalBytes(6)
    }
}
