// What the store would do if SQLite ran a file's triggers after all: a write that they undo is an error, and what they change
// has no MAC.

import Foundation
import GRDB
import Storage
import StorageAuthentication
import Synchronization
import Testing
import Threading

@testable import StorageSQLite

@Suite struct TriggerTests {
    private let folder: TemporaryFolder
    private let store: AuthenticatedStore<SQLiteStore>
    private let key = sampleKey("k", labels: ["a": "b"])
    private let token = sampleToken("t")
    private let role = RoleRecord(name: "r", grants: [GrantRecord(operations: ["*"])], createdAt: 1)
    private let approval = ApprovalRecord(
        id: "a", request: "DELETE /", bodyDigest: [UInt8](repeating: 1, count: 32), operation: "o",
        asker: ApprovalParty(token: "t", roles: ["r"]), needed: 1, createdAt: 1, expiresAt: 9,
        decisions: [ApprovalDecision(party: ApprovalParty(token: "u", roles: ["r"]), approves: true, decidedAt: 2)])

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.open()
        store.authenticateRecords(with: .sample())
        try store.createInstallation(
            InstallationRecord(rootIdentity: [1], createdAt: 2, wrappedRoot: [3]), firstToken: token)
        _ = try store.create(key)
        _ = try store.addVersion(sampleVersion(of: key, 2), expectedLatest: 1)
        _ = try store.setVersionState(keyID: key.id, version: 1, state: .destroyed)
        _ = try store.putRole(role, expectedRevision: nil)
        try store.putApproval(approval)
        try store.insertImportKey(
            ImportKeyRecord(id: key.id, sealed: [1], createdAt: 1, expiresAt: 9), removingExpiredAt: 0)
    }

    private func change(_ name: String) throws {
        switch name {
        case "createKey": _ = try store.create(sampleKey("other", labels: ["a": "b"]))
        case "updateKey":
            var changed = key
            changed.labels = ["c": "d"]
            _ = try store.updateKey(changed, expectedRevision: 3)
        case "addVersion":
            _ = try store.addVersion(sampleVersion(of: key, 3), expectedLatest: 2, removing: [1])
        case "destroy": _ = try store.setVersionState(keyID: key.id, version: 2, state: .destroyed)
        case "reserveUses": _ = try store.reserveUses(keyID: key.id, version: 2, count: 1, limit: 9)
        case "deleteKey": try store.deleteKey(keyID: key.id, expectedRevision: 3)
        case "insertImportKey":
            try store.insertImportKey(
                ImportKeyRecord(id: KeyID(high: 0, low: 0), sealed: [1], createdAt: 9, expiresAt: 20),
                removingExpiredAt: 10)
        case "insertToken": try store.insertToken(sampleToken("another"))
        case "setTokenExpiry": try store.setTokenExpiry(id: "t", expiresAt: 7)
        case "deleteTokens": try store.deleteTokens(ids: ["t"])
        case "changeRole": _ = try store.putRole(role, expectedRevision: 1)
        case "deleteRole": try store.deleteRole(name: "r")
        case "putApproval":
            var changed = approval
            changed.expiresAt += 1
            try store.putApproval(changed)
        case "deleteApprovals": try store.deleteApprovals(ids: ["a"])
        case "setAuditAnchor": try store.setAuditAnchor(AuditAnchorRecord(sequence: 1, mac: approval.bodyDigest))
        case "setWrappedRoot": try store.setWrappedRoot([4], expected: [3])
        case "beginRootRotation":
            try store.beginRootRotation(RootRotationRecord(rootIdentity: [7], wrappedRoot: [8]))
        default: Issue.record("\(name)")
        }
    }

    @Test(
        "a write that something keeps from its rows is an error, and nothing of it stays",
        arguments: [
            ("createKey", "INSERT ON keys"), ("createKey", "INSERT ON key_labels"),
            ("createKey", "INSERT ON key_versions"), ("createKey", "INSERT ON key_uses"),
            ("updateKey", "UPDATE ON keys"), ("updateKey", "DELETE ON key_labels"),
            ("updateKey", "INSERT ON key_labels"), ("addVersion", "UPDATE ON keys"),
            ("addVersion", "INSERT ON key_versions"), ("addVersion", "DELETE ON key_versions"),
            ("addVersion", "INSERT ON key_uses"), ("destroy", "UPDATE ON key_versions"), ("destroy", "UPDATE ON keys"),
            ("reserveUses", "UPDATE ON key_uses"), ("deleteKey", "DELETE ON keys"),
            ("deleteKey", "DELETE ON key_versions"), ("deleteKey", "DELETE ON key_labels"),
            ("insertImportKey", "INSERT ON import_keys"), ("insertImportKey", "DELETE ON import_keys"),
            ("insertToken", "INSERT ON tokens"), ("setTokenExpiry", "UPDATE ON tokens"),
            ("deleteTokens", "DELETE ON tokens"), ("changeRole", "DELETE ON roles"), ("changeRole", "INSERT ON roles"),
            ("changeRole", "DELETE ON role_grants"), ("changeRole", "INSERT ON role_grants"),
            ("deleteRole", "DELETE ON roles"), ("deleteRole", "DELETE ON role_grants"),
            ("putApproval", "DELETE ON approvals"), ("putApproval", "INSERT ON approvals"),
            ("putApproval", "INSERT ON approval_decisions"), ("putApproval", "DELETE ON approval_decisions"),
            ("deleteApprovals", "DELETE ON approvals"), ("deleteApprovals", "DELETE ON approval_decisions"),
            ("createKey", "INSERT ON record_sets"), ("deleteKey", "INSERT ON record_sets"),
            ("insertToken", "INSERT ON record_sets"), ("deleteTokens", "INSERT ON record_sets"),
            ("changeRole", "INSERT ON record_sets"), ("deleteRole", "INSERT ON record_sets"),
            ("setAuditAnchor", "INSERT ON audit_anchor"), ("setWrappedRoot", "UPDATE ON installation"),
            ("beginRootRotation", "UPDATE ON installation"), ("beginRootRotation", "DELETE ON import_keys"),
        ])
    func kept(change name: String, event: String) throws {
        let before = try store.dump()
        try store.plant("BEFORE \(event) BEGIN SELECT RAISE(IGNORE); END")
        #expect(throws: StorageError.self, "\(name)") { try change(name) }
        #expect(try store.dump() == before, "\(name)")
        try store.execute("DROP TRIGGER planted")
        try store.trustSchema()
        try change(name)
        #expect(try store.dump() != before, "\(name)")
    }

    @Test(
        "what else changes a record as it is written leaves it without a MAC of the store's",
        arguments: [
            ("updateKey", "UPDATE ON keys BEGIN UPDATE keys SET min_approvals = 3 WHERE min_approvals = 0; END"),
            ("addVersion", "INSERT ON key_versions BEGIN UPDATE keys SET owner = 'x'; END"),
            ("destroy", "UPDATE ON key_versions BEGIN UPDATE keys SET owner = 'x'; END"),
            ("setTokenExpiry", "UPDATE ON tokens BEGIN UPDATE tokens SET roles = 'r'; END"),
            ("changeRole", "INSERT ON role_grants BEGIN UPDATE role_grants SET approvals = 4; END"),
            ("putApproval", "INSERT ON approval_decisions BEGIN UPDATE approvals SET needed = 9; END"),
            ("reserveUses", "UPDATE ON key_uses BEGIN UPDATE key_uses SET reserved = 0; END"),
        ])
    func altered(change name: String, trigger: String) throws {
        try store.checkRecords()
        try store.plant("AFTER \(trigger)")
        try change(name)
        #expect(throws: StorageError.altered, "\(name)") { try store.checkRecords() }
    }

    @Test("the exchange of the root key gives no MAC to what changes while it writes them")
    func rotation() throws {
        try store.beginRootRotation(RootRotationRecord(rootIdentity: [7], wrappedRoot: [8]))
        try store.plant("AFTER UPDATE ON tokens BEGIN UPDATE tokens SET roles = 'r'; END")
        try store.finishRootRotation(authenticatingWith: .sample(2))
        #expect(try store.token(mac: token.mac) == nil)
    }
}

