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
// SAFETY: what changes is read and written with `lock` held, but for `writer` and `batch`, which belong to the thread that writes,
// and to `init` before there is one; `open` is atomic.
public final class AuditTrail: @unchecked Sendable {
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
    private let now: @Sendable () -> Int64
    private let report: @Sendable (AuditEvent) -> Void
    private let writer: AuditFileSequence

    private let lock = Lock()
    private let work = Condition()
    private let ended = Condition()
    private var pending = AuditBatch()
    /// Counts records that were put in line, also those that were lost; what a caller waits with.
    private var tickets: Int64 = 0
    /// All up to here are on disk, or lost.
    private var endedTickets: Int64 = 0
    private var lostTickets: [ClosedRange<Int64>] = []
    private var waiters: [(ticket: Int64, waiter: any AuditWaiter)] = []
    private var lost = 0
    private var head: AuditHead
    private var isStopping = false
    private var thread: Thread?
    private let open = Atomic(true)

    /// Bytes of records that may wait. Whoever brings more is refused.
    private static let maximumPending = 16 << 20

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
        writer = opened.writer
        head = opened.writer.head
        if opened.torn > 0 { report(.torn(bytes: opened.torn)) }
        if !opened.findings.isEmpty { report(.broken(opened.findings)) }
        var first = AuditRecord(operation: Self.opening(opened.findings), outcome: .done)
        if opened.torn > 0 { first.count = opened.torn }
        _ = put(first)
        try writeNow()
        do { thread = try Thread(name: "audit") { [self] in run() } } catch { throw .file(errno: error.code) }
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
    public var currentHead: AuditHead { lock.withLock { head } }

    /// Records that are in line to be written.
    public var waiting: Int64 { lock.withLock { tickets - endedTickets } }

    /// Puts a record in line. Nil where none can be written just now: then nothing may be answered but that.
    /// - Returns: a ticket to wait with. Where the trail is best effort, nil says only that there is nothing to wait for.
    public func append(_ record: AuditRecord) -> Int64? {
        lock.withLock { put(record) }
    }

    /// Has `waiter` told when a record's end is known. False where it is on disk already; then it is not told.
    public func wait(for ticket: Int64, _ waiter: any AuditWaiter) -> Bool {
        lock.lock()
        if ticket > endedTickets {
            waiters.append((ticket, waiter))
            lock.unlock()
            return true
        }
        let kept = isKept(ticket)
        lock.unlock()
        if !kept { waiter.auditEnded(kept: false) }
        return !kept
    }

