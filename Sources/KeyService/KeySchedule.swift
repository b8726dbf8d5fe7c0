// The thread that does what is due: it destroys keys whose waiting time is over, and rotates keys by their period.

internal import Audit
public import Storage
public import Threading

/// What a round of the schedule did, or why it could not.
public enum ScheduledWork: Sendable {
    case destroyed(Int)
    case rotated(Int)
    case tokensExpired(Int)
    case approvalsExpired(Int)
    /// What had expired of them is not gone; it is tried again.
    case approvalsFailed(ServiceError)
    /// What is known of tokens was not written down; it is tried again.
    case tokensFailed(StorageError)
    case destructionFailed(ServiceError)
    /// Some keys were not rotated, of which this is the first's reason; they are tried again later.
    case rotationFailed(ServiceError)
}

/// Looks for due keys at once, then at each interval, until it is stopped.
// SAFETY: `stopping` and `thread` are touched only with `lock` held.
public final class KeySchedule: @unchecked Sendable {
    private let lock = Lock()
    private let wake = Condition()
    private var stopping = false
    private var thread: Thread?

    /// - Parameter report: told of what was done; called on the thread.
    public init(
        _ service: KeyService, tokens: TokenAuthority, audit: AuditLog? = nil, everySeconds interval: Int,
        report: @escaping @Sendable (ScheduledWork) -> Void
    ) throws(ThreadError) {
        thread = try Thread(name: "schedule") { [self] in
            while true {
                round(service, tokens, audit, report)
                lock.lock()
                if !stopping { _ = wake.wait(lock, milliseconds: interval * 1000) }
                let stop = stopping
                lock.unlock()
                if stop { return }
            }
        }
    }

    /// Returns when the thread has ended; a key that it is making just now is finished first.
    public func stop() {
        lock.lock()
        stopping = true
        wake.broadcast()
        let thread = self.thread
        self.thread = nil
        lock.unlock()
        thread?.join()
    }

    private func round(
        _ service: KeyService, _ tokens: TokenAuthority, _ audit: AuditLog?, _ report: (ScheduledWork) -> Void
    ) {
        audit?.recordCounts()
        audit?.anchor()
        // What cannot be recorded is not done.
        guard audit?.trail.isOpen ?? true else { return }
        /// True where nothing is audited.
        func keep(_ operation: String, key: String) -> Bool {
            guard let audit else { return true }
            var record = AuditRecord(operation: operation, outcome: .done)
            record.key = key
            return audit.trail.keep(record)
        }
        do throws(StorageError) {
            let expired = try tokens.tidy { ids in
                audit?.trail.keep(
                    ids.map { id in
                        var record = AuditRecord(operation: "expireToken", outcome: .done)
                        record.subject = id
                        return record
                    }) ?? true
            }
            if expired > 0 { report(.tokensExpired(expired)) }
        } catch {
            report(.tokensFailed(error))
        }
        do throws(ServiceError) {
            let expired = try tokens.approvals.tidy { ids in
                audit?.trail.keep(
                    ids.map { id in
                        var record = AuditRecord(operation: "expireApproval", outcome: .done)
                        record.approval = id
                        return record
                    }) ?? true
            }
            if expired > 0 { report(.approvalsExpired(expired)) }
        } catch {
            report(.approvalsFailed(error))
        }
        do throws(ServiceError) {
            let destroyed = try service.destroyDueKeys { keep("destroyKey", key: $0) }
            if destroyed > 0 { report(.destroyed(destroyed)) }
        } catch {
            report(.destructionFailed(error))
        }
        do throws(ServiceError) {
            let round = try service.rotateDueKeys(
                unless: { lock.withLock { stopping } }, keeping: { keep("rotateDueKey", key: $0) })
            if round.rotated > 0 { report(.rotated(round.rotated)) }
            if let failure = round.failure { report(.rotationFailed(failure)) }
        } catch {
            report(.rotationFailed(error))
        }
    }
}
