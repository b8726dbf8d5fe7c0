// Unknown tokens, shown again and again: their source is limited, and no known token is refused for it.

import Bytes
import CoreBridge
import KeyService
import Network
import Storage
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct BadTokenTests {
    private enum Answer: Equatable {
        case known, unknown, limited(Int64)
    }

    private let fixture: Fixture
    private let authority: TokenAuthority
    private let good: [UInt8]
    private let bad = Array("srt_".utf8) + Array(repeating: UInt8(ascii: "a"), count: AccessToken.length - 4)

    init() throws {
        fixture = try Fixture()
        let text = try AccessToken.make(from: TestCore.shared)
        good = text.withBytes { Array($0) }
        try fixture.store.insertToken(
            TokenAuthority.record(
                of: text, id: "good", name: "n", roles: ["administrator"], root: fixture.root, createdAt: 1))
        authority = try TokenAuthority(
            core: TestCore.shared, root: fixture.root, store: fixture.store, badTokens: 4,
            now: { [fixture] in fixture.clock.withLock { $0 } })
    }

    private func show(_ token: [UInt8], from peer: Peer) throws -> Answer {
        switch try token.withUnsafeBytes({ try authority.authenticate($0, from: peer) }) {
        case .known: .known
        case .unknown: .unknown
        case .limited(let seconds): .limited(seconds)
        }
    }

    @Test("too many unknown tokens limit their source until time passes, and no other")
    func limited() throws {
        for _ in 0..<4 { #expect(try show(bad, from: "192.0.2.1") == .unknown) }
        #expect(try show(bad, from: "192.0.2.1") == .limited(1))
        #expect(try show(bad, from: "192.0.2.2") == .unknown)
        fixture.pass(seconds: 1)
        #expect(try show(bad, from: "192.0.2.1") == .unknown)
        #expect(try show(bad, from: "192.0.2.1") == .limited(1))
        // Time that goes back gives nothing.
        fixture.pass(seconds: -100)
        #expect(try show(bad, from: "192.0.2.1") == .limited(1))
        // Nor does anybody wait until the clock is where it was.
        fixture.pass(seconds: 1)
        #expect(try show(bad, from: "192.0.2.1") == .unknown)
        fixture.pass(seconds: 1000)
        for _ in 0..<4 { #expect(try show(bad, from: "192.0.2.1") == .unknown) }
        #expect(try show(bad, from: "192.0.2.1") == .limited(1))
    }

    @Test("a known token is never refused for what others show from its address")
    func shared() throws {
        for _ in 0..<6 { _ = try show(bad, from: "192.0.2.1") }
        #expect(try show(bad, from: "192.0.2.1") == .limited(1))
        for _ in 0..<6 {
            #expect(try show(good, from: "192.0.2.1") == .known)
            #expect(try show(bad, from: "192.0.2.1") == .limited(1))
        }
    }

    @Test("one site's IPv6 addresses are one source, and a flood of sources forgets none that is at its limit")
    func sources() throws {
        for index in 0..<4 { #expect(try show(bad, from: Peer(text: "2001:db8::\(index)")) == .unknown) }
        #expect(try show(bad, from: "2001:db8::ffff") == .limited(1))
        #expect(try show(bad, from: "2001:db8:0:1::1") == .unknown)
        for index in 0..<6000 { _ = try show(bad, from: Peer(text: "10.0.\(index / 256).\(index % 256)")) }
        #expect(try show(bad, from: "2001:db8::1") == .limited(1))
    }

    @Test("bad logins are limited apart from bad tokens")
    func logins() throws {
        for _ in 0..<6 { _ = try show(bad, from: "192.0.2.1") }
        for _ in 0..<4 { #expect(authority.noteBadLogin(from: "192.0.2.1") == nil) }
        #expect(authority.noteBadLogin(from: "192.0.2.1") == 1)
        #expect(authority.noteBadLogin(from: "192.0.2.2") == nil)
    }
}
