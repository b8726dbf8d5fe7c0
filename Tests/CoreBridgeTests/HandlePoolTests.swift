// The pool: bounded, what was not used makes room, one opening at a time, and never what was invalidated.

import CoreBridge
import Glibc
import Synchronization
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct HandlePoolTests {
    let fixture: Fixture

    init() throws {
        fixture = try Fixture(.xaes256GCM)
    }

    func id(_ number: UInt64) -> KeyVersionID {
        KeyVersionID(key: KeyIdentity(high: 9, low: number), version: 1)
    }

    @Test("a key that is open is borrowed without opening it again")
    func warm() throws {
        let pool = HandlePool(capacity: 4)
        #expect(pool.borrow(id(1)) == nil)
        _ = try pool.borrow(id(1)) { try fixture.open() }
        #expect(pool.borrow(id(1)) != nil)
        _ = try pool.borrow(id(1)) { () throws(CoreError) in
            Issue.record("opened again")
            return try fixture.open()
        }
        let statistics = pool.statistics
        #expect(statistics.hits == 2)
        #expect(statistics.misses == 1)
        #expect(statistics.open == 1)
    }

    @Test("a key that was not used makes room, and one that was does not")
    func eviction() throws {
        let pool = HandlePool(capacity: 2)
        _ = try pool.borrow(id(1)) { try fixture.open() }
        _ = try pool.borrow(id(2)) { try fixture.open() }
        _ = pool.borrow(id(1))
        _ = try pool.borrow(id(3)) { try fixture.open() }
        #expect(pool.borrow(id(2)) == nil)
        #expect(pool.borrow(id(1)) != nil)
        #expect(pool.borrow(id(3)) != nil)
        #expect(pool.statistics.evictions == 1)
        #expect(pool.statistics.open == 2)
    }

    @Test("keys take no more secret memory in the pool than its bound, and what was not used makes room")
    func boundInBytes() throws {
        let bytes = try fixture.open().secretBytes
        let pool = HandlePool(capacity: 1000, bytes: 10 * bytes)
        for number in UInt64(1)...30 {
            _ = try pool.borrow(id(number)) { try fixture.open() }
            #expect(pool.borrow(id(1)) != nil)
            #expect(pool.statistics.bytes <= 10 * bytes)
        }
        let statistics = pool.statistics
        #expect(statistics.open == 10)
        #expect(statistics.bytes == 10 * bytes)
        #expect(statistics.evictions == 20)
        #expect(statistics.memoryEvictions == 20)
        pool.invalidate(id(30))
        pool.drain()
        #expect(pool.statistics.bytes == 0)
    }

    @Test("a key that somebody uses is not closed for its memory, which would give none back")
    func borrowedKeysStay() throws {
        let bytes = try fixture.open().secretBytes
        let pool = HandlePool(capacity: 1000, bytes: 4 * bytes)
        var borrowed = try (UInt64(1)...8).map { number in try pool.borrow(id(number)) { try fixture.open() } }
        #expect(pool.statistics.open == 8)
        #expect(pool.statistics.evictions == 0)
        borrowed.removeLast(6)
        _ = try pool.borrow(id(9)) { try fixture.open() }
        let statistics = pool.statistics
        #expect(statistics.bytes == 4 * bytes)
        #expect(statistics.borrowed == 2)
        #expect(pool.borrow(id(1)) === borrowed[0] && pool.borrow(id(2)) === borrowed[1])
    }

    @Test("a borrowed handle outlives its eviction, and is given back after")
    func outliving() throws {
        let pool = HandlePool(capacity: 1)
        var borrowed: KeyHandle? = try pool.borrow(id(1)) { try fixture.open() }
        _ = try pool.borrow(id(2)) { try fixture.open() }
        #expect(pool.borrow(id(1)) == nil)
        #expect(pool.statistics.borrowed == 1)
        let ciphertext = try borrowed?.encrypt([1], associatedData: [])
        #expect(ciphertext != nil)
        borrowed = nil
        #expect(pool.statistics.borrowed == 0)
    }

    @Test("what is invalidated is opened anew, one version or all of a key")
    func invalidation() throws {
        let pool = HandlePool(capacity: 8)
        for number in UInt64(1)...4 { _ = try pool.borrow(id(number)) { try fixture.open() } }
        pool.invalidate(id(1))
        #expect(pool.borrow(id(1)) == nil)
        pool.invalidate(id(2).key)
        #expect(pool.borrow(id(2)) == nil)
        #expect(pool.borrow(id(3)) != nil)
        pool.drain()
        #expect(pool.borrow(id(3)) == nil)
        #expect(pool.statistics.open == 0)
        #expect(pool.statistics.invalidations == 4)
    }

    @Test("a closed pool waits for what is being opened, and keeps nothing")
    func closed() throws {
        let pool = HandlePool(capacity: 8)
        _ = try pool.borrow(id(1)) { try fixture.open() }
        let (began, isClosed, goesOn) = (Locked(false), Locked(false), Locked(false))
        let opening = try Threading.Thread(name: "opening") {
            _ = try? pool.borrow(id(2)) { () throws(CoreError) in
                began.withLock { $0 = true }
                _ = eventually { goesOn.withLock { $0 } }
                #expect(!isClosed.withLock { $0 })
                return try fixture.open()
            }
        }
        #expect(eventually { began.withLock { $0 } })
        let closing = try Threading.Thread(name: "closing") {
            pool.close()
            isClosed.withLock { $0 = true }
        }
        #expect(!eventually(within: 0.2) { isClosed.withLock { $0 } })
        goesOn.withLock { $0 = true }
        opening.join()
        closing.join()
        #expect(pool.statistics.open == 0)
        #expect(try pool.borrow(id(3)) { try fixture.open() }.algorithm == .xaes256GCM)
        #expect(pool.borrow(id(3)) == nil)
        #expect(pool.statistics.bytes == 0)
    }

    @Test("however many ask for a cold key at once, it is opened once")
    func singleFlight() throws {
        let pool = HandlePool(capacity: 4)
        let openings = Atomic<Int>(0)
        let served = Atomic<Int>(0)
        try inThreads(8) {
            let borrowed = try? pool.borrow(id(1)) { () throws(CoreError) in
                openings.add(1, ordering: .relaxed)
                usleep(20_000)
                return try fixture.open()
            }
            if borrowed != nil { served.add(1, ordering: .relaxed) }
        }
        #expect(openings.load(ordering: .relaxed) == 1)
        #expect(served.load(ordering: .relaxed) == 8)
    }

    @Test("when an opening fails, the next one tries for itself")
    func failedFlight() throws {
        let pool = HandlePool(capacity: 4)
        #expect(throws: CoreError(.sealedBlobNotAuthentic)) {
            try pool.borrow(id(1)) { () throws(CoreError) in throw CoreError(.sealedBlobNotAuthentic) }
        }
        #expect(try pool.borrow(id(1)) { try fixture.open() }.algorithm == .xaes256GCM)
    }

    @Test("a key invalidated while it is being opened is used once and not kept")
    func invalidatedInFlight() throws {
        let pool = HandlePool(capacity: 4)
        let borrowed = try pool.borrow(id(1)) { () throws(CoreError) in
            pool.invalidate(id(1))
            return try fixture.open()
        }
        #expect(pool.borrow(id(1)) == nil)
        #expect(try borrowed.encrypt([1], associatedData: []).isEmpty == false)
    }

    @Test("a key counts as borrowed once however many have it, and no more when the last has let go")
    func counting() throws {
        let pool = HandlePool(capacity: 4)
        var first: KeyHandle? = try pool.borrow(id(1)) { try fixture.open() }
        var second = pool.borrow(id(1))
        var other: KeyHandle? = try pool.borrow(id(2)) { try fixture.open() }
        #expect(first === second)
        #expect(pool.statistics.borrowed == 2)
        pool.drain()
        #expect(pool.statistics.borrowed == 2)
        #expect(pool.statistics.open == 0)
        first = nil
        #expect(pool.statistics.borrowed == 2)
        second = nil
        #expect(pool.statistics.borrowed == 1)
        withExtendedLifetime(other) {}
        other = nil
        #expect(pool.statistics.borrowed == 0)
    }

    @Test("a large pool has its whole capacity in shards, finds every key in them, and forgets all versions of one")
    func shards() throws {
        let pool = HandlePool(capacity: 4001)
        #expect(pool.statistics.capacity == 4001)
        for number in UInt64(0)..<300 {
            for version in UInt32(1)...2 {
                let id = KeyVersionID(key: KeyIdentity(high: 7, low: number), version: version)
                _ = try pool.borrow(id) { try fixture.open() }
                #expect(pool.borrow(id) != nil)
            }
        }
        #expect(pool.statistics.open == 600)
        pool.invalidate(KeyIdentity(high: 7, low: 5))
        #expect(pool.statistics.open == 598)
        pool.drain()
        #expect(pool.statistics.open == 0)
        #expect(pool.statistics.invalidations == 600)
    }
}

/// Runs `body` in so many threads at once, and waits for them all.
func inThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) throws {
    let threads = try (0..<count).map { _ in try Thread(name: "test", body) }
    for thread in threads { thread.join() }
}
