// A bounded dictionary that drops what was longest unused: the order kept by the handle pool and the key cache.

/// Not thread-safe: it lives inside a lock. Looking up, inserting and removing take constant time.
public struct LeastRecentlyUsed<Key: Hashable, Value> {
    public let capacity: Int
    private var slots: [Slot] = []
    private var index: [Key: Int] = [:]
    private var free: [Int] = []
    /// Most and least recently used; -1 where there is nothing.
    private var newest = -1
    private var oldest = -1

    private struct Slot {
        var key: Key
        var value: Value?
        var newer: Int
        var older: Int
    }

    /// `capacity` is at least 1.
    public init(capacity: Int) {
        self.capacity = max(capacity, 1)
    }

    public var count: Int { index.count }

    /// The value, which becomes the most recently used.
    public mutating func value(for key: Key) -> Value? {
        guard let slot = index[key] else { return nil }
        if slot != newest {
            unlink(slot)
            linkAsNewest(slot)
        }
        return slots[slot].value
    }

    /// Stores a value. Gives the value that had to make room for it, or that it replaces.
    public mutating func insert(_ value: Value, for key: Key) -> Value? {
        if let slot = index[key] {
            let replaced = slots[slot].value
            slots[slot].value = value
            unlink(slot)
            linkAsNewest(slot)
            return replaced
        }
        var evicted: Value?
        if index.count >= capacity { evicted = remove(slots[oldest].key) }
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            slots[slot] = Slot(key: key, value: value, newer: -1, older: -1)
        } else {
            slot = slots.count
            slots.append(Slot(key: key, value: value, newer: -1, older: -1))
        }
        index[key] = slot
        linkAsNewest(slot)
        return evicted
    }

    @discardableResult
    public mutating func remove(_ key: Key) -> Value? {
        guard let slot = index.removeValue(forKey: key) else { return nil }
        unlink(slot)
        let value = slots[slot].value
        slots[slot].value = nil
        free.append(slot)
        return value
    }

    /// Removes everything that `matches`, and gives it.
    public mutating func removeAll(where matches: (Key) -> Bool) -> [Value] {
        index.keys.filter(matches).compactMap { remove($0) }
    }

    private mutating func linkAsNewest(_ slot: Int) {
        slots[slot].newer = -1
        slots[slot].older = newest
        if newest >= 0 { slots[newest].newer = slot }
        newest = slot
        if oldest < 0 { oldest = slot }
    }

    private mutating func unlink(_ slot: Int) {
        let (newer, older) = (slots[slot].newer, slots[slot].older)
        if newer >= 0 { slots[newer].older = older } else { newest = older }
        if older >= 0 { slots[older].newer = newer } else { oldest = newer }
    }
}
