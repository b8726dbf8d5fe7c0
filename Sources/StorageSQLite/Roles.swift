// Roles in SQLite: each with its grants, in their order.

internal import GRDB
public import Storage

extension SQLiteStore {
    public func roles() throws(StorageError) -> [RoleRecord] {
        let authentication = authentication
        return try read { database in
            try database.allRoles().filter { try authentication?.holds($0) ?? true }.map(\.record)
        }
    }

    public func putRole(_ role: RoleRecord, expectedRevision: Int64?) throws(StorageError) -> RoleRecord {
        guard isWhole(role.name) else { throw .conflict }
        let authentication = authentication
        return try write { database in
            let before = try database.allRoles(where: "WHERE name = ?", [role.name]).first
            var role = role
            if let expectedRevision {
                guard let before, try authentication?.holds(before) ?? true else { throw StorageError.notFound }
                guard before.record.revision == expectedRevision else { throw StorageError.conflict }
                role.revision = expectedRevision + 1
                (role.id, role.createdAt) = (before.record.id, before.record.createdAt)
                try database.cachedStatement(sql: "DELETE FROM roles WHERE name = ?").execute(arguments: [role.name])
            } else {
                guard before == nil else { throw StorageError.nameTaken }
                let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM roles") ?? 0
                guard count < SQLiteStore.maximumRoles else { throw StorageError.full }
                role.revision = 1
            }
            try database.insert(role, mac: authentication?.mac(role.recordBytes))
            return role
        }
    }

    public func deleteRole(name: String) throws(StorageError) {
        guard isWhole(name) else { throw .notFound }
        try write { database in
            let users = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM tokens WHERE instr(' ' || roles || ' ', ' ' || ? || ' ') > 0",
                arguments: [name])
            guard users == 0 else { throw StorageError.conflict }
            try database.cachedStatement(sql: "DELETE FROM roles WHERE name = ?").execute(arguments: [name])
            if database.changesCount == 0 { throw StorageError.notFound }
        }
    }

    private static let maximumRoles = 1000
}

extension Database {
    func allRoles(where condition: String = "", _ arguments: StatementArguments = []) throws -> [Authenticated<
        RoleRecord
    >] {
        try records(
            "SELECT name, created_at, revision, record_mac, id FROM roles \(condition) ORDER BY name", arguments
        ) { row in
            let name = try row.text(0)
            return Authenticated(
                record: RoleRecord(
                    id: try row.bytes(4), name: name, grants: try grants(of: name), createdAt: try row.integer(1),
                    revision: try row.integer(2)),
                mac: try row.optionalBytes(3))
        }
    }

    private func grants(of role: String) throws -> [GrantRecord] {
        try records(
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

    fileprivate func insert(_ role: RoleRecord, mac: [UInt8]?) throws {
        try cachedStatement(
            sql: "INSERT INTO roles (name, created_at, revision, record_mac, id) VALUES (?, ?, ?, ?, ?)"
        )
        .execute(
            arguments: [stored(role.name), role.createdAt, role.revision, mac.map(blob), blob(role.id)])
        let statement = try cachedStatement(
            sql: """
                INSERT INTO role_grants (
                    role, position, allows, operations, names, needs_associated_data, networks, rate_requests, rate_seconds,
                    approvals)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for (index, grant) in role.grants.enumerated() {
            try statement.execute(
                arguments: [
                    role.name, index + 1, grant.allows, words(grant.operations), stored(grant.names),
                    grant.needsAssociatedData, words(grant.networks), grant.rate?.requests, grant.rate?.seconds,
                    grant.approvals,
                ])
        }
    }
}
