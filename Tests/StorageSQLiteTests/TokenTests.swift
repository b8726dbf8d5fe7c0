import Storage
import StorageAuthentication
import StorageSQLite
import Testing

@Suite struct TokenTests {
    let folder: TemporaryFolder
    let store: AuthenticatedStore<SQLiteStore>

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.open()
    }

    @Test("a token is found by its MAC and by no other")
    func find() throws {
        let forever = sampleToken("t1")
        let expiring = sampleToken("t2", expiresAt: 1)
        try store.insertToken(forever)
        try store.insertToken(expiring)
        #expect(try store.token(mac: forever.mac) == forever)
        #expect(try store.token(mac: expiring.mac) == expiring)
        #expect(try store.token(mac: randomBytes(32)) == nil)
        #expect(try store.token(mac: Array(forever.mac.prefix(31))) == nil)
        #expect(try store.token(mac: []) == nil)
    }

    @Test("ids and MACs are unique, and a MAC has 32 bytes")
    func uniqueness() throws {
        let token = sampleToken("t")
        try store.insertToken(token)
        #expect(throws: StorageError.nameTaken) { try store.insertToken(sampleToken("t")) }
        #expect(throws: StorageError.nameTaken) { try store.insertToken(sampleToken("u", mac: token.mac)) }
        #expect(throws: StorageError.conflict) { try store.insertToken(sampleToken("u", mac: randomBytes(31))) }
        #expect(throws: StorageError.conflict) { try store.insertToken(sampleToken("u\0")) }
        #expect(try store.tokens(after: nil, limit: 10) == [token])
    }

    @Test("tokens are listed by id, page by page")
    func list() throws {
        for id in ["c", "a", "d", "b"] { try store.insertToken(sampleToken(id)) }
        #expect(try store.tokens(after: nil, limit: 3).map(\.id) == ["a", "b", "c"])
        #expect(try store.tokens(after: "c", limit: 3).map(\.id) == ["d"])
        #expect(try store.tokens(after: "d", limit: 3).isEmpty)
    }

    @Test("a deleted token is gone; deleting it again does nothing")
    func delete() throws {
        let token = sampleToken("t")
        try store.insertToken(token)
        try store.deleteTokens(ids: ["t", "other"])
        #expect(try store.token(mac: token.mac) == nil)
        try store.deleteTokens(ids: ["t", "t\0"])
    }

    @Test("a token's end can be moved, and when it was used is noted, never back")
    func change() throws {
        let token = sampleToken("t", expiresAt: 100)
        try store.insertToken(token)
        try store.setTokenExpiry(id: "t", expiresAt: 200)
        #expect(throws: StorageError.notFound) { try store.setTokenExpiry(id: "u", expiresAt: 200) }
        try store.noteTokenUses(["t": 50, "u": 60])
        try store.noteTokenUses(["t": 40])
        let stored = try #require(try store.token(mac: token.mac))
        #expect(stored.expiresAt == 200 && stored.lastUsedAt == 50)
    }

    @Test("an installation is created once, with its first token")
    func installation() throws {
        #expect(try store.installation() == nil)
        let record = InstallationRecord(rootIdentity: randomBytes(32), createdAt: 1_700_000_000, wrappedRoot: [1])
        let token = sampleToken("root")
        try store.createInstallation(record, firstToken: token)
        #expect(try store.installation() == record)
        #expect(try store.token(mac: token.mac) == token)

        let other = InstallationRecord(rootIdentity: randomBytes(32), createdAt: 1, wrappedRoot: [1])
        #expect(throws: StorageError.conflict) {
            try store.createInstallation(other, firstToken: sampleToken("second"))
        }
        #expect(try store.installation() == record)
        #expect(try store.tokens(after: nil, limit: 10) == [token])
    }

    @Test("no installation without its token")
    func atomicInstallation() throws {
        try store.insertToken(sampleToken("root"))
        #expect(throws: StorageError.nameTaken) {
            try store.createInstallation(
                InstallationRecord(rootIdentity: [1], createdAt: 1, wrappedRoot: [1]), firstToken: sampleToken("root"))
        }
        #expect(try store.installation() == nil)
    }

    @Test("a token keeps its roles, and its line of makers with how many of them it goes with")
    func lines() throws {
        var token = sampleToken("t")
        token.roles = ["App", "b.c-d"]
        token.makers = [TokenMaker(id: "m1", roles: ["App"]), TokenMaker(id: "m2", roles: ["x", "y_z"])]
        token.boundMakers = 1
        try store.insertToken(token)
        #expect(try store.token(mac: token.mac) == token)
        #expect(token.parent == "m1")
        for text in ["", "a b", "a,b", "a=b"] {
            var other = sampleToken("u")
            other.makers = [TokenMaker(id: text, roles: ["r"])]
            #expect(throws: StorageError.conflict) { try store.insertToken(other) }
            other.makers = [TokenMaker(id: "m", roles: [text])]
            #expect(throws: StorageError.conflict) { try store.insertToken(other) }
        }
    }

    @Test("a role is in use while one of a token's roles is it, and not one that it begins")
    func rolesInUse() throws {
        var token = sampleToken("t")
        token.roles = ["app", "other"]
        try store.insertToken(token)
        for name in ["app", "other", "ap", "oth"] {
            _ = try store.putRole(
                RoleRecord(name: name, grants: [GrantRecord(operations: ["*"])], createdAt: 1), expectedRevision: nil)
        }
        for name in ["app", "other"] { #expect(throws: StorageError.conflict) { try store.deleteRole(name: name) } }
        for name in ["ap", "oth"] { try store.deleteRole(name: name) }
    }
}
