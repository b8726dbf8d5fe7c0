// The trail while it is written: order, durability, what a crash leaves, and what becomes of requests when it cannot be written.

import Audit
import Foundation
import Glibc
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct TrailTests {
    @Test("records are numbered in order and on disk when their waiter is told")
    func order() throws {
        let test = try TestTrail()
        let trail = try test.open()
        for index in 1...3 {
            let ticket = try #require(trail.append(test.record(index)))
            #expect(trail.waitUntilKept(ticket))
            // The first record tells that the trail was opened.
            #expect(try test.lines().count == index + 1)
        }
        trail.close()
        #expect(
            try test.lines()[1].hasSuffix(
                """
                "sequence":2,"time":"2023-11-14T22:13:20.000Z","request_id":"00000000000000010000000000000001",\
                "operation":"encrypt","outcome":"done","status":200,"key":"orders","version":1}
                """))
        #expect(trail.append(test.record(4)) == nil)
    }

    @Test("many threads are served together and each record is there once")
    func threads() throws {
        let test = try TestTrail()
        let trail = try test.open(fileBytes: 64 << 10)
        let threads = try (0..<8).map { thread in
            try Thread(name: "audited") {
                for index in 0..<250 {
                    var record = AuditRecord(operation: "encrypt", outcome: .done)
                    record.request = (UInt64(thread), UInt64(index))
                    if !trail.keep(record) { Issue.record("a record was lost") }
                }
            }
        }
        for thread in threads { thread.join() }
        trail.close()
        #expect(try test.verify(anchors: [trail.currentHead]) == [])
        var seen: [String: Int] = [:]
        for file in try test.files.indices {
            for line in try test.lines(file: file) {
                if let id = line.range(of: "\"request_id\":\"") {
                    seen[String(line[id.upperBound...].prefix(32)), default: 0] += 1
                }
            }
        }
        #expect(seen.count == 2000 && seen.values.allSatisfy { $0 == 1 })
    }

    @Test("records that are kept together are all on disk, however many there are")
    func together() throws {
        let test = try TestTrail()
        let trail = try test.open(fileBytes: 64 << 20)
        #expect(trail.keep((1...2500).map(test.record)))
        #expect(trail.keep([]))
        #expect(try test.lines().count == 2501)
        trail.close()
        #expect(!trail.keep([test.record(1)]))
        #expect(try test.verify(anchors: [trail.currentHead]) == [])
    }

    @Test("a trail goes on where it ended and says that it was opened")
    func goesOn() throws {
        let test = try TestTrail()
        let first = try test.fill(5)
        let again = try test.open(anchor: first)
        again.close()
        #expect(again.currentHead.sequence == 6)
        #expect(try test.lines()[5].contains("\"operation\":\"openAudit\""))
        #expect(try test.verify(anchors: [first, again.currentHead]) == [])
        #expect(test.events.withLock { $0 } == [])
    }

    @Test("a line that a crash cut off is removed and said to be")
    func crash() throws {
        let test = try TestTrail()
        let head = try test.fill(5)
        let name = try test.path + "/" + test.files[0]
        try append("{\"mac\":\"half of a line", to: name)
        let trail = try test.open(anchor: head)
        trail.close()
        #expect(test.events.withLock { $0 } == [.torn(bytes: 22)])
        #expect(try test.lines()[5].contains("\"count\":22"))
        #expect(try test.verify(anchors: [trail.currentHead]) == [])
    }

    @Test("a file that was begun and never written is gone on with")
    func emptyFile() throws {
        let test = try TestTrail()
        let head = try test.fill(5)
        try append("", to: test.path + "/00000000000000000006.jsonl")
        let trail = try test.open(anchor: head)
        trail.close()
        #expect(trail.currentHead.sequence == 6)
        #expect(try test.files.count == 2)
        #expect(try test.verify(anchors: [trail.currentHead]) == [])
    }

    @Test("a trail that is not as it was left is opened and says so for ever")
    func broken() throws {
        let test = try TestTrail()
        let head = try test.fill(10)
        try test.change { $0.removeLast(3) }
        let trail = try test.open(anchor: head)
        trail.close()
        #expect(test.events.withLock { $0 } == [.broken([.missing(8...10)])])
        // The records that are gone leave a gap, and the next says that it was noticed.
        #expect(trail.currentHead.sequence == 11)
        #expect(try test.lines(file: 1)[0].contains("\"operation\":\"findBrokenAudit\""))
        #expect(try test.verify(anchors: [trail.currentHead]) == [.missing(8...10)])

        try test.change { $0[6] = $0[6].replacingOccurrences(of: "orders", with: "others") }
        let altered = try TestTrail()
        try altered.fill(10)
        try altered.change { $0[6] = $0[6].replacingOccurrences(of: "orders", with: "others") }
        try altered.open().close()
        #expect(altered.events.withLock { $0 } == [.broken([.altered(sequence: 7)])])
    }

    @Test("a folder that others may write to is no place for a trail")
    func openFolder() throws {
        let test = try TestTrail()
        #expect(mkdir(test.path, 0o700) == 0 && chmod(test.path, 0o770) == 0)
        #expect(throws: AuditFailure.openToOthers(mode: 0o770)) { try test.open() }
        #expect(chmod(test.path, 0o700) == 0)
        try test.open().close()
    }

    @Test("a file that is changed while it is written is noticed and left")
    func changedFile() throws {
        let test = try TestTrail()
        let trail = try test.open()
        #expect(trail.keep(test.record(1)))
        let name = try test.path + "/" + test.files[0]
        #expect(truncate(name, 100) == 0)
        #expect(trail.keep(test.record(2)))
        trail.close()
        #expect(test.events.withLock { $0 } == [.fileChanged])
        #expect(try test.files.count == 2)
        #expect(try !test.verify(anchors: [trail.currentHead]).isEmpty)
    }

    @Test("the file being written is noticed when it is cut or moved, with a record to write and without")
    func movedFile() throws {
        for changes in [
            { (name: String) in truncate(name, 100) }, { rename($0, $0 + ".moved") }, { unlink($0) },
            { rename($0, $0 + ".moved") == 0 && link($0 + ".moved", $0) == 0 ? truncate($0 + ".moved", 100) : -1 },
        ] as [(String) -> Int32] {
            for hasRecord in [false, true] {
                let test = try TestTrail()
                let trail = try test.open()
                #expect(trail.keep(test.record(1)))
                #expect(changes(try test.path + "/" + test.files[0]) == 0)
                if hasRecord { #expect(trail.keep(test.record(2))) }
                #expect(eventually { test.events.withLock { $0 } == [.fileChanged] })
                #expect(trail.keep(test.record(3)))
                trail.close()
                #expect(test.events.withLock { $0 } == [.fileChanged])
                #expect(try !test.verify(anchors: [trail.currentHead]).isEmpty)
            }
        }
    }

    @Test("earlier files may be moved away while a later one is written")
    func movedEarlier() throws {
        let test = try TestTrail()
        let trail = try test.open(fileBytes: 1)
        #expect(trail.keep(test.record(1)))
        #expect(try unlink(test.path + "/" + test.files[0]) == 0)
        #expect(trail.keep(test.record(2)))
        trail.close()
        #expect(test.events.withLock { $0.isEmpty })
    }

    @Test("a pipe with a record file's name is refused, and never waited for")
    func pipe() throws {
        let test = try TestTrail()
        try test.fill(3)
        #expect(mkfifo(test.path + "/00000000000000000004.jsonl", 0o600) == 0)
        #expect(throws: AuditFailure.notPlain) { try test.open() }
        #expect(throws: AuditFailure.notPlain) { try test.verify() }
    }

    @Test("a trail that cannot be written refuses and tells afterwards how many it lost")
    func unwritable() throws {
        let test = try TestTrail()
        let trail = try test.open(fileBytes: 1)
        #expect(trail.keep(test.record(1)))
        // The next record needs another file, whose name is taken.
        let name = test.path + "/00000000000000000003.jsonl"
        #expect(mkdir(name, 0o700) == 0)
        #expect(trail.isOpen)
        #expect(!trail.keep(test.record(2)))
        #expect(!trail.isOpen)
        #expect(trail.append(test.record(3)) == nil)
        // Told on a thread of its own.
        #expect(eventually { test.events.withLock { $0 } == [.failed(.notPlain)] })
        #expect(rmdir(name) == 0)
        #expect(eventually { trail.isOpen })
        #expect(trail.keep(test.record(4)))
        trail.close()
        #expect(test.events.withLock { $0.last } == .resumed(lost: 2))
        #expect(try test.lines(file: 2)[0].contains("\"operation\":\"resumeAudit\",\"outcome\":\"done\",\"count\":2"))
        #expect(try test.verify(anchors: [trail.currentHead]) == [])
    }

    @Test("attempts to repair the trail that fail do not change how many records were lost")
    func repairs() throws {
        let test = try TestTrail()
        let trail = try test.open()
        #expect(trail.keep(test.record(1)))
        // The trail's descriptor becomes one that only reads.
        let file = try test.path + "/" + test.files[0]
        let descriptor = try #require(
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap(Int32.init).first {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == file
            })
        let (good, readOnly) = (dup(descriptor), open(file, O_RDONLY | O_CLOEXEC))
        defer {
            close(good)
            close(readOnly)
        }
        #expect(dup2(readOnly, descriptor) == descriptor)
        #expect(!trail.keep(test.record(2)))
        #expect(trail.append(test.record(3)) == nil)
        // It tries each second.
        usleep(2_500_000)
        #expect(!trail.isOpen)
        #expect(dup2(good, descriptor) == descriptor)
        #expect(eventually { trail.isOpen })
        trail.close()
        #expect(test.events.withLock { $0.last } == .resumed(lost: 2))
        #expect(try test.verify(anchors: [trail.currentHead]) == [])
    }

    @Test("a file that was begun in an attempt that failed is no obstacle to the next")
    func begunFile() throws {
        let test = try TestTrail()
        let trail = try test.open(fileBytes: 1)
        try append("", to: test.path + "/00000000000000000002.jsonl")
        #expect(trail.keep(test.record(1)))
        try append("of somebody else\n", to: test.path + "/00000000000000000003.jsonl")
        #expect(!trail.keep(test.record(2)))
        trail.close()
    }

    @Test("a waiter is told once whether it waits before or after")
    func waiters() throws {
        let test = try TestTrail()
        let trail = try test.open(fileBytes: 1)
        let early = Waiter()
        var ticket = try #require(trail.append(test.record(1)))
        if trail.wait(for: ticket, early) {
            #expect(eventually { early.told.withLock { $0 } == [true] })
        }
        #expect(trail.waitUntilKept(ticket))
        let late = Waiter()
        #expect(!trail.wait(for: ticket, late))
        #expect(late.told.withLock { $0 } == [])

        #expect(mkdir(test.path + "/00000000000000000003.jsonl", 0o700) == 0)
        ticket = try #require(trail.append(test.record(2)))
        #expect(!trail.waitUntilKept(ticket))
        let lost = Waiter()
        #expect(trail.wait(for: ticket, lost))
        #expect(lost.told.withLock { $0 } == [false])
        trail.close()
    }

    @Test("a best effort trail lets go on and counts")
    func bestEffort() throws {
        let test = try TestTrail()
        let trail = try test.open(fileBytes: 1, isBestEffort: true)
        let name = test.path + "/00000000000000000002.jsonl"
        #expect(mkdir(name, 0o700) == 0)
        #expect(trail.keep(test.record(1)))
        #expect(trail.isOpen)
        #expect(trail.keep(test.record(2)))
        #expect(rmdir(name) == 0)
        #expect(eventually { test.events.withLock { $0.last } == .resumed(lost: 2) })
        trail.close()
        #expect(try test.verify(anchors: [trail.currentHead]) == [])
    }

    private final class Waiter: AuditWaiter {
        let told = Locked<[Bool]>([])
        func auditEnded(kept: Bool) { told.withLock { $0.append(kept) } }
    }

    private func append(_ text: String, to path: String) throws {
        let file = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        #expect(write(file, text, text.utf8.count) == text.utf8.count)
    }
}
