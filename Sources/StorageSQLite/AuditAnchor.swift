// Where the audit trail ended, in SQLite: one row.

internal import GRDB
public import Storage

extension SQLiteStore {
    public func auditAnchor() throws(StorageError) -> AuditAnchorRecord? {
        try read { database in
            try database.records("SELECT sequence, mac FROM audit_anchor") { row in
                AuditAnchorRecord(sequence: try row.integer(0), mac: try row.bytes(1))
            }.first
        }
    }

    public func setAuditAnchor(_ anchor: AuditAnchorRecord) throws(StorageError) {
        try write { database in
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO audit_anchor (id, sequence, mac) VALUES (1, ?, ?)"
            ).execute(arguments: [anchor.sequence, blob(anchor.mac)])
        }
    }
}
