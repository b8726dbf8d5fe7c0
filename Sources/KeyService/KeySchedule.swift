// The threads that do what is due: one destroys keys whose waiting time is over and tidies up, and one rotates keys by their
// period. Making RSA keys takes seconds, which nothing else is to wait for.

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
public final class KeySchedule: Sendable {
    private let state = Locked(State())
    private let wake = Condition()

    private struct State {
        var isStopping = false
        var threads: [Thread] = []
    }

    /// - Parameter report: told of what was done; called on the threads.
    public init(
        _ service: KeyService, tokens: TokenAuthority, audit: AuditLog? = nil, everySeconds interval: Int,
        report: @escaping @Sendable (ScheduledWork) -> Void
    ) throws(ThreadError) {
        do throws(ThreadError) {
            try start("schedule") { [self] in
                repeat { round(service, tokens, audit, report) } while waitsOn(interval)
            }
            // What it computes comes after what clients wait for.
            try start("rotation", niceness: 10) { [self] in
                repeat { rotate(service, audit, report) } while waitsOn(interval)
            }
        } catch {
            stop()
            throw error
        }
    }

    private func start(
        _ name: String, niceness: Int = 0, _ body: @escaping @Sendable () -> Void
    ) throws(ThreadError) {
        let thread = try Thread(name: name, niceness: niceness, body)
        state.withLock { $0.threads.append(thread) }
    }

    /// Begins nothing from now on. A key that is being made is finished; `stop` waits for that.
    public func finish() {
        state.withLock { state in
            state.isStopping = true
            wake.broadcast()
        }
    }

    /// Returns when the threads have ended.
    public func stop() {
        finish()
        let threads = state.withLock { state in
            defer { state.threads = [] }
            return state.threads
        }
        for thread in threads { thread.join() }
    }

    /// Waits until the next round. False where there is none.
    private func waitsOn(_ interval: Int) -> Bool {
        state.wait(on: wake, microseconds: interval * 1_000_000) { $0.isStopping ? true : nil } == nil
    }

    private func round(
        _ service: KeyService, _ tokens: TokenAuthority, _ audit: AuditLog?, _ report: (ScheduledWork) -> Void
    ) {
        audit?.recordCounts()
        audit?.anchor()
        service.reportMissingRecords()
        // What cannot be recorded is not done.
        guard audit?.trail.isOpen ?? true else { return }
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
            let destroyed = try service.destroyDueKeys { Self.keep("destroyKey", key: $0, in: audit) }
            if destroyed > 0 { report(.destroyed(destroyed)) }
        } catch {
            report(.destructionFailed(error))
        }
    }

    private func rotate(_ service: KeyService, _ audit: AuditLog?, _ report: (ScheduledWork) -> Void) {
        guard audit?.trail.isOpen ?? true else { return }
        do throws(ServiceError) {
            let round = try service.rotateDueKeys(
                unless: { state.withLock { $0.isStopping } }, keeping: { Self.keep("rotateDueKey", key: $0, in: audit) }
            )
            if round.rotated > 0 { report(.rotated(round.rotated)) }
            if let failure = round.failure { report(.rotationFailed(failure)) }
        } catch {
            report(.rotationFailed(error))
        }
    }

    /// Keeps the record of what is about to be done. True where nothing is audited.
    private static func keep(_ operation: String, key: String, in audit: AuditLog?) -> Bool {
        guard let audit else { return true }
        var record = AuditRecord(operation: operation, outcome: .done)
        record.key = key
        return audit.trail.keep(record)
    }
}
