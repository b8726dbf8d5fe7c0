// Lanes: each has threads and a queue of its own, so that work that takes long in one lane holds up no other.

/// The lane that does a request's work. What each lane is for is the application's to say.
public struct Lane: Hashable, Sendable {
    /// Its place in `ServerConfiguration.lanes`.
    public let index: Int

    public init(_ index: Int) {
        self.index = index
    }
}

/// How one lane works, and what it takes.
public struct LaneConfiguration: Sendable, Equatable {
    /// For tools that list threads, and for metrics; 8 letters at most.
    public var name: String
    public var threads: Int
    /// How many requests may wait.
    public var queue: Int
    /// How many threads may work for one owner (`Request.owner`) at a time.
    public var ownerThreads: Int
    /// How many requests of one owner may wait.
    public var ownerQueue: Int
    /// Added to the threads' niceness: a higher one leaves the processor to other threads.
    public var niceness: Int
    /// Whether work ends early where its client has shut its sending side. The end counts for requests that had to wait,
    /// and between the parts of one: a client that waits for an answer keeps its connection open. A connection that is
    /// gone in both directions ends work in every lane.
    public var endsWithClient: Bool
    /// Milliseconds that one piece of its work takes at most: so long before the end of a stop nothing is begun.
    public var longestWork: Int

    public init(
        name: String, threads: Int, queue: Int, ownerThreads: Int? = nil, ownerQueue: Int? = nil, niceness: Int = 0,
        endsWithClient: Bool = false, longestWork: Int = 1_000
    ) {
        self.name = name
        self.threads = threads
        self.queue = queue
        self.ownerThreads = ownerThreads ?? threads
        self.ownerQueue = ownerQueue ?? queue
        self.niceness = niceness
        self.endsWithClient = endsWithClient
        self.longestWork = longestWork
    }

    /// What cannot work, in words; nil when all is well.
    var fault: String? {
        if !(1...1024).contains(threads) { return "a lane must have 1 to 1024 threads" }
        if !(0...100_000).contains(queue) { return "a lane's queue must be 0 to 100000" }
        if ownerThreads < 1 || ownerQueue < 0 { return "a lane must take one request of an owner" }
        return nil
    }
}

/// One lane's figures.
public struct LaneStatistics: Sendable, Equatable {
    public var name: String
    /// Requests that wait, and those that a thread is at.
    public var waiting: Int
    public var working: Int
    /// How often a thread took a request; one that is done in parts counts each time.
    public var turns: Int
    /// Requests refused because too many waited, in all or of their owner.
    public var refused: Int
    /// Requests given up before they were done: their client was gone, or the server stopped.
    public var abandoned: Int

    public init(name: String, waiting: Int, working: Int, turns: Int, refused: Int, abandoned: Int) {
        self.name = name
        self.waiting = waiting
        self.working = working
        self.turns = turns
        self.refused = refused
        self.abandoned = abandoned
    }
}
