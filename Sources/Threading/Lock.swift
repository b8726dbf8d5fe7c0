// The one lock of the project, on `pthread_mutex_t`: the thread sanitizer sees through it, and it behaves well under
// contention on Linux, neither of which holds for a futex of the standard library's.

internal import Glibc

/// A mutual exclusion lock. Not recursive. Any thread may use it; whoever locked it unlocks it.
// SAFETY: the mutex lives at a fixed heap address until the last reference is gone, and every access goes through
// pthread calls, which are made for use from several threads.
public final class Lock: @unchecked Sendable {
    let mutex: UnsafeMutablePointer<pthread_mutex_t>

    public init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deinitialize(count: 1)
        mutex.deallocate()
    }

    @inlinable
    public func withLock<Value: ~Copyable, Failure: Error>(
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        lock()
        defer { unlock() }
        return try body()
    }

    public func lock() { pthread_mutex_lock(mutex) }
    public func unlock() { pthread_mutex_unlock(mutex) }
}

/// A value that can be reached only while its lock is held.
// SAFETY: `value` is read and written only inside `withLock`, which holds the mutex.
public final class Locked<Value>: @unchecked Sendable {
    @usableFromInline let lock = Lock()
    @usableFromInline var value: Value

    public init(_ value: sending Value) {
        self.value = value
    }

    @inlinable
    public func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
