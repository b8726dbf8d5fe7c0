// Tokens in SQLite: found by their MACs, listed and removed by their ids.

internal import GRDB
public import Storage

extension SQLiteTransaction {
    public func token(id: String) throws -> Authenticated<TokenRecord>? {
        guard isWhole(id) else { return nil }
        return try tokens("WHERE id = ?", [id]).first
    }

    public func token(mac: [UInt8]) throws -> Authenticated<TokenRecord>? {
        try tokens("WHERE mac = ?", [blob(mac)]).first
    }

    public func tokens(after id: String, limit: Int) throws -> [Authenticated<TokenRecord>] {
        guard isWhole(id) else { return [] }
        return try tokens("WHERE id > ? ORDER BY id LIMIT ?", [id, limit])
    }

    public func hasTokens(ofRole name: String) throws -> Bool {
        guard isWhole(name) else { return false }
        let sql = "SELECT EXISTS (SELECT 1 FROM tokens WHERE instr(' ' || roles || ' ', ' ' || ? || ' ') > 0)"
        return try Bool.fetchOne(database.cachedStatement(sql: sql), arguments: [name]) ?? false
    }

    public func insert(_ token: Authenticated<TokenRecord>) throws {
        let record = token.record
        try database.change(
            "INSERT INTO tokens (\(tokenColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                stored(record.id), blob(record.mac), stored(record.name), words(record.roles), record.createdAt,
                record.expiresAt, token.mac.map(blob), column(of: record.makers), record.boundMakers,
                record.timeToLive, record.lastUsedAt, record.identity.map(stored),
            ])
    }

    public func update(_ token: Authenticated<TokenRecord>) throws {
        try database.change(
            "UPDATE tokens SET expires_at = ?, record_mac = ? WHERE id = ?",
            [token.record.expiresAt, token.mac.map(blob), stored(token.record.id)])
    }

    public func noteTokenUses(_ uses: [String: Int64]) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE tokens SET last_used_at = max(?, coalesce(last_used_at, 0)) WHERE id = ?")
        for (id, time) in uses where isWhole(id) { try statement.execute(arguments: [time, id]) }
    }

    public func deleteTokens(ids: [String]) throws -> Int {
        try database.remove(from: "tokens", where: "id", in: ids)
    }

    private func tokens(_ which: String, _ arguments: StatementArguments) throws -> [Authenticated<TokenRecord>] {
        try database.records("SELECT \(tokenColumns) FROM tokens \(which)", arguments) { row in
            let record = TokenRecord(
                id: try row.text(0), mac: try row.bytes(1), name: try row.text(2), roles: try row.words(3),
                createdAt: try row.integer(4), expiresAt: try row.optionalInteger(5), makers: try row.makers(7),
                boundMakers: try row.integer(8), timeToLive: try row.optionalInteger(9),
                identity: try row.optionalText(11), lastUsedAt: try row.optionalInteger(10))
            return Authenticated(record, mac: try row.optionalBytes(6))
        }
    }
}

/// The columns of a token, in the order in which they are read.
private let tokenColumns = """
    id, mac, name, roles, created_at, expires_at, record_mac, makers, bound_makers, time_to_live, last_used_at, identity
    """
