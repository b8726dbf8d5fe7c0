// The secret memory of a pool's keys: bounded in bytes, and lent to whatever finds none.

internal import Synchronization

/// Closes keys of a pool for the memory that they take. Only openings and shortages come here, never a key that is open.
final class HandlePoolMemory: Sendable {
    private let shards: [HandlePoolShard]
    /// Bytes that keys in the pool may take, and those that they take.
    private let most: Int
    private let taken = Atomic<Int>(0)
    /// The shard that is next to close a key. There are a power of 2.
    private let turn = Atomic<Int>(0)

    /// From here on it lends.
    init(of shards: [HandlePoolShard], most: Int) {
        self.shards = shards
        self.most = most
        SecretMemoryLenders.shared.add(self)
    }

    /// Keys in the pool take `bytes` more than before, which may be less than nothing.
    func add(_ bytes: Int) {
        let taken = taken.add(bytes, ordering: .relaxed).newValue
        if taken > most { _ = closeUnused(taking: taken - most) }
    }

    /// Closes keys that nobody uses, those first that were not used for longest, until they took `wanted` bytes. Gives the bytes
    /// that they took: 0 where somebody uses each key.
    func closeUnused(taking wanted: Int) -> Int {
        var freed = 0
        // Shards in a row that had none: in a second round even what was used lately goes.
        var empty = 0
        while freed < wanted, empty < 2 * shards.count {
            let index = turn.add(1, ordering: .relaxed).oldValue & (shards.count - 1)
            // It is closed when this round ends: outside of the shard's lock, and before memory is asked for again.
            guard let handle = shards[index].dropUnused() else {
                empty += 1
                continue
            }
            empty = 0
            freed += max(handle.secretBytes, 1)
            taken.subtract(handle.secretBytes, ordering: .relaxed)
        }
        return freed
    }

    /// Whether a key could be closed.
    var hasUnused: Bool { shards.contains { $0.hasUnused } }
}
