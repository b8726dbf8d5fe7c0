// A connected socket, over TCP or a Unix socket, whose calls wait for so long and no longer.

internal import Glibc
internal import Network

enum Socket {
    /// The caller closes it.
    /// - Parameter onThisHost: whether a name that stands for another host's address is refused.
    static func connect(
        to address: HTTPAddress, onThisHost: Bool = false, timeoutSeconds: Int
    ) throws(HTTPClientError) -> Int32 {
        switch address {
        case .socket(let path): return try connect(toPath: path, address, timeoutSeconds)
        case .host(let host, let port, _):
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var found: UnsafeMutablePointer<addrinfo>?
            guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let found else {
                throw HTTPClientError("there is no host \(host)")
            }
            defer { freeaddrinfo(found) }
            var at: UnsafeMutablePointer<addrinfo>? = found
            // The last that there is says why.
            while let one = at {
                at = one.pointee.ai_next
                do throws(HTTPClientError) {
                    guard !onThisHost || ip(of: one.pointee)?.isLoopback == true else {
                        throw HTTPClientError("\(address): \(host) is not this host; use https://")
                    }
                    return try connect(
                        one.pointee.ai_family, one.pointee.ai_addr, one.pointee.ai_addrlen, address, timeoutSeconds)
                } catch {
                    if at == nil { throw error }
                }
            }
            throw HTTPClientError("there is no host \(host)")
        }
    }

    private static func ip(of found: addrinfo) -> IPAddress? {
        guard let address = found.ai_addr else { return nil }
        // Where an address stands in a sockaddr_in and in a sockaddr_in6.
        let place = found.ai_family == AF_INET ? (at: 4, length: 4) : (at: 8, length: 16)
        guard [AF_INET, AF_INET6].contains(found.ai_family), Int(found.ai_addrlen) >= place.at + place.length else {
            return nil
        }
        return IPAddress(
            bytes: UnsafeRawBufferPointer(start: UnsafeRawPointer(address) + place.at, count: place.length))
    }

    private static func connect(
        toPath path: String, _ address: HTTPAddress, _ timeoutSeconds: Int
    ) throws(HTTPClientError) -> Int32 {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: name.sun_path) else {
            throw HTTPClientError("\(path) is too long for a socket")
        }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        return try withUnsafePointer(to: name) { pointer throws(HTTPClientError) in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer throws(HTTPClientError) in
                try connect(AF_UNIX, pointer, socklen_t(MemoryLayout<sockaddr_un>.size), address, timeoutSeconds)
            }
        }
    }

    private static func connect(
        _ family: Int32, _ name: UnsafePointer<sockaddr>?, _ length: socklen_t, _ address: HTTPAddress,
        _ timeoutSeconds: Int
    ) throws(HTTPClientError) -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw HTTPClientError("\(address)", errno) }
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        // For connecting too.
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard Glibc.connect(descriptor, name, length) == 0 else {
            let code = errno == EINPROGRESS ? EAGAIN : errno
            close(descriptor)
            throw HTTPClientError("\(address)", code)
        }
        return descriptor
    }
}