extension AuthenticatedStore where Records == SQLiteStore {
    /// Adds a trigger, has the writer run triggers, and has the store take the schema as it is.
    fileprivate func plant(_ trigger: String) throws {
        try records.pool.writeWithoutTransaction { database in
            typealias Configure =
                @convention(c) (OpaquePointer?, Int32, Int32, UnsafeMutablePointer<Int32>?) -> Int32
            let symbol = try #require(dlsym(nil, "sqlite3_db_config"))
            // Variadic in C; what it takes for this option is passed alike on the platforms that tests run on.
            let configure = unsafeBitCast(symbol, to: Configure.self)
            // SQLITE_DBCONFIG_ENABLE_TRIGGER
            #expect(configure(database.sqliteConnection, 1003, 1, nil) == 0)
            try database.execute(sql: "CREATE TRIGGER planted \(trigger)")
        }
        try trustSchema()
    }

    fileprivate func trustSchema() throws {
        records.schemaVersion.store(try #require(try writerPragma("schema_version")), ordering: .relaxed)
    }

    /// All rows of all tables.
    fileprivate func dump() throws -> [String] {
        try records.pool.writeWithoutTransaction { database in
            let tables = try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            return try tables.flatMap { table in
                try Row.fetchAll(database, sql: "SELECT * FROM \(table)").map { row in
                    // A row's own description has no blob's bytes.
                    "\(table) \(Array(row.databaseValues).map { Data.fromDatabaseValue($0).map { [UInt8]($0) } as Any? ?? $0 })"
                }.sorted()
            }
        }
    }
}
