// Databases as each released schema left them: `.dump` of a store that its release wrote. A new migration adds the next
// one, with the new columns filled in, and the records that today's release must read from it.

import GRDB
import Storage
import StorageSQLite
import Testing

struct SchemaFixture: Sendable, CustomTestStringConvertible {
    /// The last migration applied to it.
    let migration: String
    let sql: String
    /// Checks what a store opened on it answers.
    let expectRecords: @Sendable (SQLiteStore) throws -> Void

    var testDescription: String { migration }

    /// Makes the data folder with this database.
    func write(to folder: TemporaryFolder) throws {
        try folder.makeDataFolder()
        let queue = try DatabaseQueue(path: folder.database)
        try queue.writeWithoutTransaction { database in
            // As SQLite's own shell does for a dump: tables come in any order.
            try database.execute(sql: "PRAGMA foreign_keys = OFF")
            try database.execute(sql: sql)
        }
        try queue.close()
    }
}

let schemaFixtures: [SchemaFixture] = [
    SchemaFixture(migration: "v1", sql: version1, expectRecords: expectVersion1Records),
    SchemaFixture(migration: "v2", sql: schemaVersion2, expectRecords: expectVersion2Records),
    SchemaFixture(migration: "v3", sql: schemaVersion3, expectRecords: expectVersion3Records),
    SchemaFixture(migration: "v4", sql: schemaVersion4, expectRecords: expectVersion4Records),
    SchemaFixture(migration: "v5", sql: schemaVersion5, expectRecords: expectVersion5Records),
    SchemaFixture(migration: "v6", sql: schemaVersion6, expectRecords: expectVersion6Records),
    SchemaFixture(migration: "v7", sql: schemaVersion7, expectRecords: expectVersion7Records),
]

@Sendable private func expectVersion1Records(_ store: SQLiteStore) throws {
    #expect(
        try store.installation() == InstallationRecord(rootIdentity: Array(0..<32), createdAt: 1_700_000_000))
    let first = TokenRecord(
        id: "tok-root", mac: Array(32..<64), name: "first", role: "root", createdAt: 1_700_000_000)
    let second = TokenRecord(
        id: "tok-ci", mac: Array(64..<96), name: "ci", role: "operator", createdAt: 1_700_000_001,
        expiresAt: 1_800_000_000)
    #expect(try store.tokens(after: nil, limit: 10) == [second, first])

    let orders = KeyRecord(
        id: KeyID(high: 1, low: 2), name: "orders", algorithm: "xaes-256-gcm", usages: ["encrypt", "decrypt"],
        labels: ["team": "payments"], latestVersion: 2, createdAt: 1_700_000_002, revision: 3)
    let destroyed = KeyVersionRecord(
        keyID: orders.id, version: 1, state: .destroyed, createdAt: 1_700_000_002, sealed: nil)
    let latest = KeyVersionRecord(keyID: orders.id, version: 2, createdAt: 1_700_000_003, sealed: [4, 5, 6])
    #expect(try store.key(named: "orders") == StoredKey(key: orders, versions: [destroyed, latest]))

    let old = KeyRecord(
        id: KeyID(high: 3, low: 4), name: "old", algorithm: "ed25519", usages: [], exportable: true,
        deletionProtected: false, state: .pendingDeletion(at: 1_900_000_000), createdAt: 1_700_000_004)
    let disabled = KeyVersionRecord(
        keyID: old.id, version: 1, state: .disabled, createdAt: 1_700_000_004, sealed: [7])
    #expect(try store.key(named: "old") == StoredKey(key: old, versions: [disabled]))
}

private let version1 = """
    BEGIN TRANSACTION;
    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
    INSERT INTO "grdb_migrations" VALUES('v1');
    CREATE TABLE installation (
        id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
        root_identity BLOB NOT NULL CHECK (length(root_identity) BETWEEN 1 AND 1024),
        created_at INTEGER NOT NULL
    ) STRICT;
    INSERT INTO "installation"
        VALUES(1,X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F',1700000000);
    CREATE TABLE key_labels (
        key_id BLOB NOT NULL REFERENCES keys ON DELETE CASCADE,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (key_id, name)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO "key_labels" VALUES(X'00000000000000010000000000000002','team','payments');
    CREATE TABLE key_versions (
        key_id BLOB NOT NULL REFERENCES keys ON DELETE CASCADE,
        version INTEGER NOT NULL CHECK (version BETWEEN 1 AND 2147483647),
        state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled', 'destroyed')),
        created_at INTEGER NOT NULL,
        sealed BLOB CHECK (length(sealed) BETWEEN 1 AND 1048576),
        PRIMARY KEY (key_id, version),
        CHECK ((state = 'destroyed') = (sealed IS NULL))
    ) STRICT;
    INSERT INTO "key_versions"
        VALUES(X'00000000000000010000000000000002',1,'destroyed',1700000002,NULL);
    INSERT INTO "key_versions"
        VALUES(X'00000000000000010000000000000002',2,'enabled',1700000003,X'040506');
    INSERT INTO "key_versions"
        VALUES(X'00000000000000030000000000000004',1,'disabled',1700000004,X'07');
    CREATE TABLE keys (
        id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
        name TEXT NOT NULL UNIQUE CHECK (
            length(name) BETWEEN 1 AND 128 AND name NOT GLOB '*[^a-z0-9._-]*'
            AND name GLOB '[a-z0-9]*' AND name GLOB '*[a-z0-9]'),
        algorithm TEXT NOT NULL CHECK (length(algorithm) BETWEEN 1 AND 64),
        usages TEXT NOT NULL CHECK (usages NOT GLOB '*[^a-z -]*'),
        exportable INTEGER NOT NULL CHECK (exportable IN (0, 1)),
        min_decrypt_version INTEGER NOT NULL CHECK (min_decrypt_version BETWEEN 1 AND latest_version),
        latest_version INTEGER NOT NULL CHECK (latest_version BETWEEN 1 AND 2147483647),
        deletion_protected INTEGER NOT NULL CHECK (deletion_protected IN (0, 1)),
        delete_at INTEGER,
        created_at INTEGER NOT NULL,
        revision INTEGER NOT NULL CHECK (revision >= 1)
    ) STRICT;
    INSERT INTO "keys"
        VALUES(X'00000000000000010000000000000002','orders','xaes-256-gcm','encrypt decrypt',0,1,2,1,NULL,1700000002,3);
    INSERT INTO "keys"
        VALUES(X'00000000000000030000000000000004','old','ed25519','',1,1,1,0,1900000000,1700000004,1);
    CREATE TABLE tokens (
        id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 128),
        mac BLOB NOT NULL UNIQUE CHECK (length(mac) = 32),
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER
    ) STRICT;
    INSERT INTO "tokens"
        VALUES('tok-root',X'202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F',
        'first','root',1700000000,NULL);
    INSERT INTO "tokens"
        VALUES('tok-ci',X'404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F',
        'ci','operator',1700000001,1800000000);
    CREATE INDEX keys_by_deletion ON keys (delete_at) WHERE delete_at IS NOT NULL;
    COMMIT;
    """
