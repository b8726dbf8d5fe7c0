// The audit trail of an unsealed service, and the anchors that the store keeps of it.

public import Audit
public import CoreBridge
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
        let noted: AuditAnchorRecord?
        do { noted = try store.auditAnchor() } catch { throw .storage(error) }
        do throws(AuditFailure) {
            trail = try AuditTrail(
                settings, root: root, anchor: noted.map { AuditHead(sequence: $0.sequence, mac: $0.mac) }, now: now,
                report: report)
        } catch {
            throw .audit(error)
        }
        opened = trail.currentHead.sequence
        anchored = Locked(noted?.sequence ?? 0)
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

    /// A page of records past a number; those that are not on disk yet are not shown.
    public func page(after: Int64, limit: Int) throws(AuditFailure) -> AuditPage {
        try AuditPage.read(
            folder: trail.settings.folder, root: root, after: after, limit: limit, last: trail.currentHead.sequence)
    }

    func close() {
        trail.close()
        anchor()
    }
}
