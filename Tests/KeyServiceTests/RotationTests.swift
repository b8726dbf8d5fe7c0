// Rotation by period: when it is due, what stands in its way, and the schedule that does it.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct RotationTests {
    private static let hour: Int64 = 3600

    private func create(_ name: String, period: Int64, in fixture: Fixture) throws {
        _ = try fixture.service.createKey(NewKey(name: name, algorithm: .xaes256GCM, rotationPeriod: period))
    }

    @Test("a key is rotated when its period is over, not a second early, and again a period later")
    func due() throws {
        let fixture = try Fixture()
        try create("orders", period: Self.hour, in: fixture)
        try fixture.create("by-hand")
        fixture.pass(seconds: Self.hour - 1)
        #expect(try fixture.service.rotateDueKeys().rotated == 0)
        fixture.pass(seconds: 1)
        #expect(try fixture.service.rotateDueKeys().rotated == 1)
        #expect(try fixture.service.rotateDueKeys().rotated == 0)
        #expect(try fixture.service.key("orders").key.latestVersion == 2)
        #expect(try fixture.service.key("orders").key.rotateAt == fixture.clock.withLock { $0 } + Self.hour)
        #expect(try fixture.service.key("by-hand").key.latestVersion == 1)
        fixture.pass(seconds: Self.hour)
        #expect(try fixture.service.rotateDueKeys().rotated == 1)
        #expect(try fixture.service.encrypt("text", with: "orders").version == 3)
    }

    @Test("a rotation by hand puts the next one off by a whole period")
    func byHand() throws {
        let fixture = try Fixture()
        try create("orders", period: Self.hour, in: fixture)
        fixture.pass(seconds: Self.hour / 2)
        _ = try fixture.service.rotateKey("orders")
        fixture.pass(seconds: Self.hour / 2)
        #expect(try fixture.service.rotateDueKeys().rotated == 0)
        fixture.pass(seconds: Self.hour / 2)
        #expect(try fixture.service.rotateDueKeys().rotated == 1)
    }

    @Test("the period is counted from the latest version, and can be taken away")
    func changed() throws {
        let fixture = try Fixture()
        let created = try fixture.create("orders").key
        fixture.pass(seconds: 2 * Self.hour)
        var change = KeyChange()
        change.rotationPeriod = .seconds(3 * Self.hour)
        let changed = try fixture.service.changeKey("orders", change)
        #expect(changed.key.rotateAt == created.createdAt + 3 * Self.hour)
        change.rotationPeriod = .never
        let never = try fixture.service.changeKey("orders", change)
        #expect((never.key.rotationPeriod, never.key.rotateAt) == (nil, nil))
        fixture.pass(seconds: 5 * Self.hour)
        #expect(try fixture.service.rotateDueKeys().rotated == 0)
    }

    @Test("a key that cannot be rotated does not hold up the others, and is tried again in an hour")
    func stuck() throws {
        let fixture = try Fixture()
        try create("a-empty", period: 2 * Self.hour, in: fixture)
        try create("b-sound", period: 2 * Self.hour, in: fixture)
        _ = try fixture.service.setVersion(1, of: "a-empty", to: .destroyed)
        fixture.pass(seconds: 2 * Self.hour)
        let round = try fixture.service.rotateDueKeys()
        #expect((round.rotated, round.failure) == (1, .allVersionsDestroyed))
        #expect(try fixture.service.rotateDueKeys().failure == nil)
        fixture.pass(seconds: Self.hour)
        #expect(try fixture.service.rotateDueKeys().failure == .allVersionsDestroyed)
    }

    @Test("keys that are to be deleted are not rotated")
    func pendingDeletion() throws {
        let fixture = try Fixture()
        try fixture.createUnprotected("orders")
        var change = KeyChange()
        change.rotationPeriod = .seconds(Self.hour)
        _ = try fixture.service.changeKey("orders", change)
        _ = try fixture.service.deleteKey("orders", afterDays: 30)
        fixture.pass(seconds: Self.hour)
        #expect(try fixture.service.rotateDueKeys().rotated == 0)
    }

    @Test("a key that was rotated by hand just before its turn is not rotated again")
    func overtaken() throws {
        let fixture = try Fixture()
        try create("orders", period: Self.hour, in: fixture)
        fixture.pass(seconds: Self.hour)
        // Asked when the round has found what is due, and before it reads the key.
        let round = try fixture.service.rotateDueKeys {
            _ = try? fixture.coldService().rotateKey("orders")
            return false
        }
        #expect((round.rotated, round.failure) == (0, nil))
        #expect(try fixture.coldService().key("orders").key.latestVersion == 2)
    }

    @Test("a round ends where it is told to")
    func stopped() throws {
        let fixture = try Fixture()
        for name in ["a", "b", "c"] { try create(name, period: Self.hour, in: fixture) }
        fixture.pass(seconds: Self.hour)
        var asked = 0
        let round = try fixture.service.rotateDueKeys {
            asked += 1
            return asked > 2
        }
        #expect(round.rotated == 2)
    }

    @Test("the schedule rotates by itself")
    func schedule() throws {
        let fixture = try Fixture()
        try create("orders", period: Self.hour, in: fixture)
        fixture.pass(seconds: Self.hour)
        let rotated = Locked(0)
        let schedule = try KeySchedule(fixture.service, tokens: fixture.authority(), everySeconds: 60) { work in
            if case .rotated(let count) = work { rotated.withLock { $0 += count } }
        }
        defer { schedule.stop() }
        #expect(eventually { rotated.withLock { $0 } == 1 })
        #expect(try fixture.service.key("orders").key.latestVersion == 2)
    }
}
