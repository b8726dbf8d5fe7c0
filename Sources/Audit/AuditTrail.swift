// The audit trail while the service runs: records are put in line by any thread, and one thread puts all that wait on disk at once.

internal import Bytes
public import CoreBridge
internal import Synchronization
internal import Threading

/// Something that waits for a record to be on disk.
public protocol AuditWaiter: AnyObject, Sendable {
    /// Called once, on any thread, perhaps before the call that it waits with has returned. `kept` is false where the record could
    /// not be written, and nobody may act on what it tells of.
    func auditEnded(kept: Bool)
}

/// What became of the trail.
public enum AuditEvent: Sendable, Equatable {
    /// It does not continue what was known of it; what was found.
    case broken([AuditFinding])
    /// Bytes of a line that a crash had cut off were removed.
    case torn(bytes: Int)
    /// The file was changed, cut or removed by others while it was written.
    case fileChanged
    /// Records cannot be written; tried again each second.
    case failed(AuditFailure)
    /// Records are written again; how many there are none of.
    case resumed(lost: Int)
    /// The head was put where it is compared at the next start.
    case anchored(AuditHead)
    case anchorFailed
}

/// The trail. Any thread.
public final class AuditTrail: Sendable {
    public struct Settings: Sendable {
        public var folder: String
        /// A file that is as long is followed by another.
        public var fileBytes: Int
        /// Whether the service goes on when records cannot be written. They are counted, and the count is recorded.
        public var isBestEffort: Bool

        public init(folder: String, fileBytes: Int = 64 << 20, isBestEffort: Bool = false) {
            self.folder = folder
            self.fileBytes = fileBytes
            self.isBestEffort = isBestEffort
        }
    }

    public let settings: Settings
    let now: @Sendable () -> Int64
    let report: @Sendable (AuditEvent) -> Void
    let queue: Locked<AuditQueue>
    /// Signalled when enough records are in line, and when the trail is to be closed.
    let work = Condition()
    /// Signalled when it is known what became of records.
    let ended = Condition()
    /// Whether records can be written.
    let open = Atomic(true)
    private let writing: Locked<AuditWriting>
    private let thread = Locked<Thread?>(nil)

    /// Opens the trail of a folder, and goes on where it ends.
    /// - Parameters:
    ///   - anchor: the head as the store last noted it; it has to note the first record that this writes before another follows.
    ///   - now: milliseconds since 1970.
    ///   - report: called on any thread, never while a lock is held.
    public init(
        _ settings: Settings, root: RootKey, anchor: AuditAnchor, now: @escaping @Sendable () -> Int64,
        report: @escaping @Sendable (AuditEvent) -> Void
    ) throws(AuditFailure) {
        self.settings = settings
        self.now = now
        self.report = report
        let opened = try AuditFileSequence.open(settings, root: root, anchor: anchor)
        let (torn, findings) = (opened.torn, opened.findings)
        queue = Locked(AuditQueue(head: opened.writer.head))
        writing = Locked(AuditWriting(opened.writer))
        if torn > 0 { report(.torn(bytes: torn)) }
        if !findings.isEmpty { report(.broken(findings)) }
        var first = AuditRecord(operation: Self.opening(findings), outcome: .done)
        if torn > 0 { first.count = torn }
        _ = append(first)
        try writing.withLock { writing throws(AuditFailure) in try writing.writeNow(self) }
        do {
            let started = try Thread(name: "audit") { [self] in writing.withLock { $0.run(self) } }
            thread.withLock { $0 = started }
        } catch {
            throw .file(errno: error.code)
        }
    }

    /// How the first record names what was found.
    private static func opening(_ findings: [AuditFinding]) -> String {
        let isOfAnchor = findings.contains { finding in
            switch finding {
            case .anchorMissing, .anchorBehind: true
            default: false
            }
        }
        return isOfAnchor ? "findBrokenAnchor" : findings.isEmpty ? "openAudit" : "findBrokenAudit"
    }

    /// Makes the folder of a trail where it is missing; `init` does so too, but may not be allowed to any more.
    public static func createFolder(_ path: String) throws(AuditFailure) { try AuditFolder(path: path).create() }

    /// Whether records are written: what would leave one must not be begun otherwise.
    @inline(__always)
    public var isOpen: Bool { settings.isBestEffort || open.load(ordering: .relaxed) }

    /// Whether records are written just now.
    public var isRecording: Bool { open.load(ordering: .relaxed) }

    /// Where the chain on disk ends.
    public var currentHead: AuditHead { queue.withLock { $0.head } }

    /// Records that are in line to be written.
    public var waiting: Int64 { queue.withLock { $0.tickets.waiting } }

    /// Puts a record in line. Nil where none can be written just now: then nothing may be answered but that.
    /// - Returns: a ticket to wait with. Where the trail is best effort, nil says only that there is nothing to wait for.
    public func append(_ record: AuditRecord) -> Int64? {
        queue.withLock { queue in
            guard open.load(ordering: .relaxed) else {
                queue.lost += 1
                return nil
            }
            let ticket = queue.append(record, at: now)
            if queue.isAwaitedNow { work.signal() }
            return ticket
        }
    }

    /// Has `waiter` told when a record's end is known. False where it is on disk already; then it is not told.
    public func wait(for ticket: Int64, _ waiter: any AuditWaiter) -> Bool {
        let end: AuditTickets.End? = queue.withLock { queue in
            let end = queue.tickets.end(of: ticket)
            if end == nil { queue.waiters.append((ticket, waiter)) }
            return end
        }
        guard let end else { return true }
        if isKept(end) { return false }
        waiter.auditEnded(kept: false)
        return true
    }

    /// Waits on this thread. False where the record could not be written.
    public func waitUntilKept(_ ticket: Int64) -> Bool {
        queue.wait(on: ended) { $0.tickets.end(of: ticket) }.map(isKept) ?? false
    }

    private func isKept(_ end: AuditTickets.End) -> Bool { settings.isBestEffort || end == .onDisk }

    /// Keeps a record of what is done afterwards. False where it cannot be: then it must not be done.
    public func keep(_ record: AuditRecord) -> Bool { keep([record]) }

    /// Keeps records together. False where one of them could not be.
    public func keep(_ records: [AuditRecord]) -> Bool {
        var rest = records[...]
        while !rest.isEmpty {
            let tickets = rest.prefix(Self.keptTogether).map(append)
            guard tickets.allSatisfy({ $0.map(waitUntilKept) ?? settings.isBestEffort }) else { return false }
            rest = rest.dropFirst(Self.keptTogether)
        }
        return true
    }

    private static let keptTogether = 1000

    /// Writes what waits, and ends the thread. Nothing can be put in line from then on.
    public func close() {
        queue.withLock { queue in
            queue.isStopping = true
            work.signal()
        }
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        thread?.join()
        open.store(false, ordering: .relaxed)
    }
}
