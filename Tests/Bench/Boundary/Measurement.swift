// How a figure is taken: CPU time, in rounds in which every figure has its turn, so that a machine that slows down slows all.

import Glibc

/// Something measured: what it costs a time, and what its twin costs.
struct Measurement {
    let name: String
    /// The most it is to cost, in nanoseconds, and the most times its twin; nil where nobody has said.
    var goal: Int?
    var goalRatio: Double?
    /// Operations a round.
    let count: Int
    /// Threads that do them. A round in which they did not run side by side, as another process had their processor, says
    /// nothing of how they get in each other's way, and is left out.
    let threads: Int
    /// Does it so many times.
    let ours: (Int) throws -> Void
    var twin: ((Int) throws -> Void)?

    private(set) var nanoseconds: [Double] = []
    private(set) var twinNanoseconds: [Double] = []

    init(
        _ name: String, goal: Int? = nil, ratio: Double? = nil, count: Int, threads: Int = 1,
        ours: @escaping (Int) throws -> Void, twin: ((Int) throws -> Void)? = nil
    ) {
        self.name = name
        self.goal = goal
        goalRatio = ratio
        self.count = count
        self.threads = threads
        self.ours = ours
        self.twin = twin
    }

    mutating func round() throws {
        if let cost = try cost(ours) { nanoseconds.append(cost) }
        if let twin, let cost = try cost(twin) { twinNanoseconds.append(cost) }
    }

    private func cost(_ body: (Int) throws -> Void) throws -> Double? {
        // What was measured before has left the caches full of its own.
        try body(count / 4)
        let (start, before) = (clock(CLOCK_MONOTONIC), clock(CLOCK_PROCESS_CPUTIME_ID))
        try body(count)
        let used = clock(CLOCK_PROCESS_CPUTIME_ID) - before
        let passed = clock(CLOCK_MONOTONIC) - start
        guard threads == 1 || Double(used) > 0.8 * Double(threads * passed) else { return nil }
        return Double(used) / Double(count)
    }

    /// A line of the table: medians, and the median of the rounds' ratios.
    var line: String {
        let figure = nanoseconds.isEmpty ? "?" : median(nanoseconds).text(1)
        var line = name.padded(44) + figure.leftPadded(10)
        line += (goal.map { "\($0)" } ?? "").leftPadded(8)
        if twin != nil {
            let ratios = zip(nanoseconds, twinNanoseconds).map { $0 / $1 }
            line += median(twinNanoseconds).text(1).leftPadded(10) + median(ratios).text(2).leftPadded(8)
            line += (goalRatio.map { $0.text(2) } ?? "").leftPadded(8)
        }
        return line
    }

    static let heading =
        "nanoseconds of CPU an operation".padded(44) + "ours".leftPadded(10) + "goal".leftPadded(8)
        + "C twin".leftPadded(10) + "ratio".leftPadded(8) + "goal".leftPadded(8)
}

private func clock(_ clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

private func median(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.sorted()[values.count / 2]
}

extension Double {
    fileprivate func text(_ digits: Int) -> String {
        let scale = digits == 1 ? 10.0 : 100.0
        let scaled = Int((self * scale).rounded())
        let fraction = String(scaled % Int(scale))
        return "\(scaled / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    fileprivate func leftPadded(_ width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
