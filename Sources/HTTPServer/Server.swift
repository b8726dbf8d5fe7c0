// The server: an acceptor, event loops and workers around one handler.

internal import Glibc
internal import Synchronization
internal import Threading

/// An HTTP/1.1 server. `init` takes the address, `start` serves it, `stop` ends it. Stop it before dropping it: its
/// threads keep running otherwise.
///
/// What it keeps of requests and answers: bodies live in `ByteBuffer`s, wiped when the exchange ends. libmicrohttpd
/// reads through a buffer of its own for each connection (`ServerConfiguration.connectionMemory`), so that a head and
/// parts of a body stand there too; it zeroes that buffer before the connection's next request, but not when the
/// connection is closed. The kernel's socket buffers are nobody's to wipe.
public final class Server: Sendable {
    /// The port it listens on, also where the configuration left the choice to the system; 0 for a Unix socket.
    public let port: UInt16

    private enum Stage {
        case made
        case running(acceptor: Thread, loops: [Thread])
        case stopped(DrainReport)
    }

    private let configuration: ServerConfiguration
    private let log: @Sendable (ServerEvent) -> Void
    private let lanes: [Workers]
    private let loops: [EventLoop]
    private let acceptor: Acceptor
    private let requestMemory: RequestMemory
    private let admission: ConnectionAdmission
    private let drain = DrainState()
    private let wiper = Wiper()
    private let stage = Locked(Stage.made)

    /// Descriptors that are left for everything but connections and lingering sockets: databases, logs, an issuer's keys.
    private static let spareDescriptors = 128

    /// Descriptors that a server takes for all its connections to be let in.
    public static func descriptors(for configuration: ServerConfiguration) -> Int {
        spareDescriptors + Acceptor.surplus + 4 * configuration.eventLoops
            + max(min(configuration.connections / 32, 256), configuration.eventLoops) + configuration.connections
    }

    /// Takes the address: from here on it is in use, and clients can connect, though nobody answers yet. Raises the
    /// process's soft limit of descriptors to the hard one.
    ///
    /// - Parameters:
    ///   - handler: kept until the server is dropped.
    ///   - log: called from any of the server's threads; must not block.
    public init(
        configuration: ServerConfiguration, handler: any RequestHandler,
        log: @escaping @Sendable (ServerEvent) -> Void = { _ in }
    ) throws(ServerError) {
        if let fault = configuration.fault { throw .configuration(fault) }
        self.configuration = configuration
        self.log = log
        let limit = try raiseDescriptorLimit()
        let lingering = max(min(limit / 32, 256) / configuration.eventLoops, 1)
        let spare = Self.spareDescriptors + Acceptor.surplus + (4 + lingering) * configuration.eventLoops
        guard limit >= spare + 16 else { throw .descriptorLimit(needed: spare + 16, limit: limit) }
        let connections = min(configuration.connections, limit - spare)
        if connections < configuration.connections {
            log(.connectionsReduced(from: configuration.connections, to: connections, descriptorLimit: limit))
        }
        admission = ConnectionAdmission(
            limit: connections,
            // Who is at the other end of a Unix socket is this machine's own.
            share: configuration.socketPath == nil ? configuration.connectionsPerSource : nil,
            proxies: configuration.trustedProxies)
        lanes = configuration.lanes.enumerated().map {
            Workers(lane: Lane($0), configuration: $1, handler: handler)
        }
        requestMemory = RequestMemory(
            limit: configuration.requestMemory, largest: configuration.largestRequest, loops: configuration.eventLoops)
        let settings = LoopSettings(
            configuration: configuration, handler: handler, lanes: lanes,
            requestMemory: requestMemory, admission: admission, wiper: wiper, drain: drain, lingering: lingering,
            log: log)
        let process = try RequestIDSource.random()
        let mask = try RequestIDSource.random()
        var loops: [EventLoop] = []
        for index in 0..<configuration.eventLoops {
            loops.append(
                try EventLoop(
                    index: index, settings: settings,
                    identifiers: RequestIDSource(process: process, mask: mask, loop: index)))
        }
        self.loops = loops
        let socket: (descriptor: Int32, port: UInt16)
        if let path = configuration.socketPath {
            let descriptor = try listeningSocket(
                path: path, mode: configuration.socketMode, group: configuration.socketGroup)
            socket = (descriptor, 0)
        } else {
            socket = try listeningSocket(address: configuration.address, port: configuration.port)
        }
        port = socket.port
        acceptor = try Acceptor(descriptor: socket.descriptor, loops: loops, admission: admission, log: log)
    }

