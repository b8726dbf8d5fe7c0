// Connections of trusted proxies that have yet to say whose they are. libmicrohttpd gets them when they have.

internal import CMicrohttpd
internal import Glibc

/// Those of one event loop.
struct ProxiedConnections {
    private struct Waiting {
        let descriptor: Int32
        let proxy: SocketAddress
        let deadline: UInt64
        var header = ProxyHeader()
    }

    /// What has become of a connection.
    enum Outcome {
        /// Its header has been read, and nothing after it.
        case known(Int32, SocketAddress)
        /// To be closed: what it sent is no header, or came too late.
        case refused(Int32)
    }

    private var waiting: [Waiting] = []
    private static let milliseconds: UInt64 = 5_000

    var isEmpty: Bool { waiting.isEmpty }
    /// To be polled for reading.
    var descriptors: [Int32] { waiting.map(\.descriptor) }

    mutating func add(_ descriptor: Int32, of proxy: SocketAddress, now: UInt64) {
        waiting.append(Waiting(descriptor: descriptor, proxy: proxy, deadline: now + Self.milliseconds))
    }

    /// Reads what has arrived, and takes out those of which something is known.
    mutating func service(now: UInt64) -> [Outcome] {
        var outcomes: [Outcome] = []
        var position = 0
        while position < waiting.count {
            if let outcome = read(&waiting[position], now: now) {
                outcomes.append(outcome)
                waiting.swapAt(position, waiting.count - 1)
                waiting.removeLast()
            } else {
                position += 1
            }
        }
        return outcomes
    }

    /// All that still wait; they are to be closed.
    mutating func removeAll() -> [Int32] {
        defer { waiting.removeAll() }
        return waiting.map(\.descriptor)
    }

    private func read(_ connection: inout Waiting, now: UInt64) -> Outcome? {
        while true {
            switch connection.header.state {
            case .malformed: return .refused(connection.descriptor)
            case .complete(.proxy): return .known(connection.descriptor, connection.proxy)
            case .complete(.address(let address)): return .known(connection.descriptor, address)
            case .complete(.unknown): return .known(connection.descriptor, SocketAddress.unknown)
            case .incomplete(let missing):
                let isOpen = withUnsafeTemporaryAllocation(byteCount: missing, alignment: 1) { room -> Bool? in
                    let length = recv(connection.descriptor, room.baseAddress, missing, Int32(MSG_DONTWAIT))
                    if length > 0 {
                        connection.header.append(UnsafeRawBufferPointer(rebasing: room[..<length]))
                        return true
                    }
                    return length < 0 && (errno == EAGAIN || errno == EINTR) ? nil : false
                }
                switch isOpen {
                case true: continue
                case nil: return now < connection.deadline ? nil : .refused(connection.descriptor)
                default: return .refused(connection.descriptor)
                }
            }
        }
    }
}
