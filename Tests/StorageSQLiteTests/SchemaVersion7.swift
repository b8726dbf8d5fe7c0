// The database as version 7 of the schema left it, with the MACs of `RecordAuthentication.sample()`, and what is read from it.

import Storage
import StorageSQLite
import Testing

@Sendable func expectVersion7Records(_ store: SQLiteStore) throws {
    store.authenticateRecords(with: .sample())
    try store.checkRecords()
    #expect(try store.key(named: "orders")?.key.labels == ["team": "payments"])
    #expect(try store.token(mac: Array(64..<96))?.role == "operator")
    #expect(try store.token(mac: Array(64..<96))?.parent == "tok-root")
    #expect(try store.token(mac: Array(64..<96))?.identity == "jwt:ci:runner")
    #expect(try store.key(named: "orders")?.key.minApprovals == 2)
    #expect(try store.roles()[0].grants[0].approvals == 0)
    #expect(
        try store.roles()[0].grants[1]
            == GrantRecord(operations: ["export"], rate: RateRecord(requests: 5, seconds: 60), approvals: 3))
    #expect(
        try store.approvals() == [
            ApprovalRecord(
                id: "denied", request: "DELETE /v1/roles/operator", bodyDigest: Array(1..<33), operation: "deleteRole",
                subject: "operator", token: "tok-ci", role: "operator", needed: 1, createdAt: 1_700_000_012,
                expiresAt: 1_700_086_412,
                decisions: [
                    ApprovalDecision(token: "tok-root", role: "root", approves: false, decidedAt: 1_700_000_013)
                ]),
            ApprovalRecord(
                id: "waiting", request: "DELETE /v1/keys/orders", bodyDigest: Array(0..<32), operation: "deleteKey",
                key: "orders", keyID: KeyID(high: 1, low: 2), token: "tok-ci", role: "operator",
                identity: "jwt:ci:runner", needed: 2,
                createdAt: 1_700_000_010, expiresAt: 1_700_086_410,
                decisions: [
                    ApprovalDecision(
                        token: "tok-root", role: "root", identity: "uid:7", approves: true, decidedAt: 1_700_000_011)
                ]),
        ])
    #expect(try store.auditAnchor() == AuditAnchorRecord(sequence: 17, mac: Array(32..<64)))
    #expect(try store.importKey(id: KeyID(high: 5, low: 6))?.expiresAt == 1_700_086_405)
}

