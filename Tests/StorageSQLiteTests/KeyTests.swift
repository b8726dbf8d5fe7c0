import Storage
import StorageAuthentication
import StorageSQLite
import Testing

@Suite struct KeyTests {
    let folder: TemporaryFolder
    let store: AuthenticatedStore<SQLiteStore>

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.open()
    }

    @Test("a key comes back as it was stored, also after reopening")
    func roundTrip() throws {
        var key = sampleKey("orders.card-numbers_1", labels: ["team": "payments", "note": "été \"quoted\" '; DROP --"])
        key.state = .pendingDeletion(at: 1_800_000_000)
        key.deletionProtected = false
        let stored = try store.create(key)
        #expect(try store.key(named: key.name) == stored)
        try store.close()
        let reopened = try folder.open()
        #expect(try reopened.key(named: key.name) == stored)
    }

    @Test("a key without usages and labels comes back without them")
    func emptyCollections() throws {
        var key = sampleKey("k")
        key.usages = []
        let stored = try store.create(key)
        #expect(try store.key(named: "k") == stored)
    }

    @Test("an unknown name finds nothing, and so does a name that a NUL would cut to a known one")
    func unknownName() throws {
        _ = try store.create(sampleKey("orders"))
        #expect(try store.key(named: "order") == nil)
        #expect(try store.key(named: "orders\0x") == nil)
        #expect(try store.key(named: "") == nil)
    }

    @Test("a name can be given once")
    func duplicateName() throws {
        let first = try store.create(sampleKey("orders"))
        let second = sampleKey("orders")
        #expect(throws: StorageError.nameTaken) { try store.create(second) }
        #expect(try store.key(named: "orders") == first)
    }

    @Test("an id can be given once, and a refused key leaves nothing behind")
    func duplicateID() throws {
        let first = try store.create(sampleKey("first", id: 7))
        #expect(throws: StorageError.conflict) {
            try store.create(sampleKey("second", id: 7, labels: ["a": "b"]))
        }
        #expect(try store.key(named: "second") == nil)
        #expect(try store.key(named: "first") == first)
    }

    @Test(
        "names outside the permitted form are refused",
        arguments: [
            "", "-a", "a-", ".a", "a.", "a:b", "a b", "a/b", "ä", "a\0b", "a\n", String(repeating: "a", count: 129),
        ])
    func badName(name: String) throws {
        #expect(throws: StorageError.conflict) { try store.create(sampleKey(name)) }
    }

    @Test(
        "names of 1 and of 128 characters are stored, in either case",
        arguments: ["a", "Z", "_", "_A.b-c_", String(repeating: "z", count: 128)])
    func edgeNames(name: String) throws {
        let stored = try store.create(sampleKey(name))
        #expect(try store.key(named: name) == stored)
    }

    @Test("usages that would not come back as they are are refused", arguments: ["", "a b", "Sign", "a\0"])
    func badUsage(usage: String) throws {
        var key = sampleKey("k")
        key.usages = ["encrypt", usage]
        #expect(throws: StorageError.conflict) { try store.create(key) }
    }

    @Test("a first version that does not fit its key is refused")
    func misfits() throws {
        let key = sampleKey("k")
        var other = sampleVersion(of: key)
        other.keyID = KeyID(high: 1, low: 1)
        #expect(throws: StorageError.conflict) { try store.createKey(key, versions: [other]) }
        #expect(throws: StorageError.conflict) { try store.createKey(key, versions: [sampleVersion(of: key, 2)]) }
        var erased = sampleVersion(of: key)
        (erased.state, erased.sealed) = (.destroyed, nil)
        #expect(throws: StorageError.conflict) { try store.createKey(key, versions: [erased]) }
        #expect(throws: StorageError.conflict) {
            try store.createKey(key, versions: [sampleVersion(of: key, sealed: [])])
        }
        #expect(throws: StorageError.conflict) {
            try store.createKey(key, versions: [sampleVersion(of: key, sealed: randomBytes(1_048_577))])
        }
        #expect(try store.keys(KeyQuery()).isEmpty)
    }

    @Test("an update writes the four changeable members and counts one revision")
    func update() throws {
        let original = try store.create(sampleKey("k", labels: ["a": "1", "b": "2"])).key
        var change = original
        change.labels = ["b": "3", "c": "4"]
        change.deletionProtected = false
        change.state = .pendingDeletion(at: 99)
        change.name = "other"
        change.algorithm = "ed25519"
        change.usages = []
        change.exportable = false
        change.createdAt = 5
        let updated = try store.updateKey(change, expectedRevision: 1)

        var expected = original
        expected.labels = change.labels
        expected.deletionProtected = false
        expected.state = .pendingDeletion(at: 99)
        expected.revision = 2
        #expect(updated == expected)
        #expect(try store.key(named: "k")?.key == expected)
        #expect(try store.key(named: "other") == nil)
    }

    @Test("an update against an old revision is a conflict and changes nothing")
    func staleUpdate() throws {
        let key = try store.create(sampleKey("k", labels: ["a": "1"])).key
        let second = try store.updateKey(key, expectedRevision: 1)
        var change = key
        change.labels = ["a": "2"]
        #expect(throws: StorageError.conflict) { try store.updateKey(change, expectedRevision: 1) }
        #expect(throws: StorageError.conflict) { try store.updateKey(change, expectedRevision: 3) }
        #expect(try store.key(named: "k")?.key == second)
    }

    @Test("an update of a key that is not there is not found")
    func updateNothing() throws {
        #expect(throws: StorageError.notFound) { try store.updateKey(sampleKey("k"), expectedRevision: 1) }
    }

    @Test("the oldest version to decrypt with cannot be past the latest, nor before the first", arguments: [0, 2])
    func minimumVersion(value: Int) throws {
        var key = try store.create(sampleKey("k")).key
        key.minDecryptVersion = value
        #expect(throws: StorageError.conflict) { try store.updateKey(key, expectedRevision: 1) }
        #expect(try store.key(named: "k")?.key.revision == 1)
    }

    @Test("a label that would be cut short is refused, and with it the whole update")
    func labelWithNUL() throws {
        var key = try store.create(sampleKey("k", labels: ["a": "1"])).key
        key.labels = ["a": "1\u{0}2"]
        #expect(throws: StorageError.conflict) { try store.updateKey(key, expectedRevision: 1) }
        #expect(try store.key(named: "k")?.key.labels == ["a": "1"])
    }

    @Test("a deleted key is gone with its versions and labels, and its name is free again")
    func delete() throws {
        let key = try store.create(sampleKey("k", labels: ["a": "1"])).key
        try store.deleteKey(keyID: key.id, expectedRevision: 1)
        #expect(try store.key(named: "k") == nil)
        #expect(try store.keys(KeyQuery(label: .init(name: "a", value: "1"))).isEmpty)
        #expect(throws: StorageError.notFound) {
            try store.setVersionState(keyID: key.id, version: 1, state: .disabled)
        }
        // With the same id too: nothing of the old one is in the way.
        let again = try store.create(key)
        #expect(try store.key(named: "k") == again)
    }

    @Test("a key whose deletion was cancelled in the meantime is not deleted")
    func deleteAfterCancel() throws {
        var key = try store.create(sampleKey("k")).key
        key.state = .pendingDeletion(at: 10)
        let due = try store.updateKey(key, expectedRevision: 1)
        key.state = .enabled
        _ = try store.updateKey(key, expectedRevision: 2)
        #expect(throws: StorageError.conflict) { try store.deleteKey(keyID: key.id, expectedRevision: due.revision) }
        #expect(try store.key(named: "k")?.key.state == .enabled)
        #expect(throws: StorageError.notFound) {
            try store.deleteKey(keyID: KeyID(high: 0, low: 0), expectedRevision: 1)
        }
    }

    @Test("keys come due for deletion at their time, the earliest first")
    func due() throws {
        for (name, time) in [("a", 30), ("b", 10), ("c", 20), ("d", 31)] {
            var key = sampleKey(name)
            key.state = .pendingDeletion(at: Int64(time))
            _ = try store.create(key)
        }
        _ = try store.create(sampleKey("never"))
        #expect(try store.keysDueForDeletion(at: 9, limit: 10).isEmpty)
        #expect(try store.keysDueForDeletion(at: 30, limit: 10).map(\.name) == ["b", "c", "a"])
        #expect(try store.keysDueForDeletion(at: 30, limit: 2).map(\.name) == ["b", "c"])
        #expect(try store.keysDueForDeletion(at: .max, limit: -1).isEmpty)
    }
}
