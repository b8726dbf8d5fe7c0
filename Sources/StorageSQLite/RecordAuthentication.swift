// MACs of records in SQLite: written in the transaction that changes a record, and checked before it and at each reading.

internal import GRDB
public import Storage
internal import Threading

extension SQLiteStore {
    public func authenticateRecords(with authentication: RecordAuthentication) {
        lockedAuthentication.withLock { $0 = authentication }
    }

    public func checkRecords() throws(StorageError) {
        let authentication = authentication
        try read { database in try database.checkRecords(authentication) }
    }

    /// What records are held to now; nil where they are not.
    var authentication: RecordAuthentication? { lockedAuthentication.withLock { $0 } }

    /// Changes a key that is as it was written, and gives it the MAC of what it becomes.
    func changeKey<Value>(_ id: KeyID, _ body: (Database) throws -> Value) throws(StorageError) -> Value {
        let authentication = authentication
        return try write { database in
            guard let authentication else { return try body(database) }
            try database.checkKey(id, with: authentication)
            let value = try body(database)
            try database.authenticateKey(id, with: authentication)
            return value
        }
    }
}

extension Database {
    /// A key by a condition on its row, with its MAC.
    func storedKey(_ condition: String, _ arguments: StatementArguments) throws -> (key: StoredKey, mac: [UInt8]?)? {
        let found = try records(
            "SELECT \(keyColumns), record_mac FROM keys WHERE \(condition)", arguments
        ) { row in
            (try KeyRecord(row: row, labels: labels(of: row.keyID(0))), try row.optionalBytes(keyColumnCount))
        }
        guard let (key, mac) = found.first else { return nil }
        let versions = try records(
            """
            SELECT \(versionColumns), (
                SELECT reserved FROM key_uses
                WHERE key_uses.key_id = key_versions.key_id AND key_uses.version = key_versions.version)
            FROM key_versions WHERE key_id = ? ORDER BY version
            """, [blob(key.id)]
        ) { row in try KeyVersionRecord(row: row, hasUses: true) }
        return (StoredKey(key: key, versions: versions), mac)
    }

    /// Every record. Throws `.altered` when all were looked at.
    func checkRecords(_ authentication: RecordAuthentication?) throws {
        guard let authentication else { return }
        var altered = false
        try forEachKey { id in
            do {
                try checkKey(id, with: authentication)
                try checkUses(id, with: authentication)
            } catch StorageError.altered {
                altered = true
            }
        }
        let tokens = try allTokens { try authentication.holds($0) }
        let importKeys = try allImportKeys { try authentication.holds($0) }
        let roles = try allRoles().map { try authentication.holds($0) }
        let approvals = try allApprovals().map { try authentication.holds($0) }
        if altered || (roles + tokens + importKeys + approvals).contains(false) {
            throw StorageError.altered
        }
    }

    /// Gives every record a MAC, whatever it had.
    func writeMACs(of authentication: RecordAuthentication) throws {
        try forEachKey { id in
            try authenticateKey(id, with: authentication)
            guard let (key, _) = try storedKey("id = ?", [blob(id)]) else { return }
            for version in key.versions {
                try cachedStatement(sql: "UPDATE key_uses SET record_mac = ? WHERE key_id = ? AND version = ?").execute(
                    arguments: [blob(authentication.mac(version.usesBytes)), blob(id), version.version])
            }
        }
        for token in try allTokens({ $0.record }) {
            try cachedStatement(sql: "UPDATE tokens SET record_mac = ? WHERE id = ?").execute(
                arguments: [blob(authentication.mac(token.recordBytes)), token.id])
        }
        for role in try allRoles() {
            try cachedStatement(sql: "UPDATE roles SET record_mac = ? WHERE name = ?").execute(
                arguments: [blob(authentication.mac(role.record.recordBytes)), role.record.name])
        }
        for approval in try allApprovals() {
            try cachedStatement(sql: "UPDATE approvals SET record_mac = ? WHERE id = ?").execute(
                arguments: [blob(authentication.mac(approval.record.recordBytes)), approval.record.id])
        }
        for key in try allImportKeys({ $0.record }) {
            try cachedStatement(sql: "UPDATE import_keys SET record_mac = ? WHERE id = ?").execute(
                arguments: [blob(authentication.mac(key.recordBytes)), blob(key.id)])
        }
    }

