// Where a service is: a host and port with TLS or without, or a Unix socket.

internal import Network

/// An address as `http://HOST:PORT`, `https://HOST:PORT` (80 and 443 where there is no port) or `unix:PATH` says it.
public enum HTTPAddress: Equatable, Sendable {
    case host(String, port: UInt16, isSecure: Bool)
    case socket(path: String)

    /// Nil where it is none, or has a path, user or query.
    public init?(_ text: String) {
        if text.hasPrefix("unix:") {
            guard text.hasPrefix("unix:/") else { return nil }
            self = .socket(path: String(text.dropFirst(5)))
            return
        }
        guard let (address, path) = Self.split(url: text), path.isEmpty || path == "/" else { return nil }
        self = address
    }

    /// An `http` or `https` URL's address and what follows it, which is empty or begins with `/`. Nil where it is none.
    public static func split(url: String) -> (address: HTTPAddress, path: String)? {
        let isSecure = url.hasPrefix("https://")
        guard isSecure || url.hasPrefix("http://"), url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let rest = url.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let path = rest.dropFirst(authority.count)
        guard path.isEmpty || path.hasPrefix("/"), !path.contains("#"), !authority.contains("@") else { return nil }
        var host = authority
        var port: UInt16 = isSecure ? 443 : 80
        // A colon in brackets belongs to an IPv6 address.
        if let colon = authority.lastIndex(of: ":"), authority[colon...].allSatisfy({ $0 != "]" }) {
            guard let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else { return nil }
            (host, port) = (authority[..<colon], number)
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains("["), !host.contains("]") else { return nil }
        return (.host(String(host), port: port, isSecure: isSecure), String(path))
    }

    /// Whether what is sent to it can be read or changed on the way only by who has the host itself. Of names `localhost` alone may,
    /// and what it stands for is looked at when a connection is made.
    public var staysOnHost: Bool {
        switch self {
        case .socket: true
        case .host(let host, _, _): host == "localhost" || IPAddress(host)?.isLoopback == true
        }
    }

    /// The port that is connected to; nil for a socket.
    public var port: UInt16? {
        guard case .host(_, let port, _) = self else { return nil }
        return port
    }

    /// The `Host` header.
    var authority: String {
        switch self {
        case .socket: "localhost"
        case .host(let host, let port, _): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}

extension HTTPAddress: CustomStringConvertible {
    public var description: String {
        switch self {
        case .socket(let path): "unix:\(path)"
        case .host(_, _, let isSecure): "\(isSecure ? "https" : "http")://\(authority)"
        }
    }
}
