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
            SELECT id, request, body_digest, operation, key_name, key_id, subject, token, role, needed, created_at, expires_at,
                record_mac, identity
            FROM approvals ORDER BY id
            """
        ) { row in
            let id = try row.text(0)
            return Authenticated(
                record: ApprovalRecord(
                    id: id, request: try row.text(1), bodyDigest: try row.bytes(2), operation: try row.text(3),
                    key: try row.optionalText(4), keyID: try row.optionalBytes(5) == nil ? nil : row.keyID(5),
                    subject: try row.optionalText(6), token: try row.text(7), role: try row.text(8),
                    identity: try row.optionalText(13),
                    needed: try row.integer(9), createdAt: try row.integer(10), expiresAt: try row.integer(11),
                    decisions: try decisions(of: id)),
                mac: try row.optionalBytes(12))
        }
    }

    private func decisions(of approval: String) throws -> [ApprovalDecision] {
        try records(
            """
            SELECT token, role, approves, decided_at, identity FROM approval_decisions WHERE approval = ? ORDER BY position
            """, [approval]
        ) { row in
            ApprovalDecision(
                token: try row.text(0), role: try row.text(1), identity: try row.optionalText(4),
                approves: try row.flag(2), decidedAt: try row.integer(3))
        }
    }

    fileprivate func insert(_ approval: ApprovalRecord, mac: [UInt8]?) throws {
        try cachedStatement(
            sql: """
                INSERT INTO approvals (
                    id, request, body_digest, operation, key_name, key_id, subject, token, role, needed, created_at, expires_at,
                    record_mac, identity)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                approval.id, stored(approval.request), blob(approval.bodyDigest), stored(approval.operation),
                approval.key.map(stored),
                approval.keyID.map { blob($0) }, approval.subject.map(stored), stored(approval.token),
                stored(approval.role), approval.needed, approval.createdAt, approval.expiresAt, mac.map(blob),
                approval.identity.map(stored),
            ])
        let statement = try cachedStatement(
            sql: """
                INSERT INTO approval_decisions (approval, position, token, role, approves, decided_at, identity)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """)
        for (index, decision) in approval.decisions.enumerated() {
            try statement.execute(
                arguments: [
                    approval.id, index + 1, stored(decision.token), stored(decision.role), decision.approves,
                    decision.decidedAt, decision.identity.map(stored),
                ])
        }
    }
}
