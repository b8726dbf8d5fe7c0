// How often each source may do something that anybody who reaches the service can do.

internal import Network
internal import Threading

/// A bucket for each source that has taken from its own. One source never uses up another's. Any thread.
final class SourceLimit: Sendable {
    private let burst: Int64
    private let perSecond: Int64
    private let now: @Sendable () -> Int64
    private let buckets = Locked<[Peer.Source: Bucket]>([:])

    /// Sources that are remembered, so that a client with many networks takes no more memory. Where there are more, the limit
    /// forgets those with the fullest buckets.
    static let maximumSources = 4096

    /// - Parameters:
    ///   - burst: what a full bucket holds. 0: no limit.
    ///   - perSecond: what each second gives back.
    ///   - now: seconds; time that goes back gives nothing.
    init(burst: Int, perSecond: Int = 1, now: @escaping @Sendable () -> Int64) {
        self.burst = Int64(burst)
        self.perSecond = Int64(perSecond)
        self.now = now
    }

    /// Takes from a source's bucket. Returns nil if it held enough, otherwise the seconds until it does.
    func take(_ amount: Int64 = 1, from source: Peer.Source) -> Int64? {
        guard burst > 0 else { return nil }
        let time = now()
        return buckets.withLock { buckets in
            if buckets[source] == nil, buckets.count >= Self.maximumSources { makeRoom(&buckets, time) }
            var bucket = buckets[source] ?? Bucket(full: burst, at: time)
            bucket.fill(to: burst, perSecond: perSecond, at: time)
            let isEnough = bucket.take(amount)
            buckets[source] = bucket
            return isEnough ? nil : bucket.seconds(until: amount, perSecond: perSecond)
        }
    }

    /// Puts back what a source took for something that did not happen.
    func giveBack(_ amount: Int64, to source: Peer.Source) {
        buckets.withLock { $0[source]?.giveBack(amount, full: burst) }
    }

    private func makeRoom(_ buckets: inout [Peer.Source: Bucket], _ time: Int64) {
        for (source, var bucket) in buckets {
            bucket.fill(to: burst, perSecond: perSecond, at: time)
            buckets[source] = bucket.level < burst ? bucket : nil
        }
        guard buckets.count >= Self.maximumSources else { return }
        let kept = buckets.sorted { $0.value.level < $1.value.level }.prefix(Self.maximumSources / 2)
        buckets = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
