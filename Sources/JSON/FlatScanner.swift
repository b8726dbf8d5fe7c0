// The tokens of flat JSON: plain strings, integers, booleans. Each method takes a token or answers that it cannot; what
// is taken means the same to the strict parser.

internal import Bytes

struct FlatScanner {
    let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }

    mutating func isAtEnd() -> Bool {
        skipSpace()
        return position == bytes.count
    }

    /// Takes `byte` if it comes next, after any white space.
    mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position &+= 1
        return true
    }

    /// The range between the quotes of a string of plain ASCII.
    mutating func string() -> Range<Int>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = position
        return closeString(from: start, length: StringText.plainPrefix(of: slice(start..<bytes.count), asciiOnly: true))
    }

    mutating func value(of entry: FlatShape.Entry) -> FlatTable.Slot? {
        switch entry.kind {
        case .string: string().flatMap { text($0, within: entry) }
        case .base64: base64().flatMap { text($0, within: entry) }
        case .integer:
            integer().flatMap {
                $0 >= entry.minimum && $0 <= entry.maximum ? FlatTable.Slot(value: $0, length: 0) : nil
            }
        case .boolean: boolean().map { FlatTable.Slot(value: $0 ? 1 : 0, length: 0) }
        }
    }

    private func text(_ range: Range<Int>, within entry: FlatShape.Entry) -> FlatTable.Slot? {
        guard range.count >= entry.minimum, range.count <= entry.maximum else { return nil }
        return FlatTable.Slot(value: range.lowerBound, length: range.count)
    }

    /// The range between the quotes of a string that is canonical base64. The alphabet holds nothing that JSON escapes.
    private mutating func base64() -> Range<Int>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = position
        var length = Base64.alphabetPrefix(of: slice(start..<bytes.count))
        for _ in 0..<2 where start + length < bytes.count && bytes[start + length] == UInt8(ascii: "=") { length &+= 1 }
        guard let range = closeString(from: start, length: length), Base64.endsWell(slice(range)) else { return nil }
        return range
    }

    private mutating func closeString(from start: Int, length: Int) -> Range<Int>? {
        let end = start + length
        guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return nil }
        position = end &+ 1
        return start..<end
    }

    /// An integer in 64 bits with no fraction, no exponent and no leading zero; not `-0`.
    private mutating func integer() -> Int? {
        let isNegative = take(UInt8(ascii: "-"))
        let first = position
        var value = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            let (shifted, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) =
                isNegative
                ? shifted.subtractingReportingOverflow(Int(digit)) : shifted.addingReportingOverflow(Int(digit))
            guard !overflows, !overflowsToo else { return nil }
            value = sum
            position &+= 1
        }
        let digits = position - first
        guard digits > 0, digits == 1 || bytes[first] != UInt8(ascii: "0"), value != 0 || !isNegative else {
            return nil
        }
        // What may follow a number follows it here too, or the next token is not the expected one.
        return value
    }

    private mutating func boolean() -> Bool? {
        skipSpace()
        if literal("true") { return true }
        if literal("false") { return false }
        return nil
    }

    private mutating func literal(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        let expected = UnsafeRawBufferPointer(start: text.utf8Start, count: count)
        guard FlatShape.same(slice(position..<position + count), expected) else { return false }
        position &+= count
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position &+= 1
            default: return
            }
        }
    }
}
