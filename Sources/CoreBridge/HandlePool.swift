// Open keys, kept for the next request: opening a sealed key costs hundreds of microseconds, using an open one a few.

internal import Synchronization
internal import Threading

/// A bounded pool of open key handles, by key version; the least recently used goes first.
///
/// A borrowed handle stays open for its borrower, also when the pool drops it meanwhile. A cold key is opened once however
/// many ask for it at the same time. Any thread may call anything; only `borrow(_:opening:)` may wait.
// SAFETY: `state` is touched only with `lock` held; everything else is immutable or atomic.
public final class HandlePool: @unchecked Sendable {
    private let lock = Lock()
    private let landed = Condition()
    private var state: State
    fileprivate let borrowed = Atomic<Int>(0)

    public init(capacity: Int) {
        state = State(handles: LeastRecentlyUsed(capacity: capacity))
    }

    /// A handle that is open already, at once; nil where the key is cold.
    public func borrow(_ key: KeyVersionID) -> BorrowedHandle? {
        lock.lock()
        let handle = state.handles.value(for: key)
        if handle != nil { state.hits += 1 }
        lock.unlock()
        guard let handle else { return nil }
        return BorrowedHandle(handle, of: self)
    }

    /// A handle, opened by `open` where the key is cold. Waits while another thread opens the same key; if that fails,
    /// each of those that waited tries for itself.
    public func borrow<Failure: Error>(
        _ key: KeyVersionID, opening open: () throws(Failure) -> KeyHandle
    ) throws(Failure) -> BorrowedHandle {
        lock.lock()
        while true {
            if let handle = state.handles.value(for: key) {
                state.hits += 1
                lock.unlock()
                return BorrowedHandle(handle, of: self)
            }
            guard state.flights[key] != nil else { break }
            landed.wait(lock)
        }
        state.misses += 1
        state.flights[key] = Flight()
        lock.unlock()

        let handle: KeyHandle
        do {
            handle = try open()
        } catch {
            land(key, with: nil)
            throw error
        }
        land(key, with: handle)
        return BorrowedHandle(handle, of: self)
    }

    /// Forgets one version. Whoever borrowed it may finish; an opening under way is not kept.
    public func invalidate(_ key: KeyVersionID) {
        drop { $0 == key }
    }

    /// Forgets every version of a key.
    public func invalidate(_ key: KeyIdentity) {
        drop { $0.key == key }
    }

    /// Forgets everything.
    public func drain() {
        drop { _ in true }
    }

    public var statistics: Statistics {
        lock.withLock {
            Statistics(
                capacity: state.handles.capacity, open: state.handles.count,
                borrowed: borrowed.load(ordering: .relaxed), hits: state.hits, misses: state.misses,
                evictions: state.evictions, invalidations: state.invalidations)
        }
    }

    public struct Statistics: Equatable, Sendable {
        public let capacity: Int
        public let open: Int
        public let borrowed: Int
        public let hits: Int
        public let misses: Int
        public let evictions: Int
        public let invalidations: Int
    }

    private struct State {
        var handles: LeastRecentlyUsed<KeyVersionID, KeyHandle>
        /// Keys that a thread is opening just now.
        var flights: [KeyVersionID: Flight] = [:]
        var hits = 0
        var misses = 0
        var evictions = 0
        var invalidations = 0
    }

    private struct Flight {
        /// The key was invalidated after the opening began: what is opened may be used once, and not kept.
        var invalidated = false
    }

    private func land(_ key: KeyVersionID, with handle: KeyHandle?) {
        // What is evicted is given back to the core only after the lock is free.
        var evicted: KeyHandle?
        lock.lock()
        let flight = state.flights.removeValue(forKey: key)
        if let handle, flight?.invalidated == false {
            evicted = state.handles.insert(handle, for: key)
            if evicted != nil { state.evictions += 1 }
        }
        landed.broadcast()
        lock.unlock()
        withExtendedLifetime(evicted) {}
    }

    private func drop(where matches: (KeyVersionID) -> Bool) {
        lock.lock()
        let dropped = state.handles.removeAll(where: matches)
        for key in state.flights.keys where matches(key) { state.flights[key]?.invalidated = true }
        state.invalidations += dropped.count
        lock.unlock()
        withExtendedLifetime(dropped) {}
    }
}

/// A handle in use. It counts as borrowed until the last reference goes.
public final class BorrowedHandle: Sendable {
    public let handle: KeyHandle
    private let pool: HandlePool

    fileprivate init(_ handle: KeyHandle, of pool: HandlePool) {
        self.handle = handle
        self.pool = pool
        pool.borrowed.add(1, ordering: .relaxed)
    }

    deinit {
        pool.borrowed.subtract(1, ordering: .relaxed)
    }
}
