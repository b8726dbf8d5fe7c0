// A bounded dictionary that keeps what is used: the order kept by the handle pool and the key cache.

/// Not thread-safe: it lives inside a lock. What makes room is chosen by second chance (CLOCK): a hand goes round, passes over
/// what was used since it last came by, and drops the first that was not. Unlike the strict order of use, which every look-up
/// changes, this leaves memory alone while the same values are found again and again, so that threads on several processors
/// need not fetch it from each other. Looking up takes constant time, inserting on average.
public struct RecentlyUsed<Key: Hashable, Value> {
    public let capacity: Int
    private var slots: [Slot] = []
    private var index: [Key: Int] = [:]
    private var free: [Int] = []
    private var hand = 0

    private struct Slot {
        var key: Key
        var value: Value?
        /// Found since the hand last came by.
        var used: Bool
    }

    /// `capacity` is at least 1.
    public init(capacity: Int) {
        self.capacity = max(capacity, 1)
    }

    public var count: Int { index.count }

    /// The value, which counts as used.
    public mutating func value(for key: Key) -> Value? {
        guard let slot = index[key] else { return nil }
        if !slots[slot].used { slots[slot].used = true }
        return slots[slot].value
    }

    /// Stores a value. Gives the value that had to make room for it, or that it replaces.
    public mutating func insert(_ value: Value, for key: Key) -> Value? {
        if let slot = index[key] {
            let replaced = slots[slot].value
            slots[slot].value = value
            return replaced
        }
        let evicted = index.count >= capacity ? remove(slots[nextToGo()].key) : nil
        let new = Slot(key: key, value: value, used: false)
        if let slot = free.popLast() {
            slots[slot] = new
            index[key] = slot
        } else {
            index[key] = slots.count
            slots.append(new)
        }
        return evicted
    }

    @discardableResult
    public mutating func remove(_ key: Key) -> Value? {
        guard let slot = index.removeValue(forKey: key) else { return nil }
        let value = slots[slot].value
        slots[slot].value = nil
        free.append(slot)
        return value
    }

    /// Removes the first value that `matches` and was not used since the hand last came by, in one round of it. Where there is
    /// none, a second round finds what was used before the first. Values are given in place, so that nobody else holds a copy
    /// meanwhile.
    public mutating func removeNext(where matches: (inout Value?) -> Bool) -> Value? {
        for _ in 0..<slots.count {
            let slot = hand
            hand = (hand + 1) % slots.count
            guard slots[slot].value != nil, matches(&slots[slot].value) else { continue }
            if !slots[slot].used { return remove(slots[slot].key) }
            slots[slot].used = false
        }
        return nil
    }

    /// Removes everything that `matches`, and gives it; none of the values is nil.
    public mutating func removeAll(where matches: (Key) -> Bool) -> [Value?] {
        slots.indices.filter { slots[$0].value != nil && matches(slots[$0].key) }.map { remove(slots[$0].key) }
    }

    /// How many of the values `matches`. They are given in place, so that nobody else holds a copy meanwhile.
    public mutating func countValues(where matches: (inout Value?) -> Bool) -> Int {
        var count = 0
        for slot in slots.indices where slots[slot].value != nil && matches(&slots[slot].value) { count += 1 }
        return count
    }

    /// Moves the hand to the first slot that was not used since it was last there, and past it. Every slot is taken.
    private mutating func nextToGo() -> Int {
        while true {
            let slot = hand
            hand = (hand + 1) % slots.count
            if !slots[slot].used { return slot }
            slots[slot].used = false
        }
    }
}
