// How a process's memory is shared out: what the service itself takes, what connections do, and what is left for requests.

/// How much of a memory limit goes where.
public struct MemoryPlan: Sendable, Equatable {
    /// What there is in all; nil where nothing tells.
    public let limit: MemoryLimit?
    /// Connections at once.
    public let connections: Int
    /// Bytes for requests and answers under way.
    public let requestMemory: Int
    /// Whether all of it fits into the limit. It does not where the limit is small, or where options ask for more.
    public let fits: Bool

    /// What the service takes without a request: code, page caches of the store, keys' and tokens' tables, stacks. Measured:
    /// 30 MiB after a start, 60 with full caches.
    public static let base = 64 << 20
    /// A connection: libmicrohttpd's memory for it and its records, ours, and an answer of a KiB that is not counted.
    static let connection = 9 << 10
    /// A session of GnuTLS.
    static let session = 20 << 10
    /// Where there is more, nobody asked for it.
    static let largestDefault = 512 << 20
    /// With less, nothing but small requests could be served.
    public static let smallest = 8 << 20

    /// - Parameters:
    ///   - secretMemory: bytes that the core locks.
    ///   - connections: as many as are wanted.
    ///   - requestMemory: bytes, as an option says; nil: what is left.
    public init(
        limit: MemoryLimit?, secretMemory: Int, connections wanted: Int, usesTLS: Bool, requestMemory given: Int?
    ) {
        self.limit = limit
        guard let limit else {
            connections = wanted
            requestMemory = given ?? Self.largestDefault / 2
            fits = true
            return
        }
        // An eighth for what nobody counts: the kernel's buffers of sockets, and what the allocator cannot give back.
        let room = limit.bytes - limit.bytes / 8 - Self.base - secretMemory
        let each = Self.connection + (usesTLS ? Self.session : 0)
        // Connections get a third at most: without requests they are worth nothing.
        connections = min(wanted, max((given.map { room - $0 } ?? room / 3) / each, 64))
        let left = room - connections * each
        requestMemory = given ?? min(max(left, Self.smallest), Self.largestDefault)
        fits = requestMemory <= left
    }
}
