// What is counted of one operation. Recording is a few additions without a lock or an allocation.

internal import Synchronization

/// Counts of one operation's requests. Any thread may record; numbers read while others record may be a few requests
/// apart from each other, but none is ever lost.
final class OperationMetrics: Sendable {
    /// Upper bounds of the histogram's buckets; requests over the last are counted in `+Inf` alone. From a cached
    /// encrypt (tens of microseconds) to key generation (seconds).
    static let bounds: InlineArray<14, Bound> = [
        Bound(10_000, "0.00001"), Bound(25_000, "0.000025"), Bound(50_000, "0.00005"), Bound(100_000, "0.0001"),
        Bound(250_000, "0.00025"), Bound(500_000, "0.0005"), Bound(1_000_000, "0.001"), Bound(2_500_000, "0.0025"),
        Bound(5_000_000, "0.005"), Bound(10_000_000, "0.01"), Bound(50_000_000, "0.05"), Bound(100_000_000, "0.1"),
        Bound(1_000_000_000, "1"), Bound(10_000_000_000, "10"),
    ]

    struct Bound {
        let nanoseconds: UInt64
        /// The same in seconds, as the exposition writes it.
        let seconds: StaticString

        init(_ nanoseconds: UInt64, _ seconds: StaticString) {
            self.nanoseconds = nanoseconds
            self.seconds = seconds
        }
    }

    /// Values of the label `status`. `none`: the connection was lost before an answer was sent.
    static let statusClasses: InlineArray<5, StaticString> = ["none", "2xx", "3xx", "4xx", "5xx"]

    private let byStatus: InlineArray<5, Atomic<UInt64>>
    /// One for each bound and one for `+Inf`, each without those before it.
    private let buckets: InlineArray<15, Atomic<UInt64>>
    private let nanoseconds = Atomic<UInt64>(0)

    init() {
        byStatus = InlineArray { _ in Atomic(0) }
        buckets = InlineArray { _ in Atomic(0) }
    }

    func record(status: Int, nanoseconds duration: UInt64) {
        let statusClass = 200..<600 ~= status ? status / 100 - 1 : 0
        byStatus[statusClass].wrappingAdd(1, ordering: .relaxed)
        var bucket = 0
        while bucket < Self.bounds.count && duration > Self.bounds[bucket].nanoseconds { bucket += 1 }
        buckets[bucket].wrappingAdd(1, ordering: .relaxed)
        nanoseconds.wrappingAdd(duration, ordering: .relaxed)
    }

    func requests(statusClass index: Int) -> UInt64 { byStatus[index].load(ordering: .relaxed) }
    func requests(bucket index: Int) -> UInt64 { buckets[index].load(ordering: .relaxed) }
    var totalNanoseconds: UInt64 { nanoseconds.load(ordering: .relaxed) }
}
