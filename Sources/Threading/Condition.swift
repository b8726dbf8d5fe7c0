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
        wait(lock, microseconds: milliseconds * 1000)
    }

    /// As `wait`, for `microseconds` at most. False when the time ran out.
    public func wait(_ lock: Lock, microseconds: Int) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        deadline.tv_sec += microseconds / 1_000_000
        deadline.tv_nsec += (microseconds % 1_000_000) * 1000
        if deadline.tv_nsec >= 1_000_000_000 {
            deadline.tv_sec += 1
            deadline.tv_nsec -= 1_000_000_000
        }
        return pthread_cond_timedwait(condition, lock.mutex, &deadline) == 0
    }

    public func signal() { pthread_cond_signal(condition) }
    public func broadcast() { pthread_cond_broadcast(condition) }
}
