// How often one may do what a grant allows: a bucket of requests that time fills again.

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
    /// Seconds until there are enough for this one.
    public let retryAfter: Int64
}

/// What became of requests that were held to a rate.
enum RateOutcome: Sendable {
    case taken
    case refused(RateRefusal)
    /// There are never as many at once.
    case impossible
}

/// The buckets of one owner: an identity, or a token with those of its role that descend from it. Any thread. They are full after
/// a start.
final class OwnerRates: Sendable {
    /// By role: one owner may have tokens of several.
    private let state = Locked<[String: RoleBuckets]>([:])

    private struct RoleBuckets {
        /// A changed role begins anew.
        var role: Role
        /// By grant, in parts of a request, of which a second gives `rate.requests` and a request takes `rate.seconds`.
        var buckets: [Int: (bucket: Bucket, rate: RateRecord)] = [:]
    }

    /// Takes so many requests, all or none.
    /// - Parameter time: seconds; time that goes back gives nothing.
    func take(_ count: Int64, of grant: GrantRate, at time: Int64) -> RateOutcome {
        let rate = grant.rate
        guard count <= rate.requests else { return .impossible }
        let full = rate.requests * rate.seconds
        return state.withLock { state in
            var role = state[grant.role.name] ?? RoleBuckets(role: grant.role)
            if role.role !== grant.role { role = RoleBuckets(role: grant.role) }
            var bucket = role.buckets[grant.grant]?.bucket ?? Bucket(full: full, at: time)
            bucket.fill(to: full, perSecond: rate.requests, at: time)
            let cost = count * rate.seconds
            let isEnough = bucket.take(cost)
            role.buckets[grant.grant] = (bucket, rate)
            state[grant.role.name] = role
            if isEnough { return .taken }
            let missing = cost - bucket.level
            return .refused(
                RateRefusal(
                    rate: rate, remaining: bucket.level / rate.seconds,
                    retryAfter: max((missing + rate.requests - 1) / rate.requests, 1)))
        }
    }

    /// Whether nothing would be lost if they were made again.
    func areFull(at time: Int64) -> Bool {
        state.withLock { state in
            state.values.allSatisfy { role in
                role.buckets.values.allSatisfy { entry in
                    var bucket = entry.bucket
                    let full = entry.rate.requests * entry.rate.seconds
                    bucket.fill(to: full, perSecond: entry.rate.requests, at: time)
                    return bucket.level == full
                }
            }
        }
    }
}
