// What can be done to a trail's files without the root key, and that each is found.

import Audit
import Foundation
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct AttackTests {
    @Test("a trail that nobody touched is sound over several files")
    func sound() throws {
        let trail = try TestTrail()
        let head = try trail.fill(40, fileBytes: 1024)
        #expect(try trail.files.count > 5)
        #expect(head.sequence == 40)
        #expect(try trail.verify(anchors: [head]) == [])
        let found = try AuditVerification.run(folder: trail.path, root: trail.root, anchors: [head])
        #expect(found.records == 40 && found.first == 1 && found.last == head)
    }

    @Test("an edited record is found")
    func edited() throws {
        for (old, new) in [
            ("\"key\":\"orders\"", "\"key\":\"others\""), ("\"outcome\":\"done\"", "\"outcome\":\"refused\""),
            ("\"status\":200", "\"status\":403"), ("\"time\":\"2023", "\"time\":\"2022"),
        ] {
            let trail = try TestTrail()
            let head = try trail.fill(10)
            try trail.change { $0[4] = $0[4].replacingOccurrences(of: old, with: new) }
            #expect(try trail.verify(anchors: [head]) == [.altered(sequence: 5)], "\(old)")
        }
    }

    @Test("an edited MAC is found in both records that it ties")
    func editedMAC() throws {
        let trail = try TestTrail()
        let head = try trail.fill(10)
        try trail.change { lines in
            let other = lines[2].prefix(53)
            lines[4] = String(other + lines[4].dropFirst(53))
        }
        #expect(try trail.verify(anchors: [head]) == [.altered(sequence: 5), .altered(sequence: 6)])
    }

    @Test("a dropped record is found also when the others are renumbered")
    func dropped() throws {
        let dropped = try TestTrail()
        var head = try dropped.fill(10)
        try dropped.change { $0.remove(at: 4) }
        #expect(try dropped.verify(anchors: [head]) == [.missing(5...5)])

        let renumbered = try TestTrail()
        head = try renumbered.fill(10)
        try renumbered.change { lines in
            lines.remove(at: 4)
            for index in 4..<9 {
                lines[index] = lines[index].replacingOccurrences(
                    of: "\"sequence\":\(index + 2)", with: "\"sequence\":\(index + 1)")
            }
        }
        let findings = try renumbered.verify(anchors: [head])
        #expect(findings.contains(.altered(sequence: 5)) && findings.contains(.missing(10...10)))
    }

    @Test("the first records cannot be left out")
    func firstLeftOut() throws {
        let trail = try TestTrail()
        let head = try trail.fill(40, fileBytes: 1024)
        try FileManager.default.removeItem(atPath: trail.path + "/" + trail.files[0])
        let first = try #require(Int64(trail.files[0].prefix(20)))
        #expect(try trail.verify(anchors: [head]) == [.missing(1...(first - 1))])
        // Put elsewhere by the operator, who says so.
        #expect(try trail.verify(from: first, anchors: [head]) == [])
        #expect(try trail.verify(from: first - 1, anchors: [head]) == [.missing((first - 1)...(first - 1))])
        // What is there can be read.
        let page = try AuditPage.read(folder: trail.path, root: trail.root, after: 0, limit: 100, last: 40)
        #expect(page.records.count == Int(40 - first + 1) && page.last == 40)
    }

    @Test("a file in the middle cannot be left out")
    func fileLeftOut() throws {
        let trail = try TestTrail()
        let head = try trail.fill(40, fileBytes: 1024)
        let (gone, next) = try (trail.files[2], trail.files[3])
        try FileManager.default.removeItem(atPath: trail.path + "/" + gone)
        let range = try #require(Int64(gone.prefix(20)))...(#require(Int64(next.prefix(20))) - 1)
        #expect(try trail.verify(anchors: [head]) == [.missing(range)])
    }

    @Test("reordered records are found")
    func reordered() throws {
        let trail = try TestTrail()
        let head = try trail.fill(10)
        try trail.change { $0.swapAt(4, 5) }
        #expect(try trail.verify(anchors: [head]) == [.missing(5...5), .misplaced(sequence: 5)])
    }

    @Test("a duplicated record is found")
    func duplicated() throws {
        let trail = try TestTrail()
        let head = try trail.fill(10)
        try trail.change { $0.insert($0[4], at: 5) }
        #expect(try trail.verify(anchors: [head]) == [.misplaced(sequence: 5)])
    }

    @Test("a truncated trail is found by its anchor")
    func truncated() throws {
        let trail = try TestTrail()
        let head = try trail.fill(10)
        try trail.change { $0.removeLast(3) }
        #expect(try trail.verify(anchors: [head]) == [.missing(8...10)])
        try FileManager.default.removeItem(atPath: trail.path + "/" + trail.files[0])
        #expect(try trail.verify(anchors: [head]) == [.missing(1...10)])
    }

    @Test("a record cut in the middle is found")
    func torn() throws {
        let trail = try TestTrail()
        let head = try trail.fill(10)
        let name = try trail.path + "/" + trail.files[0]
        let text = try String(contentsOfFile: name, encoding: .utf8)
        try String(text.dropLast(20)).write(toFile: name, atomically: false, encoding: .utf8)
        #expect(try trail.verify(anchors: [head]) == [.torn(after: 9), .missing(10...10)])
    }

    @Test("a trail that went on otherwise from a copy is found")
    func forked() throws {
        let trail = try TestTrail()
        try trail.fill(5)
        let copy = trail.folder.file("copy")
        try FileManager.default.copyItem(atPath: trail.path, toPath: copy)
        func goOn() throws -> AuditHead {
            let open = try trail.open()
            for index in 0..<5 { #expect(open.keep(trail.record(100 + index))) }
            open.close()
            return open.currentHead
        }
        let noted = try goOn()
        #expect(try trail.verify(anchors: [noted]) == [])
        // The copy in its place, which a service with the same root key has gone on with.
        try FileManager.default.removeItem(atPath: trail.path)
        try FileManager.default.moveItem(atPath: copy, toPath: trail.path)
        trail.time.withLock { $0 += 60_000 }
        let other = try goOn()
        #expect(other.sequence == noted.sequence)
        #expect(try trail.verify(anchors: [noted]) == [.forked(sequence: noted.sequence)])
        #expect(try trail.verify(anchors: [other]) == [])
    }

    @Test("a trail that went on otherwise is found when it is opened, also where it has begun other files since")
    func forkedBefore() throws {
        let trail = try TestTrail()
        try trail.fill(5, fileBytes: 1)
        let copy = trail.folder.file("copy")
        try FileManager.default.copyItem(atPath: trail.path, toPath: copy)
        func goOn(_ count: Int) throws -> AuditHead {
            let open = try trail.open(fileBytes: 1)
            for index in 0..<count { #expect(open.keep(trail.record(100 + index))) }
            open.close()
            return open.currentHead
        }
        let noted = try goOn(2)
        try FileManager.default.removeItem(atPath: trail.path)
        try FileManager.default.moveItem(atPath: copy, toPath: trail.path)
        trail.time.withLock { $0 += 60_000 }
        #expect(try goOn(6).sequence > noted.sequence)
        try trail.open(anchor: noted, fileBytes: 1).close()
        #expect(trail.events.withLock { $0 } == [.broken([.forked(sequence: noted.sequence)])])
    }

    @Test("a record of another trail is found")
    func foreign() throws {
        let (trail, other) = try (TestTrail(), TestTrail())
        let head = try trail.fill(10)
        try other.fill(10)
        let foreign = try other.lines()[4]
        try trail.change { $0[4] = foreign }
        #expect(try trail.verify(anchors: [head]) == [.altered(sequence: 5), .altered(sequence: 6)])
    }

    @Test("what is no record is found")
    func malformed() throws {
        let trail = try TestTrail()
        let head = try trail.fill(10)
        try trail.change { $0.insert("{\"mac\":\"of nobody\"}", at: 4) }
        #expect(try trail.verify(anchors: [head]) == [.malformed(after: 4)])
    }

    @Test("a page with an altered record is refused")
    func page() throws {
        let trail = try TestTrail()
        try trail.fill(30)
        func page(_ after: Int64, _ limit: Int) throws -> [Int64] {
            let page = try AuditPage.read(folder: trail.path, root: trail.root, after: after, limit: limit, last: 30)
            return (0..<page.records.count).map { after + 1 + Int64($0) }
        }
        #expect(try page(0, 10) == Array(1...10))
        #expect(try page(25, 10) == Array(26...30))
        try trail.change { $0[14] = $0[14].replacingOccurrences(of: "orders", with: "others") }
        #expect(try page(0, 10) == Array(1...10))
        #expect(throws: AuditFailure.altered) { try page(10, 10) }
        #expect(throws: AuditFailure.altered) { try page(14, 1) }
        #expect(try page(15, 10) == Array(16...25))
    }
}
