// The thread that destroys keys when their waiting time is over.

public import Threading

/// Looks for due keys at once, then at each interval, until it is stopped.
// SAFETY: `stopping` and `thread` are touched only with `lock` held.
public final class DeletionSchedule: @unchecked Sendable {
    private let lock = Lock()
    private let wake = Condition()
    private var stopping = false
    private var thread: Thread?

    /// - Parameter report: told of keys destroyed, or of the error that kept a round from finishing; called on the thread.
    public init(
        _ service: KeyService, everySeconds interval: Int,
        report: @escaping @Sendable (Result<Int, ServiceError>) -> Void
    ) throws(ThreadError) {
        thread = try Thread(name: "deletions") { [self] in
            while true {
                do throws(ServiceError) {
                    let destroyed = try service.destroyDueKeys()
                    if destroyed > 0 { report(.success(destroyed)) }
                } catch {
                    report(.failure(error))
                }
                lock.lock()
                if !stopping { _ = wake.wait(lock, milliseconds: interval * 1000) }
                let stop = stopping
                lock.unlock()
                if stop { return }
            }
        }
    }

    /// Returns when the thread has ended.
    public func stop() {
        lock.lock()
        stopping = true
        wake.broadcast()
        let thread = self.thread
        self.thread = nil
        lock.unlock()
        thread?.join()
    }
}
