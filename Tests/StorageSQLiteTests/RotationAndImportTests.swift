// What the store knows of rotation by period, of restored keys and of import keys.

import Storage
import StorageAuthentication
import StorageSQLite
import Testing

@Suite struct RotationAndImportTests {
    let folder: TemporaryFolder
    let store: AuthenticatedStore<SQLiteStore>

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.open()
    }

    private func rotating(_ name: String, period: Int64, at time: Int64) throws -> KeyRecord {
        var key = sampleKey(name)
        (key.rotationPeriod, key.rotateAt) = (period, time)
        return try store.create(key).key
    }

    @Test("keys are due for rotation at their time, the earliest first, unless they are to be deleted")
    func due() throws {
        let late = try rotating("a-late", period: 5, at: 100)
        let early = try rotating("b-early", period: 5, at: 50)
        var leaving = try rotating("c-leaving", period: 5, at: 50)
        leaving.state = .pendingDeletion(at: 1000)
        _ = try store.updateKey(leaving, expectedRevision: 1)
        _ = try store.create(sampleKey("d-by-hand"))

        #expect(try store.keysDueForRotation(at: 49, limit: 10).isEmpty)
        #expect(try store.keysDueForRotation(at: 50, limit: 10) == [early])
        #expect(try store.keysDueForRotation(at: 100, limit: 10) == [early, late])
        #expect(try store.keysDueForRotation(at: 100, limit: 1) == [early])
    }

    @Test("a new version moves the next rotation on by the period, and sets none where there is no period")
    func movesOn() throws {
        let key = try rotating("k", period: 1000, at: 50)
        let version = sampleVersion(of: key, 2)
        let rotated = try store.addVersion(version, expectedLatest: 1)
        #expect(rotated.rotateAt == version.createdAt + 1000)
        let other = try store.create(sampleKey("by-hand")).key
        #expect(try store.addVersion(sampleVersion(of: other, 2), expectedLatest: 1).rotateAt == nil)
    }

    @Test("the period is set, changed and taken away, and a time without a period is refused")
    func period() throws {
        var key = try store.create(sampleKey("k")).key
        (key.rotationPeriod, key.rotateAt) = (3600, 9)
        key = try store.updateKey(key, expectedRevision: 1)
        #expect(try store.key(named: "k")?.key == key)
        #expect((key.rotationPeriod, key.rotateAt) == (3600, 9))
        key.rotationPeriod = nil
        #expect(throws: StorageError.conflict) { try store.updateKey(key, expectedRevision: 2) }
        key.rotateAt = nil
        #expect(try store.updateKey(key, expectedRevision: 2).rotationPeriod == nil)
        #expect(try store.keysDueForRotation(at: .max, limit: 1).isEmpty)
    }

    @Test("a restored key comes with all its versions, of which some may be destroyed")
    func restored() throws {
        var key = sampleKey("k")
        key.latestVersion = 3
        var versions = (1...3).map { sampleVersion(of: key, $0) }
        (versions[1].state, versions[1].sealed) = (.destroyed, nil)
        versions[2].usesReserved = 1 << 32
        try store.createKey(key, versions: versions)
        #expect(try store.key(named: "k") == StoredKey(key: key, versions: versions))

        var gap = sampleKey("gap")
        gap.latestVersion = 2
        #expect(throws: StorageError.conflict) {
            try store.createKey(gap, versions: [sampleVersion(of: gap, 1), sampleVersion(of: gap, 3)])
        }
    }

    @Test("the import key that expires last is the one to give out, and each is found by its id")
    func importKeys() throws {
        #expect(try store.latestImportKey() == nil)
        let first = ImportKeyRecord(id: KeyID(high: 1, low: 1), sealed: [1, 2], createdAt: 0, expiresAt: 100)
        let second = ImportKeyRecord(id: KeyID(high: 1, low: 2), sealed: [3], createdAt: 50, expiresAt: 150)
        try store.insertImportKey(second, removingExpiredAt: 50)
        try store.insertImportKey(first, removingExpiredAt: 50)
        #expect(try store.latestImportKey() == second)
        #expect(try store.importKey(id: first.id) == first)
        #expect(throws: StorageError.conflict) { try store.insertImportKey(first, removingExpiredAt: 50) }
    }

    @Test("an import key that has expired goes when another comes, with its blob")
    func expiredImportKeys() throws {
        let blob = randomBytes(64)
        let old = ImportKeyRecord(id: KeyID(high: 1, low: 1), sealed: blob, createdAt: 0, expiresAt: 100)
        try store.insertImportKey(old, removingExpiredAt: 0)
        let next = ImportKeyRecord(id: KeyID(high: 1, low: 2), sealed: [1], createdAt: 100, expiresAt: 200)
        try store.insertImportKey(next, removingExpiredAt: 100)
        #expect(try store.importKey(id: old.id) == nil)
        #expect(try store.latestImportKey() == next)
        for suffix in ["", "-wal"] {
            #expect(try bytesFromOutside(folder.database + suffix).firstRange(of: blob) == nil)
        }
    }
}
