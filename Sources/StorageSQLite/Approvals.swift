// Approvals in SQLite: each with its decisions, written whole.

internal import GRDB
public import Storage

extension SQLiteTransaction {
    public func approvals() throws -> [Authenticated<ApprovalRecord>] {
        try database.records(
            """
            SELECT \(partyColumns), id, request, body_digest, operation, key_name, key_id, subject, needed, created_at,
                expires_at, record_mac, approvals_by
            FROM approvals ORDER BY id
            """
        ) { row in
            let id = try row.text(5)
            guard let kind = ApproverKind(rawValue: try row.text(16)) else { throw StorageError.corrupt }
            return Authenticated(
                ApprovalRecord(
                    id: id, request: try row.text(6), bodyDigest: try row.bytes(7), operation: try row.text(8),
                    key: try row.optionalText(9), keyID: try row.optionalBytes(10) == nil ? nil : row.keyID(10),
                    subject: try row.optionalText(11), asker: try row.party(), needed: try row.integer(12),
                    approvalsBy: kind,
                    createdAt: try row.integer(13), expiresAt: try row.integer(14), decisions: try decisions(of: id)),
                mac: try row.optionalBytes(15))
        }
    }

    public func insert(_ approval: Authenticated<ApprovalRecord>) throws {
        let record = approval.record
        try database.change(
            """
            INSERT INTO approvals (
                \(partyColumns), id, request, body_digest, operation, key_name, key_id, subject, needed, created_at,
                expires_at, record_mac, approvals_by)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            try record.asker.arguments + [
                stored(record.id), stored(record.request), blob(record.bodyDigest), stored(record.operation),
                record.key.map(stored), record.keyID.map { blob($0) }, record.subject.map(stored), record.needed,
                record.createdAt, record.expiresAt, approval.mac.map(blob), record.approvalsBy.rawValue,
            ])
        for (index, decision) in record.decisions.enumerated() {
            try database.change(
                """
                INSERT INTO approval_decisions (\(partyColumns), approval, position, approves, decided_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                try decision.party.arguments + [record.id, index + 1, decision.approves, decision.decidedAt])
        }
    }

    public func deleteApprovals(ids: [String]) throws {
        try database.remove(from: "approval_decisions", where: "approval", in: ids)
        try database.remove(from: "approvals", where: "id", in: ids)
    }

    private func decisions(of approval: String) throws -> [ApprovalDecision] {
        try database.records(
            """
            SELECT \(partyColumns), approves, decided_at FROM approval_decisions WHERE approval = ? ORDER BY position
            """, [approval]
        ) { row in
            ApprovalDecision(party: try row.party(), approves: try row.flag(5), decidedAt: try row.integer(6))
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
