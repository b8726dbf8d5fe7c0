// A condition variable, waited on with a `Lock` held.

internal import Glibc

/// Lets threads that hold a `Lock` sleep until another says that what they wait for may have come true.
// SAFETY: as `Lock`: a fixed heap address and pthread calls only.
public final class Condition: @unchecked Sendable {
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    public init() {
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // Deadlines are on the monotonic clock: setting the wall clock must not wake or hang anybody.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deinitialize(count: 1)
        condition.deallocate()
    }

    /// Waits with `lock` held; it is held again on return. Wakes without cause happen: check what was waited for.
    public func wait(_ lock: Lock) {
        pthread_cond_wait(condition, lock.mutex)
    }

    /// As `wait`, for `milliseconds` at most. False when the time ran out.
    public func wait(_ lock: Lock, milliseconds: Int) -> Bool {
        wait(lock, until: Deadline(microseconds: milliseconds * 1000))
    }

    /// As `wait`, until a moment at most. False when it has come.
    public func wait(_ lock: Lock, until deadline: Deadline) -> Bool {
        withUnsafePointer(to: deadline.moment) { pthread_cond_timedwait(condition, lock.mutex, $0) == 0 }
    }

    /// A moment on the monotonic clock.
    public struct Deadline: Sendable {
        fileprivate var moment = timespec()

        /// The moment that is `microseconds` away.
        public init(microseconds: Int) {
            clock_gettime(CLOCK_MONOTONIC, &moment)
            moment.tv_sec += microseconds / 1_000_000
            moment.tv_nsec += (microseconds % 1_000_000) * 1000
            if moment.tv_nsec >= 1_000_000_000 {
                moment.tv_sec += 1
                moment.tv_nsec -= 1_000_000_000
            }
        }
    }

    public func signal() { pthread_cond_signal(condition) }
    public func broadcast() { pthread_cond_broadcast(condition) }
}
