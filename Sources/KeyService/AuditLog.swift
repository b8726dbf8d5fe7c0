// The audit trail of an unsealed service, and the anchors that the store keeps of it.

public import Audit
public import CoreBridge
public import Network
public import Storage
internal import Threading

/// A trail whose head is noted in the store now and then, and when it is closed. Any thread.
public final class AuditLog: Sendable {
    public let trail: AuditTrail
    private let root: RootKey
    private let store: any Store
    private let report: @Sendable (AuditEvent) -> Void
    /// The number of the record that says that it was opened: a head that is no more is nothing to tell of.
    private let opened: Int64
    /// The number of the record that the store has noted.
    private let anchored: Locked<Int64>
    private let anonymous: AnonymousRecords

    /// Opens the trail, and compares it with what the store has noted.
    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - report: any thread.
    public init(
        _ settings: AuditTrail.Settings, root: RootKey, store: any Store, now: @escaping @Sendable () -> Int64,
        report: @escaping @Sendable (AuditEvent) -> Void
    ) throws(UnsealError) {
        self.root = root
        self.store = store
        self.report = report
        anonymous = AnonymousRecords(now: { now() / 1000 })
        let noted: AuditAnchor
        do { noted = try Self.anchor(of: store) } catch { throw .storage(error) }
        do throws(AuditFailure) {
            trail = try AuditTrail(settings, root: root, anchor: noted, now: now, report: report)
        } catch {
            throw .audit(error)
        }
        let head = trail.currentHead
        opened = head.sequence
        anchored = Locked(head.sequence)
        // Before another record can follow: whoever finds one that does knows what the store had noted.
        do throws(StorageError) {
            try store.setAuditAnchor(AuditAnchorRecord(sequence: head.sequence, mac: head.mac))
        } catch {
            trail.close()
            throw .storage(error)
        }
    }

    /// Where the store noted that the trail ended.
    public static func anchor(of store: any Store) throws(StorageError) -> AuditAnchor {
        do throws(StorageError) {
            guard let noted = try store.auditAnchor() else { return .unknown }
            return .head(AuditHead(sequence: noted.sequence, mac: noted.mac))
        } catch .altered {
            return .lost
        } catch {
            throw error
        }
    }

    /// Notes the head in the store, where it has moved.
    public func anchor() {
        anchored.withLock { anchored in
            let head = trail.currentHead
            guard head.sequence > anchored else { return }
            do throws(StorageError) {
                try store.setAuditAnchor(AuditAnchorRecord(sequence: head.sequence, mac: head.mac))
                anchored = head.sequence
                if head.sequence > opened { report(.anchored(head)) }
            } catch {
                report(.anchorFailed)
            }
        }
    }

    /// Whether a refused request without a principal may leave a record of its own. One that may not has been counted when this
    /// returns, and `recordCounts` writes the count down.
    public func admitsAnonymousRecord(from peer: Peer) -> Bool { anonymous.admits(peer.source) }

    /// Writes down how many requests were counted instead of recorded: a record for each source, and one for all others.
    public func recordCounts() {
        guard trail.isRecording else { return }
        let counts = anonymous.take()
        let tickets = counts.map { count in
            var record = AuditRecord(operation: "countRefused", outcome: .refused)
            record.peer = count.source?.description
            record.count = count.requests
            return trail.append(record)
        }
        let isKept = tickets.map { $0.map(trail.waitUntilKept) ?? false }
        anonymous.putBack(zip(counts, isKept).filter { !$0.1 }.map(\.0))
    }

    /// A page of records past a number; those that are not on disk yet are not shown.
    public func page(after: Int64, limit: Int) throws(AuditFailure) -> AuditPage {
        try AuditPage.read(
            folder: trail.settings.folder, root: root, after: after, limit: limit, last: trail.currentHead.sequence)
    }

    func close() {
        anonymous.close()
        recordCounts()
        trail.close()
        anchor()
    }
}
