// Approvals in SQLite: each with its decisions, written whole.

internal import GRDB
public import Storage

extension SQLiteStore {
    public func approvals() throws(StorageError) -> [ApprovalRecord] {
        let authentication = authentication
        return try read { database in
            try database.allApprovals().filter { try authentication?.holds($0) ?? true }.map(\.record)
        }
    }

    public func putApproval(_ approval: ApprovalRecord) throws(StorageError) {
        guard isWhole(approval.id) else { throw .conflict }
        let mac = try authentication?.mac(approval.recordBytes)
        try write { database in
            try database.cachedStatement(sql: "DELETE FROM approvals WHERE id = ?").execute(arguments: [approval.id])
            try database.insert(approval, mac: mac)
        }
    }

    public func deleteApprovals(ids: [String]) throws(StorageError) {
        try write { database in
            let statement = try database.cachedStatement(sql: "DELETE FROM approvals WHERE id = ?")
            for id in ids where isWhole(id) { try statement.execute(arguments: [id]) }
        }
    }
}

extension Database {
    func allApprovals() throws -> [Authenticated<ApprovalRecord>] {
        try records(
            """
            SELECT \(partyColumns), id, request, body_digest, operation, key_name, key_id, subject, needed, created_at,
                expires_at, record_mac, approvals_by
            FROM approvals ORDER BY id
            """
        ) { row in
            let id = try row.text(5)
            guard let kind = ApproverKind(rawValue: try row.text(16)) else { throw StorageError.corrupt }
            return Authenticated(
                record: ApprovalRecord(
                    id: id, request: try row.text(6), bodyDigest: try row.bytes(7), operation: try row.text(8),
                    key: try row.optionalText(9), keyID: try row.optionalBytes(10) == nil ? nil : row.keyID(10),
                    subject: try row.optionalText(11), asker: try row.party(), needed: try row.integer(12),
                    approvalsBy: kind,
                    createdAt: try row.integer(13), expiresAt: try row.integer(14), decisions: try decisions(of: id)),
                mac: try row.optionalBytes(15))
        }
    }

    private func decisions(of approval: String) throws -> [ApprovalDecision] {
        try records(
            """
            SELECT \(partyColumns), approves, decided_at FROM approval_decisions WHERE approval = ? ORDER BY position
            """, [approval]
        ) { row in
            ApprovalDecision(party: try row.party(), approves: try row.flag(5), decidedAt: try row.integer(6))
        }
    }

    fileprivate func insert(_ approval: ApprovalRecord, mac: [UInt8]?) throws {
        try cachedStatement(
            sql: """
                INSERT INTO approvals (
                    \(partyColumns), id, request, body_digest, operation, key_name, key_id, subject, needed, created_at,
                    expires_at, record_mac, approvals_by)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: try approval.asker.arguments + [
                approval.id, stored(approval.request), blob(approval.bodyDigest), stored(approval.operation),
                approval.key.map(stored), approval.keyID.map { blob($0) }, approval.subject.map(stored),
                approval.needed,
                approval.createdAt, approval.expiresAt, mac.map(blob), approval.approvalsBy.rawValue,
            ])
        let statement = try cachedStatement(
            sql: """
                INSERT INTO approval_decisions (\(partyColumns), approval, position, approves, decided_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for (index, decision) in approval.decisions.enumerated() {
            try statement.execute(
                arguments: try decision.party.arguments + [
                    approval.id, index + 1, decision.approves, decision.decidedAt,
                ])
        }
    }
}

/// The columns that `Row.party` reads, first of all.
private let partyColumns = "token, roles, identity, makers, bound_makers"

extension Row {
    fileprivate func party() throws(StorageError) -> ApprovalParty {
        ApprovalParty(
            token: try text(0), roles: try words(1), identity: try optionalText(2), makers: try makers(3),
            boundMakers: try integer(4))
    }
}

extension ApprovalParty {
    fileprivate var arguments: StatementArguments {
        get throws(StorageError) {
            [try stored(token), try words(roles), try identity.map(stored), try column(of: makers), boundMakers]
        }
    }
}
