// A trail in a folder of its own, and what an attacker without the root key can do to its files.

import Audit
import CoreBridge
import Foundation
import TestKit
import Threading

final class TestTrail {
    let folder: TemporaryFolder
    let root: RootKey
    let events = Locked<[AuditEvent]>([])
    let time = Locked<Int64>(1_700_000_000_000)

    init() throws {
        folder = try TemporaryFolder()
        _ = TestCore.shared
        root = try RootKey.create(file: folder.file("root.key"))
    }

    var path: String { folder.file("audit") }

    func open(anchor: AuditHead? = nil, fileBytes: Int = 1 << 20, isBestEffort: Bool = false) throws -> AuditTrail {
        try AuditTrail(
            AuditTrail.Settings(folder: path, fileBytes: fileBytes, isBestEffort: isBestEffort), root: root,
            anchor: anchor.map(AuditAnchor.head) ?? .unknown, now: { [time] in time.withLock { $0 } },
            report: { [events] event in events.withLock { $0.append(event) } })
    }

    /// Writes records 1 to `count` and closes the trail.
    @discardableResult
    func fill(_ count: Int, fileBytes: Int = 1 << 20) throws -> AuditHead {
        let trail = try open(fileBytes: fileBytes)
        for index in 1..<count where !trail.keep(record(index)) { throw TestError("not kept", code: 0) }
        trail.close()
        return trail.currentHead
    }

    func record(_ index: Int) -> AuditRecord {
        var record = AuditRecord(operation: "encrypt", outcome: .done)
        record.request = (1, UInt64(index))
        record.status = 200
        record.key = "orders"
        record.versions = 1...1
        return record
    }

    func verify(from first: Int64 = 1, anchors: [AuditHead] = []) throws -> [AuditFinding] {
        try AuditVerification.run(folder: path, root: root, from: first, anchors: anchors).findings
    }

    var files: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }

    /// Changes the lines of the only file, or of the one given.
    func change(file: Int = 0, _ body: (inout [String]) -> Void) throws {
        let name = try path + "/" + files[file]
        var lines = try String(contentsOfFile: name, encoding: .utf8).split(separator: "\n").map(String.init)
        body(&lines)
        try (lines.joined(separator: "\n") + "\n").write(toFile: name, atomically: false, encoding: .utf8)
    }

    func lines(file: Int = 0) throws -> [String] {
        try String(contentsOfFile: path + "/" + files[file], encoding: .utf8).split(separator: "\n").map(String.init)
    }
}
