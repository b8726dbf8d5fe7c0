// How many have to approve can be raised while a request that lowers it is under way: what was approved is held to the new number.

import CoreBridge
import KeyService
import Storage
import StorageSQLite
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct RaisedApprovalTests {
    private static func change(_ needed: Int?, _ kind: ApproverKind?, approvals: Int) -> KeyChange {
        var change = KeyChange()
        change.minApprovals = needed
        change.approvalsBy = kind
        change.approvals = approvals
        return change
    }

    private func create(_ fixture: Fixture, _ needed: Int, _ kind: ApproverKind) throws {
        var new = NewKey(name: "orders", algorithm: .xaes256GCM)
        new.minApprovals = needed
        new.approvalsBy = kind
        _ = try fixture.service.createKey(new)
    }

    @Test(
        "asking less of those who approve takes as many of them as there have to be now",
        arguments: [
            // Of a key that needs 3 identities.
            (change(2, nil, approvals: 2), false), (change(2, nil, approvals: 3), true),
            (change(0, nil, approvals: 0), false), (change(0, nil, approvals: 2), false),
            (change(0, nil, approvals: 4), true), (change(3, nil, approvals: 0), true),
            (change(4, nil, approvals: 0), true), (change(nil, .token, approvals: 2), false),
            (change(nil, .token, approvals: 3), true), (change(nil, .identity, approvals: 0), true),
            (change(4, .token, approvals: 3), false), (change(4, .token, approvals: 4), true),
            (change(2, .token, approvals: 2), false), (change(2, .token, approvals: 3), true),
        ])
    func table(change: KeyChange, isDone: Bool) throws {
        let fixture = try Fixture()
        try create(fixture, 3, .identity)
        if isDone {
            let changed = try fixture.service.changeKey("orders", change).key
            #expect(changed.minApprovals == change.minApprovals ?? 3)
            #expect(changed.approvalsBy == change.approvalsBy ?? .identity)
        } else {
            #expect(throws: ServiceError.contended) { try fixture.service.changeKey("orders", change) }
            let key = try fixture.service.key("orders").key
            #expect(key.minApprovals == 3 && key.approvalsBy == .identity)
        }
    }

    @Test("a number that is raised between reading and changing a key is held to", arguments: [false, true])
    func raisedMeanwhile(byKind: Bool) throws {
        let hooked = Locked<HookedStore?>(nil)
        let fixture = try Fixture { store in
            let store = HookedStore(store)
            hooked.withLock { $0 = store }
            return store
        }
        let store = try #require(hooked.withLock { $0 })
        try create(fixture, 1, .identity)
        // Two, when the request was approved by one.
        store.afterReading.withLock { hook in
            hook = {
                guard var key = try? fixture.store.key(named: "orders")?.key else { return }
                key.minApprovals = 2
                _ = try? fixture.store.updateKey(key, expectedRevision: key.revision)
            }
        }
        let change = byKind ? Self.change(nil, .token, approvals: 1) : Self.change(0, nil, approvals: 1)
        #expect(throws: ServiceError.contended) { try fixture.service.changeKey("orders", change) }
        let key = try fixture.coldService().key("orders").key
        #expect(key.minApprovals == 2 && key.approvalsBy == .identity)
    }
}
