// Whether a whole trail is as it was written, and all of it is there.

public import CoreBridge

/// What was found out about a trail.
public struct AuditVerification: Sendable {
    public private(set) var files = 0
    public private(set) var records: Int64 = 0
    /// The numbers of the first and the last record that are there; nil where there are none.
    public private(set) var first: Int64?
    public private(set) var last: AuditHead?
    /// What is wrong, 1,000 at most.
    public private(set) var findings: [AuditFinding] = []

    public var isSound: Bool { findings.isEmpty }

    /// Reads all files of a folder. Nothing may be writing to them.
    /// - Parameters:
    ///   - first: the number that the trail has to begin with: 1, unless earlier files were put elsewhere.
    ///   - anchors: what the trail is known to have had: records by number and MAC, as the store or a log keeps them.
    ///   - progress: told now and then of how many records were read.
    public static func run(
        folder: String, root: RootKey, from first: Int64 = 1, anchors: [AuditHead],
        progress: (Int64) -> Void = { _ in }
    ) throws(AuditFailure) -> AuditVerification {
        var found = AuditVerification()
        let findings = Findings()
        let chain = AuditChain(after: first == 1 ? AuditHead.none : nil, root: root) { findings.add($0) }
        var anchors = anchors.filter { $0.sequence >= first }
        let files = try AuditFolder(path: folder).files()
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
        anchors.removeAll { $0.sequence <= chain.head.sequence }
        if let latest = anchors.map(\.sequence).max() {
            findings.add(.missing((max(chain.head.sequence, first - 1) + 1)...latest))
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
