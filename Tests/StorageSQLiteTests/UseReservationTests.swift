// Counting encryptions ahead: no block is given twice, whatever happens to the process.

import Foundation
import Glibc
import Storage
import StorageAuthentication
import StorageSQLite
import Testing
import Threading

@Suite struct UseReservationTests {
    let folder: TemporaryFolder
    let store: AuthenticatedStore<SQLiteStore>
    let key: KeyRecord

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.open()
        key = try store.create(sampleKey("k")).key
    }

    private func reserve(_ count: Int64, limit: Int64 = 100, version: Int = 1) throws(StorageError) -> Range<Int64>? {
        try store.reserveUses(keyID: key.id, version: version, count: count, limit: limit)
    }

    @Test("blocks follow each other up to the limit, the last is cut there, and then there is none")
    func blocks() throws {
        #expect(try reserve(40) == 0..<40)
        #expect(try reserve(50) == 40..<90)
        #expect(try reserve(50) == 90..<100)
        #expect(try reserve(1) == nil)
        #expect(try reserve(.max, limit: .max) == 100..<(.max))
    }

    @Test("each version is counted for itself, and the count is no change of the key")
    func versions() throws {
        _ = try store.addVersion(sampleVersion(of: key, 2), expectedLatest: 1)
        #expect(try reserve(10) == 0..<10)
        #expect(try reserve(7, version: 2) == 0..<7)
        let stored = try #require(try store.key(named: "k"))
        #expect(stored.versions.map(\.usesReserved) == [10, 7])
        #expect(stored.key.revision == 2)
    }

    @Test("a count is of something, for a version that there is")
    func refusals() throws {
        #expect(throws: StorageError.conflict) { try reserve(0) }
        #expect(throws: StorageError.conflict) { try reserve(-1) }
        #expect(throws: StorageError.notFound) { try reserve(1, version: 2) }
        _ = try store.setVersionState(keyID: key.id, version: 1, state: .destroyed)
        #expect(throws: StorageError.conflict) { try reserve(1) }
    }

    @Test("blocks taken at the same time never overlap")
    func concurrent() throws {
        let blocks = Locked<[Range<Int64>]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for _ in 0..<50 {
                guard let block = try? reserve(3, limit: 1 << 32) else { continue }
                blocks.withLock { $0.append(block) }
            }
        }
        let starts = blocks.withLock { $0 }.map(\.lowerBound)
        #expect(starts.count == 200)
        #expect(Set(starts) == Set(stride(from: 0, to: 600, by: 3)))
    }

    @Test("after a kill at any moment no block that was given is given again")
    func killed() async throws {
        let path = folder.path
        let (high, low) = (key.id.high, key.id.low)
        try store.close()
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, high = high as UInt64, low = low as UInt64] in
            let store = AuthenticatedStore(try SQLiteStore(folder: path + "/data"))
            let given = Glibc.open(path + "/given", O_WRONLY | O_CREAT | O_APPEND, 0o600)
            let killer = Foundation.Thread {
                var status = stat()
                while fstat(given, &status) == 0, status.st_size < 200 { usleep(200) }
                usleep(.random(in: 0..<2000))
                kill(getpid(), SIGKILL)
            }
            killer.start()
            let id = KeyID(high: high, low: low)
            while let block = try store.reserveUses(keyID: id, version: 1, count: 16, limit: 1 << 32) {
                let line = "\(block.upperBound)\n"
                guard write(given, line, line.utf8.count) == line.utf8.count else { exit(5) }
            }
        }
        let given = try String(contentsOfFile: path + "/given", encoding: .utf8).split(separator: "\n")
        let last = try #require(given.last.flatMap { Int64($0) })
        let reopened = try folder.open()
        let next = try #require(
            try reopened.reserveUses(keyID: key.id, version: 1, count: 16, limit: 1 << 32))
        #expect(next.lowerBound >= last)
    }
}
