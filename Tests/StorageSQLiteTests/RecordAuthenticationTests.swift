// Records that were changed behind the store's back, by whoever can write to its file.

import Foundation
import GRDB
import Storage
import StorageAuthentication
import Testing
import Threading

@testable import StorageSQLite

@Suite struct RecordAuthenticationTests {
    private let folder: TemporaryFolder
    private let store: AuthenticatedStore<SQLiteStore>
    private let altered = Locked<[RecordName]>([])

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.open()
        let altered = altered
        store.authenticateRecords(with: .sample { record in altered.withLock { $0.append(record) } })
    }

    /// Two keys, tokens and import keys that differ in every column, each but for its name in `other`.
    private func fill() throws {
        for (index, name) in ["one", "two"].enumerated() {
            let number = Int64(index)
            var key = sampleKey(name, id: UInt64(index), labels: ["label-\(index)": "value-\(index)"])
            key.algorithm = ["xaes-256-gcm", "aes-256-gcm"][index]
            key.usages = [["encrypt"], ["decrypt"]][index]
            (key.exportable, key.derived) = (index == 0, index == 0)
            (key.convergent, key.deletionProtected) = (index == 0, index == 0)
            key.minApprovals = 1 + index
            (key.ring, key.approvalsBy) = (["", "a/b"][index], [.token, .identity][index])
            key.owner = "owner-\(name)"
            (key.rotationPeriod, key.rotateAt) = (100 + number, 1000 + number)
            key.createdAt += number
            (key.latestVersion, key.minDecryptVersion) = (2 + index, 1 + index)
            key.state = .pendingDeletion(at: 2_000_000_000 + number)
            let versions = (1...2 + index).map { version in
                var record = sampleVersion(of: key, version)
                record.createdAt += 10 * number
                record.usesReserved = number + Int64(10 * version)
                record.state = version == 1 && index == 0 ? .disabled : .enabled
                return record
            }
            try store.createKey(key, versions: versions)
            // So that revisions differ.
            for _ in 0..<index { _ = try store.updateKey(key, expectedRevision: 1) }
            let grant = GrantRecord(
                allows: index == 0, operations: [["*"], ["encrypt"]][index], names: "\(name)-*",
                needsAssociatedData: index == 1, networks: [["10.0.0.0/8"], ["::/0"]][index],
                rate: RateRecord(requests: 9 + number, seconds: 20 + number), approvals: 3 + index)
            var role = try store.putRole(
                RoleRecord(
                    id: [UInt8](repeating: UInt8(index), count: 16), name: "role-\(name)", grants: [grant, grant],
                    createdAt: 8 + number), expectedRevision: nil)
            for _ in 0..<index { role = try store.putRole(role, expectedRevision: role.revision) }
            var token = sampleToken("token-\(name)", expiresAt: 1_800_000_000 + number)
            (token.name, token.roles, token.createdAt) = ("of \(name)", ["role-\(name)"], 1 + number)
            // Behind the others, by its id.
            if index == 1 { try store.insertToken(sampleToken("z-parent-\(name)")) }
            token.makers = [TokenMaker(id: "z-parent-\(name)", roles: ["r"])]
            (token.boundMakers, token.timeToLive) = (index, 7 + number)
            token.identity = "identity-\(name)"
            try store.insertToken(token)
            try store.noteTokenUses(["token-\(name)": 3 + number])
            try store.insertImportKey(
                ImportKeyRecord(
                    id: KeyID(high: 9, low: UInt64(index)), sealed: [1 + UInt8(index)], createdAt: 5 + number,
                    expiresAt: 1_900_000_000 + number),
                removingExpiredAt: 0)
            let decisions = (0...1).map { place in
                let party = ApprovalParty(
                    token: "token-\(index)\(place)", roles: ["role-\(index)\(place)"],
                    identity: "identity-\(index)\(place)", makers: [TokenMaker(id: "m\(index)\(place)", roles: ["r"])],
                    boundMakers: index)
                return ApprovalDecision(party: party, approves: index == 0, decidedAt: 4 + number)
            }
            try store.putApproval(
                ApprovalRecord(
                    id: "approval-\(name)", request: "DELETE /\(name)",
                    bodyDigest: Array(repeating: UInt8(index), count: 32),
                    operation: "delete-\(name)", key: name, keyID: KeyID(high: 8, low: UInt64(index)),
                    subject: "subject-\(name)",
                    asker: ApprovalParty(
                        token: "token-\(name)", roles: ["role-\(name)"], identity: "identity-\(name)",
                        makers: [TokenMaker(id: "maker-\(name)", roles: ["r"])], boundMakers: index),
                    needed: 1 + index, approvalsBy: [.token, .identity][index], createdAt: 3 + number,
                    expiresAt: 30 + number, decisions: decisions))
        }
        try store.checkRecords()
    }

    @Test(
        "the columns of two rows exchanged, each on its own: every exchange is found",
        arguments: [
            ("keys", 1), ("key_labels", 1), ("key_versions", 3), ("key_uses", 3), ("tokens", 1), ("roles", 1),
            ("role_grants", 3),
            ("import_keys", 1), ("approvals", 1), ("approval_decisions", 3),
        ])
    func exchanged(table: String, other: Int) throws {
        try fill()
        let columns = try store.columns(of: table)
        #expect(columns.count > 2)
        let rows = try store.rows(of: table)
        // Sealed blobs are bound to their key and version by the core; when a token was used is only to be looked at.
        for (index, column) in columns.enumerated() where column != "sealed" && column != "last_used_at" {
            // The same in both: the exchange would change nothing.
            try #require(rows[0][index] != rows[other][index], "\(table).\(column)")
            var exchanged = rows
            (exchanged[0][index], exchanged[other][index]) = (rows[other][index], rows[0][index])
            do { try store.replaceRows(of: table, with: exchanged) } catch let error as DatabaseError {
                // Each key has a version of that number already, each role a grant in that place, each approval a token's decision.
                #expect(
                    error.resultCode == .SQLITE_CONSTRAINT
                        && ["key_id", "version", "role", "position", "approval"].contains(column))
                try store.replaceRows(of: table, with: rows)
                continue
            }
            altered.withLock { $0 = [] }
            #expect(throws: StorageError.altered, "\(table).\(column)") { try store.checkRecords() }
            #expect(altered.withLock { !$0.isEmpty }, "\(table).\(column)")
            try store.replaceRows(of: table, with: rows)
            try store.checkRecords()
        }
    }

    @Test("a key that was altered is neither read nor changed, and is named; others are untouched")
    func alteredKey() throws {
        try fill()
        let key = try #require(try store.key(named: "one")).key
        try store.execute("UPDATE key_versions SET state = 'enabled' WHERE version = 1")
        #expect(throws: StorageError.altered) { try store.key(named: "one") }
        #expect(altered.withLock { $0 } == [.key(name: "one")])
        #expect(throws: StorageError.altered) { try store.updateKey(key, expectedRevision: key.revision) }
        #expect(throws: StorageError.altered) {
            try store.addVersion(sampleVersion(of: key, 3), expectedLatest: 2)
        }
        #expect(throws: StorageError.altered) {
            try store.setVersionState(keyID: key.id, version: 2, state: .destroyed)
        }
        #expect(throws: StorageError.altered) { try store.deleteKey(keyID: key.id, expectedRevision: key.revision) }
        #expect(throws: StorageError.altered) { try store.key(named: "one") }
        #expect(try store.key(named: "a/b:two") != nil)
        // A listing says what is stored.
        #expect(try store.keys(KeyQuery(limit: 10)).map(\.name) == ["one"])
        #expect(try store.keys(KeyQuery(ring: "a/b", limit: 10)).map(\.fullName) == ["a/b:two"])
    }

    @Test(
        "a row that was removed, added, or brought back from before is found",
        arguments: [
            "DELETE FROM key_labels WHERE name = 'label-0'",
            "INSERT INTO key_labels SELECT min(id), 'more', 'of it' FROM keys",
            "DELETE FROM key_versions WHERE version = 1",
            "UPDATE keys SET record_mac = NULL",
            "UPDATE keys SET record_mac = zeroblob(32)",
        ])
    func rows(statement: String) throws {
        try fill()
        try store.execute(statement)
        #expect(throws: StorageError.altered) { try store.key(named: "one") }
    }

    @Test(
        "a count of uses that was lowered, removed or exchanged is found before more are reserved",
        arguments: [
            "UPDATE key_uses SET reserved = 0", "DELETE FROM key_uses", "UPDATE key_uses SET record_mac = NULL",
            "UPDATE key_uses SET (reserved, record_mac) = (SELECT reserved, record_mac FROM key_uses WHERE version = 2)",
        ])
    func uses(statement: String) throws {
        try fill()
        let key = try #require(try store.key(named: "one")).key
        #expect(try store.reserveUses(keyID: key.id, version: 1, count: 1, limit: 1000) == 10..<11)
        try store.execute(statement)
        #expect(throws: StorageError.altered) {
            try store.reserveUses(keyID: key.id, version: 1, count: 1, limit: 1000)
        }
        #expect(altered.withLock { $0 } == [.key(name: "one")])
        #expect(throws: StorageError.altered) { try store.checkRecords() }
        // Another version's count is not in its way, but where all were changed.
        #expect(try store.key(named: "one") != nil)
    }

    @Test(
        "every byte of a record's MAC is compared",
        arguments: ["keys", "key_uses", "tokens", "roles", "import_keys", "approvals"])
    func everyByte(table: String) throws {
        try fill()
        // As another process would have it.
        let outside = try DatabaseQueue(path: folder.database)
        let mac = try #require(
            try outside.read { try Data.fetchOne($0, sql: "SELECT min(record_mac) FROM \(table)") })
        #expect(mac.count == 32)
        func replace(_ old: Data, with new: Data) throws {
            try outside.write { database in
                try database.execute(
                    sql: "UPDATE \(table) SET record_mac = ? WHERE record_mac = ?", arguments: [new, old])
                #expect(database.changesCount == 1)
            }
        }
        for index in mac.indices {
            var changed = mac
            changed[index] ^= 1 << UInt8(index % 8)
            try replace(mac, with: changed)
            #expect(throws: StorageError.altered, "byte \(index)") { try store.checkRecords() }
            try replace(changed, with: mac)
        }
        try store.checkRecords()
    }

    @Test("an earlier state of a key's row, with the MAC that it had, does not go with what its versions are now")
    func replayed() throws {
        try fill()
        try store.execute("CREATE TEMP TABLE before AS SELECT * FROM keys WHERE name = 'one'")
        let key = try #require(try store.key(named: "one")).key
        _ = try store.setVersionState(keyID: key.id, version: 2, state: .destroyed)
        try store.execute(
            """
            UPDATE keys SET (revision, record_mac) = (SELECT revision, record_mac FROM before) WHERE name = 'one'
            """)
        #expect(throws: StorageError.altered) { try store.key(named: "one") }
    }

    @Test("tokens, import keys and approvals that were altered are as if they were not there, and are named")
    func alteredTokens() throws {
        try fill()
        let tokens = try store.tokens(after: nil, limit: 10)
        try store.execute("UPDATE tokens SET roles = 'administrator' WHERE id = 'token-one'")
        #expect(try store.token(mac: tokens[0].mac) == nil)
        #expect(try store.token(mac: tokens[1].mac) == tokens[1])
        #expect(try store.tokens(after: nil, limit: 1) == [tokens[1]])
        #expect(try store.tokens(after: nil, limit: 10) == Array(tokens.dropFirst()))
        #expect(altered.withLock { Set($0.map(\.description)) } == ["token token-one"])
        try store.execute(
            "UPDATE import_keys SET expires_at = expires_at + 1000 WHERE id = (SELECT max(id) FROM import_keys)")
        #expect(try store.importKey(id: KeyID(high: 9, low: 1)) == nil)
        #expect(try store.importKey(id: KeyID(high: 9, low: 0)) != nil)
        #expect(try store.latestImportKey() == nil)
        try store.execute("UPDATE approval_decisions SET approves = 1 - approves")
        #expect(try store.approvals().isEmpty)
    }

    @Test("whatever is done to keys, their MACs are those of what they have become")
    func everyChange() throws {
        try fill()
        var key = try #require(try store.key(named: "a/b:two")).key
        key.labels = ["other": "labels", "and": "more"]
        key = try store.updateKey(key, expectedRevision: key.revision)
        key = try store.addVersion(sampleVersion(of: key, 4), expectedLatest: 3)
        _ = try store.setVersionState(keyID: key.id, version: 1, state: .disabled)
        _ = try store.setVersionState(keyID: key.id, version: 2, state: .destroyed)
        _ = try store.reserveUses(keyID: key.id, version: 4, count: 5, limit: 100)
        try store.checkRecords()
        let again = try #require(try store.key(named: "a/b:two"))
        #expect(again.versions.map(\.state) == [.disabled, .destroyed, .enabled, .enabled])
        try store.deleteKey(keyID: key.id, expectedRevision: again.key.revision)
        try store.setTokenExpiry(id: "token-two", expiresAt: 9)
        try store.noteTokenUses(["token-two": 8])
        try store.deleteTokens(ids: ["token-one"])
        let role = try store.putRole(
            RoleRecord(name: "role", grants: [GrantRecord(operations: ["*"])], createdAt: 1), expectedRevision: nil)
        _ = try store.putRole(role, expectedRevision: 1)
        var approval = try store.approvals()[0]
        approval.decisions.removeLast()
        try store.putApproval(approval)
        #expect(try store.approvals()[0] == approval)
        try store.deleteApprovals(ids: ["approval-two", "nothing"])
        #expect(try store.approvals().map(\.id) == ["approval-one"])
        try store.checkRecords()
        #expect(altered.withLock { $0.isEmpty })
    }

    @Test("with the next root key all records have its MACs, and none is given one that was altered")
    func rotated() throws {
        try store.createInstallation(
            InstallationRecord(rootIdentity: [1], createdAt: 2, wrappedRoot: [3]), firstToken: sampleToken("t"))
        try fill()
        try store.beginRootRotation(RootRotationRecord(rootIdentity: [4], wrappedRoot: [5]))
        try store.execute("UPDATE tokens SET roles = 'role-one' WHERE id = 't'")
        #expect(throws: StorageError.altered) { try store.finishRootRotation(authenticatingWith: .sample(2)) }
        #expect(try store.installation()?.rootIdentity == [1])
        try store.execute("UPDATE tokens SET roles = 'administrator' WHERE id = 't'")
        try store.finishRootRotation(authenticatingWith: .sample(2))
        try store.checkRecords()
        #expect(try store.key(named: "one") != nil)
        store.authenticateRecords(with: .sample(1))
        #expect(throws: StorageError.altered) { try store.key(named: "one") }
    }
}

extension AuthenticatedStore where Records == SQLiteStore {
    fileprivate func columns(of table: String) throws -> [String] {
        try records.pool.read { try String.fetchAll($0, sql: "SELECT name FROM pragma_table_info('\(table)')") }
    }

    /// In the order of their first two columns.
    fileprivate func rows(of table: String) throws -> [[DatabaseValue]] {
        try records.pool.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM \(table) ORDER BY 1, 2").map { Array($0.databaseValues) }
        }
    }

    /// Past all that the schema would say to it, but for what is unique.
    fileprivate func replaceRows(of table: String, with rows: [[DatabaseValue]]) throws {
        try records.pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
            try database.execute(sql: "DELETE FROM \(table)")
            for row in rows {
                let places = row.map { _ in "?" }.joined(separator: ", ")
                try database.execute(
                    sql: "INSERT INTO \(table) VALUES (\(places))", arguments: StatementArguments(row))
            }
            try database.execute(sql: "PRAGMA foreign_keys = ON; PRAGMA ignore_check_constraints = OFF")
        }
    }
}
