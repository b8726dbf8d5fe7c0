// Changes that a caller asked for whose token or role is not what it was, and changes of what has been sealed.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct CallerTests {
    private let fixture: Fixture
    private let authority: TokenAuthority
    private let administrator: Principal
    private let app = RoleRecord(name: "app", grants: [GrantRecord(operations: ["encrypt"])], createdAt: 0)
    private let changing = RoleRecord(
        name: "changing", grants: [GrantRecord(operations: ["roles", "tokens", "approve"])], createdAt: 0)

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
            RoleRecord(name: "maker", grants: [GrantRecord(operations: ["roles", "tokens"])], createdAt: 0),
            ifRevision: nil, by: administrator)
        for role in [app, changing] { _ = try authority.putRole(role, ifRevision: nil, by: administrator) }
    }

    /// A token of the role, and whom it stands for.
    private func make(_ role: String, ttl: Int64? = nil) throws -> Principal {
        let (text, _) = try authority.createToken(
            NewToken(name: "n", roles: [role], timeToLive: ttl), with: administrator)
        return try #require(try text.withBytes { try authority.authenticate($0) })
    }

    /// Everything that is changed on behalf of a principal.
    private func changes(by caller: Principal) -> [() throws -> Void] {
        [
            { _ = try authority.putRole(RoleRecord(name: "n", grants: [], createdAt: 0), ifRevision: nil, by: caller) },
            { _ = try authority.putRole(app, ifRevision: 1, by: caller) },
            { try authority.deleteRole(named: "app", by: caller) },
            { _ = try authority.createToken(NewToken(name: "n", roles: ["app"], timeToLive: nil), with: caller) },
            { _ = try authority.renewToken(id: caller.tokenID, by: caller) },
            { try authority.revokeToken(id: caller.tokenID, by: caller) },
            { _ = try authority.decide("some", approves: true, by: caller) },
        ]
    }

    @Test("a caller that was revoked, has expired or has another role changes nothing")
    func callers() throws {
        let (revoked, expired) = try (make("maker"), make("maker", ttl: 10))
        let changed = try make("changing")
        try authority.revokeToken(id: revoked.tokenID, by: administrator)
        _ = try authority.putRole(changing, ifRevision: 1, by: administrator)
        #expect(authority.current(revoked) == nil && !authority.stands(revoked.tokenID))
        #expect(authority.current(expired) != nil && authority.stands(expired.tokenID))
        fixture.pass(seconds: 10)
        #expect(authority.current(expired) == nil && !authority.stands(expired.tokenID))
        for caller in [revoked, expired, changed] {
            for change in changes(by: caller) { #expect(throws: ServiceError.callerChanged) { try change() } }
        }
        #expect(authority.roles().map(\.name) == ["app", "changing", "maker"])
    }

    @Test("a change of tokens or roles unsettles what was decided")
    func settled() throws {
        let before = try make("app")
        #expect(authority.isSettled(before))
        _ = try authority.putRole(app, ifRevision: 1, by: nil)
        #expect(!authority.isSettled(before))
        let after = try #require(authority.current(before))
        #expect(authority.isSettled(after) && after.role !== before.role)
        #expect(throws: ServiceError.callerChanged) { try authority.renewToken(id: before.tokenID, by: before) }
        // What happened to others is no reason to refuse.
        _ = try authority.putRole(
            RoleRecord(name: "other", grants: [], createdAt: 0), ifRevision: nil, by: nil)
        #expect(!authority.isSettled(after))
        #expect(try authority.renewToken(id: after.tokenID, by: after).roles == ["app"])
    }

    @Test("what took long to make is not stored for a caller that was revoked meanwhile")
    func slow() throws {
        #expect(throws: ServiceError.callerChanged) {
            try fixture.service.createKey(NewKey(name: "k", algorithm: .xaes256GCM), ifStill: { false })
        }
        #expect(throws: ServiceError.keyNotFound) { try fixture.service.key("k") }
        try fixture.create("k")
        #expect(throws: ServiceError.callerChanged) { try fixture.service.rotateKey("k", ifStill: { false }) }
        #expect(try fixture.service.key("k").versions.count == 1)
    }
}
