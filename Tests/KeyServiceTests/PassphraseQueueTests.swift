// Passphrases in line: one is tried at a time, no source keeps another from its turn, and what waits is told how it ended.

import CoreBridge
import Network
import TestKit
import Testing
import Threading

@testable import KeyService

@Suite(.givesHandlesBack) struct PassphraseQueueTests {
    private static let right = "correct horse battery staple"
    private let fixture: SealedFixture
    private var seal: Seal { fixture.seal }

    init() throws { fixture = try SealedFixture(passphraseKey(Self.right)) }

    private func add(_ passphrase: String = "a wrong passphrase", from peer: Peer, isHeld: Bool = false) throws
        -> TestAttempt
    {
        let attempt = TestAttempt(passphrase, from: peer, isHeld: isHeld)
        try seal.tryPassphrase(attempt)
        return attempt
    }

    private let wrong = UnsealError.core(CoreError(.unsealKeyWrong))

    @Test("an attempt waits for the one before it instead of being refused")
    func queued() throws {
        let first = try add(from: "192.0.2.1", isHeld: true)
        #expect(eventually { first.isTried })
        let second = try add(Self.right, from: "198.51.100.1")
        #expect(second.result == nil)
        first.letGo()
        #expect(first.wait() == .failure(wrong))
        #expect(try !second.wait().get().isSealed)
        #expect(try fixture.opensKeys())
    }

    @Test("a source has one place in line, which a client that has left gives up")
    func onePlace() throws {
        let first = try add(from: "192.0.2.1", isHeld: true)
        #expect(eventually { first.isTried })
        let waiting = try add(from: "192.0.2.1")
        #expect(throws: UnsealError.tooManyAttempts(retryAfter: 2)) { try add(Self.right, from: "192.0.2.1") }
        waiting.abandon()
        let next = try add(Self.right, from: "192.0.2.1")
        #expect(waiting.result == .failure(.tooManyAttempts(retryAfter: 1)))
        first.letGo()
        #expect(try !next.wait().get().isSealed)
        #expect(!waiting.isTried)
    }

