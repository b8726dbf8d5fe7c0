// Whether a whole trail is as it was written, and all of it is there.

public import CoreBridge

/// What was found out about a trail.
public struct AuditVerification: Sendable {
    public private(set) var files = 0
    public private(set) var records: Int64 = 0
    /// The numbers of the first and the last record that are there; nil where there are none.
    public private(set) var first: Int64?
    public private(set) var last: AuditHead?
    /// Anchors whose records were put elsewhere, so that there was nothing to compare.
    public private(set) var uncompared: [Int64] = []
    /// What is wrong, 1,000 at most.
    public private(set) var findings: [AuditFinding] = []

    public var isSound: Bool { findings.isEmpty }

    /// Reads all files of a folder. Nothing may be writing to them.
    /// - Parameters:
    ///   - first: the number that the trail has to begin with: 1, unless earlier files were put elsewhere.
    ///   - anchors: what the trail is known to have had: records by number and MAC, as a log keeps them.
    ///   - anchor: where the store noted that it ended.
    ///   - progress: told now and then of how many records were read.
    public static func run(
        folder: String, root: RootKey, from first: Int64 = 1, anchors: [AuditHead],
        anchor noted: AuditAnchor = .unknown, progress: (Int64) -> Void = { _ in }
    ) throws(AuditFailure) -> AuditVerification {
        var found = AuditVerification()
        let findings = Findings()
        let files = try AuditFolder(path: folder).files()
        let begins = files.first?.first == 1 || first == 1
        let chain = AuditChain(after: begins ? AuditHead.none : nil, root: root) { findings.add($0) }
        var anchors = anchors
        if case .head(let head) = noted, head.sequence > 0 { anchors.append(head) }
        if noted == .lost { findings.add(.anchorMissing) }
        var lag = AuditLag(of: noted)
        for (index, file) in files.enumerated() {
            found.files += 1
            let reader = try AuditFileReader(file)
            let end = try reader.lines { bytes throws(AuditFailure) in
                guard let line = AuditLine(bytes) else {
                    findings.add(.malformed(after: chain.head.sequence))
                    return true
                }
                if found.first == nil {
                    found.first = line.sequence
                    if first > 1, line.sequence > first { findings.add(.missing(first...(line.sequence - 1))) }
                }
                found.records += 1
                if found.records % 65_536 == 0 { progress(found.records) }
                for anchor in anchors where anchor.sequence == line.sequence && anchor.mac != line.mac {
                    findings.add(.forked(sequence: line.sequence))
                }
                if let mac = line.previous, found.first == line.sequence {
                    for anchor in anchors where anchor.sequence == line.sequence - 1 && anchor.mac != mac {
                        findings.add(.forked(sequence: anchor.sequence))
                    }
                }
                if line.sequence >= first, line.isOfBrokenAnchor {
                    findings.add(.anchorWasBroken(sequence: line.sequence))
                }
                lag.take(line)
                try chain.take(line)
                return true
            }
            // The last may have been cut off by a crash, and the service then cuts it further when it starts.
            if end < reader.size {
                findings.add(
                    index == files.count - 1
                        ? .torn(after: chain.head.sequence) : .malformed(after: chain.head.sequence))
            }
        }
        try chain.finish()
        if let sequence = chain.believed, !findings.all.contains(where: { $0.isMissing(before: sequence) }) {
            findings.add(.unchecked(sequence: sequence))
        }
        if let sequence = lag.behind { findings.add(.anchorBehind(sequence: sequence)) }
        let begin = found.first ?? first
        found.uncompared = anchors.map(\.sequence).filter { $0 < begin - 1 && $0 < first }
        anchors.removeAll { $0.sequence <= chain.head.sequence || $0.sequence < first }
        if let latest = anchors.map(\.sequence).max() {
            findings.add(.missing((max(chain.head.sequence, first - 1) + 1)...latest))
        } else if first > 1, chain.head.sequence < first {
            findings.add(.missing(first...first))
        }
        found.last = found.records > 0 ? chain.head : nil
        found.findings = findings.all
        return found
    }

    private final class Findings {
        private(set) var all: [AuditFinding] = []

        func add(_ finding: AuditFinding) {
            if all.count < 1000 { all.append(finding) }
        }
    }
}

/// Where the store noted that the trail ended.
public enum AuditAnchor: Equatable, Sendable {
    /// Nobody asked it.
    case unknown
    /// It had no note, or one that is not as it was written.
    case lost
    case head(AuditHead)
}

/// Whether the store's anchor is behind what the trail says that the store had noted. Lines are taken in their order.
///
/// The store notes the record that a trail is opened with before any other follows it, and then every 10 seconds in which there
/// were records. A kill leaves only the last of them without a note.
struct AuditLag {
    /// The record that the store knew of, where it had noted a later one.
    private(set) var behind: Int64?
    private let anchor: Int64?
    private var opening: Int64?
    private var firstTime: Int64?

    private static let longest: Int64 = 60

    init(of anchor: AuditAnchor) {
        if case .head(let head) = anchor { self.anchor = head.sequence } else { self.anchor = nil }
    }

    mutating func take(_ line: AuditLine) {
        guard let anchor, line.sequence > anchor, behind == nil else { return }
        if line.isOpening {
            opening = line.sequence
            firstTime = nil
            return
        }
        if opening != nil { behind = anchor }
        guard let time = line.time else { return }
        if time - (firstTime ?? time) > Self.longest { behind = anchor }
        firstTime = firstTime ?? time
    }
}

extension AuditFinding {
    fileprivate func isMissing(before sequence: Int64) -> Bool {
        if case .missing(let range) = self { return range.upperBound == sequence - 1 }
        return false
    }
}
