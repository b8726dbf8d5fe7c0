// The installation's record in SQLite: one row, written with the first token, that keeps the wrapped root key.

internal import GRDB
public import Storage

extension SQLiteStore {
    public func installation() throws(StorageError) -> InstallationRecord? {
        try read { database in
            try database.records(
                """
                SELECT root_identity, created_at, wrapped_root, next_root_identity, next_wrapped_root FROM installation
                """
            ) { row in
                var rotation: RootRotationRecord?
                if let identity = try row.optionalBytes(3) {
                    rotation = RootRotationRecord(rootIdentity: identity, wrappedRoot: try row.bytes(4))
                }
                return InstallationRecord(
                    rootIdentity: try row.bytes(0), createdAt: try row.integer(1),
                    wrappedRoot: try row.bytes(2), rotation: rotation)
            }.first
        }
    }

    public func createInstallation(
        _ installation: InstallationRecord, firstToken: TokenRecord
    ) throws(StorageError) {
        guard installation.rotation == nil else { throw .conflict }
        let mac = try authentication?.mac(firstToken.recordBytes)
        try write { database in
            // One row at most: its id can only be 1.
            try database.cachedStatement(
                sql: "INSERT INTO installation (id, root_identity, created_at, wrapped_root) VALUES (1, ?, ?, ?)"
            ).execute(
                arguments: [
                    blob(installation.rootIdentity), installation.createdAt, blob(installation.wrappedRoot),
                ])
            try database.insertToken(firstToken, mac: mac)
        }
    }

    public func setWrappedRoot(_ wrapped: [UInt8], expected: [UInt8]) throws(StorageError) {
        try write { database in
            try database.cachedStatement(
                sql: """
                    UPDATE installation SET wrapped_root = ? WHERE wrapped_root = ? AND next_wrapped_root IS NULL
                    """
            ).execute(arguments: [blob(wrapped), blob(expected)])
            guard database.changesCount == 1 else { throw StorageError.conflict }
        }
        try eraseRemains()
    }
}
