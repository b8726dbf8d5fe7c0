// Roles in SQLite: each with its grants, in their order.

internal import GRDB
public import Storage

extension SQLiteTransaction {
    public func roles() throws -> [Authenticated<RoleRecord>] { try roles("ORDER BY name") }

    public func role(named name: String) throws -> Authenticated<RoleRecord>? {
        guard isWhole(name) else { return nil }
        return try roles("WHERE name = ?", [name]).first
    }

    public func insert(_ role: Authenticated<RoleRecord>) throws {
        let record = role.record
        try database.change(
            "INSERT INTO roles (name, created_at, revision, record_mac, id) VALUES (?, ?, ?, ?, ?)",
            [stored(record.name), record.createdAt, record.revision, role.mac.map(blob), blob(record.id)])
        for (index, grant) in record.grants.enumerated() {
            try database.change(
                """
                INSERT INTO role_grants (
                    role, position, allows, operations, names, needs_associated_data, networks, rate_requests, rate_seconds,
                    approvals)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    record.name, index + 1, grant.allows, words(grant.operations), stored(grant.names),
                    grant.needsAssociatedData, words(grant.networks), grant.rate?.requests, grant.rate?.seconds,
                    grant.approvals,
                ])
        }
    }

    public func delete(_ role: RoleRecord) throws {
        try database.change(
            "DELETE FROM role_grants WHERE role = ?", [stored(role.name)], rows: role.grants.count)
        try database.change("DELETE FROM roles WHERE name = ?", [stored(role.name)])
    }

    private func roles(
        _ which: String, _ arguments: StatementArguments = []
    ) throws -> [Authenticated<RoleRecord>] {
        try database.records("SELECT name, created_at, revision, record_mac, id FROM roles \(which)", arguments) {
            row in
            let name = try row.text(0)
            return Authenticated(
                RoleRecord(
                    id: try row.bytes(4), name: name, grants: try grants(of: name), createdAt: try row.integer(1),
                    revision: try row.integer(2)),
                mac: try row.optionalBytes(3))
        }
    }

    private func grants(of role: String) throws -> [GrantRecord] {
        try database.records(
            """
            SELECT allows, operations, names, needs_associated_data, networks, rate_requests, rate_seconds,
                approvals
            FROM role_grants
            WHERE role = ? ORDER BY position
            """, [role]
        ) { row in
            var grant = GrantRecord(
                allows: try row.flag(0), operations: try row.words(1), names: try row.text(2),
                needsAssociatedData: try row.flag(3), networks: try row.words(4))
            if let requests = try row.optionalInteger(5) {
                grant.rate = RateRecord(requests: requests, seconds: try row.integer(6))
            }
            grant.approvals = try row.integer(7)
            return grant
        }
    }
}
