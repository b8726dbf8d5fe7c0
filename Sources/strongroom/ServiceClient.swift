// A request to a running service, for the commands that talk to one: HTTP/1.1 on one connection, with TLS or over loopback.

internal import Bytes
internal import Glibc
internal import JSON
internal import TLS

struct ServiceClientError: Error, CustomStringConvertible {
    let description: String
}

struct ServiceClient {
    private let host: String
    private let port: String
    private let isSecure: Bool
    /// Of a Unix socket.
    private let path: String?
    private let authorities: [UInt8]?

    /// - Parameters:
    ///   - address: `http://HOST:PORT`, `https://HOST:PORT` or `unix:PATH`.
    ///   - authorities: a file, in PEM; nil: those that the system trusts.
    init(address: String, authorities: String? = nil) throws(ServiceClientError) {
        if address.hasPrefix("unix:") {
            (host, port, isSecure, self.authorities) = ("localhost", "0", false, nil)
            path = String(address.dropFirst(5))
            return
        }
        path = nil
        isSecure = address.hasPrefix("https://")
        guard isSecure || address.hasPrefix("http://"), let colon = address.lastIndex(of: ":"),
            UInt16(address[address.index(after: colon)...]) != nil
        else {
            throw ServiceClientError(
                description: "the address must be http://HOST:PORT, https://HOST:PORT or unix:PATH")
        }
        host = String(address[..<colon].dropFirst(isSecure ? 8 : 7)).filter { $0 != "[" && $0 != "]" }
        port = String(address[address.index(after: colon)...])
        guard let authorities else {
            self.authorities = nil
            return
        }
        guard let bytes = readFile(authorities, limit: 1 << 20) else {
            throw ServiceClientError(description: "\(authorities): \(String(cString: strerror(errno)))")
        }
        self.authorities = [UInt8](bytes.bytes)
    }

    /// Sends one request. An answer that is a refusal is thrown, by its detail.
    /// - Parameters:
    ///   - token: written to the request as it is; its bytes go nowhere else.
    ///   - body: JSON.
    func send(_ method: String, _ path: String, token: ByteBuffer? = nil, body: ByteBuffer? = nil)
        throws(ServiceClientError) -> JSONDocument
    {
        let request = ByteBuffer(minimumCapacity: 8192)
        request.append("\(method) \(path) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n")
        if let token {
            request.append("Authorization: Bearer ")
            request.append(token.bytes)
            request.append("\r\n")
        }
        if let body { request.append("Content-Type: application/json\r\nContent-Length: \(body.count)\r\n") }
        request.append("\r\n")
        if let body { request.append(body.bytes) }
        let answer = try exchange(request)
        let text = answer.bytes
        guard let end = text.firstRange(of: Array("\r\n\r\n".utf8)), text.starts(with: "HTTP/1.1 ".utf8) else {
            throw ServiceClientError(description: "\(host):\(port) does not answer as a Strongroom does")
        }
        let document: JSONDocument
        do {
            document = try JSONDocument.parse(UnsafeRawBufferPointer(rebasing: text[end.upperBound...]))
        } catch {
            throw ServiceClientError(description: "\(host):\(port) does not answer as a Strongroom does")
        }
        guard text[9] == UInt8(ascii: "2") else {
            let title = document.root.member("title")?.string ?? document.root.member("status")?.string ?? "refused"
            let detail = document.root.member("detail")?.string ?? ""
            throw ServiceClientError(description: detail.isEmpty ? title : "\(title). \(detail)")
        }
        return document
    }

    private func exchange(_ request: ByteBuffer) throws(ServiceClientError) -> ByteBuffer {
        let socket = try connect()
        defer { close(socket) }
        guard isSecure else {
            return try exchange(
                request,
                send: { bytes throws(ServiceClientError) in
                    try counted(Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)))
                },
                receive: { room throws(ServiceClientError) in
                    try counted(recv(socket, room.baseAddress, room.count, 0))
                })
        }
        do throws(TLSError) {
            let client = try TLSClient(on: socket, host: host, authorities: authorities)
            return try exchange(
                request, send: { bytes throws(TLSError) in try client.send(bytes) },
                receive: { room throws(TLSError) in try client.receive(into: room) })
        } catch {
            throw ServiceClientError(description: error.description)
        }
    }

    /// Sends all of the request, and receives up to the end.
    private func exchange<Failure: Error>(
        _ request: ByteBuffer, send: (UnsafeRawBufferPointer) throws(Failure) -> Int,
        receive: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> ByteBuffer {
        var rest = request.bytes
        while !rest.isEmpty { rest = UnsafeRawBufferPointer(rebasing: rest[(try send(rest))...]) }
        let answer = ByteBuffer(minimumCapacity: Self.answerLimit)
        while answer.count < Self.answerLimit {
            let before = answer.count
            try answer.append(room: Self.answerLimit - before, receive)
            if answer.count == before { break }
        }
        return answer
    }

    private func counted(_ count: Int) throws(ServiceClientError) -> Int {
        if count < 0 { throw failure() }
        return count
    }

    private func connect() throws(ServiceClientError) -> Int32 {
        if let path { return try connect(to: path) }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, port, &hints, &found) == 0, let found else {
            throw ServiceClientError(description: "there is no host \(host)")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(found.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw failure() }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard Glibc.connect(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else {
            let error = failure()
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private func connect(to path: String) throws(ServiceClientError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw ServiceClientError(description: "\(path) is too long for a socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw failure() }
        let status = withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            let error = failure()
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private func failure() -> ServiceClientError {
        ServiceClientError(description: "\(path ?? "\(host):\(port)"): \(String(cString: strerror(errno)))")
    }

    private static let answerLimit = 65_536
}
