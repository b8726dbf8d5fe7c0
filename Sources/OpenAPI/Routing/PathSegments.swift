// A request's path taken apart: checked character by character, escapes decoded where there are any. A path that could
// be read in two ways is not read at all.

internal import Bytes

struct PathSegments {
    let path: UnsafeRawBufferPointer
    private(set) var count = 0
    /// Where each segment begins; the one after the last begins past the end, as if there were another slash.
    private var starts: InlineArray<17, UInt32> = .init(repeating: 0)
    /// Where there are escapes: all segments, decoded, one after the other.
    private(set) var decoded: ByteBuffer?
    private var decodedStarts: InlineArray<17, UInt32> = .init(repeating: 0)

    enum Failure: Error {
        /// Cannot be any path of a document: too many segments, or an empty one.
        case unknown
        /// Not a path (RFC 3986), or one that means to be taken for another.
        case malformed
    }

    init(_ path: UnsafeRawBufferPointer) throws(Failure) {
        self.path = path
        guard let bytes = path.baseAddress, path.first == UInt8(ascii: "/"), path.count < Int(UInt32.max) else {
            throw .malformed
        }
        // The root is a path without segments.
        if path.count == 1 { return }
        var hasEscapes = false
        var slashes = 0
        var position = 0
        let end = path.count
        while position < end {
            let byte = bytes.load(fromByteOffset: position, as: UInt8.self)
            position &+= 1
            if Self.isPlain(byte) { continue }
            if byte == UInt8(ascii: "/") {
                if slashes < starts.count { starts[slashes] = UInt32(truncatingIfNeeded: position) }
                slashes &+= 1
            } else if byte == UInt8(ascii: "%") {
                hasEscapes = true
            } else {
                throw .malformed
            }
        }
        guard slashes <= PathTemplate.maximumSegments else { throw .unknown }
        count = slashes
        starts[count] = UInt32(truncatingIfNeeded: path.count + 1)
        if hasEscapes { try decode() }
        var hasEmpty = false
        for index in 0..<count {
            let segment = self[index]
            if segment.isEmpty { hasEmpty = true } else if Self.isDots(segment) { throw .malformed }
        }
        if hasEmpty { throw .unknown }
    }

    /// A segment as it stands in the path.
    func rawSegment(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: path[Int(starts[index])..<Int(starts[index + 1]) - 1])
    }

    /// A segment, decoded.
    subscript(index: Int) -> UnsafeRawBufferPointer {
        guard let decoded else { return rawSegment(index) }
        return UnsafeRawBufferPointer(
            rebasing: decoded.bytes[Int(decodedStarts[index])..<Int(decodedStarts[index + 1])])
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
            decodedStarts[index + 1] = UInt32(truncatingIfNeeded: place.upperBound)
        }
        decoded = buffer
    }

    /// `.` or `..`, which would name another segment.
    private static func isDots(_ segment: UnsafeRawBufferPointer) -> Bool {
        segment.count <= 2 && segment[0] == UInt8(ascii: ".") && segment[segment.count - 1] == UInt8(ascii: ".")
    }

    /// RFC 3986's unreserved characters.
    @inline(__always)
    static func isUnreserved(_ byte: UInt8) -> Bool {
        byte < 128 && ((byte < 64 ? unreservedLow : unreservedHigh) &>> UInt64(byte & 63)) & 1 == 1
    }

    /// RFC 3986's `pchar` without escapes: the unreserved, `! $ & ' ( ) * + , ; =`, `:` and `@`.
    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte < 128 && ((byte < 64 ? plainLow : plainHigh) &>> UInt64(byte & 63)) & 1 == 1
    }
}

// A bit for each byte: below 64, and from 64 on.
private let unreservedLow: UInt64 = 0x03FF_6000_0000_0000
private let unreservedHigh: UInt64 = 0x47FF_FFFE_87FF_FFFE
private let plainLow: UInt64 = unreservedLow | 0x2C00_1FD2_0000_0000
private let plainHigh: UInt64 = unreservedHigh | 1
