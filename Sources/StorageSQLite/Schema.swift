// The tables. Nothing was released with an earlier schema: a database of one is refused.

internal import GRDB

enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration(name) { database in try database.execute(sql: tables) }
        return migrator
    }

    /// What the migrator's own table says of a database of this schema.
    static let name = "strongroom-2"

    /// What it says of databases of earlier builds.
    static let earlier: Set<String> = ["v1", "v2", "v3", "v4", "v5", "v6", "v7", "strongroom-1"]

    /// Times are seconds since 1970. A key is enabled while `delete_at` is null. The default ring is ''. Names are compared
    /// byte by byte (the BINARY collation), which is the order that listings promise. `record_mac` authenticates a record
    /// with the rows that belong to it.
    private static let tables = """
        CREATE TABLE installation (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            root_identity BLOB NOT NULL CHECK (length(root_identity) BETWEEN 1 AND 1024),
            created_at INTEGER NOT NULL,
            wrapped_root BLOB NOT NULL CHECK (length(wrapped_root) BETWEEN 1 AND 4096),
            next_root_identity BLOB CHECK (length(next_root_identity) BETWEEN 1 AND 1024),
            next_wrapped_root BLOB CHECK (length(next_wrapped_root) BETWEEN 1 AND 4096),
            resealed_key BLOB CHECK (length(resealed_key) = 16),
            resealed_version INTEGER,
            CHECK ((next_wrapped_root IS NULL) = (next_root_identity IS NULL)),
            CHECK ((resealed_version IS NULL) = (resealed_key IS NULL)),
            CHECK (resealed_key IS NULL OR next_wrapped_root IS NOT NULL)
        ) STRICT;

        CREATE TABLE keys (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            ring TEXT NOT NULL CHECK (
                ring = '' OR length(ring) BETWEEN 1 AND 128 AND ring NOT GLOB '*[^A-Za-z0-9_./-]*'
                AND ring GLOB '[A-Za-z0-9_]*' AND ring GLOB '*[A-Za-z0-9_]'),
            name TEXT NOT NULL CHECK (
                length(name) BETWEEN 1 AND 128 AND name NOT GLOB '*[^A-Za-z0-9_.-]*'
                AND name GLOB '[A-Za-z0-9_]*' AND name GLOB '*[A-Za-z0-9_]'),
            algorithm TEXT NOT NULL CHECK (length(algorithm) BETWEEN 1 AND 64),
            usages TEXT NOT NULL CHECK (usages NOT GLOB '*[^a-z -]*'),
            exportable INTEGER NOT NULL CHECK (exportable IN (0, 1)),
            derived INTEGER NOT NULL CHECK (derived IN (0, 1)),
            convergent INTEGER NOT NULL CHECK (convergent IN (0, 1)),
            min_decrypt_version INTEGER NOT NULL CHECK (min_decrypt_version BETWEEN 1 AND latest_version),
            latest_version INTEGER NOT NULL CHECK (latest_version BETWEEN 1 AND 2147483647),
            deletion_protected INTEGER NOT NULL CHECK (deletion_protected IN (0, 1)),
            delete_at INTEGER,
            rotation_period INTEGER CHECK (rotation_period >= 1),
            rotate_at INTEGER CHECK (rotate_at IS NULL OR rotation_period IS NOT NULL),
            min_approvals INTEGER NOT NULL CHECK (min_approvals BETWEEN 0 AND 16),
            approvals_by TEXT NOT NULL CHECK (approvals_by IN ('token', 'identity')),
            owner TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            revision INTEGER NOT NULL CHECK (revision >= 1),
            record_mac BLOB CHECK (length(record_mac) = 32),
            UNIQUE (ring, name)
        ) STRICT;

        CREATE INDEX keys_by_deletion ON keys (delete_at) WHERE delete_at IS NOT NULL;
        CREATE INDEX keys_by_rotation ON keys (rotate_at) WHERE rotate_at IS NOT NULL;
        CREATE INDEX keys_by_owner ON keys (owner) WHERE owner <> '';

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

        CREATE TABLE key_uses (
            key_id BLOB NOT NULL,
            version INTEGER NOT NULL,
            reserved INTEGER NOT NULL CHECK (reserved >= 0),
            record_mac BLOB CHECK (length(record_mac) = 32),
            PRIMARY KEY (key_id, version),
            FOREIGN KEY (key_id, version) REFERENCES key_versions ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE import_keys (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            sealed BLOB NOT NULL CHECK (length(sealed) BETWEEN 1 AND 1048576),
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            record_mac BLOB CHECK (length(record_mac) = 32)
        ) STRICT;

        CREATE TABLE roles (
            name TEXT NOT NULL PRIMARY KEY CHECK (
                length(name) BETWEEN 1 AND 128 AND name NOT GLOB '*[^A-Za-z0-9_.-]*'
                AND name GLOB '[A-Za-z0-9_]*' AND name GLOB '*[A-Za-z0-9_]'),
            id BLOB NOT NULL CHECK (length(id) = 16),
            created_at INTEGER NOT NULL,
            revision INTEGER NOT NULL CHECK (revision >= 1),
            record_mac BLOB CHECK (length(record_mac) = 32)
        ) STRICT;

        CREATE TABLE role_grants (
            role TEXT NOT NULL REFERENCES roles ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position BETWEEN 1 AND 100),
            allows INTEGER NOT NULL CHECK (allows IN (0, 1)),
            operations TEXT NOT NULL CHECK (operations NOT GLOB '*[^a-z* -]*'),
            names TEXT NOT NULL CHECK (length(names) BETWEEN 1 AND 257 AND names NOT GLOB '*[^A-Za-z0-9_./:?*-]*'),
            needs_associated_data INTEGER NOT NULL CHECK (needs_associated_data IN (0, 1)),
            networks TEXT NOT NULL CHECK (networks NOT GLOB '*[^0-9a-f:./ ]*'),
            rate_requests INTEGER CHECK (rate_requests >= 1),
            rate_seconds INTEGER CHECK (rate_seconds >= 1),
            approvals INTEGER NOT NULL CHECK (approvals BETWEEN 0 AND 16),
            PRIMARY KEY (role, position),
            CHECK ((rate_seconds IS NULL) = (rate_requests IS NULL))
        ) STRICT;

        CREATE TABLE tokens (
            id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 128),
            mac BLOB NOT NULL UNIQUE CHECK (length(mac) = 32),
            name TEXT NOT NULL,
            roles TEXT NOT NULL CHECK (length(roles) >= 1 AND roles NOT GLOB '*[^A-Za-z0-9_. -]*'),
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            makers TEXT NOT NULL CHECK (makers NOT GLOB '*[^A-Za-z0-9_.,= -]*'),
            bound_makers INTEGER NOT NULL CHECK (bound_makers BETWEEN 0 AND 32),
            time_to_live INTEGER CHECK (time_to_live >= 1),
            identity TEXT,
            last_used_at INTEGER,
            record_mac BLOB CHECK (length(record_mac) = 32)
        ) STRICT;

        CREATE TABLE approvals (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 128),
            request TEXT NOT NULL,
            body_digest BLOB NOT NULL CHECK (length(body_digest) = 32),
            operation TEXT NOT NULL,
            key_name TEXT,
            key_id BLOB CHECK (length(key_id) = 16),
            subject TEXT,
            token TEXT NOT NULL,
            roles TEXT NOT NULL,
            identity TEXT,
            makers TEXT NOT NULL,
            bound_makers INTEGER NOT NULL,
            needed INTEGER NOT NULL CHECK (needed BETWEEN 1 AND 16),
            approvals_by TEXT NOT NULL CHECK (approvals_by IN ('token', 'identity')),
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            record_mac BLOB CHECK (length(record_mac) = 32)
        ) STRICT;

        CREATE TABLE approval_decisions (
            approval TEXT NOT NULL REFERENCES approvals ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position >= 1),
            token TEXT NOT NULL,
            roles TEXT NOT NULL,
            identity TEXT,
            makers TEXT NOT NULL,
            bound_makers INTEGER NOT NULL,
            approves INTEGER NOT NULL CHECK (approves IN (0, 1)),
            decided_at INTEGER NOT NULL,
            PRIMARY KEY (approval, position)
        ) STRICT;

        CREATE TABLE record_sets (
            kind TEXT NOT NULL PRIMARY KEY CHECK (kind IN ('keys', 'tokens', 'roles')),
            count INTEGER NOT NULL CHECK (count >= 0),
            members BLOB NOT NULL,
            record_mac BLOB CHECK (length(record_mac) = 32)
        ) STRICT;

        CREATE TABLE audit_anchor (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            sequence INTEGER NOT NULL CHECK (sequence >= 0),
            mac BLOB NOT NULL CHECK (length(mac) = 32),
            record_mac BLOB CHECK (length(record_mac) = 32)
        ) STRICT;
        """
}
