// The time at the head of each log line.

/// A time rendered to the second, kept from one line to the next: most lines share their second with the one before.
struct RenderedTime {
    private var second: Int64 = .min
    /// `2026-11-22T17:41:56.`
    private var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "."))

    mutating func set(_ seconds: Int64) {
        guard seconds != second else { return }
        second = seconds
        withUnsafeMutableBytes(of: &digits) { CivilTime(seconds).write(to: $0) }
    }

    /// `2026-11-22T17:41:56.123Z`
    func append(to bytes: inout BoundedBytes, milliseconds: Int) {
        withUnsafeBytes(of: digits) { bytes.append($0) }
        bytes.byte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: milliseconds / 100 % 10))
        bytes.byte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: milliseconds / 10 % 10))
        bytes.byte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: milliseconds % 10))
        bytes.byte(UInt8(ascii: "Z"))
    }
}
