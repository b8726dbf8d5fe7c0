// The end of the trail, where it grows: the newest file, and where the chain stands.

internal import Bytes
internal import CoreBridge

/// One thread at a time.
final class AuditFileSequence {
    /// Of what is on disk.
    private(set) var head: AuditHead
    private let folder: AuditFolder
    private let fileBytes: Int
    private let root: RootKey
    private var file: AuditWriter?
    private let macs = ByteBuffer()
    private let lines = ByteBuffer()

    /// What was found when a trail was opened.
    struct Opened {
        let writer: AuditFileSequence
        let findings: [AuditFinding]
        /// Bytes that were cut off.
        let torn: Int
    }

    private init(_ folder: AuditFolder, _ fileBytes: Int, _ root: RootKey, _ head: AuditHead) {
        self.folder = folder
        self.fileBytes = fileBytes
        self.root = root
        self.head = head
    }

    /// Finds the end of a trail, cuts off a line that a crash left, and compares with the anchor.
    static func open(
        _ settings: AuditTrail.Settings, root: RootKey, anchor: AuditAnchor
    ) throws(AuditFailure) -> Opened {
        let folder = AuditFolder(path: settings.folder)
        try folder.create()
        let end = try AuditEnd.find(in: folder, root: root, anchor: anchor)
        let sequence = AuditFileSequence(folder, settings.fileBytes, root, end.head)
        if let file = end.file {
            let writer = try AuditWriter(file)
            if end.torn > 0 { try writer.cut(to: writer.size - end.torn) }
            // What cannot be gone on with is left as it is.
            if end.isContinued { sequence.file = writer }
        }
        return Opened(writer: sequence, findings: end.findings, torn: end.torn)
    }

    /// Writes a batch behind the head; all of it is on disk when this returns, or none counts. After a failure call `repair`.
    /// - Returns: whether the file was found changed by others, so that another was begun.
    func write(_ batch: AuditBatch) throws(AuditFailure) -> Bool {
        let records = batch.records.bytes
        macs.truncate(to: 0)
        do { try root.appendAuditMACs(after: head, records: records, count: Int(batch.count), to: macs) } catch {
            throw .core
        }
        let wasChanged = leaveChangedFile()
        if file.map({ $0.size >= fileBytes }) ?? true {
            file = nil
            file = try folder.beginFile(first: head.sequence + 1)
        }
        lines.truncate(to: 0)
        let isFirst = file?.size == 0 && head.sequence > 0
        AuditLine.append(records, macs: macs.bytes, after: isFirst ? head.mac : nil, to: lines)
        try file?.append(lines.bytes)
        head = AuditHead(sequence: head.sequence + batch.count, mac: [UInt8](macs.bytes.suffix(AuditLine.macBytes)))
        return wasChanged
    }

    /// Leaves a file that others have cut, moved or written to as it is; the next record begins another.
    /// - Returns: whether they have.
    func leaveChangedFile() -> Bool {
        guard let file, !file.isUntouched else { return false }
        self.file = nil
        return true
    }

    func repair() throws(AuditFailure) {
        try file?.repair()
    }
}

/// How the files of a trail end.
struct AuditEnd {
    var head = AuditHead.none
    /// The newest file.
    var file: AuditFile?
    /// Whether it can be written on.
    var isContinued = true
    var torn = 0
    var findings: [AuditFinding] = []

    /// How much of the end is held to its MACs.
    private static let checkedRecords: Int64 = 1000

    static func find(in folder: AuditFolder, root: RootKey, anchor noted: AuditAnchor) throws(AuditFailure) -> AuditEnd
    {
        var end = AuditEnd()
        var found: [AuditFinding] = []
        let files = try folder.files()
        var anchor = AuditHead.none
        switch noted {
        case .head(let head): anchor = head
        case .lost: found.append(.anchorMissing)
        case .unknown: break
        }
        if let file = files.last {
            end.file = file
            try end.read(file, root) { found.append($0) }
            // It was begun, and nothing written to it before the process ended.
            if end.head == .none, let before = files.dropLast().last {
                let torn = end.torn
                try end.read(before, root) { found.append($0) }
                end.torn = torn
            }
        }
        if end.head.sequence < anchor.sequence {
            found.append(.missing((end.head.sequence + 1)...anchor.sequence))
            end.head = anchor
            end.isContinued = false
        } else if let difference = try difference(from: anchor, in: files) {
            found.append(difference)
        } else if try isBehind(noted, in: files) {
            found.append(.anchorBehind(sequence: anchor.sequence))
        }
        end.findings = found
        return end
    }

    /// Whether the trail has the anchor's record; where its file was put elsewhere, there is nothing to compare.
    private static func difference(
        from anchor: AuditHead, in files: [AuditFile]
    ) throws(AuditFailure) -> AuditFinding? {
        guard let file = files.last(where: { $0.first <= anchor.sequence }) else { return nil }
        let there = try record(anchor.sequence, in: file)
        if there == anchor { return nil }
        return there == nil
            ? .missing(anchor.sequence...anchor.sequence) : .forked(sequence: anchor.sequence)
    }

    /// Whether the store had noted a later record than it knows of.
    private static func isBehind(_ noted: AuditAnchor, in files: [AuditFile]) throws(AuditFailure) -> Bool {
        guard case .head(let anchor) = noted else { return false }
        var lag = AuditLag(of: noted)
        let begin = files.lastIndex { $0.first <= anchor.sequence } ?? 0
        for file in files.dropFirst(begin) where lag.behind == nil {
            let reader = try AuditFileReader(file)
            let from = file.first <= anchor.sequence ? try reader.offset(near: anchor.sequence) : 0
            _ = try reader.lines(from: from) { bytes throws(AuditFailure) in
                if let line = AuditLine(bytes) { lag.take(line) }
                return lag.behind == nil
            }
        }
        return lag.behind != nil
    }

    private mutating func read(
        _ file: AuditFile, _ root: RootKey, _ report: @escaping (AuditFinding) -> Void
    ) throws(AuditFailure) {
        let reader = try AuditFileReader(file)
        let from = try reader.offset(near: reader.lastSequence() - Self.checkedRecords)
        let chain = AuditChain(after: file.first == 1 && from == 0 ? AuditHead.none : nil, root: root, report: report)
        let whole = try reader.lines(from: from) { bytes throws(AuditFailure) in
            guard let line = AuditLine(bytes) else {
                report(.malformed(after: chain.head.sequence))
                return true
            }
            try chain.take(line)
            return true
        }
        try chain.finish()
        torn = reader.size - whole
        head = chain.head
    }

    /// The record of this number; nil where the file has none.
    private static func record(_ sequence: Int64, in file: AuditFile) throws(AuditFailure) -> AuditHead? {
        let reader = try AuditFileReader(file)
        var found: AuditHead?
        _ = try reader.lines(from: reader.offset(near: sequence)) { bytes throws(AuditFailure) in
            guard let line = AuditLine(bytes), line.sequence == sequence else { return true }
            found = line.head
            return false
        }
        return found
    }
}
