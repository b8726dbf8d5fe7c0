// Networks that requests may come from (RFC 4632, RFC 4291, 2.3).

internal import Glibc

/// An IPv4 or IPv6 network, as `10.0.0.0/8` or `2001:db8::/32`; without a length, one address. An IPv4 address that comes as
/// IPv6 (`::ffff:0:0/96`) is the IPv4 address.
public struct SourceNetwork: Sendable, Equatable {
    private let address: [UInt8]
    private let prefix: Int

    /// Nil where it is no network, or has bits set behind its length.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = Self.parse(String(parts[0])) else { return nil }
        let bits = address.count * 8
        var prefix = bits
        if parts.count == 2 {
            guard let length = Int(parts[1]), (0...bits).contains(length), String(length) == parts[1] else {
                return nil
            }
            prefix = length
        }
        for bit in prefix..<bits where address[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 { return nil }
        self.address = address
        self.prefix = prefix
    }

    /// Of its address.
    var firstEightBytes: ArraySlice<UInt8> { address.prefix(8) }

    /// Whether an address, as text, is in it.
    public func contains(_ peer: String) -> Bool {
        guard let peer = Self.parse(peer), peer.count == address.count else { return false }
        for index in 0..<prefix / 8 where peer[index] != address[index] { return false }
        let rest = prefix % 8
        if rest == 0 { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
        return (peer[prefix / 8] ^ address[prefix / 8]) & mask == 0
    }

    private static func parse(_ text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : bytes
    }
}
