// The exchange of the root key in SQLite: a cursor in the installation's row says how far the versions are resealed, and moves
// with them in one transaction.

internal import GRDB
public import Storage

extension SQLiteStore {
    public func beginRootRotation(_ rotation: RootRotationRecord) throws(StorageError) {
        try write { database in
            try database.cachedStatement(
                sql: """
                    UPDATE installation SET next_root_identity = ?, next_wrapped_root = ?
                    WHERE next_wrapped_root IS NULL
                    """
            ).execute(arguments: [blob(rotation.rootIdentity), blob(rotation.wrappedRoot)])
            guard database.changesCount == 1 else { throw StorageError.conflict }
            try database.execute(sql: "DELETE FROM import_keys")
        }
    }

    public func sealedVersions(
        after version: (keyID: KeyID, version: Int)?, limit: Int
    ) throws(StorageError) -> [KeyVersionRecord] {
        try read { database in try database.sealedVersions(after: version, limit: limit) }
    }

    public func versionsToReseal(limit: Int) throws(StorageError) -> [KeyVersionRecord] {
        try read { database in
            let cursor = try database.records("SELECT resealed_key, resealed_version FROM installation") { row in
                try row.optionalBytes(0) == nil ? nil : (try row.keyID(0), try row.integer(1) as Int)
            }.first
            return try database.sealedVersions(after: cursor ?? nil, limit: limit)
        }
    }

    public func storeResealed(_ versions: [KeyVersionRecord]) throws(StorageError) {
        guard let last = versions.last else { return }
        try write { database in
            let statement = try database.cachedStatement(
                sql: "UPDATE key_versions SET sealed = ? WHERE key_id = ? AND version = ? AND sealed IS NOT NULL")
            for version in versions {
                guard let sealed = version.sealed else { throw StorageError.conflict }
                try statement.execute(arguments: [blob(sealed), blob(version.keyID), version.version])
                guard database.changesCount == 1 else { throw StorageError.conflict }
            }
            try database.cachedStatement(
                sql: """
                    UPDATE installation SET resealed_key = ?, resealed_version = ? WHERE next_wrapped_root IS NOT NULL
                    """
            ).execute(arguments: [blob(last.keyID), last.version])
            guard database.changesCount == 1 else { throw StorageError.conflict }
        }
    }

    public func finishRootRotation(authenticatingWith next: RecordAuthentication) throws(StorageError) {
        let authentication = authentication
        try write { database in
            // Not before: what was altered would have a MAC of its own from then on.
            try database.checkRecords(authentication)
            try database.writeMACs(of: next)
            try database.execute(
                sql: """
                    UPDATE installation SET root_identity = next_root_identity, wrapped_root = next_wrapped_root,
                        next_root_identity = NULL, next_wrapped_root = NULL, resealed_key = NULL, resealed_version = NULL
                    WHERE next_wrapped_root IS NOT NULL
                    """)
            guard database.changesCount == 1 else { throw StorageError.conflict }
        }
        authenticateRecords(with: next)
        try eraseRemains()
    }
}

extension Database {
    fileprivate func sealedVersions(
        after version: (keyID: KeyID, version: Int)?, limit: Int
    ) throws -> [KeyVersionRecord] {
        try records(
            """
            SELECT \(versionColumns) FROM key_versions WHERE (key_id, version) > (?, ?) AND sealed IS NOT NULL
            ORDER BY key_id, version LIMIT ?
            """,
            [version.map { blob($0.keyID) } ?? blob([]), version?.version ?? 0, limit]
        ) { row in try KeyVersionRecord(row: row) }
    }
}
