// The buffer that requests, responses and everything decoded from them live in. It may hold plaintext, so it is wiped
// before its memory goes anywhere else.

internal import Glibc

/// Growable heap bytes, wiped when they are given back, also when growing moves them.
// SAFETY: a buffer has one user at a time; passing it to another thread passes the use of it (a request's hand-over
// between its event loop and a worker goes through a lock).
public final class ByteBuffer: @unchecked Sendable {
    /// Never nil; `capacity` bytes.
    public private(set) var start: UnsafeMutablePointer<UInt8>
    public private(set) var capacity: Int
    /// Bytes in use, from `start`.
    public private(set) var count = 0
    /// How far bytes were ever written, and so how far wiping must reach.
    private var touched = 0

    public init(minimumCapacity: Int = 0) {
        capacity = max(minimumCapacity, Self.smallest)
        start = .allocate(capacity: capacity)
    }

    deinit {
        wipe()
        start.deallocate()
    }

    /// The bytes in use. Valid until the next change of the buffer.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// The bytes in use, to be changed in place. Valid until the next change of the buffer's size.
    public var mutableBytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: start, count: count)
    }

    /// Makes room for `additional` bytes more.
    public func reserve(_ additional: Int) {
        if capacity - count < additional { grow(by: additional) }
    }

    /// Appends room for `length` bytes and gives it to `body`, which says how many it used.
    public func append<Failure: Error>(
        room length: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        reserve(length)
        touched = max(touched, count + length)
        let used = try body(UnsafeMutableRawBufferPointer(start: start + count, count: length))
        count += min(max(used, 0), length)
    }

    public func append(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        reserve(bytes.count)
        memcpy(start + count, base, bytes.count)
        advance(bytes.count)
    }

    public func append(_ literal: StaticString) {
        append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    public func append(_ string: String) {
        var string = string
        string.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    public func append(_ byte: UInt8) {
        reserve(1)
        start[count] = byte
        advance(1)
    }

    /// Appends a decimal number.
    public func append(decimal number: Int) {
        append(room: Digits.decimalCapacity) { room in
            room.baseAddress.map { Digits.write(decimal: number, to: $0) } ?? 0
        }
    }

    /// Drops all bytes past the first `length`; they are wiped at once.
    public func truncate(to length: Int) {
        guard length < count else { return }
        explicit_bzero(start + length, count - length)
        count = max(length, 0)
    }

    /// Overwrites every byte that was ever written, and empties the buffer.
    public func wipe() {
        explicit_bzero(start, max(touched, count))
        count = 0
        touched = 0
    }

    /// Wipes the buffer and gives its memory back.
    public func discard() {
        wipe()
        guard capacity > Self.smallest else { return }
        start.deallocate()
        capacity = Self.smallest
        start = .allocate(capacity: capacity)
    }

    private static let smallest = 64

    private func advance(_ length: Int) {
        count += length
        touched = max(touched, count)
    }

    private func grow(by additional: Int) {
        let larger = max(capacity * 2, count + additional)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        memcpy(moved, start, count)
        explicit_bzero(start, max(touched, count))
        start.deallocate()
        start = moved
        capacity = larger
        touched = count
    }
}
