// The life of a key: made, changed, deleted, kept or destroyed.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct KeyLifeTests {
    @Test("a new key is stored as it was asked for, with one enabled version")
    func creates() throws {
        let fixture = try Fixture()
        let made = try fixture.service.createKey(
            NewKey(name: "orders", algorithm: .aes256GCM, usages: .encrypt, exportable: true, labels: ["team": "a"]))
        #expect(made.key.name == "orders")
        #expect(made.key.algorithm == "aes-256-gcm")
        #expect(made.key.usages == ["encrypt"])
        #expect(made.key.exportable)
        #expect(made.key.labels == ["team": "a"])
        #expect(made.key.createdAt == 1_700_000_000)
        #expect(made.key.deletionProtected)
        #expect(made.versions.map(\.version) == [1])
        #expect(made.versions.map(\.state) == [.enabled])
        #expect(try fixture.service.key("orders") == made)
        #expect(try fixture.coldService().key("orders") == made)
    }

    @Test("a key's id reads as a version 4 UUID")
    func identifier() throws {
        let fixture = try Fixture()
        let ids = try (0..<8).map { try fixture.create("key-\($0)").key.id }
        for id in ids {
            #expect(id.bytes[6] >> 4 == 4)
            #expect(id.bytes[8] >> 6 == 2)
        }
        #expect(Set(ids).count == 8)
    }

    @Test("a second key of the same name is refused, and the first stays as it is")
    func duplicate() throws {
        let fixture = try Fixture()
        let first = try fixture.create("orders")
        #expect(throws: ServiceError.keyExists) { try fixture.create("orders") }
        #expect(try fixture.service.key("orders") == first)
    }

    @Test("of many that create the same name at once one succeeds")
    func createRace() throws {
        let fixture = try Fixture()
        let errors = try onThreads(8) { _ in try fixture.create("orders") }
        #expect(errors.compactMap { $0 as? ServiceError } == Array(repeating: .keyExists, count: 7))
    }

    @Test("usages that no key of the algorithm has, or none at all, are refused", arguments: [0, 1 << 20, 1 << 20 | 1])
    func unfitUsages(bits: UInt32) throws {
        let fixture = try Fixture()
        let new = NewKey(name: "orders", algorithm: .xaes256GCM, usages: Usages(rawValue: bits))
        #expect(throws: ServiceError.unfit(member: .usages, reason: .notForThisAlgorithm)) {
            try fixture.service.createKey(new)
        }
        #expect(throws: ServiceError.keyNotFound) { try fixture.service.key("orders") }
    }

    @Test("a key does nothing beyond the usages sealed into it")
    func sealedUsages() throws {
        let fixture = try Fixture()
        _ = try fixture.service.createKey(NewKey(name: "in", algorithm: .xaes256GCM, usages: .encrypt))
        let ciphertext = try fixture.service.encrypt("text", with: "in")
        #expect(throws: CoreError(.usageNotAllowed)) { try fixture.service.decrypt(ciphertext, with: "in") }
    }

    @Test("a change is written, seen at once, and counted in the revision")
    func changes() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        _ = try fixture.service.rotateKey("orders")
        var change = KeyChange()
        change.labels = ["team": "b"]
        change.minDecryptVersion = 2
        change.deletionProtected = false
        let changed = try fixture.service.changeKey("orders", change)
        #expect(changed.key.labels == ["team": "b"])
        #expect(changed.key.minDecryptVersion == 2)
        #expect(!changed.key.deletionProtected)
        #expect(changed.key.revision == 3)
        #expect(try fixture.service.key("orders") == changed)
        #expect(try fixture.coldService().key("orders") == changed)
    }

    @Test("a change for another revision is refused and changes nothing")
    func revisionMismatch() throws {
        let fixture = try Fixture()
        let made = try fixture.create("orders")
        var change = KeyChange()
        change.deletionProtected = false
        #expect(throws: ServiceError.revisionMismatch) {
            try fixture.service.changeKey("orders", if: { $0.revision == 2 }, change)
        }
        #expect(throws: ServiceError.revisionMismatch) {
            try fixture.service.deleteKey("orders", if: { $0.revision == 7 }, afterDays: 1)
        }
        #expect(try fixture.service.key("orders") == made)
        #expect(try fixture.service.changeKey("orders", if: { $0.revision == 1 }, change).key.revision == 2)
    }

    @Test("of many changes for the same revision one succeeds")
    func revisionRace() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let errors = try onThreads(6) { index in
            var change = KeyChange()
            change.labels = ["thread": "\(index)"]
            _ = try fixture.service.changeKey("orders", if: { $0.revision == 1 }, change)
        }
        #expect(errors.compactMap { $0 as? ServiceError } == Array(repeating: .revisionMismatch, count: 5))
        #expect(try fixture.coldService().key("orders").key.revision == 2)
    }

    @Test("a minimum past the latest version is refused")
    func minimumTooHigh() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        var change = KeyChange()
        change.minDecryptVersion = 2
        #expect(throws: ServiceError.unfit(member: .minDecryptVersion, reason: .pastTheLatestVersion)) {
            try fixture.service.changeKey("orders", change)
        }
    }

    @Test("what is done with a key that is not there is refused")
    func unknownKey() throws {
        let fixture = try Fixture()
        let service = fixture.service
        #expect(throws: ServiceError.keyNotFound) { try service.key("none") }
        #expect(throws: ServiceError.keyNotFound) { try service.changeKey("none", KeyChange()) }
        #expect(throws: ServiceError.keyNotFound) { try service.deleteKey("none", afterDays: 1) }
        #expect(throws: ServiceError.keyNotFound) { try service.cancelDeletion(of: "none") }
        #expect(throws: ServiceError.keyNotFound) { try service.rotateKey("none") }
        #expect(throws: ServiceError.keyNotFound) { try service.setVersion(1, of: "none", to: .disabled) }
        #expect(throws: ServiceError.keyNotFound) { try service.encrypt("text", with: "none") }
    }

    @Test("a change of a key that a reader had cached before it vanished from the store is refused")
    func vanishedKey() throws {
        let fixture = try Fixture()
        let key = try fixture.create("orders")
        _ = try fixture.service.key("orders")
        try fixture.store.deleteKey(keyID: key.key.id, expectedRevision: 1)
        #expect(throws: ServiceError.keyNotFound) { try fixture.service.rotateKey("orders") }
        #expect(throws: ServiceError.keyNotFound) {
            try fixture.service.changeKey("orders", KeyChange())
        }
        #expect(throws: ServiceError.keyNotFound) { try fixture.service.key("orders") }
    }
}
