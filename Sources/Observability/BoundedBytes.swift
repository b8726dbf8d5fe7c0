// Bytes written into fixed room, with the escaping that both log formats share.

internal import Bytes
internal import Glibc

/// Writes up to `limit` bytes; what goes over is dropped and sets `overflowed`.
struct BoundedBytes {
    private let room: UnsafeMutableRawBufferPointer
    private(set) var count = 0
    var overflowed = false
    /// At most the room's size.
    private(set) var limit: Int

    /// - Parameter reserve: bytes at the end of `room` that only `release` makes available.
    init(room: UnsafeMutableRawBufferPointer, reserve: Int) {
        self.room = room
        limit = max(room.count - reserve, 0)
    }

    /// Makes all the room available.
    mutating func release() { limit = room.count }

    mutating func truncate(to length: Int) { count = min(count, max(length, 0)) }

    @inline(__always)
    mutating func byte(_ byte: UInt8) {
        guard count < limit else {
            overflowed = true
            return
        }
        room[count] = byte
        count += 1
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= limit - count, let base = room.baseAddress else {
            overflowed = true
            return
        }
        guard let source = bytes.baseAddress else { return }
        memcpy(base + count, source, bytes.count)
        count += bytes.count
    }

    @inline(__always)
    mutating func literal(_ literal: StaticString) {
        append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    mutating func decimal(_ number: Int) {
        guard Digits.decimalCapacity <= limit - count, let base = room.baseAddress else {
            return shortDecimal(number)
        }
        count += Digits.write(decimal: number, to: base + count)
    }

    /// The same where there may not be room for the longest.
    private mutating func shortDecimal(_ number: Int) {
        withUnsafeTemporaryAllocation(byteCount: Digits.decimalCapacity, alignment: 8) { digits in
            guard let base = digits.baseAddress else { return }
            let length = Digits.write(decimal: number, to: base)
            append(UnsafeRawBufferPointer(start: base, count: length))
        }
    }

    /// 16 hexadecimal digits.
    mutating func hexadecimal(_ number: UInt64) {
        guard 16 <= limit - count, let base = room.baseAddress else {
            overflowed = true
            return
        }
        Digits.write(hexadecimal: number, to: base + count)
        count += 16
    }

    /// Text as it stands inside a JSON string's quotes: quotes, backslashes and everything that could end a line or
    /// steer a terminal or a reader's eye are escaped (the C0 and C1 controls, line separators, changes of direction).
    mutating func escaped(_ string: String) {
        var string = string
        string.withUTF8 { escaped($0) }
    }

    /// The same for UTF-8.
    mutating func escaped(_ units: UnsafeBufferPointer<UInt8>) {
        // The common case first, and by itself: no branch for each byte.
        var allPlain: UInt64 = 1
        for unit in units { allPlain &= (unit < 64 ? plainLow : unit < 128 ? plainHigh : 0) &>> UInt64(unit & 63) }
        if allPlain == 1 { return append(UnsafeRawBufferPointer(units)) }
        var plain = 0
        var index = 0
        while index < units.count {
            guard let escape = Escape(units, index) else {
                index += 1
                continue
            }
            append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(units)[plain..<index]))
            write(escape)
            index += escape.length
            plain = index
        }
        append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(units)[plain...]))
    }

    private mutating func write(_ escape: Escape) {
        byte(UInt8(ascii: "\\"))
        if let short = escape.short { return byte(short) }
        byte(UInt8(ascii: "u"))
        byte(digit(UInt8(truncatingIfNeeded: escape.scalar >> 12)))
        byte(digit(UInt8(truncatingIfNeeded: escape.scalar >> 8)))
        byte(digit(UInt8(truncatingIfNeeded: escape.scalar >> 4)))
        byte(digit(UInt8(truncatingIfNeeded: escape.scalar)))
    }
}

/// ASCII that is never escaped, a bit each: 0x20 to 0x3F without the quote, then 0x40 to 0x7E without the backslash.
private let plainLow: UInt64 = ~0 << 32 & ~(1 << 0x22)
private let plainHigh: UInt64 = ~(1 << (0x5C - 64) | 1 << (0x7F - 64))

/// ASCII that is never escaped.
@inline(__always)
private func isPlain(_ unit: UInt8) -> Bool {
    unit >= 0x20 && unit < 0x7F && unit != UInt8(ascii: "\"") && unit != UInt8(ascii: "\\")
}

/// The hexadecimal digit of the low four bits.
@inline(__always)
private func digit(_ bits: UInt8) -> UInt8 {
    let value = bits & 15
    return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}

/// A scalar that must not be written as it is.
private struct Escape {
    let scalar: UInt16
    /// Its length in UTF-8.
    let length: Int

    /// Nil where the scalar that begins at `index`, if one does, can be written as it is.
    init?(_ units: UnsafeBufferPointer<UInt8>, _ index: Int) {
        let unit = units[index]
        switch unit {
        case _ where isPlain(unit): return nil
        case 0...0x7F: (scalar, length) = (UInt16(unit), 1)
        case 0xC2 where index + 1 < units.count && units[index + 1] < 0xA0:
            (scalar, length) = (UInt16(units[index + 1]), 2)
        case 0xE2 where index + 2 < units.count:
            let decoded = 0x2000 | UInt16(units[index + 1] & 0x3F) << 6 | UInt16(units[index + 2] & 0x3F)
            guard Self.steers(decoded) else { return nil }
            (scalar, length) = (decoded, 3)
        default: return nil
        }
    }

    /// Direction marks, separators and overrides.
    private static func steers(_ scalar: UInt16) -> Bool {
        switch scalar {
        case 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// The escape's one letter, where JSON has one.
    var short: UInt8? {
        switch scalar {
        case 0x22, 0x5C: UInt8(truncatingIfNeeded: scalar)
        case 0x0A: UInt8(ascii: "n")
        case 0x0D: UInt8(ascii: "r")
        case 0x09: UInt8(ascii: "t")
        default: nil
        }
    }
}
