// Every bound the server keeps, in one place, with the default that is used where nothing else is said.

public import Network
public import TLS

public struct ServerConfiguration: Sendable {
    /// Numeric address to listen on, IPv4 or IPv6. `::` takes IPv4 too.
    public var address = "127.0.0.1"
    /// 0 takes a free port; `Server.port` says which.
    public var port: UInt16 = 8200
    /// A Unix socket to listen on in place of address and port; nil: none.
    public var socketPath: String?
    /// Who may connect to it: this user and root alone, unless it says more.
    public var socketMode: UInt32 = 0o600
    /// The group that the socket is given to; nil: as it comes.
    public var socketGroup: UInt32?
    /// Nil: plain HTTP.
    public var tls: TLSServer?
    /// Event loops, one thread each.
    public var eventLoops = 2
    /// Where work is done that must not hold up an event loop.
    public var lanes = [LaneConfiguration(name: "worker", threads: 4, queue: 256)]
    /// Open connections in all; further ones are closed at once. Fewer where the descriptor limit is lower.
    public var connections = 12_000
    /// Open connections of one source, such as an address; further ones are closed at once. Nil: as many as there may be.
    public var connectionsPerSource: Int?
    /// Proxies whose connections begin with a header of the PROXY protocol, version 2, that says whose they are.
    public var trustedProxies: [SourceNetwork] = []
    /// Memory of one connection for request head and response head, in bytes. The last KiB of it is for the response: a
    /// request head that leaves less (its text, and 64 bytes a header) is answered 431.
    public var connectionMemory = 5120
    /// Bytes that requests and answers under way may take in all: bodies, what the work on them takes, answers that were
    /// not read yet. Beyond it: 503. One client gets half of it, and beyond that 429.
    public var requestMemory = 512 << 20
    /// Bytes that the largest request takes with its answer: one client gets so much, where that is at most three quarters.
    public var largestRequest = 97 << 20
    /// Seconds without traffic until a connection is closed.
    public var idleSeconds = 60
    /// Seconds a request may take to arrive whole, from its first byte.
    public var requestSeconds = 60
    /// Seconds that the client may take to read an answer.
    public var responseSeconds = 120
    /// Seconds that requests in flight get to finish when the server stops.
    public var drainSeconds = 20

    public init() {}

    /// Threads that answer requests: those of the event loops and of all lanes.
    public var threads: Int { lanes.reduce(eventLoops) { $0 + $1.threads } }

    /// What cannot work, in words; nil when all is well.
    var fault: String? {
        if !(1...256).contains(eventLoops) { return "eventLoops must be 1 to 256" }
        if let fault = lanes.compactMap(\.fault).first { return fault }
        if !(1...1_000_000).contains(connections) { return "connections must be 1 to 1000000" }
        if let share = connectionsPerSource, share < 1 { return "connectionsPerSource must be 1 or more" }
        if !trustedProxies.isEmpty, socketPath != nil { return "trustedProxies are not for Unix sockets" }
        if !(2048...(1 << 20)).contains(connectionMemory) { return "connectionMemory must be 2 KiB to 1 MiB" }
        if !(1 << 20...1 << 40).contains(requestMemory) { return "requestMemory must be 1 MiB to 1 TiB" }
        for seconds in [idleSeconds, requestSeconds, responseSeconds, drainSeconds]
        where !(1...86_400).contains(seconds) {
            return "every time must be 1 to 86400 seconds"
        }
        return nil
    }
}
