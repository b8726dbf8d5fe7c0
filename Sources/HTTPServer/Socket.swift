// Sockets and addresses: the listening socket, a descriptor to wake a thread by, and the system's limit of descriptors.

internal import CMicrohttpd
internal import Glibc
internal import Network

/// A numeric address with its port, as the system takes it.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private(set) var length: socklen_t = 0

    /// Nil where `text` is not a numeric address.
    init?(_ text: String, port: UInt16) {
        var four = sockaddr_in()
        var six = sockaddr_in6()
        if inet_pton(AF_INET, text, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutableBytes(of: &storage) { storage in
                withUnsafeBytes(of: &four) { storage.copyMemory(from: $0) }
            }
        } else if inet_pton(AF_INET6, text, &six.sin6_addr) == 1 {
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            withUnsafeMutableBytes(of: &storage) { storage in
                withUnsafeBytes(of: &six) { storage.copyMemory(from: $0) }
            }
        } else {
            return nil
        }
    }

    /// Of 4 or 16 bytes of an address; nil of any other number.
    init?(bytes: UnsafeRawBufferPointer, port: UInt16) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        let isFour = bytes.count == 4
        length = socklen_t(isFour ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size)
        storage.ss_family = sa_family_t(isFour ? AF_INET : AF_INET6)
        withUnsafeMutableBytes(of: &storage) { storage in
            storage.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
            UnsafeMutableRawBufferPointer(rebasing: storage[(isFour ? 4 : 8)...]).copyMemory(from: bytes)
        }
    }

    /// Of nobody that is known.
    static var unknown: SocketAddress {
        var address = SocketAddress()
        address.length = socklen_t(MemoryLayout<sockaddr_in>.size)
        address.storage.ss_family = sa_family_t(AF_UNSPEC)
        return address
    }

    /// Of a Unix socket. Nil where the path is too long, or empty.
    init?(path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let isFit = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard !path.isEmpty, path.utf8.count < room.count, !path.utf8.contains(0) else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        guard isFit else { return nil }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
        withUnsafeMutableBytes(of: &storage) { storage in
            withUnsafeBytes(of: &address) { storage.copyMemory(from: $0) }
        }
    }

    /// To be filled in by a system call through `withMutableAddress`.
    init() {}

    var isIPv6: Bool { storage.ss_family == sa_family_t(AF_INET6) }
    var family: Int32 { Int32(storage.ss_family) }
    /// Nil of a Unix socket, and of nobody that is known.
    var ip: IPAddress? { withAddress { address, _ in ipAddress(address) } }
    /// What limits count it as; of a Unix socket nothing that means anything.
    var source: Peer.Source { (ip.map { Peer(.address($0)) } ?? .unknown).source }

    /// The port, in either family.
    var port: UInt16 {
        withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
    }

    func withAddress<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        withUnsafePointer(to: storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    mutating func withMutableAddress(
        _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> Int32 {
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
        }
    }
}

/// A socket address without its port; nil for families other than IPv4 and IPv6.
func ipAddress(_ address: UnsafePointer<sockaddr>) -> IPAddress? {
    let raw = UnsafeRawPointer(address)
    // The address stands at byte 4 of a sockaddr_in and at byte 8 of a sockaddr_in6.
    switch Int32(address.pointee.sa_family) {
    case AF_INET: return IPAddress(bytes: UnsafeRawBufferPointer(start: raw + 4, count: 4))
    case AF_INET6: return IPAddress(bytes: UnsafeRawBufferPointer(start: raw + 8, count: 16))
    default: return nil
    }
}

/// Binds and listens; answers the descriptor and the port. Two servers cannot share a port: no SO_REUSEPORT.
func listeningSocket(address text: String, port: UInt16) throws(ServerError) -> (descriptor: Int32, port: UInt16) {
    guard let address = SocketAddress(text, port: port) else { throw .addressNotNumeric }
    let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = socket(address.family, Int32(type), 0)
    guard descriptor >= 0 else { throw .system(call: "socket", code: errno) }
    // Only lets a port be taken again that closed connections still linger on; a listening socket still keeps it.
    var on: Int32 = 1
    var off: Int32 = 0
    let size = socklen_t(MemoryLayout<Int32>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
    if address.isIPv6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, size) }
    guard address.withAddress({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, 4096) == 0 else {
        let code = errno
        close(descriptor)
        throw code == EADDRINUSE ? .addressInUse : .system(call: "bind", code: code)
    }
    var bound = SocketAddress()
    guard bound.withMutableAddress({ getsockname(descriptor, $0, $1) }) == 0 else {
        let code = errno
        close(descriptor)
        throw .system(call: "getsockname", code: code)
    }
    return (descriptor, bound.port)
}

/// Binds a Unix socket and listens; answers the descriptor. A socket file that nobody listens on any more is replaced.
func listeningSocket(path: String, mode: UInt32, group: UInt32?) throws(ServerError) -> Int32 {
    guard let address = SocketAddress(path: path) else { throw .configuration("the socket's path is too long") }
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let probe = socket(AF_UNIX, type, 0)
    guard probe >= 0 else { throw .system(call: "socket", code: errno) }
    let isUsed = address.withAddress { connect(probe, $0, $1) } == 0 || errno == EAGAIN
    var status = stat()
    // Anything else of that name is left alone.
    let isAbandoned =
        !isUsed && errno == ECONNREFUSED && lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    close(probe)
    if isUsed { throw .addressInUse }
    if isAbandoned { unlink(path) }
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw .system(call: "socket", code: errno) }
    // Nobody connects before it listens.
    guard address.withAddress({ bind(descriptor, $0, $1) }) == 0,
        group.map({ lchown(path, uid_t.max, $0) }) ?? 0 == 0, chmod(path, mode) == 0, listen(descriptor, 4096) == 0
    else {
        let code = errno
        close(descriptor)
        throw code == EADDRINUSE ? .addressInUse : .system(call: "bind", code: code)
    }
    return descriptor
}

/// A descriptor that another thread can make readable, to end a `poll`.
struct Waker: Sendable {
    let descriptor: Int32

    init() throws(ServerError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .system(call: "eventfd", code: errno) }
    }

    func wake() {
        eventfd_write(descriptor, 1)
    }

    /// Makes it unreadable again.
    func clear() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }

    func destroy() {
        close(descriptor)
    }
}

/// Raises the soft limit of open descriptors to the hard one, and answers what it is now.
func raiseDescriptorLimit() throws(ServerError) -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
        throw .system(call: "getrlimit", code: errno)
    }
    if limit.rlim_cur < limit.rlim_max {
        limit.rlim_cur = limit.rlim_max
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw .system(call: "setrlimit", code: errno)
        }
    }
    return Int(clamping: limit.rlim_cur)
}

/// Who is at the other end of a connection.
func peer(of connection: OpaquePointer) -> Peer {
    guard let address = sr_mhd_client_address(connection) else { return .unknown }
    // Of a Unix socket, who the kernel says it is.
    if Int32(address.pointee.sa_family) == AF_UNIX {
        var credentials = sr_peer_credentials_t()
        guard sr_peer_credentials(sr_mhd_socket(connection), &credentials) == 0 else { return .unknown }
        return Peer(.user(credentials.uid))
    }
    return ipAddress(address).map { Peer(.address($0)) } ?? .unknown
}
