// Every bound the server keeps, in one place, with the default that is used where nothing else is said.

public struct ServerConfiguration: Sendable {
    /// Numeric address to listen on, IPv4 or IPv6.
    public var address = "127.0.0.1"
    /// 0 takes a free port; `Server.port` says which.
    public var port: UInt16 = 8200
    /// Event loops, one thread each.
    public var eventLoops = 2
    /// Threads for slow work, and how many requests may wait for one.
    public var workers = 4
    public var workerQueue = 256
    /// Open connections in all; further ones are closed at once.
    public var connections = 12_000
    /// Memory of one connection for request head and response head, in bytes.
    public var connectionMemory = 4096
    /// Seconds without traffic until a connection is closed.
    public var idleSeconds = 60
    /// Seconds a request may take to arrive whole, from its first byte.
    public var requestSeconds = 60
    /// Seconds that requests in flight get to finish when the server stops.
    public var drainSeconds = 20

    public init() {}
}
