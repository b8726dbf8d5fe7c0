// The exchange of the root key in SQLite: a cursor in the installation's row says how far the versions are resealed, and moves
// with them in one transaction.

internal import GRDB
public import Storage

extension SQLiteTransaction {
    public func begin(_ rotation: RootRotationRecord) throws {
        try database.change(
            """
            UPDATE installation SET next_root_identity = ?, next_wrapped_root = ? WHERE next_wrapped_root IS NULL
            """, [blob(rotation.rootIdentity), blob(rotation.wrappedRoot)], orThrow: .conflict)
    }

    public func sealedVersions(
        after version: (keyID: KeyID, version: Int)?, limit: Int
    ) throws -> [KeyVersionRecord] {
        try database.records(
            """
            SELECT \(versionColumns) FROM key_versions WHERE (key_id, version) > (?, ?) AND sealed IS NOT NULL
            ORDER BY key_id, version LIMIT ?
            """,
            [version.map { blob($0.keyID) } ?? blob([]), version?.version ?? 0, limit]
        ) { row in try KeyVersionRecord(row: row) }
    }

    public func resealedVersion() throws -> (keyID: KeyID, version: Int)? {
        let cursor = try database.records("SELECT resealed_key, resealed_version FROM installation") { row in
            try row.optionalBytes(0) == nil ? nil : (keyID: try row.keyID(0), version: try row.integer(1) as Int)
        }
        return cursor.first ?? nil
    }

    public func storeResealed(_ versions: [KeyVersionRecord]) throws {
        for version in versions {
            try database.change(
                "UPDATE key_versions SET sealed = ? WHERE key_id = ? AND version = ? AND sealed IS NOT NULL",
                [version.sealed.map(blob), blob(version.keyID), version.version], orThrow: .conflict)
        }
        guard let last = versions.last else { return }
        try database.change(
            "UPDATE installation SET resealed_key = ?, resealed_version = ? WHERE next_wrapped_root IS NOT NULL",
            [blob(last.keyID), last.version], orThrow: .conflict)
    }

    public func finishRotation() throws {
        try database.change(
            """
            UPDATE installation SET root_identity = next_root_identity, wrapped_root = next_wrapped_root,
                next_root_identity = NULL, next_wrapped_root = NULL, resealed_key = NULL, resealed_version = NULL
            WHERE next_wrapped_root IS NOT NULL
            """, [], orThrow: .conflict)
    }

    public func setMAC(_ mac: [UInt8], of place: RecordPlace) throws {
        switch place {
        case .key(let id):
            try database.change("UPDATE keys SET record_mac = ? WHERE id = ?", [blob(mac), blob(id)])
        case .uses(let id, let version):
            try database.change(
                "UPDATE key_uses SET record_mac = ? WHERE key_id = ? AND version = ?", [blob(mac), blob(id), version])
        case .token(let id): try database.change("UPDATE tokens SET record_mac = ? WHERE id = ?", [blob(mac), id])
        case .role(let name): try database.change("UPDATE roles SET record_mac = ? WHERE name = ?", [blob(mac), name])
        case .approval(let id):
            try database.change("UPDATE approvals SET record_mac = ? WHERE id = ?", [blob(mac), id])
        case .importKey(let id):
            try database.change("UPDATE import_keys SET record_mac = ? WHERE id = ?", [blob(mac), blob(id)])
        }
    }
}
