// The thread that has issuers' keys anew from time to time, so that logins find them there.

internal import Glibc
public import Threading

/// Looks for keys that are due at once, then every few seconds, until it is stopped.
public final class LoginRefresh: Sendable {
    private let lock = Lock()
    private let wake = Condition()
    private let stopping = Locked(false)
    private let thread: Thread

    /// - Parameter report: told which issuer's keys could not be had, and why; called on the thread.
    public init(
        _ logins: Logins, report: @escaping @Sendable (_ issuer: String, _ reason: String) -> Void
    ) throws(ThreadError) {
        let (lock, wake, stopping) = (lock, wake, stopping)
        thread = try Thread(name: "login-keys") {
            while true {
                logins.refresh(report)
                let isOver = lock.withLock {
                    if !stopping.withLock({ $0 }) { _ = wake.wait(lock, milliseconds: 5000) }
                    return stopping.withLock { $0 }
                }
                if isOver { return }
            }
        }
    }

    /// Returns when the thread has ended; keys that it is fetching just now are waited for.
    public func stop() {
        lock.withLock {
            stopping.withLock { $0 = true }
            wake.broadcast()
        }
        thread.join()
    }
}
