// Records in line for the disk, and who waits for them: what the threads that bring records share with the one that writes.

internal import Bytes

/// Held under the trail's lock.
struct AuditQueue {
    /// Where the chain on disk ends.
    var head: AuditHead
    var pending = AuditBatch()
    /// Records of the batch that is being written.
    var writing: Int64 = 0
    var tickets = AuditTickets()
    var waiters: [(ticket: Int64, waiter: any AuditWaiter)] = []
    /// Records that could not be written, or put in line, since the trail was last written.
    var lost = 0
    /// How many records have to be in line for the writing thread to be woken.
    var awaited: Int64 = 1
    var isStopping = false

    /// Bytes of records that may wait. A record that comes on top is refused.
    static let maximumPending = 16 << 20

    init(head: AuditHead) {
        self.head = head
    }

    /// Puts a record in line, and returns its ticket. Nil where there is no room, or the trail is to be closed.
    /// - Parameter now: milliseconds since 1970; asked in line, so that records' times ascend.
    mutating func append(_ record: AuditRecord, at now: () -> Int64) -> Int64? {
        guard !isStopping, pending.records.count < Self.maximumPending else {
            lost += 1
            return nil
        }
        pending.add(record, after: head.sequence + writing, time: now())
        return tickets.issue()
    }

    /// Whether the record that was put in line last is the one that the writing thread waits for.
    var isAwaitedNow: Bool { pending.count == awaited }

    /// The batch that was being written failed. Records that came since are numbered behind it, so they are lost too.
    mutating func lose(_ batch: AuditBatch) {
        lost += Int(batch.count + pending.count)
        pending.empty()
        tickets.loseWaiting()
    }

    /// Removes those whose ticket has ended, and returns them.
    mutating func takeEndedWaiters() -> [any AuditWaiter] {
        let taken = waiters.filter { tickets.end(of: $0.ticket) != nil }.map(\.waiter)
        waiters.removeAll { tickets.end(of: $0.ticket) != nil }
        return taken
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
