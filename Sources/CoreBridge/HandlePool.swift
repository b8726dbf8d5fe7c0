// Open keys, kept for the next request: opening a sealed key costs several times what using an open one does, and the store's
// part of it more.

/// A bounded pool of open key handles, by key version; what was not used for long makes room.
///
/// A borrowed handle stays open for its borrower, also when the pool drops it meanwhile; letting go of it is giving it back. A
/// cold key is opened once however many ask for it at the same time. Any thread may call anything; only
/// `borrow(_:opening:)` may wait.
///
/// Keys are spread over shards with a lock each. All versions of a key lie in one shard, and each shard has its part of the
/// capacity, so a key can make room in a full shard while another has some left. The bound on bytes is that of all shards.
///
/// The pool lends: where any call of the core finds no secret memory, keys that nobody uses are closed.
public final class HandlePool: Sendable {
    private static let maximumShards = 16
    /// A shard of fewer keys would evict by chance more than by age.
    private static let minimumShardCapacity = 64

    private let shards: [HandlePoolShard]
    private let memory: HandlePoolMemory

    /// - Parameters:
    ///   - capacity: keys, at least 1.
    ///   - bytes: of secret memory that they may take.
    public init(capacity: Int, bytes: Int = .max) {
        let capacity = max(capacity, 1)
        var count = 1
        while count < Self.maximumShards, capacity / (count * 2) >= Self.minimumShardCapacity { count *= 2 }
        shards = (0..<count).map { HandlePoolShard(capacity: (capacity + $0) / count) }
        memory = HandlePoolMemory(of: shards, most: bytes)
    }

    /// A handle that is open already, at once; nil where the key is cold.
    public func borrow(_ key: KeyVersionID) -> KeyHandle? {
        // SAFETY: `shards` keeps the shard alive, and this call keeps the pool alive. Counting a reference to the shard would
        // be one more thing that threads contend for.
        Unmanaged.passUnretained(shard(of: key.key))._withUnsafeGuaranteedRef { $0.borrow(key) }
    }

    /// A handle, opened by `open` where the key is cold. Waits while another thread opens the same key; if that fails,
    /// each of those that waited tries for itself.
    public func borrow<Failure: Error>(
        _ key: KeyVersionID, opening open: () throws(Failure) -> KeyHandle
    ) throws(Failure) -> KeyHandle {
        let shard = shard(of: key.key)
        if let handle = shard.borrowOrTakeOff(key) { return handle }
        let handle: KeyHandle
        do {
            handle = try open()
        } catch {
            _ = shard.land(key, with: nil)
            throw error
        }
        memory.add(shard.land(key, with: handle))
        return handle
    }

    /// Forgets one version. Whoever borrowed it may finish; an opening under way is not kept.
    public func invalidate(_ key: KeyVersionID) {
        drop(in: shard(of: key.key)) { $0 == key }
    }

    /// Forgets every version of a key.
    public func invalidate(_ key: KeyIdentity) {
        drop(in: shard(of: key)) { $0.key == key }
    }

    /// Forgets everything.
    public func drain() {
        for shard in shards { drop(in: shard) { _ in true } }
    }

    /// Forgets everything, keeps nothing from then on, and waits until the openings under way have ended. What they open with, a
    /// root key, may be closed once this returns. Not to be called while opening a key.
    public func close() {
        for shard in shards { shard.close() }
        drain()
        for shard in shards { shard.waitForFlights() }
    }

    private func drop(in shard: HandlePoolShard, where matches: (KeyVersionID) -> Bool) {
        memory.add(-shard.drop(where: matches))
    }

    /// The shards' sums; each shard's at a moment of its own.
    public var statistics: Statistics {
        shards.reduce(into: Statistics()) { $0 += $1.statistics }
    }

    public struct Statistics: Equatable, Sendable {
        public internal(set) var capacity = 0
        /// Handles in the pool.
        public internal(set) var open = 0
        /// Bytes of secret memory that they take.
        public internal(set) var bytes = 0
        /// Handles that somebody uses just now, in the pool or dropped from it meanwhile.
        public internal(set) var borrowed = 0
        public internal(set) var hits = 0
        public internal(set) var misses = 0
        public internal(set) var evictions = 0
        /// Of the evictions, those that made room in secret memory.
        public internal(set) var memoryEvictions = 0
        public internal(set) var invalidations = 0

        fileprivate static func += (sum: inout Statistics, shard: Statistics) {
            sum.capacity += shard.capacity
            sum.open += shard.open
            sum.borrowed += shard.borrowed
            sum.hits += shard.hits
            sum.misses += shard.misses
            sum.bytes += shard.bytes
            sum.evictions += shard.evictions
            sum.memoryEvictions += shard.memoryEvictions
            sum.invalidations += shard.invalidations
        }
    }

    @inline(__always)
    private func shard(of key: KeyIdentity) -> HandlePoolShard {
        // Identities are random, but not in tests: the multiplication spreads small numbers too. The count is a power of 2.
        let spread = (key.high ^ key.low) &* 0x9E37_79B9_7F4A_7C15
        return shards[Int(truncatingIfNeeded: spread >> 56) & (shards.count - 1)]
    }
}
