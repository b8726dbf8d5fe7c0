import Foundation
import Glibc
import Storage
import StorageAuthentication
import StorageSQLite
import Testing

@Suite struct CrashTests {
    @Test("after a kill at any moment every acknowledged change is there", arguments: [1, 20, 100])
    func killed(changes: Int) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, changes = changes as Int] in
            let store = AuthenticatedStore(try SQLiteStore(folder: path + "/data"))
            let acknowledged = Glibc.open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
            let killer = Thread {
                // Once so much is acknowledged, and then in the middle of whatever comes next.
                var status = stat()
                while fstat(acknowledged, &status) == 0, status.st_size < changes * 8 { usleep(500) }
                usleep(.random(in: 0..<3000))
                kill(getpid(), SIGKILL)
            }
            killer.start()
            DispatchQueue.concurrentPerform(iterations: 3) { writer in
                for number in 0..<100_000 {
                    guard let stored = try? store.create(sampleKey("key-\(writer)-\(number)")) else { exit(3) }
                    let second = sampleVersion(of: stored.key, 2)
                    guard let rotated = try? store.addVersion(second, expectedLatest: 1) else { exit(4) }
                    let line = rotated.name + "\n"
                    guard write(acknowledged, line, line.utf8.count) == line.utf8.count else { exit(5) }
                }
            }
        }

        let names = try String(contentsOfFile: path + "/acknowledged", encoding: .utf8).split(separator: "\n")
        let store = try folder.open()
        for name in names {
            #expect(try store.key(named: String(name))?.key.latestVersion == 2)
        }
        // Whatever else was under way is there as a whole or not at all: reading a key checks its versions.
        var after: String?
        while let page = try? store.keys(KeyQuery(after: after)), let last = page.last {
            for key in page { #expect(try store.key(named: key.name)?.versions.count == key.latestVersion) }
            after = last.name
        }
        #expect(!names.isEmpty)
    }

    @Test("copies taken while it is written to open with every change acknowledged before")
    func copies() throws {
        let folder = try TemporaryFolder()
        let store = try folder.open()
        let acknowledged = Tally()
        // Too few for the log to be moved into the database on its own: only the log grows while it is copied.
        DispatchQueue.concurrentPerform(iterations: 2) { role in
            if role == 0 {
                for number in 0..<100 {
                    guard (try? store.create(sampleKey("key-\(number)"))) != nil else { return }
                    acknowledged.add("key")
                }
            } else {
                for _ in 0..<6 {
                    let before = acknowledged.counts["key"] ?? 0
                    guard let copy = try? TemporaryFolder() else { return }
                    #expect(throws: Never.self) {
                        try copyFiles(from: folder, to: copy)
                        let names = Set(try copy.open().keys(KeyQuery(limit: 1000)).map(\.name))
                        #expect(Set((0..<before).map { "key-\($0)" }).isSubset(of: names))
                    }
                    usleep(5000)
                }
            }
        }
        #expect(acknowledged.counts == ["key": 100])
    }

    @Test("a log cut anywhere opens as some earlier state, with no change in half")
    func cutLog() throws {
        let folder = try TemporaryFolder()
        let store = try folder.open()
        for number in 0..<30 { _ = try store.create(sampleKey("key-\(number)", labels: ["n": "\(number)"])) }
        let database = try bytesFromOutside(folder.database)
        let log = try bytesFromOutside(folder.database + "-wal")
        var counts: Set<Int> = []
        for cut in stride(from: 0, through: log.count, by: max(log.count / 40, 1)) {
            let copy = try TemporaryFolder()
            try copy.makeDataFolder()
            try database.write(to: URL(fileURLWithPath: copy.database))
            try log.prefix(cut).write(to: URL(fileURLWithPath: copy.database + "-wal"))
            let cutStore = try copy.open()
            let keys = try cutStore.keys(KeyQuery(limit: 1000))
            #expect(Set(keys.map(\.name)) == Set((0..<keys.count).map { "key-\($0)" }))
            for key in keys {
                #expect(key.labels.count == 1)
                #expect(try cutStore.key(named: key.name)?.versions.count == 1)
            }
            counts.insert(keys.count)
        }
        #expect(counts.count > 10)
    }
}
