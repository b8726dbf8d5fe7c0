// IPv4 and IPv6 addresses as values that compare and hash in a few instructions.

internal import Glibc

/// An IPv4 or IPv6 address. An IPv4 address written as IPv6 (`::ffff:0:0/96`) is the IPv4 address.
public struct IPAddress: Sendable, Hashable {
    /// The first eight bytes, big-endian; 0 for IPv4.
    let high: UInt64
    /// The last eight bytes, big-endian; an IPv4 address is in the low 32 bits.
    let low: UInt64
    public let isIPv4: Bool

    /// Nil unless there are 4 or 16 bytes.
    public init?(bytes: some Collection<UInt8>) {
        let words = bytes.reduce((high: UInt64(0), low: UInt64(0))) { words, byte in
            (words.high << 8 | words.low >> 56, words.low << 8 | UInt64(byte))
        }
        switch bytes.count {
        case 4: (high, low, isIPv4) = (0, words.low, true)
        case 16 where words.high == 0 && words.low >> 32 == 0xFFFF:
            (high, low, isIPv4) = (0, words.low & 0xFFFF_FFFF, true)
        case 16: (high, low, isIPv4) = (words.high, words.low, false)
        default: return nil
        }
    }

    /// Nil where the text is not a numeric address.
    public init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(bytes: withUnsafeBytes(of: &four) { Array($0) })
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            self.init(bytes: withUnsafeBytes(of: &six) { Array($0) })
        } else {
            return nil
        }
    }

    /// Whether it is an address of this host alone: 127.0.0.0/8 or ::1.
    public var isLoopback: Bool { isIPv4 ? low >> 24 == 127 : high == 0 && low == 1 }

    var bitCount: Int { isIPv4 ? 32 : 128 }

    /// The address with all bits behind the first `prefix` cleared.
    func masked(to prefix: Int) -> IPAddress {
        let kept = prefix + (isIPv4 ? 96 : 0)
        func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : ~(.max >> UInt64(bits)) }
        return IPAddress(high: high & mask(kept), low: low & mask(kept - 64), isIPv4: isIPv4)
    }

    private init(high: UInt64, low: UInt64, isIPv4: Bool) {
        self.high = high
        self.low = low
        self.isIPv4 = isIPv4
    }
}

extension IPAddress: CustomStringConvertible {
    /// As `inet_ntop` writes it (RFC 5952).
    public var description: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            guard let start = text.baseAddress else { return "" }
            var words = (high.bigEndian, low.bigEndian)
            return withUnsafeBytes(of: &words) { bytes in
                let from = bytes.baseAddress.map { isIPv4 ? $0 + 12 : $0 }
                let written = inet_ntop(isIPv4 ? AF_INET : AF_INET6, from, start, socklen_t(INET6_ADDRSTRLEN))
                return written == nil ? "" : String(cString: start)
            }
        }
    }
}
