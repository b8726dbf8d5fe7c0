// One event loop: a thread, a libmicrohttpd daemon that it alone runs, and the connections handed to it.
//
// libmicrohttpd's own epoll loop blocks with requests unread once 128 connections are ready at a time, so it gets no
// thread: this one polls the daemon's epoll descriptor beside one of its own and calls `MHD_run`, which never waits.

internal import Bytes
internal import CMicrohttpd
internal import CReceiving
internal import Glibc
internal import Network
internal import Synchronization
internal import TLS
internal import Threading

/// What all loops of a server share.
struct LoopSettings {
    let configuration: ServerConfiguration
    let handler: any RequestHandler
    let lanes: [Workers]
    let requestMemory: RequestMemory
    let admission: ConnectionAdmission
    let wiper: Wiper
    let drain: DrainState
    /// Sockets that each loop may keep lingering.
    let lingering: Int
    let log: @Sendable (ServerEvent) -> Void
}

/// How far stopping has come, for the loops to see.
final class DrainState: Sendable {
    /// Zero while the server runs; else when, on the monotonic clock in milliseconds, to stop waiting.
    let deadline = Atomic<UInt64>(0)
}

// SAFETY: other threads use `counters`, whose members are atomic, `inbox`, which has a lock, and `waker`, a descriptor.
// Everything else belongs to the loop's thread from the moment it starts; before that, to the one that makes the loop.
final class EventLoop: @unchecked Sendable {
    struct Inbox {
        var connections: [Arrival] = []
        /// Of which idle connections are to be closed.
        var crowders: [Peer.Source] = []
        var requests: [Request] = []
    }

    /// Nanoseconds that a loop runs at a stretch while other threads wait: as long as one request may hold it up. A worker that
    /// computes is displaced for it.
    static let slice: UInt64 = 300_000

    let settings: LoopSettings
    let counters = LoopCounters()
    let index: Int
    let waker: Waker
    private let inbox = Locked(Inbox())
    /// The other half of the inbox, so that neither allocates in the long run.
    private var taken = Inbox()

    var connections = ConnectionList()
    /// The connection that libmicrohttpd is at.
    var turn: ConnectionRecord.Pointer?
    var lingering: Lingering
    var proxied = ProxiedConnections()
    /// libmicrohttpd has told of the connection that it is being given.
    var isConnectionKnown = false
    var identifiers: RequestIDSource
    var draining = false
    /// What it has taken of the server's memory for small requests and answers.
    var smallAllowance = 0
    /// What stopping did, for whoever has joined the thread.
    var finishedAtDrain = 0
    var cutAtDrain = 0

