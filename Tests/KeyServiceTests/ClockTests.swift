// A clock that goes backwards: set by hand, or by a time service that was wrong before.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing

@Suite(.givesHandlesBack) struct ClockTests {
    private static let year: Int64 = 365 * 86_400

    @Test("keys are used, rotated and made with a time before that of what is there, and nothing is lost")
    func keys() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let before = try fixture.service.encrypt("before", with: "orders")
        fixture.pass(seconds: -Self.year)
        #expect(try fixture.service.decrypt(before, with: "orders") == "before")
        _ = try fixture.service.rotateKey("orders")
        let after = try fixture.service.encrypt("after", with: "orders")
        #expect(after.version == 2)
        try fixture.create("earlier")
        let cold = fixture.coldService()
        #expect(try cold.decrypt(before, with: "orders") == "before")
        #expect(try cold.decrypt(after, with: "orders") == "after")
        let stored = try #require(try fixture.store.key(named: "orders"))
        #expect(stored.versions[1].createdAt < stored.versions[0].createdAt)
    }

    @Test("a key that waits for its deletion waits longer, and can be taken back; none goes before its time")
    func deletion() throws {
        let fixture = try Fixture()
        try fixture.createUnprotected("leaving")
        _ = try fixture.service.deleteKey("leaving", afterDays: 7)
        fixture.pass(seconds: -Self.year)
        #expect(try fixture.service.destroyDueKeys() == 0)
        _ = try fixture.service.cancelDeletion(of: "leaving")
        fixture.pass(seconds: 2 * Self.year)
        #expect(try fixture.service.destroyDueKeys() == 0)
        #expect(try fixture.service.encrypt("text", with: "leaving").version == 1)
    }

    @Test("rotations by period come late and not early, and once when the clock is right again")
    func rotation() throws {
        let fixture = try Fixture()
        var key = NewKey(name: "orders", algorithm: .xaes256GCM)
        key.rotationPeriod = 86_400
        _ = try fixture.service.createKey(key)
        fixture.pass(seconds: -Self.year)
        #expect(try fixture.service.rotateDueKeys().rotated == 0)
        fixture.pass(seconds: Self.year + 86_400)
        #expect(try fixture.service.rotateDueKeys().rotated == 1)
        #expect(try fixture.service.rotateDueKeys().rotated == 0)
        // By a rotation by hand while it was wrong, the next one is due at a wrong time too: once, when it is right.
        fixture.pass(seconds: -Self.year)
        _ = try fixture.service.rotateKey("orders")
        fixture.pass(seconds: Self.year)
        #expect(try fixture.service.rotateDueKeys().rotated == 1)
        #expect(try fixture.service.rotateDueKeys().rotated == 0)
    }
}
