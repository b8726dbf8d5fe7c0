// Deleting keys: protected, waiting, cancelled, and destroyed when the time is over.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct DeletionTests {
    private static let day: Int64 = 86_400

    @Test("a protected key is not deleted")
    func protected() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        #expect(throws: ServiceError.deletionProtected) {
            try fixture.service.deleteKey("orders", afterDays: 0)
        }
        #expect(try fixture.service.key("orders").key.state == .enabled)
    }

    @Test("a key that waits for its deletion can be read and kept, and nothing else")
    func pending() throws {
        let fixture = try Fixture()
        try fixture.createUnprotected("orders")
        let service = fixture.service
        let ciphertext = try service.encrypt("text", with: "orders")
        let pending = try service.deleteKey("orders", if: { $0.revision == 2 }, afterDays: 7)
        #expect(pending.key.state == .pendingDeletion(at: 1_700_000_000 + 7 * Self.day))
        #expect(try service.key("orders") == pending)

        #expect(throws: ServiceError.keyPendingDeletion) { try service.encrypt("text", with: "orders") }
        #expect(throws: ServiceError.keyPendingDeletion) { try service.decrypt(ciphertext, with: "orders") }
        #expect(throws: ServiceError.keyPendingDeletion) { try service.rotateKey("orders") }
        #expect(throws: ServiceError.keyPendingDeletion) { try service.setVersion(1, of: "orders", to: .disabled) }
        #expect(throws: ServiceError.keyPendingDeletion) {
            try service.changeKey("orders", KeyChange())
        }
        #expect(throws: ServiceError.keyPendingDeletion) {
            try service.deleteKey("orders", afterDays: 90)
        }

        let kept = try service.cancelDeletion(of: "orders")
        #expect(kept.key.state == .enabled)
        #expect(try service.decrypt(ciphertext, with: "orders") == "text")
        #expect(throws: ServiceError.keyNotPendingDeletion) { try service.cancelDeletion(of: "orders") }
    }

    @Test("a key's open handles go with its deletion")
    func closesHandles() throws {
        let fixture = try Fixture()
        try fixture.createUnprotected("orders")
        _ = try fixture.service.encrypt("text", with: "orders")
        #expect(fixture.service.pool.statistics.open == 1)
        _ = try fixture.service.deleteKey("orders", afterDays: 1)
        #expect(fixture.service.pool.statistics.open == 0)
    }

    @Test("due keys are destroyed, not a second early, and no others")
    func due() throws {
        let fixture = try Fixture()
        let service = fixture.service
        for name in ["now", "soon", "later", "kept"] { try fixture.createUnprotected(name) }
        _ = try service.deleteKey("now", afterDays: 0)
        _ = try service.deleteKey("soon", afterDays: 1)
        _ = try service.deleteKey("later", afterDays: 2)
        _ = try service.deleteKey("kept", afterDays: 1)
        _ = try service.cancelDeletion(of: "kept")

        #expect(try service.destroyDueKeys() == 1)
        #expect(throws: ServiceError.keyNotFound) { try service.key("now") }
        fixture.pass(seconds: Self.day - 1)
        #expect(try service.destroyDueKeys() == 0)
        fixture.pass(seconds: 1)
        #expect(try service.destroyDueKeys() == 1)
        #expect(throws: ServiceError.keyNotFound) { try service.key("soon") }
        #expect(throws: ServiceError.keyNotFound) { try service.encrypt("text", with: "soon") }
        #expect(try service.keys(KeyQuery()).map(\.name) == ["kept", "later"])
    }

    @Test("a destroyed key's name can be taken again, by another key")
    func nameReused() throws {
        let fixture = try Fixture()
        try fixture.createUnprotected("orders")
        let old = try fixture.service.encrypt("text", with: "orders")
        _ = try fixture.service.deleteKey("orders", afterDays: 0)
        #expect(throws: ServiceError.keyExists) { try fixture.create("orders") }
        #expect(try fixture.service.destroyDueKeys() == 1)
        try fixture.create("orders")
        #expect(throws: CoreError(.authenticationFailed)) { try fixture.service.decrypt(old, with: "orders") }
    }

    @Test("more keys than one round takes are destroyed in a few")
    func manyDue() throws {
        let fixture = try Fixture()
        for number in 0..<103 {
            let key = try fixture.create("key-\(number)").key
            var pending = key
            pending.state = .pendingDeletion(at: 1)
            _ = try fixture.store.updateKey(pending, expectedRevision: 1)
        }
        #expect(try fixture.service.destroyDueKeys() == 100)
        #expect(try fixture.service.destroyDueKeys() == 3)
        #expect(try fixture.service.destroyDueKeys() == 0)
        #expect(try fixture.service.keys(KeyQuery()).isEmpty)
    }

    @Test("the schedule destroys due keys by itself, says so, and stops when it is told to")
    func schedule() throws {
        let fixture = try Fixture()
        try fixture.createUnprotected("orders")
        _ = try fixture.service.deleteKey("orders", afterDays: 1)
        let destroyed = Locked(0)
        let schedule = try KeySchedule(fixture.service, tokens: fixture.authority(), everySeconds: 1) { work in
            if case .destroyed(let count) = work { destroyed.withLock { $0 += count } }
        }
        fixture.pass(seconds: Self.day)
        #expect(eventually { destroyed.withLock { $0 } == 1 })
        let began = now()
        schedule.stop()
        schedule.stop()
        #expect(now() - began < 0.5)
        #expect(throws: ServiceError.keyNotFound) { try fixture.service.key("orders") }
    }

    @Test("the schedule reports a store that fails")
    func scheduleReportsFailure() throws {
        let fixture = try Fixture()
        let tokens = try fixture.authority()
        try fixture.store.close()
        let failures = Locked<[ServiceError]>([])
        let schedule = try KeySchedule(fixture.service, tokens: tokens, everySeconds: 60) { work in
            if case .destructionFailed(let error) = work { failures.withLock { $0.append(error) } }
        }
        defer { schedule.stop() }
        #expect(eventually { !failures.withLock { $0.isEmpty } })
        guard case .storage(.unavailable)? = failures.withLock({ $0.first }) else {
            Issue.record("not the store's failure")
            return
        }
    }
}
