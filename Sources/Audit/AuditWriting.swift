// The thread that writes the audit trail: it takes all records that wait, puts them on disk together, and tells who waits for
// them. While the disk fails, it tries again each second.

internal import Synchronization
internal import Threading

/// What belongs to the thread that writes, and before there is one to the opening of the trail.
final class AuditWriting {
    private let sequence: AuditFileSequence
    private var batch = AuditBatch()
    /// About how many records come together.
    private var lastBatch: Int64 = 0

    /// How long the thread sleeps before it looks whether others have changed the file.
    private static let watchMicroseconds = 1_000_000
    private static let gatheringMicroseconds = 300
    private static let retryMicroseconds = 1_000_000

    init(_ sequence: AuditFileSequence) {
        self.sequence = sequence
    }

    /// Writes until the trail is to be closed and nothing waits any more.
    func run(_ trail: AuditTrail) {
        while waitForRecords(trail) {
            do throws(AuditFailure) { try writeNow(trail) } catch {
                trail.report(.failed(error))
                if !recover(trail) { return }
            }
        }
    }

    /// Writes what waits at this moment, all of it or nothing.
    func writeNow(_ trail: AuditTrail) throws(AuditFailure) {
        let through = trail.queue.withLock { queue in
            queue.awaited = 1
            swap(&queue.pending, &batch)
            queue.writing = batch.count
            // It sinks slowly, so that one small batch among large ones does not have the next go before its time.
            lastBatch = max(batch.count, lastBatch - lastBatch / 8 - 1)
            return queue.tickets.newest
        }
        var failure: AuditFailure?
        var wasChanged = false
        do throws(AuditFailure) { wasChanged = try sequence.write(batch) } catch { failure = error }
        let told = trail.queue.withLock { queue in
            queue.head = sequence.head
            queue.writing = 0
            if failure == nil {
                queue.tickets.keep(through: through)
            } else {
                trail.open.store(false, ordering: .relaxed)
                queue.lose(batch)
            }
            batch.empty()
            trail.ended.broadcast()
            return queue.takeEndedWaiters()
        }
        let kept = failure == nil || trail.settings.isBestEffort
        for waiter in told { waiter.auditEnded(kept: kept) }
        if wasChanged { trail.report(.fileChanged) }
        if let failure { throw failure }
    }

    /// False where the trail is to be closed and nothing waits.
    private func waitForRecords(_ trail: AuditTrail) -> Bool {
        while true {
            let isToWrite = trail.queue.wait(on: trail.work, microseconds: Self.watchMicroseconds) { queue in
                queue.pending.count > 0 ? true : queue.isStopping ? false : nil
            }
            if let isToWrite {
                if isToWrite { gather(trail) }
                return isToWrite
            }
            if sequence.leaveChangedFile() { trail.report(.fileChanged) }
        }
    }

    /// Where many ask at once, waits a moment for as many as came last time: a batch costs the disk the same for one record as for a
    /// hundred. A client that asks alone does not wait.
    private func gather(_ trail: AuditTrail) {
        let goal = lastBatch
        guard goal > 1 else { return }
        _ = trail.queue.wait(on: trail.work, microseconds: Self.gatheringMicroseconds) { queue in
            queue.awaited = goal
            return queue.pending.count >= goal || queue.isStopping ? true : nil
        }
    }

    /// Tries each second until records can be written again. The first record then says how many were lost. False where the trail is
    /// to be closed.
    private func recover(_ trail: AuditTrail) -> Bool {
        while trail.queue.wait(
            on: trail.work, microseconds: Self.retryMicroseconds, until: { $0.isStopping ? true : nil }) == nil
        {
            do throws(AuditFailure) { try sequence.repair() } catch { continue }
            let lost = trail.queue.withLock { queue -> Int? in
                guard !queue.isStopping else { return nil }
                var record = AuditRecord(operation: "resumeAudit", outcome: .done)
                record.count = queue.lost
                _ = queue.append(record, at: trail.now)
                return queue.lost
            }
            guard let lost else { return false }
            do throws(AuditFailure) { try writeNow(trail) } catch {
                // `writeNow` has counted this record, which is not one that was asked for.
                trail.queue.withLock { $0.lost -= 1 }
                continue
            }
            trail.queue.withLock { $0.lost -= lost }
            trail.open.store(true, ordering: .relaxed)
            trail.report(.resumed(lost: lost))
            return true
        }
        return false
    }
}
