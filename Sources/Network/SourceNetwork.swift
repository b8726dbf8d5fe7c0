// Networks that requests may come from (RFC 4632; RFC 4291, section 2.3).

/// An IPv4 or IPv6 network, as `10.0.0.0/8` or `2001:db8::/32`; without a length, one address.
public struct SourceNetwork: Sendable, Equatable {
    private let address: IPAddress
    private let prefix: Int

    /// Nil where the text is not a network, or has bits set behind its length.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
        // The length belongs to what was written: `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
        let written = parts[0].contains(":") ? 128 : 32
        var prefix = address.bitCount
        if parts.count == 2 {
            guard let length = Int(parts[1]), String(length) == parts[1] else { return nil }
            prefix = length - (written - address.bitCount)
            guard (0...address.bitCount).contains(prefix) else { return nil }
        }
        guard address.masked(to: prefix) == address else { return nil }
        self.address = address
        self.prefix = prefix
    }

    public func contains(_ other: IPAddress) -> Bool {
        other.isIPv4 == address.isIPv4 && other.masked(to: prefix) == address
    }
}
