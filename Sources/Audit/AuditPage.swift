// A page of the trail's records, each held to its MAC before it is shown.

internal import Bytes
public import CoreBridge

public struct AuditPage: Sendable {
    /// Lines as they stand in the files, without newlines.
    public var records: [[UInt8]] = []
    /// The number of the first of them; nil where there are none.
    public var first: Int64?
    /// The number of the last of them; as asked for where there are none.
    public var last: Int64 = 0
    /// Whether there are no more.
    public var isLast = true

    /// The number of the last record that is there; 0 where there are none. It is not held to its MAC.
    public static func last(folder: String) throws(AuditFailure) -> Int64 {
        for file in try AuditFolder(path: folder).files().reversed() {
            let last = try AuditFileReader(file).lastSequence()
            if last > 0 { return last }
        }
        return 0
    }

    /// The records past `after`, in order.
    /// - Parameters:
    ///   - limit: records.
    ///   - last: the number of the last record that may be shown: those behind it are being written.
    public static func read(
        folder: String, root: RootKey, after: Int64, limit: Int, last: Int64
    ) throws(AuditFailure) -> AuditPage {
        var page = AuditPage()
        page.last = after
        let files = try AuditFolder(path: folder).files()
        // The one that has the record before the page, which the first is held to.
        let index = files.lastIndex { $0.first <= max(after, 1) } ?? 0
        var isSound = true
        // Where earlier files were put elsewhere, the first record says what it follows.
        let chain = AuditChain(after: after == 0 && files.first?.first == 1 ? AuditHead.none : nil, root: root) { _ in
            isSound = false
        }
        for (place, file) in files.enumerated() where place >= index {
            let reader = try AuditFileReader(file)
            let from = place == index ? try reader.offset(near: after) : 0
            var isFull = false
            _ = try reader.lines(from: from) { bytes throws(AuditFailure) in
                guard let line = AuditLine(bytes) else { throw .malformed }
                if line.sequence > last { return false }
                guard line.sequence >= after else { return true }
                if page.records.count == limit {
                    isFull = true
                    return false
                }
                try chain.take(line)
                if line.sequence > after {
                    page.records.append([UInt8](bytes))
                    page.last = line.sequence
                    page.first = page.first ?? line.sequence
                }
                return true
            }
            if isFull {
                page.isLast = false
                break
            }
        }
        try chain.finish()
        // The one before the page is looked at for its MAC alone.
        if let believed = chain.believed, believed > after { isSound = false }
        guard isSound else { throw .altered }
        return page
    }
}