    @Test("a source may try five passphrases, then one in 12 s; a local user any number")
    func limited() throws {
        for _ in 0..<5 { #expect(throws: wrong) { try seal.open("a wrong passphrase") } }
        #expect(throws: UnsealError.tooManyAttempts(retryAfter: 12)) { try seal.open(Self.right) }
        fixture.clock.withLock { $0 += 9 }
        #expect(throws: UnsealError.tooManyAttempts(retryAfter: 3)) { try seal.open(Self.right) }
        #expect(throws: wrong) { try seal.open("a wrong passphrase", from: "192.0.2.2") }
        for _ in 0..<10 { #expect(throws: wrong) { try seal.open("a wrong passphrase", from: "uid:1000") } }
        fixture.clock.withLock { $0 += 3 }
        #expect(try !seal.open(Self.right).isSealed)
    }

    @Test("shares given to a service with a passphrase keep no passphrase out")
    func wrongMethod() throws {
        for _ in 0..<1000 {
            #expect(throws: UnsealError.core(CoreError(.unsealMethodWrong))) { try seal.add([1]) }
        }
        #expect(try !seal.open(Self.right).isSealed)
        let (key, _) = try shares(2, of: 2)
        let other = try SealedFixture(key)
        for _ in 0..<100 {
            #expect(throws: UnsealError.core(CoreError(.unsealMethodWrong))) { try other.seal.open(Self.right) }
        }
    }

    @Test("those that wait when another unseals are told so, and have spent nothing")
    func unsealedMeanwhile() throws {
        for _ in 0..<2 {
            let first = try add(Self.right, from: "192.0.2.1", isHeld: true)
            #expect(eventually { first.isTried })
            let others = try (1...7).map { try add(from: Peer(text: "198.51.100.\($0)")) }
            first.letGo()
            #expect(try !first.wait().get().isSealed)
            for other in others { #expect(other.wait() == .failure(.alreadyUnsealed)) }
            #expect(throws: UnsealError.alreadyUnsealed) { try seal.open(Self.right) }
            #expect(seal.close())
        }
        for _ in 0..<5 { #expect(throws: wrong) { try seal.open("a wrong passphrase", from: "198.51.100.1") } }
    }

    @Test("when the service stops those that wait are turned away, and no more are taken")
    func stopping() throws {
        let first = try add(from: "192.0.2.1", isHeld: true)
        #expect(eventually { first.isTried })
        let waiting = try add(Self.right, from: "198.51.100.1")
        seal.refuseFromNow()
        #expect(waiting.result == .failure(.stopping))
        #expect(throws: UnsealError.stopping) { try seal.open(Self.right) }
        first.letGo()
        seal.stop()
        #expect(first.result == .failure(wrong))
        #expect(seal.current == nil)
    }
}

@Suite(.givesHandlesBack) struct PassphraseLineTests {
    private typealias Line = PassphraseLine<String>

    private func add(_ peers: String..., to line: inout Line) {
        for peer in peers { _ = line.add(peer, from: Peer(text: peer)) }
    }

    private func all(of line: inout Line) -> [String] {
        var all: [String] = []
        while let next = line.next() { all.append(next) }
        return all
    }

    @Test("local users come first, then sites in turn, and each site's sources in turn")
    func order() {
        var line = Line()
        add(
            "192.0.2.1", "192.0.2.2", "192.0.2.3", "198.51.100.1", "2001:db8:1::1", "2001:db8:1:2::1", "uid:7",
            to: &line)
        #expect(
            all(of: &line) == [
                "uid:7", "192.0.2.1", "198.51.100.1", "2001:db8:1::1", "192.0.2.2", "2001:db8:1:2::1", "192.0.2.3",
            ])
    }

    @Test("a site that fills the line makes room for others, and keeps its share")
    func full() {
        var line = Line()
        for index in 0..<200 { add("2001:db8:1:\(String(index, radix: 16))::1", to: &line) }
        #expect(line.count == 64)
        guard case .full = line.add("again", from: "2001:db8:1:ffff::1") else {
            Issue.record("it was taken")
            return
        }
        for index in 0..<31 {
            guard case .displaced = line.add("other", from: Peer(text: "203.0.\(index).1")) else {
                Issue.record("\(index) was not taken")
                return
            }
        }
        add("uid:7", to: &line)
        let order = all(of: &line)
        #expect(order.count == 65 && order[0] == "uid:7" && order[2...32].allSatisfy { $0 == "other" })
    }

    @Test("more sites than there are places wait until one has had its turn")
    func manySites() {
        var line = Line()
        for index in 0..<64 { add("203.0.\(index).1", to: &line) }
        guard case .full = line.add("late", from: "198.51.100.1") else {
            Issue.record("it was taken")
            return
        }
        _ = line.next()
        guard case .admitted = line.add("late", from: "198.51.100.1") else {
            Issue.record("it was refused")
            return
        }
        line.remove(from: ("203.0.1.1" as Peer).source)
        #expect(line.count == 63 && line.waiting(from: ("203.0.1.1" as Peer).source) == nil)
    }

    @Test("a site that had its turn lets those go first that had none, and makes room for them in a full line")
    func newcomers() {
        var line = Line()
        let sites = (0..<64).map { "203.0.\($0).1" }
        for site in sites { add(site, to: &line) }
        for site in sites.dropLast() { #expect(line.next() == site) }
        for site in sites.dropLast() { add(site, to: &line) }
        guard case .displaced("203.0.62.1") = line.add("late", from: "198.51.100.1") else {
            Issue.record("the latest of those that had a turn was to be displaced")
            return
        }
        // All others that wait had as many.
        guard case .full = line.add("203.0.62.1", from: "203.0.62.1") else {
            Issue.record("one that had a turn was taken again")
            return
        }
        #expect(all(of: &line) == ["203.0.63.1", "late"] + sites.dropLast(2))
    }
}
