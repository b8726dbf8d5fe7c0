// The server's counters, and what stopping it did.

internal import Synchronization

/// Figures since the start, and levels at the moment of asking. Taken without a lock: they may be off by what happens
/// meanwhile.
public struct ServerStatistics: Sendable, Equatable {
    public var openConnections = 0
    public var connectionLimit = 0
    /// Connections taken since the start, and those closed at once because a limit was reached.
    public var accepted = 0
    public var turnedAway = 0
    /// Connections at once that one source may have; of those closed at once, the ones whose source had them.
    public var connectionShare = 0
    public var sourceOverShare = 0
    /// Connections of trusted proxies closed for the want of a sound header.
    public var proxyHeadersRefused = 0
    /// Idle connections closed to let other sources' in.
    public var evicted = 0
    /// Requests whose head arrived, answered or not.
    public var requests = 0
    public var requestsInFlight = 0
    /// Requests that wait for a worker or are with one; those that wait.
    public var suspended = 0
    public var workerQueueDepth: Int { lanes.reduce(0) { $0 + $1.waiting } }
    /// As configured.
    public var lanes: [LaneStatistics] = []
    /// Answers of `Refusal.overloaded`.
    public var overloaded = 0
    /// Answers of `Refusal.overShare`.
    public var overShare = 0
    /// Bytes that requests and answers under way take, of how many at most; what one client may take of it.
    public var requestMemory = 0
    public var requestMemoryLimit = 0
    public var requestMemoryShare = 0
    /// Requests refused for their head's form, by us or by libmicrohttpd.
    public var malformed = 0
    /// Connections cut because a request or its answer took too long.
    public var timedOut = 0
    /// Bytes of bodies.
    public var bytesReceived = 0
    public var bytesSent = 0
}

/// What `Server.stop` did.
public struct DrainReport: Sendable, Equatable {
    /// Requests answered after stopping began.
    public var requestsFinished = 0
    /// Connections closed with a request unanswered.
    public var connectionsCut = 0
    /// Workers that would not come back in time; their threads were left behind.
    public var workersAbandoned = 0

    public init(requestsFinished: Int = 0, connectionsCut: Int = 0, workersAbandoned: Int = 0) {
        self.requestsFinished = requestsFinished
        self.connectionsCut = connectionsCut
        self.workersAbandoned = workersAbandoned
    }
}

/// One event loop's counters. Written by its own thread only, unless it says otherwise; read by any.
final class LoopCounters: Sendable {
    /// Raised by the acceptor when it hands a connection over, lowered by the loop when it is closed.
    let open = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    let inFlight = Atomic<Int>(0)
    let suspended = Atomic<Int>(0)
    let overloaded = Atomic<Int>(0)
    let overShare = Atomic<Int>(0)
    let smallMemory = Atomic<Int>(0)
    let malformed = Atomic<Int>(0)
    let timedOut = Atomic<Int>(0)
    let bytesReceived = Atomic<Int>(0)
    let bytesSent = Atomic<Int>(0)

    var isWorking: Bool { suspended.load(ordering: .relaxed) > 0 }

    func add(to statistics: inout ServerStatistics) {
        statistics.openConnections += open.load(ordering: .relaxed)
        statistics.requests += requests.load(ordering: .relaxed)
        statistics.requestsInFlight += inFlight.load(ordering: .relaxed)
        statistics.suspended += suspended.load(ordering: .relaxed)
        statistics.overloaded += overloaded.load(ordering: .relaxed)
        statistics.overShare += overShare.load(ordering: .relaxed)
        statistics.requestMemory += smallMemory.load(ordering: .relaxed)
        statistics.malformed += malformed.load(ordering: .relaxed)
        statistics.timedOut += timedOut.load(ordering: .relaxed)
        statistics.bytesReceived += bytesReceived.load(ordering: .relaxed)
        statistics.bytesSent += bytesSent.load(ordering: .relaxed)
    }
}

extension Atomic<Int> {
    /// Adds to a counter that one thread alone writes: no locked instruction.
    @inline(__always)
    func bump(_ amount: Int = 1) {
        store(load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
}
