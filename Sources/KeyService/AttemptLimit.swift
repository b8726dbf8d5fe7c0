// How often something may be tried that whoever can reach the service may try.

internal import Threading

/// A bucket that attempts empty and time fills. Any thread.
final class AttemptLimit: Sendable {
    private let burst: Int64
    private let perSecond: Int64
    private let now: @Sendable () -> Int64
    private let bucket: Locked<Bucket>

    /// Full at first.
    /// - Parameter now: seconds; time that goes back gives nothing and takes nothing.
    init(burst: Int64, perSecond: Int64, now: @escaping @Sendable () -> Int64) {
        self.burst = burst
        self.perSecond = perSecond
        self.now = now
        bucket = Locked(Bucket(full: burst, at: now()))
    }

    /// Whether there was enough for an attempt of this cost, which is then taken.
    func take(_ cost: Int64) -> Bool {
        let time = now()
        return bucket.withLock { bucket in
            bucket.fill(to: burst, perSecond: perSecond, at: time)
            return bucket.take(cost)
        }
    }
}
