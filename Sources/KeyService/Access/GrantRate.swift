// How often a token may do what a grant allows: a bucket of requests that time fills again.

public import Storage
internal import Threading

/// The rate of one grant of a role.
public struct GrantRate: Sendable {
    let role: Role
    let grant: Int
    public let rate: RateRecord
}

/// Why a request is refused for its rate.
public struct RateRefusal: Sendable, Equatable {
    public let rate: RateRecord
    /// Whole requests that are left.
    public let remaining: Int64
    /// Seconds until there are enough for this one; for one that asks for more than there ever are, until there are all.
    public let retryAfter: Int64
}

/// The buckets of one token. Any thread. They are full after a start.
final class TokenRates: Sendable {
    private let state = Locked<State>(State())

    private struct State {
        /// Of which role they are: another, or the same after a change, begins anew.
        var role: Role?
        /// By grant, in parts of a request, of which a second gives `rate.requests` and a request takes `rate.seconds`.
        var buckets: [Int: Bucket] = [:]
    }

    /// Takes so many requests, all or none; nil where there were enough.
    /// - Parameter time: seconds; time that goes back gives nothing.
    func take(_ count: Int64, of grant: GrantRate, at time: Int64) -> RateRefusal? {
        let rate = grant.rate
        let full = rate.requests * rate.seconds
        return state.withLock { state in
            if state.role !== grant.role { state = State(role: grant.role) }
            var bucket = state.buckets[grant.grant] ?? Bucket(full: full, at: time)
            bucket.fill(to: full, perSecond: rate.requests, at: time)
            let cost = count * rate.seconds
            let isEnough = bucket.take(cost)
            state.buckets[grant.grant] = bucket
            if isEnough { return nil }
            let missing = min(cost, full) - bucket.level
            return RateRefusal(
                rate: rate, remaining: bucket.level / rate.seconds,
                retryAfter: max((missing + rate.requests - 1) / rate.requests, 1))
        }
    }
}
