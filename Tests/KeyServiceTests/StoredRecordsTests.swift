// Records held to the root key: by whom they are believed without MACs, and what an altered one keeps from happening.

import CoreBridge
import KeyService
import Storage
import StorageSQLite
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct StoredRecordsTests {
    private let fixture: Fixture
    private let events = Locked<[RecordEvent]>([])

    init() throws {
        fixture = try Fixture()
        let root = fixture.root
        try fixture.store.createInstallation(
            InstallationRecord(rootIdentity: root.identity(), createdAt: 1, wrappedRoot: [1]),
            firstToken: TokenRecord(id: "t", mac: Array(0..<32), name: "n", role: "r", createdAt: 1))
    }

    private func authenticate(identity: [UInt8]) throws -> [UInt8] {
        let events = events
        return try StoredRecords.authenticate(fixture.store, with: fixture.root, identity: identity) { event in
            events.withLock { $0.append(event) }
        }
    }

    @Test("records of an earlier release are believed once; from then on the identity says that they have MACs")
    func adopted() throws {
        try fixture.create("orders")
        let identity = try authenticate(identity: fixture.root.identity())
        #expect(events.withLock { $0 } == [.adopted])
        #expect(identity.count == 32)
        #expect(try fixture.store.installation()?.rootIdentity == identity)
        try fixture.store.checkRecords()
        #expect(try authenticate(identity: identity) == identity)
        #expect(events.withLock { $0 } == [.adopted])
    }

    @Test("another root key is none of the installation's, whichever identity is stored")
    func anotherRoot() throws {
        let other = try TestCore.rootKey()
        for identity in [try other.identity(), try StoredRecords.identity(of: other), []] {
            #expect(throws: UnsealError.core(CoreError(.wrappedRootMalformed))) { try authenticate(identity: identity) }
        }
        #expect(try StoredRecords.identity(of: other) != StoredRecords.identity(of: fixture.root))
    }

    @Test("once the root key is closed nothing is read or written: there is nothing to hold it to")
    func closed() throws {
        try fixture.create("orders")
        _ = try authenticate(identity: fixture.root.identity())
        fixture.root.close()
        #expect(throws: StorageError.recordKeyUnavailable) { try fixture.store.key(named: "orders") }
        #expect(throws: StorageError.recordKeyUnavailable) { try fixture.store.checkRecords() }
    }

    @Test("a MAC is over every byte of a record, and another record has another")
    func macs() throws {
        let record: [UInt8] = Array(0..<200)
        let mac = try fixture.root.recordMAC(record)
        #expect(mac.count == 32)
        for index in record.indices {
            var changed = record
            changed[index] ^= 1
            #expect(try fixture.root.recordMAC(changed) != mac)
        }
        #expect(try fixture.root.recordMAC([]) != fixture.root.recordMAC([0]))
    }
}
