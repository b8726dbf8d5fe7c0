// Who is let in: so many connections in all, so many of one source, so many that have yet to say whose they are.

internal import Network
internal import Synchronization
internal import Threading

/// Counts connections for the acceptor and the event loops. Any thread.
final class ConnectionAdmission: Sendable {
    /// Connections at once in all, and of one source.
    let limit: Int
    let share: Int
    /// Whose connections begin with a header of the PROXY protocol.
    private let proxies: [SourceNetwork]
    /// Connections of proxies whose header is still awaited.
    private let awaited = Atomic<Int>(0)
    private let awaitedLimit: Int
    private let sources = Locked<[Peer.Source: Int]>([:])

    /// Since the start: closed at once because all connections were taken, or their source's; by a proxy without a sound
    /// header; idle ones closed to let others in.
    let turnedAway = Atomic<Int>(0)
    let overShare = Atomic<Int>(0)
    let headersRefused = Atomic<Int>(0)
    let evicted = Atomic<Int>(0)

    /// - Parameter share: nil: sources are not counted, as on a Unix socket.
    init(limit: Int, share: Int?, proxies: [SourceNetwork]) {
        self.limit = limit
        self.share = share ?? .max
        self.proxies = proxies
        awaitedLimit = max(limit / 4, 1)
    }

    func isProxy(_ address: IPAddress?) -> Bool {
        guard !proxies.isEmpty, let address else { return false }
        return proxies.contains { $0.contains(address) }
    }

    /// Lets in a connection of `source`, until `leave`. False where it has its share.
    func enter(_ source: Peer.Source) -> Bool {
        guard share < .max else { return true }
        let isIn = sources.withLock { sources in
            guard sources[source, default: 0] < share else { return false }
            sources[source, default: 0] += 1
            return true
        }
        if !isIn { overShare.wrappingAdd(1, ordering: .relaxed) }
        return isIn
    }

    func leave(_ source: Peer.Source) {
        guard share < .max else { return }
        sources.withLock { sources in
            let left = sources[source, default: 0] - 1
            sources[source] = left > 0 ? left : nil
        }
    }

    /// The source with the most connections, where it has many, and more than `newcomer`: it can spare one. Of sources with
    /// few, none is made to give way to another.
    func largestSource(beside newcomer: Peer.Source) -> Peer.Source? {
        guard share < .max else { return nil }
        return sources.withLock { sources in
            guard let largest = sources.max(by: { $0.value < $1.value }),
                largest.value > max(sources[newcomer, default: 0] + 1, limit / 32, 16)
            else { return nil }
            return largest.key
        }
    }

    /// Begins to wait for a proxy's header, until `endHeader`. False where too many are awaited.
    func beginHeader() -> Bool {
        if awaited.wrappingAdd(1, ordering: .relaxed).newValue <= awaitedLimit { return true }
        endHeader()
        return false
    }

    func endHeader() {
        awaited.wrappingSubtract(1, ordering: .relaxed)
    }
}
