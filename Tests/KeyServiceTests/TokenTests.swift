// Access tokens: their text, and whom they stand for.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct AccessTokenTests {
    private static let digits = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    @Test("a token is srt_ and 59 base-32 digits, well-formed, and never the same twice")
    func format() throws {
        var seen: Set<[UInt8]> = []
        for _ in 0..<50 {
            let text = try newToken()
            #expect(text.count == 63)
            #expect(text.count == AccessToken.length)
            #expect(text.starts(with: "srt_".utf8))
            #expect(text.dropFirst(4).allSatisfy { Self.digits.contains($0) })
            #expect(isWellFormed(text))
            seen.insert(text)
        }
        #expect(seen.count == 50)
    }

    @Test("the random digits use the whole alphabet evenly")
    func distribution() throws {
        var counts: [UInt8: Int] = [:]
        // The last digit of 256 bits holds one bit only.
        for _ in 0..<200 { for digit in try newToken()[4..<55] { counts[digit, default: 0] += 1 } }
        #expect(counts.count == 32)
        // 10,200 digits: 319 each, with a standard deviation of 18.
        #expect(counts.values.allSatisfy { (200...440).contains($0) })
    }

    @Test("the checksum is CRC-32 (ISO-HDLC) of what stands before it")
    func checksum() {
        // zlib's crc32 gives 0xb0936365 for it: those 32 bits, and three zeros, in base 32.
        let body = "srt_" + String(repeating: "a", count: 52)
        #expect(isWellFormed(Array((body + "wcjwgzi").utf8)))
    }

    @Test("every wrong character, and every swap of neighbours, is noticed")
    func singleErrors() throws {
        let token = try newToken()
        var unnoticed = 0
        for position in token.indices {
            var wrong = token
            for character in Self.digits + Array("ABZ01890_-= \u{0}".utf8) where character != token[position] {
                wrong[position] = character
                if isWellFormed(wrong) { unnoticed += 1 }
            }
            if position > 0, token[position] != token[position - 1] {
                wrong = token
                wrong.swapAt(position, position - 1)
                if isWellFormed(wrong) { unnoticed += 1 }
            }
        }
        #expect(unnoticed == 0)
    }

    @Test("a token of another length is none")
    func lengths() throws {
        let token = try newToken()
        for length in 0..<token.count { #expect(!isWellFormed(Array(token.prefix(length)))) }
        #expect(!isWellFormed(token + [0x61]))
        #expect(!isWellFormed(token + token))
    }

    private func newToken() throws -> [UInt8] {
        try AccessToken.make(from: TestCore.shared).withBytes { Array($0) }
    }

    private func isWellFormed(_ text: [UInt8]) -> Bool { text.withUnsafeBytes { AccessToken.isWellFormed($0) } }
}

@Suite(.givesHandlesBack) struct TokenAuthorityTests {
    @Test("a token of the store is known, by its id and role")
    func known() throws {
        let fixture = try Fixture()
        _ = try fixture.store.putRole(
            RoleRecord(name: "operator", grants: [GrantRecord(operations: ["rotate"])], createdAt: 1),
            expectedRevision: nil)
        let token = try fixture.issueToken("one", role: "operator")
        let other = try fixture.issueToken("two", role: "gone")
        let authority = try fixture.authority()
        let principal = try authority.authenticate(token)
        #expect(principal?.tokenID == "one")
        #expect(principal?.role.name == "operator")
        // A role that there is not grants nothing.
        let gone = try #require(try authority.authenticate(other))
        #expect(Permission.allCases.allSatisfy { !gone.role.mayAnywhere($0) })
    }

    @Test("a token that is not in the store, or no token at all, is nobody's")
    func unknown() throws {
        let fixture = try Fixture()
        let token = try fixture.issueToken("one")
        let authority = try fixture.authority()
        let other = try AccessToken.make(from: TestCore.shared).withBytes { Array($0) }
        #expect(try authority.authenticate(other) == nil)
        #expect(try authority.authenticate([]) == nil)
        #expect(try authority.authenticate(Array(token.dropLast())) == nil)
        #expect(try authority.authenticate(token + [0x20]) == nil)
        #expect(try authority.authenticate(Array(String(decoding: token, as: UTF8.self).uppercased().utf8)) == nil)
    }

    @Test("a token is valid until the second it expires in")
    func expiry() throws {
        let fixture = try Fixture()
        let token = try fixture.issueToken("one", expiresAt: 1_700_000_010)
        let authority = try fixture.authority()
        #expect(try authority.authenticate(token)?.tokenID == "one")
        fixture.pass(seconds: 9)
        #expect(try authority.authenticate(token)?.tokenID == "one")
        fixture.pass(seconds: 1)
        #expect(try authority.authenticate(token) == nil)
    }

    @Test("under another root key the same store's tokens are not known")
    func otherRoot() throws {
        let fixture = try Fixture()
        let token = try fixture.issueToken("one")
        let other = try TokenAuthority(
            core: TestCore.shared, root: TestCore.rootKey(), store: fixture.store, now: { 0 })
        #expect(try other.authenticate(token) == nil)
    }

    @Test("more tokens than a page of the store are all known")
    func pages() throws {
        let fixture = try Fixture()
        var tokens: [[UInt8]] = []
        for number in 0..<1003 { tokens.append(try fixture.issueToken("token-\(number)")) }
        let authority = try fixture.authority()
        for (number, token) in tokens.enumerated() {
            #expect(try authority.authenticate(token)?.tokenID == "token-\(number)")
        }
    }

    @Test("the store holds nothing of a token's text")
    func onlyMACs() throws {
        let fixture = try Fixture()
        let token = try fixture.issueToken("one")
        let record = try #require(try fixture.store.tokens(after: nil, limit: 10).first)
        #expect(record.mac.count == 32)
        #expect(record.mac != Array(token.prefix(32)))
        #expect(![record.id, record.name, record.roles[0]].contains { $0.contains("srt_") })
    }
}

extension TokenAuthority {
    fileprivate func authenticate(_ token: [UInt8]) throws -> Principal? {
        try token.withUnsafeBytes { try authenticate($0) }
    }
}

extension Fixture {
    /// Stores a new token, and gives its text.
    fileprivate func issueToken(_ id: String, role: String = "operator", expiresAt: Int64? = nil) throws -> [UInt8] {
        let token = try AccessToken.make(from: TestCore.shared)
        var record = try TokenAuthority.record(
            of: token, id: id, name: "of a test", roles: [role], root: root, createdAt: 1)
        record.expiresAt = expiresAt
        try store.insertToken(record)
        return token.withBytes { Array($0) }
    }

    func authority(quotas: TokenQuotas = TokenQuotas()) throws -> TokenAuthority {
        let clock = clock
        return try TokenAuthority(
            core: TestCore.shared, root: root, store: store, quotas: quotas, now: { clock.withLock { $0 } })
    }
}
