// The time at the head of each log line.

/// A time rendered to the second, kept from one line to the next: most lines share their second with the one before.
struct RenderedTime {
    private var second: Int64 = .min
    private var digits = InlineArray<19, UInt8>(repeating: 0)

    mutating func set(_ seconds: Int64) {
        guard seconds != second else { return }
        second = seconds
        withUnsafeTemporaryAllocation(byteCount: CivilTime.length, alignment: 1) { room in
            CivilTime(seconds).write(to: room)
            for index in digits.indices { digits[index] = room[index] }
        }
    }

    /// `2026-11-22T17:41:56.123Z`
    func append(to bytes: inout BoundedBytes, milliseconds: Int) {
        for index in digits.indices { bytes.byte(digits[index]) }
        bytes.byte(UInt8(ascii: "."))
        bytes.byte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: milliseconds / 100 % 10))
        bytes.byte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: milliseconds / 10 % 10))
        bytes.byte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: milliseconds % 10))
        bytes.byte(UInt8(ascii: "Z"))
    }
}
