// Who is at the other end of a connection, and what limits count it as.

/// The other end of a connection: an address, the user of a process on this machine, or nobody that is known.
public struct Peer: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case address(IPAddress)
        /// At the other end of a Unix socket, as the kernel says.
        case user(UInt32)
        case unknown
    }

    public let kind: Kind
    /// As logs and records show it: an address, `uid:` and a number, or nothing. Made once a connection.
    public let text: String

    public init(_ kind: Kind) {
        self.kind = kind
        text =
            switch kind {
            case .address(let address): address.description
            case .user(let user): "uid:\(user)"
            case .unknown: ""
            }
    }

    public static let unknown = Peer(.unknown)

    public var address: IPAddress? {
        guard case .address(let address) = kind else { return nil }
        return address
    }

    public var user: UInt32? {
        guard case .user(let user) = kind else { return nil }
        return user
    }

    /// What a limit counts together.
    public var source: Source {
        guard case .address(let address) = kind else { return Source(kind: kind) }
        // One site has the first 64 bits of an IPv6 address for itself (RFC 6177).
        return Source(kind: .address(address.isIPv4 ? address : address.masked(to: 64)))
    }

    /// The network around a source, of which one owner may have all: 24 bits of an IPv4 address, 48 of an IPv6 address.
    public struct Site: Sendable, Hashable {
        let kind: Kind
    }

    /// An IPv4 address, an IPv6 network of 64 bits, a user of this machine, or all that are unknown.
    public struct Source: Sendable, Hashable {
        let kind: Kind

        public var site: Site {
            guard case .address(let address) = kind else { return Site(kind: kind) }
            return Site(kind: .address(address.masked(to: address.isIPv4 ? 24 : 48)))
        }

        /// As records show it; an IPv6 network with its length.
        public var description: String {
            guard case .address(let address) = kind, !address.isIPv4 else { return Peer(kind).text }
            return "\(address)/64"
        }
    }
}
