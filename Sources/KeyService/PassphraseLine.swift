// Passphrases that wait to be tried: whose turn it is, and who may wait. Trying one takes half a second and 128 MiB, so they are
// tried one at a time, and nobody may keep the others from their turn.

internal import Network

/// A line with one place for each source. Users of this machine come first, then the sites that had the fewest turns since the
/// line was last empty: nobody's second attempt is tried before another's first. Sources take turns within their site. One thread at
/// a time.
struct PassphraseLine<Attempt> {
    /// What became of an attempt that asked for a place.
    enum Admission {
        case admitted
        /// It has displaced the last attempt of the site with the most that wait or, where all have one, with the most turns.
        case displaced(Attempt)
        case full
    }

    /// Attempts from addresses, and of users, that wait at most.
    private static var maximum: Int { 64 }
    private static var maximumOfUsers: Int { 16 }
    /// Sites whose turns are remembered at most. It takes over half an hour to give so many one each.
    private static var maximumSites: Int { 4096 }

    private struct Turn {
        let site: Peer.Site
        /// Never empty.
        var entries: [(source: Peer.Source, attempt: Attempt)]
    }

    private var users: [Attempt] = []
    /// In the order in which they came.
    private var turns: [Turn] = []
    /// How many turns each site had since the line was last empty.
    private var taken: [Peer.Site: Int] = [:]

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
        var displaced: Attempt?
        if fromAddresses >= Self.maximum {
            let weights = turns.map { ($0.entries.count, taken[$0.site, default: 0]) }
            // The latest of those with the most.
            let largest = weights.indices.reversed().max { weights[$0] < weights[$1] } ?? 0
            let waiting = turns.first { $0.site == source.site }?.entries.count ?? 0
            guard weights[largest] > (waiting + 1, taken[source.site, default: 0]) else { return .full }
            displaced = turns[largest].entries.removeLast().attempt
            if turns[largest].entries.isEmpty { turns.remove(at: largest) }
        }
        if let own = turns.firstIndex(where: { $0.site == source.site }) {
            turns[own].entries.append((source, attempt))
        } else {
            turns.append(Turn(site: source.site, entries: [(source, attempt)]))
        }
        return displaced.map { .displaced($0) } ?? .admitted
    }

    /// Takes the attempt whose turn it is.
    mutating func next() -> Attempt? {
        if !users.isEmpty { return users.removeFirst() }
        // The first of those with the fewest.
        let first = turns.indices.min { taken[turns[$0].site, default: 0] < taken[turns[$1].site, default: 0] }
        guard let first else {
            taken = [:]
            return nil
        }
        var turn = turns.remove(at: first)
        let entry = turn.entries.removeFirst()
        if !turn.entries.isEmpty { turns.append(turn) }
        if taken.count >= Self.maximumSites { taken = [:] }
        taken[turn.site, default: 0] += 1
        return entry.attempt
    }
}
