// Whom rates and quotas count as one: identities, and lines of tokens of one role.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing

@Suite(.givesHandlesBack) struct OwnerTests {
    private let fixture: Fixture
    private let authority: TokenAuthority
    private let administrator: Principal
    private let rated = GrantRecord(operations: ["decrypt"], rate: RateRecord(requests: 4, seconds: 60))

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
        for name in ["app", "other"] {
            _ = try authority.putRole(RoleRecord(name: name, grants: [rated], createdAt: 0), ifRevision: nil, by: nil)
        }
    }

    private func make(_ roles: [String], with maker: Principal, orphan: Bool = false) throws -> Principal {
        let (text, _) = try authority.createToken(
            NewToken(name: "n", roles: roles, timeToLive: nil, isOrphan: orphan), with: maker)
        return try #require(try text.withBytes { try authority.authenticate($0) })
    }

    private func logIn(_ identity: String) throws -> Principal {
        let (text, _) = try authority.logIn(
            Login(identity: identity, name: "n", role: "app", timeToLive: 1000, notAfter: nil))
        return try #require(try text.withBytes { try authority.authenticate($0) })
    }

    /// Whether so many decryptions are allowed.
    private func take(_ count: Int, by principal: Principal) throws -> Bool {
        let decision = principal.role.decide(.decrypt, on: "k", from: "")
        let rate = try #require(principal.role.terms(of: .decrypt, on: "k", from: "", decided: decision).rate)
        return try authority.take(count, of: rate, by: principal) == nil
    }

    @Test("tokens of one's own role that descend from one share its rate, orphans and their children too")
    func lines() throws {
        let top = try make(["app"], with: administrator)
        let child = try make(["app"], with: top)
        let orphan = try make(["app"], with: child, orphan: true)
        let grandchild = try make(["app"], with: orphan)
        for principal in [top, child, orphan, grandchild] { #expect(try take(1, by: principal)) }
        for principal in [top, child, orphan, grandchild] { #expect(try !take(1, by: principal)) }
        // Another line, and another role, have their own.
        #expect(try take(4, by: make(["app"], with: administrator)))
        #expect(try take(4, by: make(["other"], with: top)))
        // Also when the topmost is gone and the service starts again: the line is in the record.
        fixture.pass(seconds: 60)
        let again = try fixture.authority()
        #expect(try again.token(id: grandchild.tokenID).makers.map(\.id).last == "administrator")
    }

    @Test("an identity has one rate, however often it logs in or its tokens end")
    func identities() throws {
        let first = try logIn("ann")
        #expect(try take(4, by: first))
        for _ in 0..<20 {
            let again = try logIn("ann")
            #expect(try !take(1, by: again))
            try authority.revokeToken(id: again.tokenID, by: nil)
        }
        try authority.revokeToken(id: first.tokenID, by: nil)
        _ = try authority.tidy()
        #expect(try !take(1, by: logIn("ann")))
        #expect(try take(4, by: logIn("bob")))
        fixture.pass(seconds: 60)
        _ = try authority.tidy()
        #expect(try take(4, by: logIn("ann")))
    }

    @Test("identities are told apart by their bytes, and not as Unicode holds texts equivalent")
    func equivalent() throws {
        let (one, other) = ("jwt:a:caf\u{E9}", "jwt:a:cafe\u{301}")
        #expect(one == other)
        let first = try logIn(one), second = try logIn(other)
        #expect(first.owner != second.owner)
        #expect(try take(4, by: first))
        #expect(try take(4, by: second))
        #expect(try !take(1, by: logIn(one)))
    }

    @Test("tokens of two roles of one identity do not refill each other's rate")
    func alternating() throws {
        let one = try logIn("ann")
        let both = try make(["app", "other"], with: one)
        #expect(try take(4, by: one))
        #expect(try take(4, by: both))
        #expect(try !take(1, by: one))
        #expect(try !take(1, by: both))
    }

    @Test("more at once than a rate ever allows is refused for good, and not for now")
    func beyond() throws {
        let principal = try make(["app"], with: administrator)
        #expect(throws: ServiceError.beyondRate) { try take(5, by: principal) }
        #expect(try take(4, by: principal))
    }

    @Test("a token of several roles may do what any allows and none denies")
    func severalRoles() throws {
        let denial = GrantRecord(allows: false, operations: ["decrypt"], names: "secret")
        let record = RoleRecord(name: "deny", grants: [denial, GrantRecord(operations: ["sign"])], createdAt: 0)
        _ = try authority.putRole(record, ifRevision: nil, by: nil)
        let both = try make(["app", "deny"], with: administrator)
        #expect(both.role.decide(.decrypt, on: "k", from: "") == .allowed)
        #expect(both.role.decide(.decrypt, on: "secret", from: "") == .denied)
        #expect(both.role.decide(.sign, on: "k", from: "") == .allowed)
        // A change of either role holds at once.
        _ = try authority.putRole(
            RoleRecord(name: "deny", grants: [GrantRecord(operations: ["mac"])], createdAt: 0), ifRevision: 1, by: nil)
        let now = try #require(authority.current(both))
        #expect(now.role.decide(.decrypt, on: "secret", from: "") == .allowed)
        #expect(now.role.decide(.sign, on: "k", from: "") == .denied)
    }

    @Test("a line has at most 32 makers")
    func longLine() throws {
        var last = try make(["app"], with: administrator)
        for _ in 0..<31 { last = try make(["app"], with: last) }
        #expect(throws: ServiceError.tokenLineTooLong) { try make(["app"], with: last) }
    }

    @Test("one identity has at most 1,000 tokens, and others have room")
    func tokensOfIdentity() throws {
        for _ in 0..<1000 { _ = try logIn("ann") }
        #expect(throws: ServiceError.tooManyTokens) { try logIn("ann") }
        _ = try logIn("bob")
    }

    @Test("tokens of another role, made on the way, give no further quota of tokens")
    func hops() throws {
        var quotas = TokenQuotas()
        quotas.ofHead = 6
        let authority = try fixture.authority(quotas: quotas)
        func make(_ role: String, with maker: Principal, orphan: Bool = false) throws -> Principal {
            let (text, _) = try authority.createToken(
                NewToken(name: "n", roles: [role], timeToLive: nil, isOrphan: orphan), with: maker)
            return try #require(try text.withBytes { try authority.authenticate($0) })
        }
        let head = try make("app", with: administrator)
        var made = [head]
        for number in 0..<6 {
            made.append(try make(number % 2 == 0 ? "other" : "app", with: made[number], orphan: number % 3 == 0))
        }
        for principal in made {
            #expect(throws: ServiceError.tooManyTokens) { try make("other", with: principal) }
        }
        // Administrators have none, and another head has its own. What is gone counts no more.
        let second = try make("app", with: administrator)
        _ = try make("other", with: second)
        try authority.revokeToken(id: made[6].tokenID, by: nil)
        _ = try make("other", with: head)
        #expect(throws: ServiceError.tooManyTokens) { try make("other", with: head) }
    }

    @Test(
        "administrator's tokens are granted where the role is named, and by no pattern",
        arguments: ["*", "admin*", "administrato?", "**"])
    func administratorRole(pattern: String) throws {
        func role(_ names: String) throws -> Role {
            try #require(
                Role(RoleRecord(name: "r", grants: [GrantRecord(operations: ["tokens"], names: names)], createdAt: 0)))
        }
        #expect(try role(pattern).decide(.tokens, on: "administrator", from: "") == .denied)
        #expect(try role("administrator").decide(.tokens, on: "administrator", from: "") == .allowed)
        #expect(Role.administrator.decide(.tokens, on: "administrator", from: "") == .allowed)
        let denying = GrantRecord(allows: false, operations: ["tokens"], names: pattern)
        let both = try #require(
            Role(
                RoleRecord(
                    name: "r", grants: [GrantRecord(operations: ["tokens"], names: "administrator"), denying],
                    createdAt: 0)))
        #expect(both.decide(.tokens, on: "administrator", from: "") == .denied)
    }

    @Test("destroyed versions make room for new ones where a key has as many as it may")
    func versions() throws {
        let id = KeyID(high: 1, low: 2)
        let identity = KeyIdentity(high: 1, low: 2)
        var sealed = try fixture.root.generate(
            KeySpecification(
                key: KeyVersionID(key: identity, version: 1), algorithm: .xaes256GCM, usages: [.encrypt, .decrypt],
                createdAt: 1))
        var versions = [KeyVersionRecord(keyID: id, version: 1, createdAt: 1, sealed: sealed)]
        for number in 2...2000 {
            sealed = try fixture.root.rotate(
                sealed, to: KeyVersionID(key: identity, version: UInt32(number)), createdAt: 1)
            versions.append(KeyVersionRecord(keyID: id, version: number, createdAt: 1, sealed: sealed))
        }
        try fixture.store.createKey(
            KeyRecord(
                id: id, name: "busy", algorithm: "xaes-256-gcm", usages: ["encrypt", "decrypt"], latestVersion: 2000,
                createdAt: 1), versions: versions)
        #expect(throws: ServiceError.versionsExhausted) { try fixture.service.rotateKey("busy") }
        _ = try fixture.service.setVersion(7, of: "busy", to: .destroyed)
        let rotated = try fixture.service.rotateKey("busy")
        #expect(rotated.versions.count == 2000 && rotated.key.latestVersion == 2001)
        #expect(!rotated.versions.contains { $0.version == 7 })
        #expect(try fixture.service.decrypt(fixture.service.encrypt("text", with: "busy"), with: "busy") == "text")
        #expect(try fixture.service.encrypt("text", with: "busy", version: 8).version == 8)
        #expect(throws: ServiceError.versionNotFound) { try fixture.service.encrypt("text", with: "busy", version: 7) }
        #expect(throws: ServiceError.versionsExhausted) { try fixture.service.rotateKey("busy") }
    }
}
