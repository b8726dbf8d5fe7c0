// How many records of each kind there are, in SQLite: a row a kind, and what a table has.

internal import GRDB
public import Storage

extension SQLiteTransaction {
    public func set(_ kind: RecordSet.Kind) throws -> Authenticated<RecordSet>? {
        try database.records(
            "SELECT count, members, record_mac FROM record_sets WHERE kind = ?", [kind.rawValue]
        ) { row in
            let set = RecordSet(kind: kind, count: try row.integer(0), members: try Self.members(row.bytes(1)))
            return Authenticated(set, mac: try row.optionalBytes(2))
        }.first
    }

    public func put(_ set: Authenticated<RecordSet>) throws {
        let members = set.record.members.flatMap { member in
            [UInt8(truncatingIfNeeded: member.name.utf8.count)] + Array(member.name.utf8) + member.mac
        }
        try database.change(
            "INSERT OR REPLACE INTO record_sets (kind, count, members, record_mac) VALUES (?, ?, ?, ?)",
            [set.record.kind.rawValue, set.record.count, blob(members), set.mac.map(blob)])
    }

    public func count(of kind: RecordSet.Kind) throws -> Int64 {
        let sql =
            switch kind {
            case .keys: "SELECT count(*) FROM keys"
            case .tokens: "SELECT count(*) FROM tokens"
            case .roles: "SELECT count(*) FROM roles"
            }
        return try Int64.fetchOne(database.cachedStatement(sql: sql)) ?? 0
    }

    /// Each a byte for the name's length, the name, and 32 bytes.
    private static func members(_ bytes: [UInt8]) throws(StorageError) -> [RecordSet.Member] {
        var members: [RecordSet.Member] = []
        var rest = bytes[...]
        while let length = rest.popFirst() {
            guard rest.count >= Int(length) + 32 else { throw .corrupt }
            let name = String(decoding: rest.prefix(Int(length)), as: UTF8.self)
            rest = rest.dropFirst(Int(length))
            members.append(RecordSet.Member(name: name, mac: Array(rest.prefix(32))))
            rest = rest.dropFirst(32)
        }
        return members
    }
}
