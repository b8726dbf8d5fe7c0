// Reading an audit file: its lines one after the other, from the front or from the record of a number.

internal import Bytes
internal import Glibc

/// Reads one file, piece by piece, with bounded memory. One user at a time.
final class AuditFileReader {
    private let descriptor: Int32
    let size: Int
    private let piece: ByteBuffer

    private static let pieceBytes = 256 << 10

    init(_ file: AuditFile) throws(AuditFailure) {
        (descriptor, size) = try file.open(O_RDONLY)
        piece = ByteBuffer(minimumCapacity: Self.pieceBytes)
    }

    deinit { Glibc.close(descriptor) }

    /// Calls `body` with each line from `offset` on, without its newline, until it answers false.
    /// - Returns: where the last whole line ends. What stands behind it is none: it was being written when the process ended.
    func lines(
        from offset: Int = 0, _ body: (UnsafeRawBufferPointer) throws(AuditFailure) -> Bool
    ) throws(AuditFailure) -> Int {
        var place = offset
        while true {
            let bytes = try read(at: place)
            var rest = bytes
            while let end = rest.lineLength {
                let goesOn = try body(UnsafeRawBufferPointer(rebasing: rest[..<end]))
                place += end + 1
                rest = rest.afterLine
                if !goesOn { return place }
            }
            // Less than a piece is all there is.
            if bytes.count < Self.pieceBytes { return place }
            // No line is as long.
            guard rest.count < bytes.count else { throw .malformed }
        }
    }

    /// The number of the last whole line that is a record; 0 where there is none near the end.
    func lastSequence() throws(AuditFailure) -> Int64 {
        var last: Int64 = 0
        _ = try lines(from: max(size - 4 * AuditLine.maximumLength, 0)) { bytes throws(AuditFailure) in
            last = AuditLine(bytes)?.sequence ?? last
            return true
        }
        return last
    }

    /// Where a line begins from which the record numbered `sequence` is not far: the last line before it that a search by
    /// halves finds. Lines that are none are not judged here.
    func offset(near sequence: Int64) throws(AuditFailure) -> Int {
        var low = 0
        var high = size
        while high - low > Self.pieceBytes / 4 {
            let middle = low + (high - low) / 2
            let bytes = try read(at: middle)
            guard let end = bytes.lineLength else { break }
            let line = bytes.afterLine
            let length = line.lineLength ?? line.count
            guard let found = AuditLine(UnsafeRawBufferPointer(rebasing: line[..<length])) else { break }
            if found.sequence <= sequence { low = middle + end + 1 } else { high = middle }
        }
        return low
    }

    /// Valid until the next call.
    private func read(at offset: Int) throws(AuditFailure) -> UnsafeRawBufferPointer {
        piece.truncate(to: 0)
        var code: Int32 = 0
        piece.append(room: Self.pieceBytes) { room in
            var filled = 0
            while filled < room.count {
                let count = pread(
                    descriptor, room.baseAddress.map { $0 + filled }, room.count - filled, off_t(offset + filled))
                if count < 0, errno == EINTR { continue }
                if count < 0 { code = errno }
                if count <= 0 { break }
                filled += count
            }
            return filled
        }
        if code != 0 { throw .file(errno: code) }
        return piece.bytes
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes before the first newline; nil where there is none.
    var lineLength: Int? {
        guard let start = baseAddress, let end = memchr(start, 0x0A, count) else { return nil }
        return UnsafeRawPointer(end) - start
    }

    /// What stands behind the first line.
    var afterLine: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[((lineLength ?? count - 1) + 1)...])
    }
}
