// Records held to the root key, and to no other.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing

@Suite(.givesHandlesBack) struct StoredRecordsTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture()
        try fixture.store.createInstallation(
            InstallationRecord(
                rootIdentity: StoredRecords.identity(of: fixture.root), createdAt: 1, wrappedRoot: [1]),
            firstToken: TokenRecord(id: "t", mac: Array(0..<32), name: "n", roles: ["administrator"], createdAt: 1))
    }

    private func authenticate(identity: [UInt8]) throws {
        try StoredRecords.authenticate(fixture.store, with: fixture.root, identity: identity) { _ in }
    }

    @Test("records without MACs are believed by nobody, whatever the identity says")
    func unauthenticated() throws {
        try fixture.create("orders")
        // As an earlier build would have it.
        #expect(throws: UnsealError.core(CoreError(.wrappedRootMalformed))) {
            try authenticate(identity: fixture.root.identity())
        }
        try authenticate(identity: StoredRecords.identity(of: fixture.root))
        #expect(throws: StorageError.altered) { try fixture.store.key(named: "orders") }
        #expect(throws: StorageError.altered) { try fixture.store.checkRecords() }
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
        try authenticate(identity: StoredRecords.identity(of: fixture.root))
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