    /// Waits on this thread. False where the record could not be written.
    public func waitUntilKept(_ ticket: Int64) -> Bool {
        lock.withLock {
            while ticket > endedTickets { ended.wait(lock) }
            return isKept(ticket)
        }
    }

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
        lock.lock()
        isStopping = true
        work.signal()
        let thread = self.thread
        self.thread = nil
        lock.unlock()
        thread?.join()
        open.store(false, ordering: .relaxed)
    }

    // MARK: With the lock held

    private func put(_ record: AuditRecord) -> Int64? {
        guard open.load(ordering: .relaxed), !isStopping, pending.records.count < Self.maximumPending else {
            lost += 1
            return nil
        }
        tickets += 1
        pending.add(record, after: head.sequence + writing, time: now())
        if pending.count == awaited { work.signal() }
        return tickets
    }

    /// Each outage has one range, however often it was tried to write again meanwhile.
    private func lose(_ range: ClosedRange<Int64>) {
        if let last = lostTickets.last, last.upperBound + 1 == range.lowerBound {
            lostTickets[lostTickets.count - 1] = last.lowerBound...range.upperBound
        } else {
            lostTickets.append(range)
        }
        // Whoever waited for one of the first is long told.
        if lostTickets.count > 64 { lostTickets.removeFirst() }
    }

    private func isKept(_ ticket: Int64) -> Bool {
        settings.isBestEffort || !lostTickets.contains { $0.contains(ticket) }
    }

    // MARK: The thread

    /// Of the batch that is being written.
    private var writing: Int64 = 0
    private var batch = AuditBatch()
    /// About how many records come together.
    private var lastBatch: Int64 = 0
    /// How many have to wait for the thread to be woken.
    private var awaited: Int64 = 1

    private func run() {
        while true {
            lock.lock()
            while pending.count == 0 && !isStopping {
                _ = work.wait(lock, milliseconds: Self.watchMilliseconds)
                if pending.count == 0 && !isStopping { watch() }
            }
            gather()
            let isOver = pending.count == 0 && isStopping
            lock.unlock()
            if isOver { return }
            do throws(AuditFailure) { try writeNow() } catch {
                report(.failed(error))
                if !recover() { return }
            }
        }
    }

    /// Looks whether others have changed the file, also while there is nothing to write. With the lock held, which it gives
    /// back meanwhile.
    private func watch() {
        lock.unlock()
        if writer.leaveChangedFile() { report(.fileChanged) }
        lock.lock()
    }

    private static let watchMilliseconds = 1000

    /// Where many ask at once, waits a moment for as many as came last time: having a batch on disk costs the same for one record as
    /// for a hundred. One who asks alone is not kept waiting. With the lock held.
    private func gather() {
        guard lastBatch > 1, pending.count < lastBatch, !isStopping else { return }
        awaited = lastBatch
        _ = work.wait(lock, microseconds: Self.gatheringMicroseconds)
        awaited = 1
    }

    private static let gatheringMicroseconds = 300

    /// Writes what waits at this moment, all of it or nothing.
    private func writeNow() throws(AuditFailure) {
        let through = lock.withLock {
            swap(&pending, &batch)
            writing = batch.count
            // It sinks slowly, so that one small batch among large ones does not have the next go before its time.
            lastBatch = max(batch.count, lastBatch - lastBatch / 8 - 1)
            return tickets
        }
        var failure: AuditFailure?
        var wasChanged = false
        do throws(AuditFailure) { wasChanged = try writer.write(batch) } catch { failure = error }
        let told = lock.withLock {
            head = writer.head
            if failure != nil {
                // Those that came since were numbered behind these.
                open.store(false, ordering: .relaxed)
                lost += Int(batch.count + pending.count)
                pending.empty()
                lose((endedTickets + 1)...tickets)
                endedTickets = tickets
            } else {
                endedTickets = through
            }
            writing = 0
            batch.empty()
            ended.broadcast()
            return takeWaiters()
        }
        let kept = failure == nil || settings.isBestEffort
        for waiter in told { waiter.auditEnded(kept: kept) }
        if wasChanged { report(.fileChanged) }
        if let failure { throw failure }
    }

    private func takeWaiters() -> [any AuditWaiter] {
        let told = waiters.filter { $0.ticket <= endedTickets }.map(\.waiter)
        waiters.removeAll { $0.ticket <= endedTickets }
        return told
    }

    /// Tries each second until records can be written again, the first of which says how many there are none of. False where the
    /// trail is to be closed.
    private func recover() -> Bool {
        while true {
            lock.lock()
            if !isStopping { _ = work.wait(lock, milliseconds: 1000) }
            let isOver = isStopping
            let lost = self.lost
            lock.unlock()
            if isOver { return false }
            var record = AuditRecord(operation: "resumeAudit", outcome: .done)
            record.count = lost
            do throws(AuditFailure) {
                try writer.repair()
                lock.withLock {
                    pending.add(record, after: head.sequence, time: now())
                    tickets += 1
                }
                try writeNow()
            } catch {
                // It counted itself.
                lock.withLock { self.lost -= 1 }
                continue
            }
            lock.withLock { self.lost -= lost }
            open.store(true, ordering: .relaxed)
            report(.resumed(lost: lost))
            return true
        }
    }
}

/// Records that wait to be written together.
struct AuditBatch {
    /// Each ended by a newline.
    let records = ByteBuffer(minimumCapacity: 64 << 10)
    private(set) var count: Int64 = 0

    mutating func add(_ record: AuditRecord, after sequence: Int64, time: Int64) {
        count += 1
        record.append(sequence: sequence + count, time: time, to: records)
    }

    mutating func empty() {
        records.truncate(to: 0)
        count = 0
    }
}
