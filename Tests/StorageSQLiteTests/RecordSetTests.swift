// Records that are removed or put back whole, each with a MAC that holds, and records that name others that are gone.

import Foundation
import GRDB
import Storage
import StorageAuthentication
import Testing
import Threading

@testable import StorageSQLite

@Suite struct RecordSetTests {
    private let folder: TemporaryFolder
    private let store: AuthenticatedStore<SQLiteStore>
    private let altered = Locked<[RecordName]>([])
    private let macs = (0..<4).map { [UInt8](repeating: UInt8($0), count: 32) }

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.open()
        let altered = altered
        store.authenticateRecords(with: .sample { record in altered.withLock { $0.append(record) } })
        try store.createInstallation(
            InstallationRecord(rootIdentity: [1], createdAt: 2, wrappedRoot: [3]),
            firstToken: sampleToken("root", mac: macs[0]))
        for name in ["one", "two"] {
            _ = try store.create(sampleKey(name))
            _ = try store.putRole(
                RoleRecord(name: "role-\(name)", grants: [GrantRecord(operations: ["*"])], createdAt: 1),
                expectedRevision: nil)
        }
        // Each goes with the one before it.
        var makers: [TokenMaker] = []
        for (index, id) in ["parent", "child", "grandchild"].enumerated() {
            var token = sampleToken(id, mac: macs[index + 1])
            token.roles = ["role-one"]
            token.makers = makers + [TokenMaker(id: "root", roles: [RoleRecord.builtIn])]
            token.boundMakers = token.makers.count
            try store.insertToken(token)
            makers.insert(TokenMaker(id: id, roles: ["role-one"]), at: 0)
        }
        try store.checkRecords()
        try store.checkSets()
    }

    private func forget() { altered.withLock { $0 = [] } }

    /// What was reported since.
    private var names: Set<String> { altered.withLock { Set($0.map(\.description)) } }

    @Test("a key that was removed whole is reported, also when another was made since")
    func key() throws {
        try store.execute("DELETE FROM keys WHERE name = 'one'")
        let report: Set = [RecordName.set(.keys).description]
        forget()
        #expect(throws: StorageError.altered) { try store.checkSets() }
        #expect(names == report)
        // Once for each difference.
        forget()
        #expect(throws: StorageError.altered) { try store.checkSets() }
        #expect(names == [])
        _ = try store.create(sampleKey("three"))
        #expect(throws: StorageError.altered) { try store.checkSets() }
        #expect(throws: StorageError.altered) { try store.checkRecords() }
        try store.execute("DELETE FROM keys WHERE name = 'three'")
        forget()
        #expect(throws: StorageError.altered) { try store.checkSets() }
        #expect(names == report)
    }

    @Test("keys and tokens that are made and removed are counted")
    func counted() throws {
        let key = try #require(try store.key(named: "one")).key
        try store.deleteKey(keyID: key.id, expectedRevision: 1)
        try store.deleteTokens(ids: ["grandchild", "nothing"])
        try store.insertToken(sampleToken("more"))
        try store.deleteTokens(ids: ["nothing"])
        try store.checkRecords()
        #expect(altered.withLock { $0 } == [])
    }

    @Test(
        "a count that is missing or altered is reported, and nothing is added or removed by it",
        arguments: [
            "UPDATE record_sets SET count = count + 1", "DELETE FROM record_sets",
            "UPDATE record_sets SET record_mac = NULL",
            "UPDATE record_sets SET record_mac = (SELECT record_mac FROM record_sets WHERE kind = 'tokens')",
            "UPDATE record_sets SET members = x''",
        ])
    func counts(statement: String) throws {
        let isOfRoles = statement.contains("members")
        try store.execute(statement)
        #expect(throws: StorageError.altered) { try store.checkSets() }
        #expect(throws: StorageError.altered) { try store.checkRecords() }
        if !isOfRoles { #expect(throws: StorageError.altered) { try store.create(sampleKey("three")) } }
        if !statement.contains("'tokens'") && !isOfRoles {
            #expect(throws: StorageError.altered) { try store.deleteTokens(ids: ["grandchild"]) }
        }
        #expect(throws: StorageError.altered) {
            try store.putRole(RoleRecord(name: "role", grants: [], createdAt: 1), expectedRevision: nil)
        }
        // Which roles there were is not known.
        #expect(try store.roles().isEmpty)
    }

    @Test("a role that was removed whole is reported by name, and can be made again")
    func role() throws {
        try store.execute("DELETE FROM roles WHERE name = 'role-two'")
        forget()
        #expect(try store.roles().map(\.name) == ["role-one"])
        #expect(names == ["role role-two"])
        #expect(throws: StorageError.altered) { try store.checkRecords() }
        _ = try store.putRole(RoleRecord(name: "role-two", grants: [], createdAt: 1), expectedRevision: nil)
        try store.checkRecords()
    }

    @Test("a role that was put back to an earlier state, or from before it was removed, is none, and is reported")
    func roleBefore() throws {
        let columns = "name, id, created_at, revision, record_mac"
        try store.execute("CREATE TEMP TABLE before AS SELECT \(columns) FROM roles WHERE name = 'role-two'")
        let role = try #require(try store.roles().last)
        let changed = try store.putRole(role, expectedRevision: 1)
        #expect(changed.revision == 2)
        try store.execute(
            "UPDATE roles SET (revision, record_mac) = (SELECT revision, record_mac FROM before) WHERE name = 'role-two'"
        )
        forget()
        #expect(try store.roles().map(\.name) == ["role-one"])
        #expect(names == ["role role-two"])
        #expect(throws: StorageError.notFound) { try store.putRole(role, expectedRevision: 1) }
        #expect(throws: StorageError.altered) { try store.checkSets() }

        try store.deleteRole(name: "role-two")
        try store.checkRecords()
        try store.execute("INSERT INTO roles (\(columns)) SELECT \(columns) FROM before")
        try store.execute(
            """
            CREATE TEMP TABLE grants AS SELECT * FROM role_grants;
            UPDATE grants SET role = 'role-two';
            INSERT INTO role_grants SELECT * FROM grants
            """
        )
        forget()
        #expect(try store.roles().map(\.name) == ["role-one"])
        #expect(names == ["role role-two"])
        #expect(throws: StorageError.altered) { try store.checkRecords() }
    }

    @Test("a token whose parent is gone, or further up, is none, and is reported; so is one that was put back")
    func lineage() throws {
        try store.execute("CREATE TEMP TABLE before AS SELECT * FROM tokens WHERE id = 'parent'")
        try store.execute("DELETE FROM tokens WHERE id = 'parent'")
        let gone: Set = ["token child", "token grandchild"]
        forget()
        #expect(try store.tokens(after: nil, limit: 10).map(\.id) == ["root"])
        #expect(names == gone)
        for mac in macs[2...] { #expect(try store.token(mac: mac) == nil) }
        #expect(throws: StorageError.notFound) { try store.setTokenExpiry(id: "child", expiresAt: 9) }
        #expect(throws: StorageError.altered) { try store.checkRecords() }
        try store.execute("INSERT INTO tokens SELECT * FROM before")
        try store.checkRecords()
        try store.deleteTokens(ids: ["parent", "child", "grandchild"])
        try store.checkRecords()
        try store.execute("INSERT INTO tokens SELECT * FROM before")
        forget()
        #expect(throws: StorageError.altered) { try store.checkSets() }
        #expect(names == [RecordName.set(.tokens).description])
    }

    @Test("a token with a role that is gone or altered is none: the role may have denied something")
    func roleOfToken() throws {
        var token = sampleToken("both")
        token.roles = ["role-one", "role-two"]
        try store.insertToken(token)
        try store.execute("UPDATE role_grants SET operations = 'encrypt' WHERE role = 'role-two'")
        #expect(try store.token(mac: token.mac) == nil)
        try store.execute("UPDATE role_grants SET operations = '*' WHERE role = 'role-two'")
        #expect(try store.token(mac: token.mac) == token)
        try store.execute("DELETE FROM roles WHERE name = 'role-two'")
        forget()
        #expect(try store.token(mac: token.mac) == nil)
        #expect(names == ["role role-two", "token both"])
    }

    @Test("an orphan is a token also when those that made it are gone")
    func orphan() throws {
        var token = sampleToken("orphan")
        token.makers = [TokenMaker(id: "gone", roles: ["r"])]
        try store.insertToken(token)
        #expect(try store.token(mac: token.mac) == token)
        try store.checkRecords()
    }

    @Test("with the next root key the counts have its MACs")
    func rotated() throws {
        try store.beginRootRotation(RootRotationRecord(rootIdentity: [7], wrappedRoot: [8]))
        try store.finishRootRotation(authenticatingWith: .sample(2))
        try store.checkRecords()
        try store.checkSets()
        #expect(try store.roles().count == 2)
        _ = try store.create(sampleKey("three"))
        store.authenticateRecords(with: .sample(1))
        #expect(throws: StorageError.altered) { try store.checkSets() }
    }
}
