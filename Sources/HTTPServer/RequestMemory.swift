// The bound on what requests and answers under way take in memory, in all and for each owner. Without it a few large
// requests, or many answers that nobody reads, would end the process for everybody.

internal import Synchronization
internal import Threading

/// What all loops and workers of a server count against. Any thread.
///
/// Large requests and answers are counted one by one, each for its owner. Those of at most `free` bytes are counted by
/// their event loop alone, which takes room for them in lots: an atomic a request would cost more than they do.
final class RequestMemory: Sendable {
    private struct Levels {
        /// Bytes, the loops' lots among them.
        var used = 0
        var lots = 0
        var owners: [RequestOwner: Int] = [:]
        /// Owners that hold more than their share.
        var ownersBeyond = 0
        /// What owners that are not known hold.
        var strangers = 0
    }

    /// Bytes in all, and for one owner.
    let limit: Int
    let share: Int
    /// What an event loop takes at a time for small requests.
    let lot: Int
    /// What large requests may take. The rest stays for small ones.
    private let largeLimit: Int
    private let levels = Locked(Levels())
    private let crowded = Atomic<Bool>(false)

    /// Requests and answers up to this many bytes are small.
    static let free = 16_384

    /// - Parameters:
    ///   - largest: what one owner is allowed at least, where that leaves a quarter to others.
    ///   - loops: how many event loops take lots.
    init(limit: Int, largest: Int, loops: Int) {
        self.limit = limit
        largeLimit = limit - limit / 8
        share = min(max(limit / 2, min(largest, limit / 4 * 3)), largeLimit)
        lot = max(min(1 << 20, limit / 16 / max(loops, 1)), Self.free)
    }

    /// Whether some request has to be refused just now; `refusal` says which.
    var isCrowded: Bool { crowded.load(ordering: .relaxed) }

    /// Why an owner's next request is refused; nil where it is not.
    func refusal(for owner: RequestOwner) -> Refusal? {
        levels.withLock { levels in
            if levels.owners[owner, default: 0] > share { return .overShare }
            return levels.used >= limit ? .overloaded : nil
        }
    }

    /// Takes room for `bytes` of a large request. Nil where there is room, else why there is none.
    func take(_ bytes: Int, for owner: RequestOwner) -> Refusal? {
        levels.withLock { levels in
            if levels.owners[owner, default: 0] + bytes > share { return .overShare }
            if levels.used + bytes > largeLimit { return .overloaded }
            if !owner.isKnown, levels.strangers + bytes > limit / 4 { return .overloaded }
            change(&levels, by: bytes, for: owner)
            return nil
        }
    }

    /// Counts what is there already, whether there is room or not (what comes next is refused instead), or what is there
    /// no more.
    func count(_ bytes: Int, for owner: RequestOwner) {
        levels.withLock { change(&$0, by: bytes, for: owner) }
    }

    /// Takes or gives back room for small requests. False where there is none, unless it has to be.
    func changeLots(by bytes: Int, always: Bool = true) -> Bool {
        levels.withLock { levels in
            guard always || levels.used + bytes <= limit else { return false }
            levels.used += bytes
            levels.lots += bytes
            note(levels)
            return true
        }
    }

    /// What is counted for large requests and answers at this moment.
    var usedByLarge: Int { levels.withLock { $0.used - $0.lots } }

    private func change(_ levels: inout Levels, by bytes: Int, for owner: RequestOwner) {
        let before = levels.owners[owner, default: 0]
        let after = before + bytes
        levels.owners[owner] = after > 0 ? after : nil
        levels.ownersBeyond += (after > share ? 1 : 0) - (before > share ? 1 : 0)
        levels.used += bytes
        if !owner.isKnown { levels.strangers += bytes }
        note(levels)
    }

    private func note(_ levels: Levels) {
        crowded.store(levels.used >= limit || levels.ownersBeyond > 0, ordering: .relaxed)
    }
}
