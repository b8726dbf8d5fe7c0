// A request's path taken apart: checked character by character, escapes decoded where there are any. A path that could
// be read in two ways is not read at all.

internal import Bytes

struct PathSegments {
    let path: UnsafeRawBufferPointer
    private(set) var count = 0
    private var raw: InlineArray<16, Range<Int>> = .init(repeating: 0..<0)
    /// Where there are escapes: all segments, decoded.
    private(set) var decoded: ByteBuffer?
    private var places: InlineArray<16, Range<Int>> = .init(repeating: 0..<0)

    enum Failure: Error {
        /// Cannot be any path of a document: too many segments, or an empty one.
        case unknown
        /// Not a path (RFC 3986), or one that means to be taken for another.
        case malformed
    }

    init(_ path: UnsafeRawBufferPointer) throws(Failure) {
        self.path = path
        guard path.first == UInt8(ascii: "/") else { throw .malformed }
        var hasEscapes = false
        var start = 1
        for position in 1...path.count {
            if position < path.count, path[position] != UInt8(ascii: "/") {
                let byte = path[position]
                if byte == UInt8(ascii: "%") { hasEscapes = true } else if !Self.isPlain(byte) { throw .malformed }
                continue
            }
            if count == PathTemplate.maximumSegments { throw hasEscapes ? .malformed : .unknown }
            raw[count] = start..<position
            count += 1
            start = position + 1
        }
        if hasEscapes { try decode() }
        for index in 0..<count {
            let segment = self[index]
            if segment.count <= 2, segment.count > 0, segment.allSatisfy({ $0 == UInt8(ascii: ".") }) { throw .malformed }
        }
        for index in 0..<count where raw[index].isEmpty { throw .unknown }
    }

    /// A segment as it stands in the path.
    func rawSegment(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: path[raw[index]])
    }

    /// A segment, decoded.
    subscript(index: Int) -> UnsafeRawBufferPointer {
        guard let decoded else { return rawSegment(index) }
        return UnsafeRawBufferPointer(rebasing: decoded.bytes[places[index]])
    }

    func hasEscapes(_ index: Int) -> Bool {
        decoded != nil && rawSegment(index).contains(UInt8(ascii: "%"))
    }

    private mutating func decode() throws(Failure) {
        // Decoding never makes a text longer, so the buffer does not move.
        let buffer = ByteBuffer(minimumCapacity: path.count)
        for index in 0..<count {
            guard let place = PercentEncoding.decode(rawSegment(index), into: buffer) else { throw .malformed }
            for byte in buffer.bytes[place] where byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "/") {
                throw .malformed
            }
            places[index] = place
        }
        decoded = buffer
    }

    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// RFC 3986's `pchar` without escapes.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"),
            UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "@"):
            true
        default: isUnreserved(byte)
        }
    }
}
