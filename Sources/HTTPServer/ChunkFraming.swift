// The framing of a chunked body, read as RFC 9112, section 7.1, has it and no other way. libmicrohttpd also takes lines that end
// in LF alone; another server or a proxy in front may read those differently, and one request then hides in another.

/// How far the framing of one body has been read.
struct ChunkFraming {
    private enum State {
        /// No chunked body is being read.
        case idle
        case size
        case chunkExtension
        case sizeLineFeed
        case data
        case dataCarriageReturn
        case dataLineFeed
        /// Behind the last chunk: a trailer, or the end.
        case lineStart
        case name
        case value
        case valueLineFeed
        case endLineFeed
    }

    /// Bytes of one chunk's extensions that are read over; nobody sends that much.
    private static let longestExtension = 256
    /// Bytes of all trailers. libmicrohttpd keeps them in the connection's memory.
    private static let longestTrailers = 4096

    private var state: State
    /// The chunk's size, then what is left of it.
    private var size = 0
    private var digits = 0
    /// Of extensions, or of trailers.
    private var bytes = 0
    private var name = TrailerName()

    init(isReading: Bool = false) {
        state = isReading ? .size : .idle
    }

    /// Whether the body goes on.
    var isReading: Bool { state != .idle }

    /// Reads on. The bytes that belong to the body; nil where they are malformed.
    mutating func read(_ received: UnsafeRawBufferPointer) -> Int? {
        var position = 0
        while position < received.count, state != .idle {
            if state == .data {
                let length = min(size, received.count - position)
                position += length
                size -= length
                if size == 0 { state = .dataCarriageReturn }
            } else {
                guard take(received[position]) else { return nil }
                position += 1
            }
        }
        return position
    }

    /// A byte that is not a chunk's data.
    private mutating func take(_ byte: UInt8) -> Bool {
        switch state {
        case .idle, .data: return false
        case .size: return takeSize(byte)
        case .chunkExtension:
            bytes += 1
            if byte == 0x0D { state = .sizeLineFeed }
            return byte == 0x0D || isFieldByte(byte) && bytes <= Self.longestExtension
        case .sizeLineFeed:
            state = size == 0 ? .lineStart : .data
            bytes = 0
            return byte == 0x0A
        case .dataCarriageReturn:
            state = .dataLineFeed
            return byte == 0x0D
        case .dataLineFeed:
            state = .size
            digits = 0
            return byte == 0x0A
        case .lineStart, .name, .value, .valueLineFeed, .endLineFeed:
            bytes += 1
            return bytes <= Self.longestTrailers && takeTrailer(byte)
        }
    }

    private mutating func takeSize(_ byte: UInt8) -> Bool {
        if let digit = hexadecimalDigit(byte) {
            digits += 1
            guard digits <= 16, size <= Int.max >> 4 else { return false }
            size = size << 4 | digit
            return true
        }
        bytes = 0
        state = byte == 0x0D ? .sizeLineFeed : .chunkExtension
        return digits > 0 && (byte == 0x0D || byte == 0x3B)
    }

    private mutating func takeTrailer(_ byte: UInt8) -> Bool {
        switch state {
        case .lineStart where byte == 0x0D: state = .endLineFeed
        case .lineStart:
            name = TrailerName()
            name.append(byte)
            state = .name
            return isTokenByte(byte)
        case .name where byte == 0x3A:
            state = .value
            return !name.isOfHead
        case .name:
            name.append(byte)
            return isTokenByte(byte)
        case .value where byte == 0x0D: state = .valueLineFeed
        case .value: return isFieldByte(byte)
        case .valueLineFeed:
            state = .lineStart
            return byte == 0x0A
        case .endLineFeed:
            state = .idle
            return byte == 0x0A
        default: return false
        }
        return true
    }

    private func hexadecimalDigit(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x37
        case 0x61...0x66: Int(byte) - 0x57
        default: nil
        }
    }
}

/// The beginning of a trailer's name, as far as it matters.
private struct TrailerName {
    /// What frames, routes, authenticates, conditions or describes a request stands in its head alone (RFC 9110, 6.5.1).
    private static let ofHead: [StaticString] = [
        "transfer-encoding", "content-length", "content-type", "content-encoding", "content-range", "host", "te",
        "connection", "upgrade", "expect", "authorization", "proxy-authorization", "cookie", "cache-control",
        "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "range", "max-forwards",
    ]

    private var bytes: InlineArray<20, UInt8> = .init(repeating: 0)
    private var length = 0

    mutating func append(_ byte: UInt8) {
        if length < 20 { bytes[length] = byte }
        length += 1
    }

    var isOfHead: Bool {
        guard length <= 20 else { return false }
        return withUnsafeBytes(of: bytes) { bytes in
            guard let start = bytes.baseAddress else { return false }
            return Self.ofHead.contains { isName(start, length, $0) }
        }
    }
}