    /// Serves until `stop`.
    public func start() throws(ServerError) {
        try stage.withLock { stage throws(ServerError) in
            guard case .made = stage else { throw .alreadyStarted }
            do throws(ServerError) {
                for loop in loops { try loop.startDaemon() }
            } catch {
                for loop in loops { loop.discardDaemon() }
                throw error
            }
            var threads: [Thread] = []
            do throws(ThreadError) {
                try wiper.start()
                for lane in lanes { try lane.start(among: lanes) }
                for loop in loops {
                    threads.append(
                        try Thread(name: "http-loop-\(loop.index)", slice: EventLoop.slice) { loop.run() })
                }
                let acceptor = acceptor
                let accepting = try Thread(name: "http-accept") { acceptor.run() }
                stage = .running(acceptor: accepting, loops: threads)
            } catch {
                drain.deadline.store(1, ordering: .releasing)
                for loop in loops { loop.waker.wake() }
                for thread in threads { thread.join() }
                for loop in loops[threads.count...] { loop.discardDaemon() }
                for lane in lanes { _ = lane.stop(milliseconds: 1000) }
                wiper.stop()
                stage = .stopped(DrainReport())
                throw .system(call: "pthread_create", code: error.code)
            }
        }
        log(.listening(address: configuration.address, port: port))
    }

    /// Stops: takes no further connection, lets requests in flight finish for `ServerConfiguration.drainSeconds` at
    /// most, closes everything and ends all threads. Returns two or three seconds after that time at the latest. A second
    /// call answers what the first one did. Not to be called from the handler.
    /// - Parameter giveUp: called once nobody waits for an answer any more; it ends work that still goes on.
    @discardableResult
    public func stop(whenAnswered giveUp: () -> Void = {}) -> DrainReport {
        stage.withLock { stage in
            switch stage {
            case .stopped(let report): return report
            case .made:
                acceptor.refuseFromNow()
                stage = .stopped(DrainReport())
                return DrainReport()
            case .running(let accepting, let threads):
                log(.draining)
                acceptor.stop()
                accepting.join()
                // Whoever comes now is told that nobody is there, rather than let in and dropped.
                if let path = configuration.socketPath { unlink(path) }
                let deadline = monotonicMilliseconds() + UInt64(configuration.drainSeconds) * 1000
                for lane in lanes { lane.stopBeginning(before: deadline, seconds: configuration.drainSeconds) }
                drain.deadline.store(deadline, ordering: .releasing)
                for loop in loops { loop.waker.wake() }
                for thread in threads { thread.join() }
                var report = DrainReport()
                for loop in loops {
                    report.requestsFinished += loop.finishedAtDrain
                    report.connectionsCut += loop.cutAtDrain
                }
                giveUp()
                let end = monotonicMilliseconds() + 1000
                for lane in lanes {
                    let left = end - min(end, monotonicMilliseconds())
                    report.workersAbandoned += lane.stop(milliseconds: Int(left))
                }
                wiper.stop()
                stage = .stopped(report)
                log(.stopped(report))
                return report
            }
        }
    }

    /// Figures at this moment.
    public func statistics() -> ServerStatistics {
        var statistics = ServerStatistics()
        for loop in loops { loop.counters.add(to: &statistics) }
        statistics.requestMemory += requestMemory.usedByLarge
        statistics.requestMemoryLimit = requestMemory.limit
        statistics.requestMemoryShare = requestMemory.share
        statistics.connectionLimit = admission.limit
        statistics.connectionShare = min(admission.share, admission.limit)
        statistics.accepted = acceptor.accepted.load(ordering: .relaxed)
        statistics.sourceOverShare = admission.overShare.load(ordering: .relaxed)
        statistics.turnedAway = admission.turnedAway.load(ordering: .relaxed) + statistics.sourceOverShare
        statistics.proxyHeadersRefused = admission.headersRefused.load(ordering: .relaxed)
        statistics.evicted = admission.evicted.load(ordering: .relaxed)
        statistics.lanes = lanes.map(\.statistics)
        return statistics
    }
}
