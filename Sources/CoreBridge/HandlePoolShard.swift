// One shard of the handle pool: a lock, the handles in order of use, and the openings under way.

internal import Threading

/// A part of the pool's keys. Handles that leave are given back to the core only when the lock is free.
// SAFETY: everything that changes is touched only with `lock` held.
final class HandlePoolShard: @unchecked Sendable {
    private let lock = Lock()
    private let landed = Condition()
    private var handles: RecentlyUsed<KeyVersionID, KeyHandle>
    /// Keys that a thread is opening just now.
    private var flights: [KeyVersionID: Flight] = [:]
    /// Handles that left while somebody used them.
    private var lent: [Lent] = []
    private var counts = HandlePool.Statistics()
    /// Nothing is kept any more.
    private var isClosed = false

    private struct Flight {
        /// The key was invalidated after the opening began: what is opened may be used once, and not kept.
        var invalidated = false
    }

    private struct Lent {
        weak var handle: KeyHandle?
    }

    init(capacity: Int) {
        handles = RecentlyUsed(capacity: capacity)
    }

    func borrow(_ key: KeyVersionID) -> KeyHandle? {
        lock.lock()
        let handle = handles.value(for: key)
        if handle != nil { counts.hits &+= 1 }
        lock.unlock()
        return handle
    }

    /// The handle, after waiting for a flight of the key that is under way; nil where the caller is to open the key and then
    /// to call `land`.
    func borrowOrTakeOff(_ key: KeyVersionID) -> KeyHandle? {
        lock.lock()
        defer { lock.unlock() }
        while true {
            if let handle = handles.value(for: key) {
                counts.hits &+= 1
                return handle
            }
            guard flights[key] != nil else { break }
            landed.wait(lock)
        }
        counts.misses &+= 1
        flights[key] = Flight(invalidated: isClosed)
        return nil
    }

    /// Ends a flight, with nil where the opening failed. Gives the bytes of secret memory that the shard's keys take more than
    /// before.
    func land(_ key: KeyVersionID, with handle: KeyHandle?) -> Int {
        var evicted: KeyHandle?
        var bytes = 0
        lock.lock()
        let flight = flights.removeValue(forKey: key)
        if let handle {
            if flight?.invalidated == false {
                evicted = handles.insert(handle, for: key)
                bytes = handle.secretBytes - (evicted?.secretBytes ?? 0)
                counts.bytes += bytes
                if evicted != nil { counts.evictions &+= 1 }
                remember(&evicted)
            } else {
                lent.append(Lent(handle: handle))
            }
        }
        landed.broadcast()
        lock.unlock()
        withExtendedLifetime(evicted) {}
        return bytes
    }

    /// Drops a key that nobody uses and that was not used since it was last looked at; nil where there is none.
    func dropUnused() -> KeyHandle? {
        lock.withLock {
            let handle = handles.removeNext { isKnownUniquelyReferenced(&$0) }
            guard let handle else { return nil }
            counts.bytes -= handle.secretBytes
            counts.evictions &+= 1
            counts.memoryEvictions &+= 1
            return handle
        }
    }

    /// Whether there is a key that nobody uses.
    var hasUnused: Bool {
        lock.withLock { handles.countValues { isKnownUniquelyReferenced(&$0) } > 0 }
    }

    /// Keeps nothing that is opened from now on.
    func close() { lock.withLock { isClosed = true } }

    /// Waits until every opening under way has landed. Those that begin meanwhile count too.
    func waitForFlights() {
        lock.lock()
        while !flights.isEmpty { landed.wait(lock) }
        lock.unlock()
    }

    /// Gives the bytes of secret memory that the dropped keys take.
    func drop(where matches: (KeyVersionID) -> Bool) -> Int {
        lock.lock()
        var dropped = handles.removeAll(where: matches)
        for key in flights.keys where matches(key) { flights[key]?.invalidated = true }
        counts.invalidations &+= dropped.count
        let bytes = dropped.reduce(0) { $0 + ($1?.secretBytes ?? 0) }
        counts.bytes -= bytes
        for index in dropped.indices { remember(&dropped[index]) }
        lock.unlock()
        withExtendedLifetime(dropped) {}
        return bytes
    }

    var statistics: HandlePool.Statistics {
        lock.withLock {
            forgetReturned()
            counts.capacity = handles.capacity
            counts.open = handles.count
            counts.borrowed = lent.count + handles.countValues { !isKnownUniquelyReferenced(&$0) }
            return counts
        }
    }

    /// Remembers a handle that has left the pool, if somebody else has it too.
    private func remember(_ handle: inout KeyHandle?) {
        guard handle != nil, !isKnownUniquelyReferenced(&handle) else { return }
        forgetReturned()
        lent.append(Lent(handle: handle))
    }

    private func forgetReturned() {
        if !lent.isEmpty { lent.removeAll { $0.handle == nil } }
    }
}
