import Foundation
import Storage
import StorageAuthentication
import StorageSQLite
import Testing
import Threading

@Suite struct ConcurrencyTests {
    @Test("of several threads that create the same names, one each wins, and no row is lost")
    func creating() throws {
        let folder = try TemporaryFolder()
        let store = try folder.open()
        let created = Tally()
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for number in 0..<20 {
                do throws(StorageError) {
                    _ = try store.create(sampleKey("key-\(number)"))
                    created.add("created")
                } catch {
                    created.add("\(error)")
                }
            }
        }
        #expect(created.counts == ["created": 20, "\(StorageError.nameTaken)": 60])
        #expect(try store.keys(KeyQuery()).count == 20)
    }

    @Test("of rotations that race, each version number is given once, and every loser hears of it")
    func rotating() throws {
        let folder = try TemporaryFolder()
        let store = try folder.open()
        let key = try store.create(sampleKey("k")).key
        let outcomes = Tally()
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            var added = 0
            while added < 10 {
                do throws(StorageError) {
                    let latest = try store.key(named: "k")?.key.latestVersion ?? 0
                    _ = try store.addVersion(sampleVersion(of: key, latest + 1), expectedLatest: latest)
                    added += 1
                } catch {
                    outcomes.add("\(error)")
                    if error != .conflict { return }
                }
            }
        }
        let stored = try #require(try store.key(named: "k"))
        #expect(stored.versions.map(\.version) == Array(1...41))
        #expect(stored.key.latestVersion == 41)
        #expect(stored.key.revision == 41)
        #expect(Set(outcomes.counts.keys).isSubset(of: ["\(StorageError.conflict)"]))
    }

    @Test("of updates against one revision exactly one is written")
    func updating() throws {
        let folder = try TemporaryFolder()
        let store = try folder.open()
        let key = try store.create(sampleKey("k")).key
        let outcomes = Tally()
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            var change = key
            change.labels = ["winner": "\(number)"]
            do {
                _ = try store.updateKey(change, expectedRevision: 1)
                outcomes.add("written")
            } catch {
                outcomes.add("\(error)")
            }
        }
        #expect(outcomes.counts == ["written": 1, "\(StorageError.conflict)": 7])
        #expect(try store.key(named: "k")?.key.revision == 2)
    }

    @Test("readers see a key and its versions of one moment, while it is rotated and a version destroyed")
    func consistentReads() throws {
        let folder = try TemporaryFolder()
        let store = try folder.open()
        let key = try store.create(sampleKey("k")).key
        let failures = Tally()
        DispatchQueue.concurrentPerform(iterations: 4) { number in
            do throws(StorageError) {
                if number == 0 {
                    for version in 1...25 {
                        _ = try store.addVersion(sampleVersion(of: key, version + 1), expectedLatest: version)
                        _ = try store.setVersionState(keyID: key.id, version: version, state: .destroyed)
                    }
                    return
                }
                var revision: Int64 = 0
                while revision < 51 {
                    guard let stored = try store.key(named: "k") else { return failures.add("missing") }
                    let destroyed = stored.versions.count { $0.state == .destroyed }
                    // Two changes a round: the revision tells how many of either there must be.
                    if stored.versions.count != Int(stored.key.revision) / 2 + 1 { failures.add("versions") }
                    if destroyed != (Int(stored.key.revision) - 1) / 2 { failures.add("destroyed") }
                    if stored.key.revision < revision { failures.add("backwards") }
                    revision = stored.key.revision
                }
            } catch {
                failures.add("\(error)")
            }
        }
        #expect(failures.counts.isEmpty)
    }
}

/// Counts outcomes from several threads.
final class Tally: Sendable {
    private let values = Locked<[String: Int]>([:])

    func add(_ outcome: String) { values.withLock { $0[outcome, default: 0] += 1 } }
    var counts: [String: Int] { values.withLock { $0 } }
}
