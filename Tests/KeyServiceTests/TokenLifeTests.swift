// Tokens from their making to their end, and roles that change under them.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct TokenLifeTests {
    private let fixture: Fixture
    private let authority: TokenAuthority
    private let administrator: Principal

    init() throws {
        fixture = try Fixture()
        let first = try AccessToken.make(from: TestCore.shared)
        try fixture.store.insertToken(
            TokenAuthority.record(
                of: first, id: "administrator", name: "first", roles: ["administrator"], root: fixture.root,
                createdAt: 1))
        let authority = try fixture.authority()
        self.authority = authority
        administrator = try #require(try first.withBytes { try authority.authenticate($0) })
        _ = try authority.putRole(
            RoleRecord(name: "app", grants: [GrantRecord(operations: ["encrypt"])], createdAt: 0), ifRevision: nil,
            by: nil)
    }

    private func make(
        _ name: String = "t", role: String = "app", ttl: Int64? = nil, with parent: Principal? = nil
    ) throws -> (text: TokenText, record: TokenRecord) {
        let (text, record) = try authority.createToken(
            NewToken(name: name, roles: [role], timeToLive: ttl), with: parent ?? administrator)
        return (text, record)
    }

    private func principal(_ text: TokenText, at authority: TokenAuthority? = nil) throws -> Principal? {
        try text.withBytes { try (authority ?? self.authority).authenticate($0) }
    }

    @Test("a new token is valid at once, here and after a new start, and its record holds nothing of it")
    func made() throws {
        let (text, record) = try make()
        #expect(try principal(text)?.tokenID == record.id)
        #expect(try principal(text)?.role.name == "app")
        #expect(try principal(text, at: fixture.authority())?.tokenID == record.id)
        #expect(record.parent == "administrator" && record.expiresAt == nil)
        #expect(record.id.count == 16)
        #expect(throws: ServiceError.roleNotFound) { try make(role: "nothing") }
    }

    @Test("a token ends with its time, and can be given it anew until then")
    func time() throws {
        let (text, record) = try make(ttl: 100)
        fixture.pass(seconds: 99)
        #expect(try authority.renewToken(id: record.id, by: nil).expiresAt == 1_700_000_199)
        fixture.pass(seconds: 99)
        #expect(try principal(text) != nil)
        #expect(try principal(text, at: fixture.authority()) != nil)
        fixture.pass(seconds: 1)
        #expect(try principal(text) == nil)
        // One without an end is as it was.
        let (_, endless) = try make()
        #expect(try authority.renewToken(id: endless.id, by: nil).expiresAt == nil)
    }

    @Test("a token lives at least as long as was asked, whatever part of a second has passed")
    func wholeSeconds() throws {
        let clock = fixture.clock
        // Most of a second has passed.
        let authority = try TokenAuthority(
            core: TestCore.shared, root: fixture.root, store: fixture.store, now: { clock.withLock { $0 } },
            nextSecond: { clock.withLock { $0 + 1 } })
        let (text, record) = try authority.createToken(
            NewToken(name: "short", roles: ["app"], timeToLive: 1), with: administrator)
        #expect(record.createdAt == 1_700_000_000 && record.expiresAt == 1_700_000_002)
        fixture.pass(seconds: 1)
        #expect(try principal(text, at: authority) != nil)
        #expect(try authority.renewToken(id: record.id, by: nil).expiresAt == 1_700_000_003)
        let (_, login) = try authority.logIn(
            Login(identity: "uid:1", name: "login", role: "app", timeToLive: 10, notAfter: 1_700_000_005))
        // What was shown ends before.
        #expect(login.expiresAt == 1_700_000_005)
    }

    @Test("a token ends no later than the one that it was made with, also when it is renewed")
    func parents() throws {
        let (parentText, _) = try make(role: "administrator", ttl: 100)
        let parent = try #require(try principal(parentText))
        let (_, longer) = try make(ttl: 1000, with: parent)
        let (_, endless) = try make(with: parent)
        let (_, shorter) = try make(ttl: 10, with: parent)
        #expect([longer, endless, shorter].map(\.expiresAt) == [1_700_000_100, 1_700_000_100, 1_700_000_010])
        fixture.pass(seconds: 50)
        #expect(try authority.renewToken(id: longer.id, by: nil).expiresAt == 1_700_000_100)
    }

    @Test("revoking a token ends all that were made with it, at once and for good; others stay")
    func revoked() throws {
        let (parentText, parentRecord) = try make(role: "administrator")
        let parent = try #require(try principal(parentText))
        let (childText, _) = try make(role: "administrator", with: parent)
        let child = try #require(try principal(childText))
        let (grandchild, _) = try make(with: child)
        let (other, _) = try make()
        try authority.revokeToken(id: parentRecord.id, by: nil)
        for authority in [authority, try fixture.authority()] {
            for text in [parentText, childText, grandchild] { #expect(try principal(text, at: authority) == nil) }
            #expect(try principal(other, at: authority) != nil)
        }
        #expect(throws: ServiceError.tokenNotFound) { try authority.revokeToken(id: parentRecord.id, by: nil) }
        // Whoever was just asking with it can make nothing more.
        #expect(throws: ServiceError.callerChanged) { try make(with: parent) }
    }

    @Test("the last token of the administrator's without an end stays, until there is another that does not go with it")
    func lastAdministrator() throws {
        #expect(throws: ServiceError.lastAdministrator) { try authority.revokeToken(id: "administrator", by: nil) }
        let (_, child) = try make(role: "administrator")
        #expect(throws: ServiceError.lastAdministrator) { try authority.revokeToken(id: "administrator", by: nil) }
        try authority.revokeToken(id: child.id, by: nil)
        let (_, ending) = try make(role: "administrator", ttl: 100)
        try authority.revokeToken(id: ending.id, by: nil)
        #expect(throws: ServiceError.lastAdministrator) { try authority.revokeToken(id: "administrator", by: nil) }
        let (text, orphan) = try authority.createToken(
            NewToken(name: "next", roles: ["administrator"], timeToLive: nil, isOrphan: true), with: administrator)
        #expect(orphan.parent == nil)
        try authority.revokeToken(id: "administrator", by: nil)
        #expect(try principal(text)?.tokenID == orphan.id)
        #expect(throws: ServiceError.lastAdministrator) { try authority.revokeToken(id: orphan.id, by: nil) }
    }

    @Test("expired tokens are removed with those made with them, and when tokens were used is noted")
    func tidied() throws {
        let (parentText, _) = try make(role: "administrator", ttl: 10)
        let parent = try #require(try principal(parentText))
        _ = try make(with: parent)
        let (text, record) = try make()
        fixture.pass(seconds: 5)
        #expect(try principal(text) != nil)
        #expect(try authority.token(id: record.id).lastUsedAt == 1_700_000_005)
        #expect(try authority.tidy() == 0)
        #expect(
            try fixture.store.tokens(after: nil, limit: 10).first { $0.id == record.id }?.lastUsedAt == 1_700_000_005)
        // Another, of which one generation has a time of its own.
        let (otherText, _) = try make(role: "administrator", ttl: 10)
        let other = try #require(try principal(otherText))
        let (childText, _) = try make(role: "administrator", ttl: 3, with: other)
        let child = try #require(try principal(childText))
        _ = try make(with: child)
        fixture.pass(seconds: 5)
        #expect(try authority.tidy() == 4)
        fixture.pass(seconds: 5)
        #expect(try authority.tidy() == 1)
        #expect(try authority.tidy() == 0)
        #expect(Set(try fixture.store.tokens(after: nil, limit: 10).map(\.id)) == ["administrator", record.id])
    }

    @Test("a use is noted later where it could not be, also when the token was renewed in between")
    func lateNote() throws {
        let (text, record) = try make(ttl: 100)
        fixture.pass(seconds: 5)
        #expect(try principal(text) != nil)
        #expect(try authority.renewToken(id: record.id, by: nil).lastUsedAt == 1_700_000_005)
        let mac = try #require(try fixture.store.tokens(after: nil, limit: 10).first { $0.id == record.id }).mac
        #expect(try fixture.store.token(mac: mac)?.lastUsedAt == nil)
        #expect(try authority.tidy() == 0)
        #expect(try fixture.store.token(mac: mac)?.lastUsedAt == 1_700_000_005)
    }

    @Test("what a role grants changes for its tokens at once")
    func changedRole() throws {
        let (text, _) = try make()
        #expect(try principal(text)?.role.decide(.encrypt, on: "k", from: "") == .allowed)
        let record = try authority.role(named: "app")
        var changed = record
        changed.grants = [GrantRecord(operations: ["decrypt"])]
        #expect(try authority.putRole(changed, ifRevision: 1, by: nil).revision == 2)
        #expect(try principal(text)?.role.decide(.encrypt, on: "k", from: "") == .denied)
        #expect(throws: ServiceError.revisionMismatch) { try authority.putRole(changed, ifRevision: 1, by: nil) }
        #expect(throws: ServiceError.roleExists) { try authority.putRole(changed, ifRevision: nil, by: nil) }
        #expect(try fixture.authority().role(named: "app").grants == changed.grants)
    }

    @Test("a role that tokens have stays, and the administrator's is as it is")
    func keptRole() throws {
        let (_, record) = try make()
        #expect(throws: ServiceError.roleInUse) { try authority.deleteRole(named: "app", by: nil) }
        try authority.revokeToken(id: record.id, by: nil)
        try authority.deleteRole(named: "app", by: nil)
        #expect(throws: ServiceError.roleNotFound) { try authority.deleteRole(named: "app", by: nil) }
        #expect(throws: ServiceError.roleNotFound) { try authority.role(named: "app") }
        let role = RoleRecord(name: "administrator", grants: [GrantRecord(operations: ["*"])], createdAt: 0)
        #expect(throws: ServiceError.roleFixed) { try authority.putRole(role, ifRevision: nil, by: nil) }
        #expect(throws: ServiceError.roleFixed) { try authority.deleteRole(named: "administrator", by: nil) }
    }

    @Test("who may do what is sensitive is told, by permission")
    func sensitive() throws {
        _ = try authority.putRole(
            RoleRecord(name: "destroyer", grants: [GrantRecord(operations: ["destroy"], names: "x*")], createdAt: 0),
            ifRevision: nil, by: nil)
        let grants = Dictionary(
            authority.sensitiveGrants().map { ($0.permission, $0.roles) }, uniquingKeysWith: { first, _ in first })
        #expect(grants[.destroy] == ["administrator", "destroyer"])
        #expect(grants[.export] == ["administrator"])
        #expect(grants.count == Permission.allCases.filter(\.isSensitive).count)
    }
}
