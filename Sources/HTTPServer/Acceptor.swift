// Takes connections and deals them out to the event loops, the emptiest first. One listening socket rather than one a
// loop: the connection limit is exact, no loop gets them all, a second server on the same port is an error, and
// stopping resets no connection that the kernel had already accepted for us.

internal import CMicrohttpd
internal import Glibc
internal import Synchronization
internal import Threading

// SAFETY: the loops and the limit never change; the rest is atomic or a descriptor that only `run` uses.
final class Acceptor: @unchecked Sendable {
    let accepted = Atomic<Int>(0)
    private let admission: ConnectionAdmission
    private let descriptor: Int32
    private let loops: [EventLoop]
    private let log: @Sendable (ServerEvent) -> Void
    private let waker: Waker
    private let stopping = Atomic<Bool>(false)

    /// Owns `descriptor`, a listening socket that does not block, from here on.
    init(
        descriptor: Int32, loops: [EventLoop], admission: ConnectionAdmission,
        log: @escaping @Sendable (ServerEvent) -> Void
    ) throws(ServerError) {
        self.descriptor = descriptor
        self.loops = loops
        self.admission = admission
        self.log = log
        waker = try Waker()
    }

    deinit {
        close(descriptor)
        waker.destroy()
    }

    /// Makes `run` return once it has taken what the kernel holds for it.
    func stop() {
        stopping.store(true, ordering: .releasing)
        waker.wake()
    }

    /// On a thread of its own.
    func run() {
        var polled = [
            pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        var lastComplaint: UInt64 = 0
        while true {
            let last = stopping.load(ordering: .acquiring)
            let failure = acceptAll()
            if last { break }
            if failure != 0 {
                let now = monotonicMilliseconds()
                if now >= lastComplaint + 1000 { log(.acceptFailed(code: failure)) }
                lastComplaint = now
                // Out of something. The socket would be readable all the time: look again in a moment.
                poll(&polled, 1, 50)
            } else {
                poll(&polled, 2, -1)
            }
        }
        refuseFromNow()
    }

    /// Whoever connects from now on is refused, rather than left waiting until the server is dropped.
    func refuseFromNow() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Takes what there is, within reason. Answers 0 when all is well, else an `errno` value.
    private func acceptAll() -> Int32 {
        for _ in 0..<65_536 {
            var address = SocketAddress()
            let connection = address.withMutableAddress {
                accept4(descriptor, $0, $1, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
            }
            guard connection >= 0 else {
                let code = errno
                switch code {
                case EAGAIN: return 0
                // The connection's own trouble, which accept(2) reports here.
                case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, EPERM: continue
                default: return code
                }
            }
            deal(connection, address)
        }
        return 0
    }

    private func deal(_ connection: Int32, _ address: SocketAddress) {
        var open = 0
        var chosen = loops[0]
        var fewest = Int.max
        for loop in loops {
            let count = loop.counters.open.load(ordering: .relaxed)
            open += count
            if count < fewest {
                fewest = count
                chosen = loop
            }
        }
        let isProxied = admission.isProxy(address.ip)
        guard hasRoom(open, for: address), isProxied ? admission.beginHeader() : admission.enter(address.source) else {
            close(connection)
            return
        }
        accepted.wrappingAdd(1, ordering: .relaxed)
        chosen.counters.open.wrappingAdd(1, ordering: .relaxed)
        chosen.hand(EventLoop.Arrival(descriptor: connection, address: address, isProxied: isProxied))
    }

    /// Whether a connection more may be let in. When all are taken, the source that has most gives up idle ones for one that
    /// has fewer; until they are closed, a few more are let in than there may be.
    private func hasRoom(_ open: Int, for address: SocketAddress) -> Bool {
        if open < admission.limit { return true }
        if let crowder = admission.largestSource(beside: address.source) {
            if open < admission.limit + Self.surplus {
                for loop in loops { loop.hand(crowder: crowder) }
                return true
            }
        }
        admission.turnedAway.wrappingAdd(1, ordering: .relaxed)
        return false
    }

    /// Connections beyond the limit while idle ones are being closed for them.
    static let surplus = 32
}
