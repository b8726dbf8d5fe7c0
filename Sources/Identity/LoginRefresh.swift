// The thread that looks for issuers' keys from time to time, and when a token names an unknown one.

internal import Glibc
public import Threading

/// Looks for keys that are due at once, then every few seconds, until it is stopped.
public final class LoginRefresh: Sendable {
    private let lock = Lock()
    private let wake = Condition()
    private let state = Locked(State())
    private let thread: Thread

    private struct State {
        var isStopping = false
        /// Keys are wanted before it is time.
        var isWanted = false
    }

    /// - Parameter report: told which issuer's keys could not be had, and why; called on the thread.
    public init(
        _ logins: Logins, report: @escaping @Sendable (_ issuer: String, _ reason: String) -> Void
    ) throws(ThreadError) {
        let (lock, wake, state) = (lock, wake, state)
        logins.whenKeysAreWanted {
            lock.withLock {
                state.withLock { $0.isWanted = true }
                wake.broadcast()
            }
        }
        thread = try Thread(name: "login-keys") {
            while true {
                logins.refresh(report)
                let isOver = lock.withLock {
                    if state.withLock({ !$0.isStopping && !$0.isWanted }) { _ = wake.wait(lock, milliseconds: 5000) }
                    return state.withLock { state in
                        state.isWanted = false
                        return state.isStopping
                    }
                }
                if isOver { return }
            }
        }
    }

    /// Returns when the thread has ended; keys that it is fetching just now are waited for.
    public func stop() {
        lock.withLock {
            state.withLock { $0.isStopping = true }
            wake.broadcast()
        }
        thread.join()
    }
}