    private var daemon: OpaquePointer?
    private var polled: [pollfd] = []
    private var nextSweep: UInt64 = 0
    private var sweeps = 0
    /// Something is to be read from a socket that libmicrohttpd does not have.
    private var hasOthers = false
    private var lastMessage: UInt64 = 0
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 16)

    private let sweepMilliseconds: UInt64 = 500
    private var isGraceUsed = false
    /// How long beyond the drain's end workers may still hold a connection.
    private let graceMilliseconds: UInt64 = 1_500

    init(index: Int, settings: LoopSettings, identifiers: RequestIDSource) throws(ServerError) {
        self.index = index
        self.settings = settings
        self.identifiers = identifiers
        lingering = Lingering(limit: settings.lingering)
        waker = try Waker()
    }

    deinit {
        scratch.deallocate()
        waker.destroy()
    }

    /// Starts the daemon; `run` on the loop's thread comes next.
    func startDaemon() throws(ServerError) {
        // SAFETY: the daemon is stopped before the loop's thread ends, and that thread keeps the loop alive.
        let context = Unmanaged.passUnretained(self).toOpaque()
        var options = sr_mhd_options_t()
        options.connection_memory = settings.configuration.connectionMemory
        // The acceptor keeps the limit that counts; this one must only never be in its way.
        options.connection_limit = UInt32(clamping: settings.configuration.connections + 64)
        options.idle_seconds = UInt32(clamping: settings.configuration.idleSeconds)
        options.tls_priorities = settings.configuration.tls == nil ? nil : TLSServer.priorities
        options.context = context
        options.request = requestCallback
        options.target = targetCallback
        options.completed = completedCallback
        options.connection = connectionCallback
        options.log = logCallback
        options.unescape = unescapeCallback
        guard creceiving_is_in_place(), let daemon = sr_mhd_start(&options) else { throw .library }
        self.daemon = daemon
        watch()
    }

    /// For a server that could not start wholly, on the starting thread.
    func discardDaemon() {
        if let daemon { MHD_stop_daemon(daemon) }
        daemon = nil
    }

    // MARK: From other threads

    /// Gives the loop a connection; it owns the descriptor from here on.
    func hand(_ arrival: Arrival) {
        let first = inbox.withLock { inbox in
            inbox.connections.append(arrival)
            return inbox.connections.count + inbox.requests.count == 1
        }
        if first { waker.wake() }
    }

    /// Has some idle connections of a source closed, to let others in.
    func hand(crowder source: Peer.Source) {
        inbox.withLock { inbox in
            if !inbox.crowders.contains(source) { inbox.crowders.append(source) }
        }
        waker.wake()
    }

    /// Gives back a suspended request; its answer is in `decided`.
    func hand(back request: Request) {
        let first = inbox.withLock { inbox in
            inbox.requests.append(request)
            return inbox.connections.count + inbox.requests.count == 1
        }
        if first { waker.wake() }
    }

    // MARK: The loop's thread

    func run() {
        guard let daemon else { return }
        observeReceiving()
        while true {
            // Before the inbox is emptied: the acceptor has put its last connection there before this is set.
            let stopping = settings.drain.deadline.load(ordering: .acquiring) != 0
            takeInbox(daemon)
            turn = nil
            MHD_run(daemon)
            let now = monotonicMilliseconds()
            if !lingering.isEmpty, lingering.service(now: now, scratch: scratch) { watch() }
            if !proxied.isEmpty, hasOthers || now >= nextSweep, serviceProxied(daemon, now: now) { watch() }
            if now >= nextSweep { sweep(now) }
            if stopping, isDrained(now) { break }
            wait(daemon, now)
        }
        if counters.suspended.load(ordering: .relaxed) == 0 {
            MHD_stop_daemon(daemon)
            self.daemon = nil
        } else {
            // A worker still reads from a suspended connection's memory, so that all of it must stay; the clients, at
            // least, are told.
            connections.visit { shutdown($0.pointee.descriptor, Int32(SHUT_RDWR)) }
        }
        lingering.closeAll()
        dropProxied()
    }

    private func takeInbox(_ daemon: OpaquePointer) {
        inbox.withLock { swap(&$0, &taken) }
        guard !taken.requests.isEmpty || !taken.connections.isEmpty || !taken.crowders.isEmpty else { return }
        for arrival in taken.connections { take(arrival, into: daemon) }
        if !proxied.isEmpty, !taken.connections.isEmpty {
            // Mostly the header has come with the connection.
            _ = serviceProxied(daemon, now: monotonicMilliseconds())
            watch()
        }
        for source in taken.crowders { evict(source) }
        taken.crowders.removeAll(keepingCapacity: true)
        for request in taken.requests { resume(request) }
        taken.connections.removeAll(keepingCapacity: true)
        taken.requests.removeAll(keepingCapacity: true)
    }

    private func resume(_ request: Request) {
        guard let connection = request.connection else { return }
        counters.suspended.bump(-1)
        request.record.pointee.state = .answering
        // A connection with a timeout of its own gets its turn before sockets are read. With the common one, a resumed
        // connection is read first, and a client that has shut its sending side would be taken for gone.
        sr_mhd_set_timeout(connection, UInt32(clamping: settings.configuration.idleSeconds + 1))
        request.ownTimeout = true
        MHD_resume_connection(connection)
    }

    private func wait(_ daemon: OpaquePointer, _ now: UInt64) {
        var timeout: UInt64 = 0
        if MHD_get_timeout(daemon, &timeout) != .YES { timeout = UInt64(Int32.max) }
        if connections.count > 0 || !lingering.isEmpty || !proxied.isEmpty {
            timeout = min(timeout, nextSweep > now ? nextSweep - now : 0)
        }
        // The drain's end must be seen in time.
        if draining { timeout = min(timeout, 20) }
        let ready = poll(&polled, nfds_t(polled.count), Int32(clamping: timeout))
        if ready > 0, polled[0].revents != 0 { waker.clear() }
        hasOthers = ready > 0 && polled.count > 2 && polled[2...].contains { $0.revents != 0 }
    }

    /// Rebuilds what is polled.
    private func watch() {
        polled.removeAll(keepingCapacity: true)
        polled.append(pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0))
        if let daemon {
            polled.append(pollfd(fd: sr_mhd_epoll_descriptor(daemon), events: Int16(POLLIN), revents: 0))
        }
        for descriptor in lingering.descriptors + proxied.descriptors {
            polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
    }

    /// Closes connections whose deadline is over, whose client has gone, or that libmicrohttpd has stopped reading.
    private func sweep(_ now: UInt64) {
        nextSweep = now + sweepMilliseconds
        sweeps &+= 1
        connections.visit { record in
            if isEndOverdue(record) { shutdown(record.pointee.descriptor, Int32(SHUT_RD)) }
            let late = record.pointee.deadline != 0 && now > record.pointee.deadline
            if late || isStuck(record) {
                counters.timedOut.bump()
                shutdown(record.pointee.descriptor, Int32(SHUT_RDWR))
                record.pointee.deadline = 0
            }
            record.pointee.progressed = false
        }
    }

    /// Where a client's last bytes and its end of file arrive together, libmicrohttpd reads the bytes and waits, with
    /// an edge-triggered epoll, for news of the end that never comes. Looks once after each change, and later now and
    /// then.
    private func isEndOverdue(_ record: ConnectionRecord.Pointer) -> Bool {
        let state = record.pointee.state
        let descriptor = record.pointee.descriptor
        guard state == .waiting || state == .receiving,
            !record.pointee.peeked || (sweeps &+ Int(descriptor)) & 15 == 0
        else { return false }
        record.pointee.peeked = true
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
    }

    /// A head that leaves no byte for a body makes libmicrohttpd wait forever, without sleep, for room: the socket has
    /// bytes, and none of them arrive. Found twice running, since they may have come just now.
    private func isStuck(_ record: ConnectionRecord.Pointer) -> Bool {
        let before = record.pointee.suspect
        record.pointee.suspect =
            record.pointee.state == .receiving && !record.pointee.progressed
            && hasUnread(record.pointee.descriptor)
        return before && record.pointee.suspect
    }

    func hasUnread(_ descriptor: Int32) -> Bool {
        var unread: Int32 = 0
        return ioctl(descriptor, UInt(FIONREAD), &unread) == 0 && unread > 0
    }

    /// True when nothing is left to wait for. Called each round once the server is stopping.
    private func isDrained(_ now: UInt64) -> Bool {
        if !draining {
            draining = true
            dropProxied()
            // Idle connections read an end of file and are closed; what has arrived before it is still answered.
            connections.visit { record in
                if record.pointee.state == .waiting { shutdown(record.pointee.descriptor, Int32(SHUT_RD)) }
            }
            return connections.count == 0 && lingering.isEmpty
        }
        if connections.count == 0 && lingering.isEmpty { return true }
        for lane in settings.lanes { lane.closeIfDue(now) }
        let deadline = settings.drain.deadline.load(ordering: .relaxed)
        guard now >= deadline else { return false }
        // Work under way gets a little longer: its thread cannot be stopped anyway. Nothing else does.
        if !counters.isWorking, !isGraceUsed { return cutRemaining() }
        isGraceUsed = true
        return now < deadline + graceMilliseconds ? false : cutRemaining()
    }

    /// Counts what stopping the daemon will cut.
    private func cutRemaining() -> Bool {
        connections.visit { record in
            if record.pointee.state != .waiting { cutAtDrain += 1 }
        }
        return true
    }

    // MARK: From the callbacks

    /// When a connection is closed that never gets a request line together. An idle one is closed by libmicrohttpd
    /// before that, so it is one whose request line trickles in.
    func waitingDeadline(from now: UInt64) -> UInt64 {
        now + UInt64(settings.configuration.idleSeconds + settings.configuration.requestSeconds) * 1000
    }

    func lingerIfNeeded(_ record: ConnectionRecord.Pointer) {
        let descriptor = record.pointee.descriptor
        guard record.pointee.linger || hasUnread(descriptor) else { return }
        if lingering.keep(descriptor, now: monotonicMilliseconds()) { watch() }
    }

    func libraryMessage(_ format: UnsafePointer<CChar>, _ arguments: CVaListPointer?) {
        if strncmp(format, "Error processing request", 24) == 0 {
            counters.malformed.bump()
            if let arguments { answerForLibrary(status: Int(sr_mhd_error_status(arguments))) }
            return
        }
        // Clients cause most others; these alone speak of the server's state.
        let concerns = ["resource limit", "Error allocating memory", "epoll", "clock"]
        guard concerns.contains(where: { strstr(format, $0) != nil }) else { return }
        let now = monotonicMilliseconds()
        guard now >= lastMessage + 1_000 else { return }
        lastMessage = now
        settings.log(.library(message: String(cString: format).trimmingNewline))
    }
}

extension String {
    fileprivate var trimmingNewline: String {
        var text = self[...]
        while let last = text.last, last.isNewline { text.removeLast() }
        return String(text)
    }
}
