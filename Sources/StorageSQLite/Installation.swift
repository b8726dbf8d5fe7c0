// The installation's record in SQLite, written once together with the first token.

internal import GRDB
public import Storage

extension SQLiteStore {
    public func installation() throws(StorageError) -> InstallationRecord? {
        try read { database in
            try database.records("SELECT root_identity, created_at FROM installation") { row in
                InstallationRecord(rootIdentity: try row.bytes(0), createdAt: try row.integer(1))
            }.first
        }
    }

    public func createInstallation(
        _ installation: InstallationRecord, firstToken: TokenRecord
    ) throws(StorageError) {
        try write { database in
            // One row at most: its id can only be 1.
            try database.cachedStatement(
                sql: "INSERT INTO installation (id, root_identity, created_at) VALUES (1, ?, ?)"
            ).execute(arguments: [blob(installation.rootIdentity), installation.createdAt])
            try database.insertToken(firstToken)
        }
    }
}
