// The one lock of the project, on `pthread_mutex_t`: the thread sanitizer sees through it, and it behaves well under
// contention on Linux, neither of which holds for a futex of the standard library's.

internal import Glibc

/// A mutual exclusion lock. Not recursive. Any thread may use it; whoever locked it unlocks it.
// SAFETY: the mutex lives at a fixed heap address until the last reference is gone, and every access goes through
// pthread calls, which are made for use from several threads.
public final class Lock: @unchecked Sendable {
    let mutex: UnsafeMutablePointer<pthread_mutex_t>

    public init() {
        // A cache line of its own: two locks in one would have their users wait for each other.
        mutex = UnsafeMutableRawPointer.allocate(byteCount: Self.lineBytes, alignment: Self.lineBytes)
            .bindMemory(to: pthread_mutex_t.self, capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        // What is done under a lock is mostly shorter than going to sleep: try for a moment before.
        pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_ADAPTIVE_NP))
        pthread_mutex_init(mutex, &attributes)
        pthread_mutexattr_destroy(&attributes)
    }

    private static let lineBytes = 64

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deinitialize(count: 1)
        UnsafeMutableRawPointer(mutex).deallocate()
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

    /// Waits until `body` returns a value. `body` runs with the lock held: at once, and each time that `condition` was signalled.
    /// - Parameters:
    ///   - condition: the thread that changes what `body` looks at signals it.
    ///   - microseconds: the longest time to wait; nil for no limit.
    /// - Returns: what `body` returned; nil when the time ran out first.
    @inlinable
    public func wait<Result>(
        on condition: Condition, microseconds: Int? = nil, until body: (inout Value) -> Result?
    ) -> Result? {
        lock.lock()
        defer { lock.unlock() }
        var deadline: Condition.Deadline?
        while true {
            if let result = body(&value) { return result }
            guard let microseconds else {
                condition.wait(lock)
                continue
            }
            let end = deadline ?? Condition.Deadline(microseconds: microseconds)
            guard condition.wait(lock, until: end) else { return body(&value) }
            deadline = end
        }
    }
}
