// The installation's record in SQLite: one row, written with the first token, that keeps the wrapped root key.

internal import GRDB
public import Storage

extension SQLiteTransaction {
    public func installation() throws -> InstallationRecord? {
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

    public func insert(_ installation: InstallationRecord) throws {
        // One row at most: its id can only be 1.
        try database.change(
            "INSERT INTO installation (id, root_identity, created_at, wrapped_root) VALUES (1, ?, ?, ?)",
            [blob(installation.rootIdentity), installation.createdAt, blob(installation.wrappedRoot)])
    }

    public func setWrappedRoot(_ wrapped: [UInt8], expected: [UInt8]) throws {
        try database.change(
            "UPDATE installation SET wrapped_root = ? WHERE wrapped_root = ? AND next_wrapped_root IS NULL",
            [blob(wrapped), blob(expected)], orThrow: .conflict)
    }
}
