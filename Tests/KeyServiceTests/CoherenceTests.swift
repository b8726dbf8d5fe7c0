// What is kept in memory is what is stored: changes are visible at once, and no reader brings an old state back.

import CoreBridge
import Glibc
import KeyService
import Storage
import Synchronization
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct CoherenceTests {
    @Test("a reader that a change overtakes does not bring the old state back")
    func overtakenReader() throws {
        let hooked = Locked<HookedStore?>(nil)
        let fixture = try Fixture { store in
            let store = HookedStore(store)
            hooked.withLock { $0 = store }
            return store
        }
        let store = try #require(hooked.withLock { $0 })
        try fixture.create("orders")
        store.afterReading.withLock { hook in
            hook = {
                var change = KeyChange()
                change.labels = ["state": "new"]
                _ = try? fixture.service.changeKey("orders", change)
            }
        }
        #expect(try fixture.service.key("orders").key.labels == [:])
        #expect(try fixture.service.key("orders").key.labels == ["state": "new"])
    }

    /// Unlike a change by a request, this one reads nothing through the cache: only the count of changes tells the reader of it.
    @Test("a reader that a key's destruction overtakes does not bring the key back")
    func overtakenByDestruction() throws {
        let hooked = Locked<HookedStore?>(nil)
        let fixture = try Fixture { store in
            let store = HookedStore(store)
            hooked.withLock { $0 = store }
            return store
        }
        let store = try #require(hooked.withLock { $0 })
        try fixture.createUnprotected("orders")
        _ = try fixture.service.deleteKey("orders", afterDays: 1)
        fixture.pass(seconds: 86_400)
        store.afterReading.withLock { hook in
            hook = { #expect((try? fixture.service.destroyDueKeys()) == 1) }
        }
        #expect(try fixture.service.key("orders").key.name == "orders")
        #expect(throws: ServiceError.keyNotFound) { try fixture.service.key("orders") }
    }

    @Test(
        "a change that somebody saw before it was acknowledged is not unseen by a slower reader, in the cache or pushed out of it"
    )
    func unacknowledgedChange() throws {
        for isPushedOut in [false, true] {
            let hooked = Locked<HookedStore?>(nil)
            let fixture = try Fixture(cachedKeys: 1) { store in
                let store = HookedStore(store)
                hooked.withLock { $0 = store }
                return store
            }
            let store = try #require(hooked.withLock { $0 })
            try fixture.create("orders")
            try fixture.create("other")
            // The slow reader has read; then the store changes, of which the service is not told yet, and another reads.
            store.afterReading.withLock { hook in
                hook = {
                    guard var key = try? fixture.store.key(named: "orders")?.key else { return }
                    key.labels = ["state": "new"]
                    _ = try? fixture.store.updateKey(key, expectedRevision: key.revision)
                    #expect((try? fixture.service.key("orders").key.labels) == ["state": "new"])
                    if isPushedOut { _ = try? fixture.service.key("other") }
                }
            }
            _ = try fixture.service.key("orders")
            #expect(try fixture.service.key("orders").key.labels == ["state": "new"])
        }
    }

    @Test(
        "a reader that the end of its version overtakes leaves no open handle behind",
        arguments: [KeyVersionState.disabled, .destroyed])
    func overtakenOpening(state: KeyVersionState) throws {
        let hooked = Locked<HookedStore?>(nil)
        let fixture = try Fixture { store in
            let store = HookedStore(store)
            hooked.withLock { $0 = store }
            return store
        }
        let store = try #require(hooked.withLock { $0 })
        let key = try fixture.create("orders")
        store.afterReading.withLock { hook in
            hook = { _ = try? fixture.service.setVersion(1, of: "orders", to: state) }
        }
        // It was enabled when it was read: this one use is before the change.
        _ = try fixture.service.keyToEncrypt("orders", version: nil, waiting: .allowed)
        #expect(fixture.service.pool.borrow(key.id(version: 1)) == nil)
        #expect(fixture.service.pool.statistics.open == 0)
        let refusal = state == .destroyed ? ServiceError.allVersionsDestroyed : .noEnabledVersion
        #expect(throws: refusal) { try fixture.service.encrypt("text", with: "orders") }
    }

    @Test("readers on many threads see a change as soon as it is acknowledged, and never go back")
    func readersAndOneWriter() throws {
        let fixture = try Fixture(cachedKeys: 1)
        let service = fixture.service
        try fixture.create("orders")
        try fixture.create("other")
        let acknowledged = Atomic<Int>(1)
        let done = Atomic<Bool>(false)
        let errors = try onThreads(4) { index in
            if index == 0 {
                defer { done.store(true, ordering: .releasing) }
                for _ in 0..<60 {
                    let latest = try service.rotateKey("orders").key.latestVersion
                    acknowledged.store(latest, ordering: .releasing)
                }
                return
            }
            var seen = 1
            while !done.load(ordering: .acquiring) {
                let before = acknowledged.load(ordering: .acquiring)
                let version = try service.keyToEncrypt("orders", version: nil, waiting: .allowed).version
                guard version >= before, version >= seen else {
                    throw TestError("read version \(version) after \(before) was acknowledged and \(seen) seen")
                }
                seen = version
                // Makes room for the next reading: the cache holds one key.
                if index == 1 { _ = try service.key("other") }
            }
        }
        #expect(errors.isEmpty, "\(errors)")
        #expect(try service.key("orders").key.latestVersion == 61)
    }

    @Test("once disabling is acknowledged no thread is given the version, enabling or not in between")
    func disablingUnderLoad() throws {
        let fixture = try Fixture()
        let service = fixture.service
        try fixture.create("orders")
        // Odd: disabled, acknowledged. Even: may be either.
        let stage = Atomic<Int>(0)
        let done = Atomic<Bool>(false)
        let errors = try onThreads(3) { index in
            if index == 0 {
                defer { done.store(true, ordering: .releasing) }
                for round in 0..<40 {
                    _ = try service.setVersion(1, of: "orders", to: .disabled)
                    stage.store(2 * round + 1, ordering: .releasing)
                    usleep(300)
                    stage.store(2 * round + 2, ordering: .releasing)
                    _ = try service.setVersion(1, of: "orders", to: .enabled)
                }
                return
            }
            while !done.load(ordering: .acquiring) {
                let before = stage.load(ordering: .acquiring)
                let result = Result { () throws(ServiceError) in
                    try service.keyToEncrypt("orders", version: 1, waiting: .allowed)
                }
                let after = stage.load(ordering: .acquiring)
                if before % 2 == 1, before == after, case .success = result {
                    throw TestError("a disabled version was given")
                }
                if case .failure(let error) = result, error != .versionDisabled { throw error }
            }
        }
        #expect(errors.isEmpty, "\(errors)")
        _ = try service.setVersion(1, of: "orders", to: .destroyed)
        #expect(service.pool.statistics.open == 0)
        #expect(service.pool.statistics.borrowed == 0)
    }

    @Test("the answer of a rotation shows every version as it was stored")
    func rotationAnswer() throws {
        let hooked = Locked<HookedStore?>(nil)
        let fixture = try Fixture { store in
            let store = HookedStore(store)
            hooked.withLock { $0 = store }
            return store
        }
        let store = try #require(hooked.withLock { $0 })
        try fixture.create("orders")
        store.afterReading.withLock { hook in
            hook = { _ = try? fixture.service.setVersion(1, of: "orders", to: .disabled) }
        }
        let rotated = try fixture.service.rotateKey("orders")
        #expect(rotated == (try fixture.coldService().key("orders")))
    }
}
