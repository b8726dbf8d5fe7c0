// Each byte of a trail counts, to the last of the last record's MAC.

import Audit
import CoreBridge
import Foundation
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct FlippedByteTests {
    @Test("a trail of which any byte was changed is not sound, and gives out no page of it")
    func anyByte() throws {
        let trail = try TestTrail()
        try trail.fill(3)
        let name = try trail.path + "/" + trail.files[0]
        let bytes = try readFile(name)
        #expect(try trail.verify() == [])
        for index in bytes.indices {
            // The second bit is what tells small letters from capitals, as in digits of a MAC.
            for bit in [UInt8(1), 0x20] {
                var changed = bytes
                changed[index] ^= bit
                try writeFile(name, changed)
                #expect(try !trail.verify().isEmpty, "byte \(index), bit \(bit)")
                let page = try? AuditPage.read(folder: trail.path, root: trail.root, after: 0, limit: 10, last: 3)
                #expect(page?.records.count != 3, "byte \(index), bit \(bit)")
            }
        }
    }

    @Test("a trail of whose last record any byte was changed is told to be broken")
    func opened() throws {
        let trail = try TestTrail()
        let head = try trail.fill(3)
        let name = try trail.path + "/" + trail.files[0]
        let bytes = try readFile(name)
        let last = try #require(bytes.dropLast().lastIndex(of: UInt8(ascii: "\n"))) + 1
        for index in last..<bytes.count - 1 {
            var changed = bytes
            changed[index] ^= 1
            try writeFile(name, changed)
            trail.events.withLock { $0 = [] }
            try trail.open(anchor: head).close()
            let isTold = trail.events.withLock { $0 }.contains { if case .broken = $0 { true } else { false } }
            #expect(isTold, "byte \(index - last)")
            for file in try trail.files.dropFirst() {
                try FileManager.default.removeItem(atPath: trail.path + "/" + file)
            }
        }
    }

    @Test("an anchor of which any byte differs from its record's MAC is a fork")
    func anchors() throws {
        let trail = try TestTrail()
        let head = try trail.fill(3)
        for index in head.mac.indices {
            var mac = head.mac
            mac[index] ^= 1
            let other = AuditHead(sequence: head.sequence, mac: mac)
            #expect(try trail.verify(anchors: [other]) == [.forked(sequence: head.sequence)], "byte \(index)")
        }
    }
}
