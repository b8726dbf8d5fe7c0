import Foundation
import Storage
import StorageAuthentication
import StorageSQLite
import Testing

@Suite struct ErasureTests {
    let folder: TemporaryFolder
    let store: AuthenticatedStore<SQLiteStore>

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.open()
    }

    /// Which of the data folder's files hold the bytes.
    private func files(holding bytes: [UInt8]) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.data).filter { name in
            try bytesFromOutside(folder.data + "/" + name).range(of: Data(bytes)) != nil
        }
    }

    /// Keys around the one that is looked at, so that its rows share pages, and pages are split and filled again.
    private func createNeighbours(_ names: Range<Int>) throws {
        for name in names { _ = try store.create(sampleKey("neighbour-\(name)")) }
    }

    @Test("the blob of a destroyed version is in no file any more", arguments: [64, 700, 3000, 20000])
    func destroyed(size: Int) throws {
        try createNeighbours(0..<15)
        let blob = randomBytes(size)
        let key = try store.create(sampleKey("k"), sealed: blob).key
        try createNeighbours(15..<30)
        // First the proof that the search finds what is there.
        #expect(try !files(holding: Array(blob.suffix(32))).isEmpty)
        _ = try store.setVersionState(keyID: key.id, version: 1, state: .destroyed)
        for part in [Array(blob.prefix(32)), Array(blob.dropFirst(size / 2).prefix(24)), Array(blob.suffix(32))] {
            #expect(try files(holding: part).isEmpty)
        }
        #expect(try store.key(named: "neighbour-29") != nil)
    }

    @Test("the blobs of a deleted key are in no file any more")
    func deleted() throws {
        try createNeighbours(0..<5)
        let blobs = [randomBytes(100), randomBytes(6000)]
        let key = try store.create(sampleKey("k"), sealed: blobs[0]).key
        _ = try store.addVersion(sampleVersion(of: key, 2, sealed: blobs[1]), expectedLatest: 1)
        try createNeighbours(5..<10)
        try store.deleteKey(keyID: key.id, expectedRevision: 2)
        for blob in blobs { #expect(try files(holding: Array(blob.suffix(32))).isEmpty) }
    }

    @Test("a destruction that was cut short before the log was emptied is finished at the next start")
    func afterCrash() throws {
        let blob = randomBytes(300)
        let key = try store.create(sampleKey("k"), sealed: blob).key
        // The files as a crash after the commit leaves them: the new state and the old blob both in the log.
        try store.markDestroyedWithoutErasing(key.id)
        let crashed = try TemporaryFolder()
        try copyFiles(from: folder, to: crashed)
        let log = try bytesFromOutside(crashed.database + "-wal")
        #expect(log.range(of: Data(blob)) != nil)

        let reopened = try crashed.open()
        #expect(try reopened.key(named: "k")?.versions.first?.state == .destroyed)
        for name in try FileManager.default.contentsOfDirectory(atPath: crashed.data) {
            #expect(try bytesFromOutside(crashed.data + "/" + name).range(of: Data(blob)) == nil)
        }
    }
}
