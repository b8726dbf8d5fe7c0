// A raw HTTP client for tests: what is sent is exactly what the test says, and what comes back is taken apart just
// enough to look at.

internal import Glibc

/// One TCP connection. Every wait ends after `timeout` seconds with an error. For one thread at a time.
public final class TestConnection {
    public let descriptor: Int32
    public var timeout: Double
    /// Received and not yet part of a response.
    private var pending: [UInt8] = []
    private var ended = false

    /// Connects to a port of this machine.
    /// - Parameter source: an IPv4 address of this machine, such as 127.0.0.2, to connect from.
    public init(
        port: UInt16, address: String = "127.0.0.1", from source: String? = nil, timeout: Double = 10,
        receiveBuffer: Int32? = nil
    ) throws {
        self.timeout = timeout
        var four = sockaddr_in()
        var six = sockaddr_in6()
        let result: Int32
        if inet_pton(AF_INET, address, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            descriptor = try Self.socket(AF_INET, receiveBuffer)
            if let source { try bind(to: source) }
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            result = [descriptor].withUnsafeBufferPointer { descriptor in
                withUnsafeBytes(of: &four) {
                    Glibc.connect(descriptor[0], $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), size)
                }
            }
        } else {
            guard inet_pton(AF_INET6, address, &six.sin6_addr) == 1 else { throw TestError("not an address") }
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            descriptor = try Self.socket(AF_INET6, receiveBuffer)
            let size = socklen_t(MemoryLayout<sockaddr_in6>.size)
            result = [descriptor].withUnsafeBufferPointer { descriptor in
                withUnsafeBytes(of: &six) {
                    Glibc.connect(descriptor[0], $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), size)
                }
            }
        }
        guard result == 0 else {
            let code = errno
            close()
            throw TestError("connect", code: code)
        }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close() }

    /// Sends all of it.
    public func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            try wait(for: Int16(POLLOUT), "send")
            let length = bytes.withUnsafeBytes { bytes in
                Glibc.send(
                    descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(0x4000 | 0x40))
            }
            if length < 0 {
                if errno == EAGAIN || errno == EINTR { continue }
                throw TestError("send", code: errno)
            }
            sent += length
        }
    }

    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends one request; no headers but `Host`, `Content-Length` where there is a body, and the given ones.
    public func sendRequest(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) throws {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        if let body { head += "Content-Length: \(body.count)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        try send(Array((head + "\r\n").utf8) + (body ?? []))
    }

    /// Sends one request and reads its answer.
    @discardableResult
    public func request(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) throws -> TestResponse {
        try sendRequest(method, path, headers: headers, body: body)
        return try readResponse(toHead: method == "HEAD")
    }

    /// Reads one response, interim ones (1xx) included. What follows it stays for the next call.
    /// - Parameter toHead: it answers a HEAD request, so has no body whatever its headers say.
    public func readResponse(toHead: Bool = false) throws -> TestResponse {
        let end: [UInt8] = [13, 10, 13, 10]
        var headEnd: Int?
        while headEnd == nil {
            headEnd = pending.firstRange(of: end)?.upperBound
            if headEnd == nil, !(try receive()) { throw TestError("closed within a response's head") }
        }
        var response = try TestResponse(head: pending[..<(headEnd ?? 0)])
        pending.removeFirst(headEnd ?? 0)
        if toHead || response.status < 200 || response.status == 204 || response.status == 304 { return response }
        if let text = response["Content-Length"] {
            guard let length = Int(text) else { throw TestError("Content-Length is not a number") }
            while pending.count < length {
                if !(try receive()) { throw TestError("closed within a response's body") }
            }
            response.body = Array(pending[..<length])
            pending.removeFirst(length)
        } else {
            while try receive() {}
            response.body = pending
            pending = []
        }
        return response
    }

    /// Everything that comes until the server closes.
    public func readToEnd() throws -> [UInt8] {
        while try receive() {}
        defer { pending = [] }
        return pending
    }

    /// Waits for the server to close; false when `seconds` pass before it does. What comes before that is dropped.
    public func isClosed(within seconds: Double) -> Bool {
        let before = timeout
        defer { timeout = before }
        let deadline = now() + seconds
        while true {
            timeout = max(deadline - now(), 0)
            do {
                if !(try receive()) { return true }
            } catch let error as TestError where error.code == ETIMEDOUT {
                return false
            } catch {
                return true
            }
        }
    }

    /// Sends no more, but can still read.
    public func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

    public func close() {
        if !ended { Glibc.close(descriptor) }
        ended = true
    }

    /// Closes with a reset, as a crashed client's machine would.
    public func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// False at the end of what the server sends.
    private func receive() throws -> Bool {
        try wait(for: Int16(POLLIN), "receive")
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let length = recv(descriptor, &buffer, buffer.count, 0)
        guard length >= 0 else { throw TestError("receive", code: errno) }
        pending += buffer[..<length]
        return length > 0
    }

    private func wait(for events: Int16, _ what: String) throws {
        var polled = pollfd(fd: descriptor, events: events, revents: 0)
        let deadline = now() + timeout
        while true {
            let ready = poll(&polled, 1, Int32(max(deadline - now(), 0) * 1000))
            if ready > 0 { return }
            if ready == 0 || errno != EINTR { throw TestError(what, code: ETIMEDOUT) }
        }
    }

    private func bind(to address: String) throws {
        var own = sockaddr_in()
        own.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, address, &own.sin_addr)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeBytes(of: &own) {
            Glibc.bind(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), size)
        }
        guard result == 0 else {
            let code = errno
            close()
            throw TestError("bind", code: code)
        }
    }

    private static func socket(_ family: Int32, _ receiveBuffer: Int32?) throws -> Int32 {
        let descriptor = Glibc.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestError("socket", code: errno) }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        return descriptor
    }
}

/// One request on a connection of its own.
@discardableResult
public func request(
    port: UInt16, _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
) throws -> TestResponse {
    let connection = try TestConnection(port: port)
    defer { connection.close() }
    return try connection.request(method, path, headers: headers, body: body)
}
