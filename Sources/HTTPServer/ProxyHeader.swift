// The header that a proxy sends before all else, to say whose connection it passes on: the PROXY protocol, version 2, as HAProxy's
// specification has it. The text header of version 1 is refused.

internal import Glibc

/// One header, as far as it has arrived. No more is ever asked for than belongs to it: what comes after it is the client's.
struct ProxyHeader {
    enum Origin {
        /// The proxy's own connection, such as a health check.
        case proxy
        case address(SocketAddress)
        /// The proxy does not know it.
        case unknown
    }

    enum State {
        /// So many bytes have to come before more can be said.
        case incomplete(missing: Int)
        case complete(Origin)
        case malformed
    }

    /// Signature, version and command, family and transport, length of the rest.
    private static let fixedLength = 16
    private static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    /// An IPv6 header has 52 bytes; the rest is for what proxies add to it.
    static let longest = 536

    private var bytes: [UInt8] = []

    var state: State {
        guard bytes.starts(with: Self.signature.prefix(bytes.count)) else { return .malformed }
        guard bytes.count >= Self.fixedLength else { return .incomplete(missing: Self.fixedLength - bytes.count) }
        let length = Self.fixedLength + Int(bytes[14]) << 8 + Int(bytes[15])
        guard length <= Self.longest, let origin = origin(length: length - Self.fixedLength) else { return .malformed }
        if bytes.count < length { return .incomplete(missing: length - bytes.count) }
        return .complete(origin)
    }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: more)
    }

    /// What the header says; before all of it is there, whether it can be one.
    private func origin(length: Int) -> Origin? {
        let isWhole = bytes.count == Self.fixedLength + length
        switch (bytes[12], bytes[13]) {
        // What family a proxy gives its own connection does not matter.
        case (0x20, _): return .proxy
        case (0x21, 0x00): return .unknown
        // TCP over IPv4 and IPv6: both addresses, both ports.
        case (0x21, 0x11) where length >= 12: return isWhole ? address(bytes: 4) : .unknown
        case (0x21, 0x21) where length >= 36: return isWhole ? address(bytes: 16) : .unknown
        default: return nil
        }
    }

    private func address(bytes size: Int) -> Origin? {
        bytes.withUnsafeBytes { bytes in
            let start = Self.fixedLength
            let port = UInt16(bytes[start + 2 * size]) << 8 | UInt16(bytes[start + 2 * size + 1])
            return SocketAddress(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]), port: port)
                .map { .address($0) }
        }
    }
}
