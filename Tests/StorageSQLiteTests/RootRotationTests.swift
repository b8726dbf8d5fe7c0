import Foundation
import Storage
import StorageAuthentication
import StorageSQLite
import Testing

@Suite struct RootRotationTests {
    private let folder: TemporaryFolder
    private let store: AuthenticatedStore<SQLiteStore>

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.open()
        try store.createInstallation(
            InstallationRecord(rootIdentity: [1], createdAt: 2, wrappedRoot: Array("first".utf8)),
            firstToken: sampleToken("t"))
    }

    private let next = RootRotationRecord(rootIdentity: [9], wrappedRoot: Array("second".utf8))

    /// Keys with a version each.
    private func create(_ count: Int) throws {
        for index in 0..<count { _ = try store.create(sampleKey("key-\(index)")) }
    }

    @Test("the wrapped root key is exchanged only for the one that is expected")
    func exchange() throws {
        #expect(throws: StorageError.conflict) { try store.setWrappedRoot([7], expected: [8]) }
        #expect(throws: StorageError.conflict) { try store.setWrappedRoot([7], expected: []) }
        try store.setWrappedRoot([7], expected: Array("first".utf8))
        #expect(try store.installation()?.wrappedRoot == [7])
    }

    @Test("each version is given once, in order, and again only until it is stored", arguments: [1, 3, 100])
    func pages(limit: Int) throws {
        try create(7)
        try store.beginRootRotation(next)
        var seen: [KeyID] = []
        while true {
            var page = try store.versionsToReseal(limit: limit)
            #expect(try store.versionsToReseal(limit: limit) == page)
            if page.isEmpty { break }
            for index in page.indices { page[index].sealed = [0xEE] }
            try store.storeResealed(page)
            seen += page.map(\.keyID)
        }
        #expect(Set(seen).count == 7 && seen.count == 7)
        #expect(try store.sealedVersions(after: nil, limit: 100).allSatisfy { $0.sealed == [0xEE] })
        try store.finishRootRotation(authenticatingWith: .sample())
        let installation = try #require(try store.installation())
        #expect(installation.rootIdentity == next.rootIdentity)
        #expect(installation.wrappedRoot == next.wrappedRoot)
        #expect(installation.rotation == nil)
    }

    @Test("a rotation is one at a time, and holds off an exchange of what wraps the root key")
    func one() throws {
        #expect(throws: StorageError.conflict) { try store.finishRootRotation(authenticatingWith: .sample()) }
        try create(1)
        let page = try store.sealedVersions(after: nil, limit: 1)
        #expect(throws: StorageError.conflict) { try store.storeResealed(page) }
        try store.beginRootRotation(next)
        #expect(throws: StorageError.conflict) { try store.beginRootRotation(next) }
        #expect(throws: StorageError.conflict) { try store.setWrappedRoot([7], expected: Array("first".utf8)) }
        #expect(try store.installation()?.rotation == next)
    }

    @Test("destroyed versions have nothing to reseal, and import keys are removed")
    func without() throws {
        try create(2)
        let keys = try store.keys(KeyQuery())
        _ = try store.setVersionState(keyID: keys[0].id, version: 1, state: .destroyed)
        try store.insertImportKey(
            ImportKeyRecord(id: KeyID(high: 8, low: 8), sealed: [1], createdAt: 1, expiresAt: 100),
            removingExpiredAt: 1)
        try store.beginRootRotation(next)
        #expect(try store.versionsToReseal(limit: 10).map(\.keyID) == [keys[1].id])
        #expect(try store.latestImportKey() == nil)
    }

    @Test("nothing of the old root key or of blobs sealed under it is left on disk")
    func erased() throws {
        let marks = ["first-root-is-marked", "old-blob-is-marked"].map { Array($0.utf8) }
        try store.setWrappedRoot(marks[0], expected: Array("first".utf8))
        _ = try store.create(sampleKey("k"), sealed: marks[1])
        try store.beginRootRotation(next)
        var page = try store.versionsToReseal(limit: 10)
        page[0].sealed = [1, 2, 3]
        try store.storeResealed(page)
        try store.finishRootRotation(authenticatingWith: .sample())
        for mark in marks {
            for file in ["strongroom.db", "strongroom.db-wal"] {
                let bytes = try bytesFromOutside(folder.data + "/" + file)
                #expect(bytes.range(of: Data(mark)) == nil, "\(file)")
            }
        }
    }
}
