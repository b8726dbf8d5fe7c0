// Following a chain of lines: each has the number after the one before it, and a MAC that follows from that one's.

internal import Bytes
internal import CoreBridge

/// What is wrong with a trail.
public enum AuditFinding: Equatable, Sendable {
    /// These are not there.
    case missing(ClosedRange<Int64>)
    /// A record stands where one of another number belongs: it is repeated, out of order, or from another trail.
    case misplaced(sequence: Int64)
    /// The record, or the one before it, is not as it was written.
    case altered(sequence: Int64)
    /// What follows this record is no line of a trail.
    case malformed(after: Int64)
    /// The trail went on otherwise from here than the service that wrote it down did: it was put back, or exchanged.
    case forked(sequence: Int64)
    /// The last line is not whole.
    case torn(after: Int64)
    /// The record that the first one follows is not there, nor its MAC: the first could not be checked.
    case unchecked(sequence: Int64)
    /// The store did not know where the trail ended, or not as it wrote that down.
    case anchorMissing
    /// The store knew of this record as the last, and had noted one after it: it was put back to an earlier state.
    case anchorBehind(sequence: Int64)
    /// When the trail was opened with this record, the store's anchor was missing or had been put back.
    case anchorWasBroken(sequence: Int64)
}

/// Checks lines as they come, many at a time. One user at a time.
final class AuditChain {
    /// The last record that was in its place; what follows is held to it.
    private(set) var head: AuditHead
    /// The first record that could not be checked; nil where all could.
    private(set) var believed: Int64?
    private let root: RootKey
    private let report: (AuditFinding) -> Void
    /// Lines that are yet to be held to their MACs, as they are authenticated.
    private let records = ByteBuffer(minimumCapacity: batchBytes)
    private var heads: [AuditHead] = []
    /// What lines of `heads`, by their place, say of the MAC before them.
    private var claims: [Int: [UInt8]] = [:]
    private let macs = ByteBuffer()
    /// What the first of `records` follows; nil where that is not known, and the first cannot be checked.
    private var previous: AuditHead?

    private static let batchBytes = 128 << 10

    /// - Parameter head: what the first line follows; nil to take it from the first line, or to believe that.
    init(after head: AuditHead?, root: RootKey, report: @escaping (AuditFinding) -> Void) {
        self.head = head ?? .none
        previous = head
        self.root = root
        self.report = report
    }

    /// Takes the next line.
    func take(_ line: AuditLine) throws(AuditFailure) {
        if previous != nil || !heads.isEmpty {
            let expected = head.sequence + 1
            guard line.sequence >= expected else { return report(.misplaced(sequence: line.sequence)) }
            if line.sequence > expected {
                try finish()
                report(.missing(expected...(line.sequence - 1)))
                previous = nil
            }
        }
        if let before = line.previous {
            if previous == nil, heads.isEmpty { previous = AuditHead(sequence: line.sequence - 1, mac: before) }
            claims[heads.count] = before
        }
        line.appendAuthenticated(to: records)
        heads.append(line.head)
        head = line.head
        if records.count > Self.batchBytes - AuditLine.maximumLength { try finish() }
    }

    /// Holds to their MACs what was taken.
    func finish() throws(AuditFailure) {
        var rest = records.bytes
        var from = 0
        let before = previous
        // A record whose predecessor is gone can only be believed.
        if previous == nil, let first = heads.first {
            if believed == nil { believed = first.sequence }
            previous = first
            from = 1
            rest = rest.afterLine
        }
        while from < heads.count, let before = previous {
            macs.truncate(to: 0)
            do { try root.appendAuditMACs(after: before, records: rest, count: heads.count - from, to: macs) } catch {
                throw .core
            }
            var checked = 0
            let computed = macs.bytes
            while from + checked < heads.count,
                heads[from + checked].mac.elementsEqual(computed[(checked * 32)..<(checked * 32 + 32)])
            { checked += 1 }
            guard from + checked < heads.count else { break }
            // Go on from the MAC that it has: if only its text was changed, what follows is in order.
            report(.altered(sequence: heads[from + checked].sequence))
            claims[from + checked] = nil
            for _ in 0...checked { rest = rest.afterLine }
            from += checked + 1
            previous = heads[from - 1]
        }
        for (place, mac) in claims.sorted(by: { $0.key < $1.key })
        where (place > 0 ? heads[place - 1] : before).map({ $0.mac != mac }) ?? false {
            report(.altered(sequence: heads[place].sequence))
        }
        claims.removeAll()
        previous = heads.last ?? previous
        heads.removeAll(keepingCapacity: true)
        records.truncate(to: 0)
    }
}
