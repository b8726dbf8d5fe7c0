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

    @Test("the first record that is there is checked where earlier files were put elsewhere")
    func firstChecked() throws {
        func trail() throws -> (TestTrail, first: Int64, head: AuditHead) {
            let trail = try TestTrail()
            let head = try trail.fill(40, fileBytes: 1024)
            try FileManager.default.removeItem(atPath: trail.path + "/" + trail.files[0])
            return (trail, try #require(Int64(trail.files[0].prefix(20))), head)
        }
        func read(_ trail: TestTrail, after: Int64) throws -> AuditPage {
            try AuditPage.read(folder: trail.path, root: trail.root, after: after, limit: 1, last: 40)
        }
        let (sound, first, _) = try trail()
        #expect(try sound.lines()[0].contains("\"previous\":\""))
        for after in [0, first - 1] { #expect(try read(sound, after: after).first == first) }
        for (old, new) in [
            ("orders", "others"), ("\"previous\":\"", "\"previous\":\"AAAA"),
            ("\"mac\":\"", "\"mac\":\"AAAA"),
        ] {
            let (altered, first, head) = try trail()
            try altered.change { lines in
                let line = lines[0].replacingOccurrences(of: old, with: new)
                guard new.hasSuffix("AAAA") else { return lines[0] = line }
                // Of the same length.
                let place = line.range(of: new)?.upperBound ?? line.endIndex
                lines[0] = String(line[..<place] + line[place...].dropFirst(4))
            }
            #expect(try altered.verify(from: first, anchors: [head]).contains(.altered(sequence: first)), "\(new)")
            for after in [0, first - 1] { #expect(throws: AuditFailure.altered) { try read(altered, after: after) } }
        }
        let (stripped, _, head) = try trail()
        try stripped.change { lines in
            let parts = lines[0].components(separatedBy: "\"previous\":\"")
            lines[0] = parts[0] + parts[1].drop { $0 != "," }.dropFirst()
        }
        #expect(try stripped.verify(from: first, anchors: [head]) == [.unchecked(sequence: first)])
        for after in [0, first - 1] { #expect(throws: AuditFailure.altered) { try read(stripped, after: after) } }
    }

    @Test("what a file's first line says of the record before it is held to that record")
    func previous() throws {
        let trail = try TestTrail()
        let head = try trail.fill(20, fileBytes: 1)
        try trail.change(file: 7) { lines in
            lines[0] = lines[0].replacingOccurrences(
                of: "\"previous\":\"....", with: "\"previous\":\"AAAA", options: .regularExpression)
        }
        #expect(try trail.verify(anchors: [head]) == [.altered(sequence: 8)])
    }

    @Test("a trail that ends before the record that it is verified from is not sound")
    func pastTheEnd() throws {
        let trail = try TestTrail()
        let head = try trail.fill(10)
        #expect(try trail.verify(from: 10, anchors: [head]) == [])
        #expect(try trail.verify(from: 11, anchors: [head]) == [.missing(11...11)])
        #expect(try trail.verify(from: 1000) == [.missing(1000...1000)])
    }

    @Test("with a number to begin from, earlier records that are there are checked too")
    func fromWithin() throws {
        let trail = try TestTrail()
        let head = try trail.fill(10)
        try trail.change { $0[0] = $0[0].replacingOccurrences(of: "openAudit", with: "openaudit") }
        #expect(try trail.verify(from: 5, anchors: [head]) == [.altered(sequence: 1)])
    }

    @Test("an anchor that the service would have moved on is behind; one that a kill left is not")
    func lag() throws {
        let trail = try TestTrail()
        func verify(_ anchor: AuditHead) throws -> [AuditFinding] {
            try AuditVerification.run(
                folder: trail.path, root: trail.root, anchors: [], anchor: .head(anchor)
            ).findings
        }
        let opened = try trail.open()
        let first = opened.currentHead
        for index in 0..<3 { #expect(opened.keep(trail.record(index))) }
        trail.time.withLock { $0 += 59_000 }
        #expect(opened.keep(trail.record(4)))
        #expect(try verify(first) == [])
        #expect(try verify(.none) == [.anchorBehind(sequence: 0)])
        trail.time.withLock { $0 += 2_000 }
        #expect(opened.keep(trail.record(5)))
        #expect(try verify(first) == [.anchorBehind(sequence: 1)])
        #expect(try verify(opened.currentHead) == [])
        opened.close()
        // Starts that ended before they noted where they were leave nothing between them.
        let last = opened.currentHead
        for _ in 0..<3 { try trail.open(anchor: last).close() }
        #expect(try verify(last) == [])
        #expect(trail.events.withLock { $0 } == [])
        let again = try trail.open(anchor: last)
        #expect(again.keep(trail.record(6)))
        again.close()
        #expect(try verify(last) == [.anchorBehind(sequence: last.sequence)])
        try trail.open(anchor: last).close()
        #expect(trail.events.withLock { $0 } == [.broken([.anchorBehind(sequence: last.sequence)])])
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
