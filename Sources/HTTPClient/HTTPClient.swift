// One request over HTTP/1.1 on a connection of its own: what the commands ask a service, and what a service asks for an issuer's
// keys. Small on purpose: the libraries that Debian has for it bring Kerberos, LDAP and SSH into the process of the keys.

public import Bytes
internal import Glibc
internal import TLS

/// A client of one address. One thread at a time.
public struct HTTPClient {
    public struct Request {
        public var method: String
        /// With its query, percent-encoded.
        public var path: String
        /// Sent as a bearer token. Its bytes go nowhere else.
        public var token: ByteBuffer?
        /// Sent as JSON.
        public var body: ByteBuffer?

        public init(method: String, path: String, token: ByteBuffer? = nil, body: ByteBuffer? = nil) {
            self.method = method
            self.path = path
            self.token = token
            self.body = body
        }
    }

    /// Bytes of an answer, head and all.
    public var maximumAnswer = 65_536
    /// PEM; the server is held to this certificate instead of to authorities and its name.
    public var pinned: [UInt8]?
    /// Until the next bytes have come or gone, and for all of the exchange.
    public var timeoutSeconds = 30
    public var deadlineSeconds = 60

    /// Whether plain HTTP may leave this host.
    public var allowsPlain = false

    private let address: HTTPAddress
    private let authorities: [UInt8]?
    private let certificate: (chain: [UInt8], key: [UInt8])?

    /// - Parameters:
    ///   - authorities: PEM; nil: those that the system trusts.
    ///   - certificate: shown where the server asks for one; with its chain and key, PEM.
    public init(
        _ address: HTTPAddress, authorities: [UInt8]? = nil, certificate: (chain: [UInt8], key: [UInt8])? = nil
    ) {
        self.certificate = certificate
        self.address = address
        self.authorities = authorities
    }

    /// Sends a request. Any status is an answer.
    public func send(_ request: Request) throws(HTTPClientError) -> HTTPAnswer {
        let isPrintable: (UInt8) -> Bool = { $0 > 0x20 && $0 < 0x7F }
        guard (request.method + request.path).utf8.allSatisfy(isPrintable) else {
            throw HTTPClientError("the request's path has characters that a path cannot have")
        }
        guard request.token?.bytes.allSatisfy(isPrintable) != false else {
            throw HTTPClientError("the token has characters that no token has, such as the end of a line")
        }
        var staysHere = false
        if case .host(_, _, isSecure: false) = address, !allowsPlain {
            guard address.staysOnHost else {
                throw HTTPClientError("\(address): plain HTTP is for 127.0.0.1, ::1 and localhost alone; use https://")
            }
            staysHere = true
        }
        let head = ByteBuffer(minimumCapacity: 1024 + (request.body?.count ?? 0))
        head.append(
            "\(request.method) \(request.path) HTTP/1.1\r\nHost: \(address.authority)\r\nConnection: close\r\nUser-Agent: strongroom\r\n"
        )
        if let token = request.token {
            head.append("Authorization: Bearer ")
            head.append(token.bytes)
            head.append("\r\n")
        }
        if let body = request.body {
            head.append("Content-Type: application/json\r\nContent-Length: \(body.count)\r\n")
        }
        head.append("\r\n")
        if let body = request.body { head.append(body.bytes) }
        let socket = try Socket.connect(to: address, onThisHost: staysHere, timeoutSeconds: timeoutSeconds)
        defer { close(socket) }
        let received: (bytes: ByteBuffer, isOver: Bool)
        var wasCut = false
        if case .host(let host, _, isSecure: true) = address {
            do throws(TLSError) {
                let client = try TLSClient(
                    on: socket, host: host, authorities: authorities, pinned: pinned, certificate: certificate,
                    timeoutSeconds: timeoutSeconds)
                received = try exchange(
                    head, send: { bytes throws(TLSError) in try client.send(bytes) },
                    receive: { room throws(TLSError) in try client.receive(into: room) })
                wasCut = client.wasCut
            } catch {
                throw HTTPClientError(error.description)
            }
        } else {
            received = try exchange(
                head,
                send: { bytes throws(HTTPClientError) in
                    try counted(Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)))
                },
                receive: { room throws(HTTPClientError) in
                    try counted(recv(socket, room.baseAddress, room.count, 0))
                })
        }
        guard received.bytes.count < maximumAnswer else { throw HTTPClientError("\(address): the answer is too long") }
        guard received.isOver else { throw HTTPClientError("\(address)", EAGAIN) }
        guard let answer = HTTPAnswer(received.bytes, wasCut: wasCut) else {
            throw HTTPClientError("\(address): the answer is not HTTP, or was cut off")
        }
        return answer
    }

    /// Authorities out of a file in PEM.
    public static func authorities(in file: String) throws(HTTPClientError) -> [UInt8] {
        guard let bytes = ByteBuffer.ofFile(file, limit: 1 << 20) else { throw HTTPClientError(file, errno) }
        return [UInt8](bytes.bytes)
    }

    /// A token out of a file, without the end of its line.
    public static func token(in file: String) throws(HTTPClientError) -> ByteBuffer {
        guard let token = ByteBuffer.ofFile(file, limit: 16_384) else { throw HTTPClientError(file, errno) }
        while let last = token.bytes.last, last <= 0x20 { token.truncate(to: token.count - 1) }
        guard token.bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw HTTPClientError("\(file): is no token") }
        return token
    }

    /// Sends all of the request, and receives up to the end of the connection, where that comes in time.
    private func exchange<Failure: Error>(
        _ request: ByteBuffer, send: (UnsafeRawBufferPointer) throws(Failure) -> Int,
        receive: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> (bytes: ByteBuffer, isOver: Bool) {
        let end = seconds() + deadlineSeconds
        var rest = request.bytes
        while !rest.isEmpty { rest = UnsafeRawBufferPointer(rebasing: rest[(try send(rest))...]) }
        let answer = ByteBuffer(minimumCapacity: 16_384)
        while answer.count < maximumAnswer, seconds() < end {
            let before = answer.count
            try answer.append(room: min(maximumAnswer - before, max(before, 16_384)), receive)
            if answer.count == before { return (answer, true) }
        }
        return (answer, false)
    }

    private func seconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec
    }

    private func counted(_ count: Int) throws(HTTPClientError) -> Int {
        if count < 0 { throw HTTPClientError("\(address)", errno) }
        return count
    }
}

/// Why there is no answer, in words.
public struct HTTPClientError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }

    /// - Parameter code: an `errno`.
    init(_ what: String, _ code: Int32) {
        // What a socket says whose time is over.
        description = "\(what): \(code == EAGAIN ? "no answer in time" : String(cString: strerror(code)))"
    }
}
