// Requests of nobody in particular in the audit trail: which of them leave a record of their own, and how many others there were.
// Without a budget, anybody who reaches the port could fill the disk with records.

internal import Network
internal import Threading

/// A budget of records for each source and one for all sources. What is beyond is counted. Any thread.
final class AnonymousRecords: Sendable {
    /// How many requests from a source were counted.
    struct Count: Equatable, Sendable {
        /// Nil for all sources that were not remembered.
        var source: Peer.Source?
        var requests: Int
    }

    private let limit: SourceLimit
    private let now: @Sendable () -> Int64
    private let state: Locked<State>

    private struct State {
        var all: Bucket
        var bySource: [Peer.Source: Int] = [:]
        var others = 0
        var isClosed = false

        mutating func add(_ count: Count) {
            if let source = count.source, bySource[source] != nil || bySource.count < maximumCounted {
                bySource[source, default: 0] += count.requests
            } else {
                others += count.requests
            }
        }
    }

    /// Records at once, and each second, from one source and in all.
    static let (burstOfOne, perSecondOfOne) = (64, 1)
    static let (burstOfAll, perSecondOfAll): (Int64, Int64) = (512, 4)
    /// Sources whose counts are kept apart until they are taken: each becomes a record.
    static let maximumCounted = 32

    /// - Parameter now: seconds; time that goes back gives nothing.
    init(now: @escaping @Sendable () -> Int64) {
        limit = SourceLimit(burst: Self.burstOfOne, perSecond: Self.perSecondOfOne, now: now)
        state = Locked(State(all: Bucket(full: Self.burstOfAll, at: now())))
        self.now = now
    }

    /// Whether a request may leave a record of its own; otherwise it is counted now.
    func admits(_ source: Peer.Source) -> Bool {
        let isWithinItsOwn = limit.take(from: source) == nil
        return state.withLock { state in
            if state.isClosed { return true }
            state.all.fill(to: Self.burstOfAll, perSecond: Self.perSecondOfAll, at: now())
            if isWithinItsOwn, state.all.take(1) { return true }
            state.add(Count(source: source, requests: 1))
            return false
        }
    }

    /// Takes what was counted, largest first and the unremembered last, to be written down.
    func take() -> [Count] {
        state.withLock { state in
            defer { (state.bySource, state.others) = ([:], 0) }
            return state.bySource.map { Count(source: $0.key, requests: $0.value) }
                .sorted { $0.requests > $1.requests }
                + (state.others > 0 ? [Count(source: nil, requests: state.others)] : [])
        }
    }

    /// Takes back counts that could not be written down.
    func putBack(_ counts: [Count]) {
        state.withLock { state in counts.forEach { state.add($0) } }
    }

    /// Counts no more: from now on every request needs a record of its own.
    func close() { state.withLock { $0.isClosed = true } }
}