let schemaVersion7 = """
    BEGIN TRANSACTION;
    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
    INSERT INTO "grdb_migrations" VALUES('v1');
    INSERT INTO "grdb_migrations" VALUES('v2');
    INSERT INTO "grdb_migrations" VALUES('v3');
    INSERT INTO "grdb_migrations" VALUES('v4');
    INSERT INTO "grdb_migrations" VALUES('v5');
    INSERT INTO "grdb_migrations" VALUES('v6');
    INSERT INTO "grdb_migrations" VALUES('v7');
    CREATE TABLE audit_anchor (
        id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
        sequence INTEGER NOT NULL CHECK (sequence >= 1),
        mac BLOB NOT NULL CHECK (length(mac) = 32)
    ) STRICT;
    INSERT INTO "audit_anchor" VALUES(1,17,X'202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F');
    CREATE TABLE import_keys (
        id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
        sealed BLOB NOT NULL CHECK (length(sealed) BETWEEN 1 AND 1048576),
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    , record_mac BLOB CHECK (length(record_mac) = 32)) STRICT;
    INSERT INTO "import_keys" VALUES(X'00000000000000050000000000000006',X'0809',1700000005,1700086405,
        X'8E176300387AF0F8861F6B083072F8F09E077310286AE0E8960F7B182062E8E0');
    CREATE TABLE installation (
        id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
        root_identity BLOB NOT NULL CHECK (length(root_identity) BETWEEN 1 AND 1024),
        created_at INTEGER NOT NULL
    , wrapped_root BLOB CHECK (length(wrapped_root) BETWEEN 1 AND 4096), next_root_identity BLOB CHECK \
    (length(next_root_identity) BETWEEN 1 AND 1024), next_wrapped_root BLOB CHECK (
        length(next_wrapped_root) BETWEEN 1 AND 4096 AND (next_wrapped_root IS NULL) = (next_root_identity IS \
    NULL)), resealed_key BLOB CHECK (length(resealed_key) = 16), resealed_version INTEGER CHECK (
        (resealed_version IS NULL) = (resealed_key IS NULL) AND (resealed_key IS NULL OR next_wrapped_root IS NOT \
    NULL))) STRICT;
    INSERT INTO "installation"
        VALUES(1,X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F',1700000000,X'0A0B0C',X'0D0E',X'0F',X'00000000000000010000000000000002',2);
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
        sealed BLOB CHECK (length(sealed) BETWEEN 1 AND 1048576), uses_reserved INTEGER NOT NULL DEFAULT 0 CHECK \
    (uses_reserved >= 0),
        PRIMARY KEY (key_id, version),
        CHECK ((state = 'destroyed') = (sealed IS NULL))
    ) STRICT;
    INSERT INTO "key_versions" VALUES(X'00000000000000010000000000000002',1,'destroyed',1700000002,NULL,0);
    INSERT INTO "key_versions"
        VALUES(X'00000000000000010000000000000002',2,'enabled',1700000003,X'040506',65536);
    INSERT INTO "key_versions" VALUES(X'00000000000000030000000000000004',1,'disabled',1700000004,X'07',0);
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
    , derived INTEGER NOT NULL DEFAULT 0 CHECK (derived IN (0, 1)), convergent INTEGER NOT NULL DEFAULT 0 CHECK \
    (convergent IN (0, 1)), rotation_period INTEGER CHECK (rotation_period >= 1), rotate_at INTEGER CHECK \
    (rotate_at IS NULL OR rotation_period IS NOT NULL), record_mac BLOB CHECK (length(record_mac) = 32), min_approvals \
    INTEGER NOT NULL DEFAULT 0 CHECK (min_approvals BETWEEN 0 AND 16)) STRICT;
    INSERT INTO "keys"
        VALUES(X'00000000000000010000000000000002','orders','xaes-256-gcm','encrypt \
    decrypt',0,1,2,1,NULL,1700000002,4,1,1,7776000,1707776003,
        X'93F39461FAF820F59BFB9C69F2F028FD83E38471EAE830E58BEB8C79E2E038ED',2);
    INSERT INTO "keys"
        VALUES(X'00000000000000030000000000000004','old','ed25519','',1,1,1,0,1900000000,1700000004,1,0,0,NULL,NULL,
        X'6F204577A37709C367284D7FAB7F01CB7F305567B36719D377385D6FBB6F11DB',0);
    CREATE TABLE tokens (
        id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 128),
        mac BLOB NOT NULL UNIQUE CHECK (length(mac) = 32),
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER
    , record_mac BLOB CHECK (length(record_mac) = 32), parent TEXT, time_to_live INTEGER CHECK (time_to_live >= 1), \
    last_used_at INTEGER, identity TEXT) STRICT;
    INSERT INTO "tokens"
        VALUES('tok-root',X'202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F','first','root',1700000000,NULL,
        X'E22E82D4DCCC2091EA268ADCD4C42899F23E92C4CCDC3081FA369ACCC4D43889',NULL,NULL,NULL,NULL);
    INSERT INTO "tokens"
        VALUES('tok-ci',X'404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F','ci','operator',1700000001,1800000000,
        X'DAE4F63212A2B419D2ECFE3A1AAABC11CAF4E62202B2A409C2FCEE2A0ABAAC01','tok-root',3600,1700000009,'jwt:ci:runner');
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
        networks TEXT NOT NULL CHECK (networks NOT GLOB '*[^0-9a-f:./ ]*'), rate_requests INTEGER CHECK \
    (rate_requests >= 1), rate_seconds INTEGER CHECK (
        rate_seconds >= 1 AND (rate_seconds IS NULL) = (rate_requests IS NULL)), approvals INTEGER NOT \
    NULL DEFAULT 0 CHECK (approvals BETWEEN 0 AND 16),
        PRIMARY KEY (role, position)
    ) STRICT;
    INSERT INTO "roles"
        VALUES('operator',1700000006,3,X'21F84DBD150BEA5129F045B51D03E25931E85DAD051BFA4139E055A50D13F249');
    INSERT INTO "role_grants" VALUES('operator',1,0,'destroy *','orders-*',1,'10.0.0.0/8',NULL,NULL,0);
    INSERT INTO "role_grants" VALUES('operator',2,1,'export','*',0,'',5,60,3);
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
    , identity TEXT) STRICT;
    INSERT INTO "approvals"
        VALUES('waiting','DELETE /v1/keys/orders',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F',
        'deleteKey','orders',X'00000000000000010000000000000002',NULL,'tok-ci','operator',2,1700000010,1700086410,
        X'44E4AC76C382B7854CECA47ECB8ABF8D54F4BC66D392A7955CFCB46EDB9AAF9D','jwt:ci:runner');
    INSERT INTO "approvals"
        VALUES('denied','DELETE /v1/roles/operator',X'0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20',
        'deleteRole',NULL,NULL,'operator','tok-ci','operator',1,1700000012,1700086412,
        X'0144BFFD37E345B1094CB7F53FEB4DB91154AFED27F355A1195CA7E52FFB5DA9',NULL);
    CREATE TABLE approval_decisions (
        approval TEXT NOT NULL REFERENCES approvals ON DELETE CASCADE,
        position INTEGER NOT NULL CHECK (position >= 1),
        token TEXT NOT NULL,
        role TEXT NOT NULL,
        approves INTEGER NOT NULL CHECK (approves IN (0, 1)),
        decided_at INTEGER NOT NULL, identity TEXT,
        PRIMARY KEY (approval, position)
    ) STRICT;
    INSERT INTO "approval_decisions" VALUES('waiting',1,'tok-root','root',1,1700000011,'uid:7');
    INSERT INTO "approval_decisions" VALUES('denied',1,'tok-root','root',0,1700000013,NULL);
    CREATE INDEX keys_by_deletion ON keys (delete_at) WHERE delete_at IS NOT NULL;
    CREATE INDEX keys_by_rotation ON keys (rotate_at) WHERE rotate_at IS NOT NULL;
    COMMIT;
    """
