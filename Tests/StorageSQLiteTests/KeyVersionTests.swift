import Storage
import StorageAuthentication
import StorageSQLite
import Testing

@Suite struct KeyVersionTests {
    let folder: TemporaryFolder
    let store: AuthenticatedStore<SQLiteStore>
    let key: KeyRecord

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.open()
        key = try store.create(sampleKey("k", labels: ["a": "1"])).key
    }

    @Test("an added version is the latest, comes back in order, and counts one revision")
    func add() throws {
        let second = sampleVersion(of: key, 2)
        var expected = key
        expected.latestVersion = 2
        expected.revision = 2
        #expect(try store.addVersion(second, expectedLatest: 1) == expected)
        let stored = try #require(try store.key(named: "k"))
        #expect(stored.key == expected)
        #expect(stored.versions.map(\.version) == [1, 2])
        #expect(stored.versions.last == second)
    }

    @Test("a version that another rotation came before is a conflict, and is not stored")
    func lateAddition() throws {
        _ = try store.addVersion(sampleVersion(of: key, 2), expectedLatest: 1)
        let before = try store.key(named: "k")
        #expect(throws: StorageError.conflict) { try store.addVersion(sampleVersion(of: key, 2), expectedLatest: 1) }
        #expect(throws: StorageError.conflict) { try store.addVersion(sampleVersion(of: key, 4), expectedLatest: 3) }
        #expect(try store.key(named: "k") == before)
    }

    @Test("a version must be the next one and must have a blob")
    func misfits() throws {
        #expect(throws: StorageError.conflict) { try store.addVersion(sampleVersion(of: key, 3), expectedLatest: 1) }
        #expect(throws: StorageError.conflict) {
            try store.addVersion(sampleVersion(of: key, .min), expectedLatest: .max)
        }
        var empty = sampleVersion(of: key, 2)
        empty.sealed = nil
        #expect(throws: StorageError.conflict) { try store.addVersion(empty, expectedLatest: 1) }
        #expect(throws: StorageError.notFound) {
            try store.addVersion(sampleVersion(of: sampleKey("other"), 2), expectedLatest: 1)
        }
        #expect(try store.key(named: "k")?.key == key)
    }

    @Test("a version is disabled and enabled again, each time for one revision")
    func states() throws {
        #expect(try store.setVersionState(keyID: key.id, version: 1, state: .disabled).state == .disabled)
        #expect(try store.key(named: "k")?.key.revision == 2)
        #expect(try store.setVersionState(keyID: key.id, version: 1, state: .disabled).state == .disabled)
        #expect(try store.key(named: "k")?.key.revision == 2)
        let enabled = try store.setVersionState(keyID: key.id, version: 1, state: .enabled)
        #expect(enabled.state == .enabled)
        #expect(enabled.sealed?.count == 200)
        #expect(try store.key(named: "k")?.key.revision == 3)
    }

    @Test("a destroyed version stays, without its blob, and cannot be brought back")
    func destroy() throws {
        let destroyed = try store.setVersionState(keyID: key.id, version: 1, state: .destroyed)
        #expect(destroyed.state == .destroyed)
        #expect(destroyed.sealed == nil)
        #expect(try store.key(named: "k")?.versions == [destroyed])
        for state in [KeyVersionState.enabled, .disabled] {
            #expect(throws: StorageError.conflict) {
                try store.setVersionState(keyID: key.id, version: 1, state: state)
            }
        }
        // Twice is allowed, and is no change.
        #expect(try store.setVersionState(keyID: key.id, version: 1, state: .destroyed) == destroyed)
        #expect(try store.key(named: "k")?.key.revision == 2)
    }

    @Test("the state of a version that is not there is not found")
    func unknownVersion() throws {
        for version in [0, 2, -1, .max] {
            #expect(throws: StorageError.notFound) {
                try store.setVersionState(keyID: key.id, version: version, state: .disabled)
            }
        }
    }
}
