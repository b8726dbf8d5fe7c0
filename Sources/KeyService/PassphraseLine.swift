// Passphrases that wait to be tried: whose turn it is, and who may wait. Trying one takes half a second and 128 MiB, so they are
// tried one at a time, and nobody may keep the others from their turn.

internal import Network

/// A line with one place for each source. Sites take turns, and so do the sources of a site. Users of this machine come first.
/// One thread at a time.
struct PassphraseLine<Attempt> {
    /// What became of an attempt that asked for a place.
    enum Admission {
        case admitted
        /// It has displaced the last attempt of the site with the most.
        case displaced(Attempt)
        case full
    }

    /// Attempts from addresses, and of users, that wait at most.
    private static var maximum: Int { 64 }
    private static var maximumOfUsers: Int { 16 }

    private struct Turn {
        let site: Peer.Site
        /// Never empty.
        var entries: [(source: Peer.Source, attempt: Attempt)]
    }

    private var users: [Attempt] = []
    /// In the order of their turns.
    private var turns: [Turn] = []

    var count: Int { users.count + fromAddresses }
    private var fromAddresses: Int { turns.reduce(0) { $0 + $1.entries.count } }

    /// The attempt that an address has in line.
    func waiting(from source: Peer.Source) -> Attempt? {
        turns.first { $0.site == source.site }?.entries.first { $0.source == source }?.attempt
    }

    mutating func remove(from source: Peer.Source) {
        guard let turn = turns.firstIndex(where: { $0.site == source.site }) else { return }
        turns[turn].entries.removeAll { $0.source == source }
        if turns[turn].entries.isEmpty { turns.remove(at: turn) }
    }

    /// Puts an attempt in line. Call it for an address only where `waiting` finds none.
    mutating func add(_ attempt: Attempt, from peer: Peer) -> Admission {
        if peer.user != nil {
            guard users.count < Self.maximumOfUsers else { return .full }
            users.append(attempt)
            return .admitted
        }
        let source = peer.source
        let own = turns.firstIndex { $0.site == source.site }
        var displaced: Attempt?
        if fromAddresses >= Self.maximum {
            // Whoever has many addresses makes room for who has few.
            let largest = turns.indices.max { turns[$0].entries.count < turns[$1].entries.count } ?? 0
            guard turns[largest].entries.count > (own.map { turns[$0].entries.count } ?? 0) + 1 else { return .full }
            displaced = turns[largest].entries.removeLast().attempt
        }
        if let own {
            turns[own].entries.append((source, attempt))
        } else {
            turns.append(Turn(site: source.site, entries: [(source, attempt)]))
        }
        return displaced.map { .displaced($0) } ?? .admitted
    }

    /// Takes the attempt whose turn it is.
    mutating func next() -> Attempt? {
        if !users.isEmpty { return users.removeFirst() }
        guard !turns.isEmpty else { return nil }
        var turn = turns.removeFirst()
        let entry = turn.entries.removeFirst()
        if !turn.entries.isEmpty { turns.append(turn) }
        return entry.attempt
    }
}
