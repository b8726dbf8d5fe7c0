// The tables, as the migrations that lead to them. A released migration is never edited: a change is a new one below,
// with a fixture of the schema it leads to in Tests/StorageSQLiteTests/SchemaFixtures.swift.

internal import GRDB

enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { database in
                try database.execute(sql: migration.sql)
            }
        }
        return migrator
    }

    /// In the order in which they are applied.
    static let migrations: [(name: String, sql: String)] = [
        (name: "v1", sql: version1),
        (name: "v2", sql: version2),
        (name: "v3", sql: version3),
        (name: "v4", sql: version4),
        (name: "v5", sql: version5),
        (name: "v6", sql: version6),
        (name: "v7", sql: version7),
    ]

    /// Times are seconds since 1970. A key is enabled while `delete_at` is null. Names are compared byte by byte (the
    /// BINARY collation), which is the order that listings promise.
    private static let version1 = """
        CREATE TABLE installation (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            root_identity BLOB NOT NULL CHECK (length(root_identity) BETWEEN 1 AND 1024),
            created_at INTEGER NOT NULL
        ) STRICT;

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

        CREATE INDEX keys_by_deletion ON keys (delete_at) WHERE delete_at IS NOT NULL;

        CREATE TABLE key_labels (
            key_id BLOB NOT NULL REFERENCES keys ON DELETE CASCADE,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (key_id, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE key_versions (
            key_id BLOB NOT NULL REFERENCES keys ON DELETE CASCADE,
            version INTEGER NOT NULL CHECK (version BETWEEN 1 AND 2147483647),
            state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled', 'destroyed')),
            created_at INTEGER NOT NULL,
            sealed BLOB CHECK (length(sealed) BETWEEN 1 AND 1048576),
            PRIMARY KEY (key_id, version),
            CHECK ((state = 'destroyed') = (sealed IS NULL))
        ) STRICT;

        CREATE TABLE tokens (
            id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 128),
            mac BLOB NOT NULL UNIQUE CHECK (length(mac) = 32),
            name TEXT NOT NULL,
            role TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER
        ) STRICT;
        """
    /// Encryptions under 96-bit nonces were not counted before: a version that was used for them counts as used up, and
    /// its key is to be rotated.
    private static let version2 = """
        ALTER TABLE keys ADD COLUMN derived INTEGER NOT NULL DEFAULT 0 CHECK (derived IN (0, 1));
        ALTER TABLE keys ADD COLUMN convergent INTEGER NOT NULL DEFAULT 0 CHECK (convergent IN (0, 1));
        ALTER TABLE keys ADD COLUMN rotation_period INTEGER CHECK (rotation_period >= 1);
        ALTER TABLE keys ADD COLUMN rotate_at INTEGER CHECK (rotate_at IS NULL OR rotation_period IS NOT NULL);

        CREATE INDEX keys_by_rotation ON keys (rotate_at) WHERE rotate_at IS NOT NULL;

        ALTER TABLE key_versions ADD COLUMN uses_reserved INTEGER NOT NULL DEFAULT 0 CHECK (uses_reserved >= 0);

        UPDATE key_versions SET uses_reserved = 4294967296
        WHERE key_id IN (SELECT id FROM keys WHERE algorithm = 'aes-256-gcm');

        CREATE TABLE import_keys (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            sealed BLOB NOT NULL CHECK (length(sealed) BETWEEN 1 AND 1048576),
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT;
        """

    /// The root key was a file itself before, and is wrapped at the next start. The last two columns say which version was
    /// resealed last.
    private static let version3 = """
        ALTER TABLE installation ADD COLUMN wrapped_root BLOB CHECK (length(wrapped_root) BETWEEN 1 AND 4096);
        ALTER TABLE installation ADD COLUMN next_root_identity BLOB CHECK (length(next_root_identity) BETWEEN 1 AND 1024);
        ALTER TABLE installation ADD COLUMN next_wrapped_root BLOB CHECK (
            length(next_wrapped_root) BETWEEN 1 AND 4096 AND (next_wrapped_root IS NULL) = (next_root_identity IS NULL));
        ALTER TABLE installation ADD COLUMN resealed_key BLOB CHECK (length(resealed_key) = 16);
        ALTER TABLE installation ADD COLUMN resealed_version INTEGER CHECK (
            (resealed_version IS NULL) = (resealed_key IS NULL) AND (resealed_key IS NULL OR next_wrapped_root IS NOT NULL));
        """

    /// Records had no MACs before, and are given them at the next unsealing. A key's is over its labels and versions too.
    private static let version4 = """
        ALTER TABLE keys ADD COLUMN record_mac BLOB CHECK (length(record_mac) = 32);
        ALTER TABLE tokens ADD COLUMN record_mac BLOB CHECK (length(record_mac) = 32);
        ALTER TABLE import_keys ADD COLUMN record_mac BLOB CHECK (length(record_mac) = 32);

        ALTER TABLE tokens ADD COLUMN parent TEXT;
        ALTER TABLE tokens ADD COLUMN time_to_live INTEGER CHECK (time_to_live >= 1);
        ALTER TABLE tokens ADD COLUMN last_used_at INTEGER;

        CREATE TABLE roles (
            name TEXT NOT NULL PRIMARY KEY CHECK (
                length(name) BETWEEN 1 AND 128 AND name NOT GLOB '*[^a-z0-9._-]*'
                AND name GLOB '[a-z0-9]*' AND name GLOB '*[a-z0-9]'),
            created_at INTEGER NOT NULL,
            revision INTEGER NOT NULL CHECK (revision >= 1),
            record_mac BLOB CHECK (length(record_mac) = 32)
        ) STRICT;

        CREATE TABLE role_grants (
            role TEXT NOT NULL REFERENCES roles ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position BETWEEN 1 AND 100),
            allows INTEGER NOT NULL CHECK (allows IN (0, 1)),
            operations TEXT NOT NULL CHECK (operations NOT GLOB '*[^a-z* -]*'),
            names TEXT NOT NULL CHECK (length(names) BETWEEN 1 AND 128 AND names NOT GLOB '*[^a-z0-9._?*-]*'),
            needs_associated_data INTEGER NOT NULL CHECK (needs_associated_data IN (0, 1)),
            networks TEXT NOT NULL CHECK (networks NOT GLOB '*[^0-9a-f:./ ]*'),
            PRIMARY KEY (role, position)
        ) STRICT;
        """

    /// What the audit trail has to contain.
    private static let version5 = """
        CREATE TABLE audit_anchor (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            sequence INTEGER NOT NULL CHECK (sequence >= 1),
            mac BLOB NOT NULL CHECK (length(mac) = 32)
        ) STRICT;

        ALTER TABLE role_grants ADD COLUMN rate_requests INTEGER CHECK (rate_requests >= 1);
        ALTER TABLE role_grants ADD COLUMN rate_seconds INTEGER CHECK (
            rate_seconds >= 1 AND (rate_seconds IS NULL) = (rate_requests IS NULL));
        """

    /// Requests that others have to approve, and where that is asked for.
    private static let version6 = """
        ALTER TABLE keys ADD COLUMN min_approvals INTEGER NOT NULL DEFAULT 0 CHECK (min_approvals BETWEEN 0 AND 16);
        ALTER TABLE role_grants ADD COLUMN approvals INTEGER NOT NULL DEFAULT 0 CHECK (approvals BETWEEN 0 AND 16);

        CREATE TABLE approvals (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 128),
            request TEXT NOT NULL,
            body_digest BLOB NOT NULL CHECK (length(body_digest) = 32),
            operation TEXT NOT NULL,
            key_name TEXT,
            key_id BLOB CHECK (length(key_id) = 16),
            subject TEXT,
            token TEXT NOT NULL,
            role TEXT NOT NULL,
            needed INTEGER NOT NULL CHECK (needed BETWEEN 1 AND 16),
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            record_mac BLOB CHECK (length(record_mac) = 32)
        ) STRICT;

        CREATE TABLE approval_decisions (
            approval TEXT NOT NULL REFERENCES approvals ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position >= 1),
            token TEXT NOT NULL,
            role TEXT NOT NULL,
            approves INTEGER NOT NULL CHECK (approves IN (0, 1)),
            decided_at INTEGER NOT NULL,
            PRIMARY KEY (approval, position)
        ) STRICT;
        """

    /// Who logged in: for tokens, and for what was asked for and decided with them.
    private static let version7 = """
        ALTER TABLE tokens ADD COLUMN identity TEXT;
        ALTER TABLE approvals ADD COLUMN identity TEXT;
        ALTER TABLE approval_decisions ADD COLUMN identity TEXT;
        """
}
