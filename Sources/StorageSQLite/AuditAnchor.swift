// Where the audit trail ended, in SQLite: one row.

internal import GRDB
public import Storage

extension SQLiteTransaction {
    public func auditAnchor() throws -> Authenticated<AuditAnchorRecord>? {
        try database.records("SELECT sequence, mac, record_mac FROM audit_anchor") { row in
            Authenticated(
                AuditAnchorRecord(sequence: try row.integer(0), mac: try row.bytes(1)), mac: try row.optionalBytes(2))
        }.first
    }

    public func setAuditAnchor(_ anchor: Authenticated<AuditAnchorRecord>) throws {
        try database.change(
            "INSERT OR REPLACE INTO audit_anchor (id, sequence, mac, record_mac) VALUES (1, ?, ?, ?)",
            [anchor.record.sequence, blob(anchor.record.mac), anchor.mac.map(blob)])
    }
}
