// Where the audit trail ended, in SQLite: one row.

internal import GRDB
public import Storage

extension SQLiteTransaction {
    public func auditAnchor() throws -> AuditAnchorRecord? {
        try database.records("SELECT sequence, mac FROM audit_anchor") { row in
            AuditAnchorRecord(sequence: try row.integer(0), mac: try row.bytes(1))
        }.first
    }

    public func setAuditAnchor(_ anchor: AuditAnchorRecord) throws {
        try database.change(
            "INSERT OR REPLACE INTO audit_anchor (id, sequence, mac) VALUES (1, ?, ?)",
            [anchor.sequence, blob(anchor.mac)])
    }
}
