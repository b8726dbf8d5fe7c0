// How often a source may show a token that is none: guessing 256 bits is hopeless, and is not to cost the service anything either.

internal import Network
internal import Synchronization
internal import Threading

/// A bucket of attempts for each source that has shown a token that is none. Any thread.
final class SourceLimit: Sendable {
    private let burst: Int64
    private let now: @Sendable () -> Int64
    private let buckets = Locked<[Peer.Source: Bucket]>([:])
    /// Until when the source that was last at its limit is at it: nobody is asked about later.
    private let limitedUntil = Atomic<Int64>(0)

    /// Sources that are remembered. Where there are more, those go that have most attempts left.
    private static let maximumSources = 4096

    /// - Parameters:
    ///   - burst: attempts at once; each second gives one back. 0: no limit.
    ///   - now: seconds; time that goes back gives nothing.
    init(burst: Int, now: @escaping @Sendable () -> Int64) {
        self.burst = Int64(burst)
        self.now = now
    }

    /// Whether a source has used up its attempts.
    @inline(__always)
    func isReached(by peer: Peer) -> Bool {
        let time = now()
        guard time < limitedUntil.load(ordering: .relaxed) else { return false }
        return buckets.withLock { buckets in
            guard var bucket = buckets[peer.source] else { return false }
            bucket.fill(to: burst, perSecond: 1, at: time)
            return bucket.level < 1
        }
    }

    /// Counts an attempt.
    func fail(from peer: Peer) {
        guard burst > 0 else { return }
        let time = now()
        buckets.withLock { buckets in
            let source = peer.source
            if buckets[source] == nil, buckets.count >= Self.maximumSources { makeRoom(&buckets, time) }
            var bucket = buckets[source] ?? Bucket(full: burst, at: time)
            bucket.fill(to: burst, perSecond: 1, at: time)
            _ = bucket.take(1)
            buckets[source] = bucket
            // The next second gives it an attempt.
            if bucket.level < 1 { limitedUntil.store(time + 1, ordering: .relaxed) }
        }
    }

    private func makeRoom(_ buckets: inout [Peer.Source: Bucket], _ time: Int64) {
        for (source, var bucket) in buckets {
            bucket.fill(to: burst, perSecond: 1, at: time)
            buckets[source] = bucket.level < burst ? bucket : nil
        }
        guard buckets.count >= Self.maximumSources else { return }
        let kept = buckets.sorted { $0.value.level < $1.value.level }.prefix(Self.maximumSources / 2)
        buckets = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