    /// Nothing where there is no such key.
    fileprivate func checkKey(_ id: KeyID, with authentication: RecordAuthentication) throws {
        guard let (key, mac) = try storedKey("id = ?", [blob(id)]) else { return }
        try authentication.check(key, mac)
    }

    /// That each version of a key has its count of uses, as it was written.
    private func checkUses(_ id: KeyID, with authentication: RecordAuthentication) throws {
        guard let (key, _) = try storedKey("id = ?", [blob(id)]) else { return }
        let macs = try records(
            "SELECT record_mac FROM key_uses WHERE key_id = ? ORDER BY version", [blob(id)]
        ) { row in try row.optionalBytes(0) }
        for (index, version) in key.versions.enumerated() {
            let mac = macs.indices.contains(index) && macs.count == key.versions.count ? macs[index] : nil
            try authentication.check(version.usesBytes, mac, .key(name: key.key.fullName))
        }
    }

    fileprivate func authenticateKey(_ id: KeyID, with authentication: RecordAuthentication) throws {
        guard let (key, _) = try storedKey("id = ?", [blob(id)]) else { return }
        try cachedStatement(sql: "UPDATE keys SET record_mac = ? WHERE id = ?").execute(
            arguments: [blob(authentication.mac(key.recordBytes)), blob(id)])
    }

    /// A page at a time: there may be millions.
    fileprivate func forEachKey(_ body: (KeyID) throws -> Void) throws {
        var last: [UInt8] = []
        while true {
            let page = try records("SELECT id FROM keys WHERE id > ? ORDER BY id LIMIT 500", [blob(last)]) { row in
                try row.keyID(0)
            }
            guard let end = page.last else { return }
            try page.forEach(body)
            last = end.bytes
        }
    }
}

/// A record and the MAC that is stored with it.
struct Authenticated<Record> {
    let record: Record
    let mac: [UInt8]?
}

extension RecordAuthentication {
    /// Throws `.altered`, and reports it, where the MAC is not the key's.
    func check(_ key: StoredKey, _ mac: [UInt8]?) throws(StorageError) {
        try check(key.recordBytes, mac, .key(name: key.key.fullName))
    }

    /// Whether the MAC is the token's; reported where it is not.
    func holds(_ token: Authenticated<TokenRecord>) throws(StorageError) -> Bool {
        try holds(token.record.recordBytes, token.mac, .token(id: token.record.id))
    }

    /// Whether the MAC is the role's; reported where it is not.
    func holds(_ role: Authenticated<RoleRecord>) throws(StorageError) -> Bool {
        try holds(role.record.recordBytes, role.mac, .role(name: role.record.name))
    }

    /// Whether the MAC is the approval's; reported where it is not.
    func holds(_ approval: Authenticated<ApprovalRecord>) throws(StorageError) -> Bool {
        try holds(approval.record.recordBytes, approval.mac, .approval(id: approval.record.id))
    }

    /// Whether the MAC is the import key's; reported where it is not.
    func holds(_ key: Authenticated<ImportKeyRecord>) throws(StorageError) -> Bool {
        try holds(key.record.recordBytes, key.mac, .importKey(key.record.id))
    }

    func check(_ record: RecordBytes, _ mac: [UInt8]?, _ name: RecordName) throws(StorageError) {
        guard try holds(record, mac, name) else { throw .altered }
    }

    private func holds(_ record: RecordBytes, _ mac: [UInt8]?, _ name: RecordName) throws(StorageError) -> Bool {
        let expected = try self.mac(record)
        // All of it is looked at, whatever the first bytes are.
        let same = mac.map { mac in
            mac.count == expected.count && zip(mac, expected).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
        }
        if same == true { return true }
        reportAltered(name)
        return false
    }
}
