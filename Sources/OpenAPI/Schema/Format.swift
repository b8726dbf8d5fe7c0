// The values of `format` that are enforced; a schema with any other does not load.

enum Format: String, Sendable {
    /// RFC 3339 section 5.6, with a time zone.
    case dateTime = "date-time"
    case date
    /// RFC 9562, in upper or lower case.
    case uuid
    case int32
    /// Integers here are never larger.
    case int64

    /// Values of a kind that the format does not speak of are accepted, as JSON Schema has it.
    func accepts(_ instance: Instance) -> Bool {
        switch self {
        case .int32:
            guard case .integer(let value) = instance.number else { return true }
            return Int32(exactly: value) != nil
        case .int64: return true
        case .dateTime: return instance.text.map(Self.isDateTime) ?? true
        case .date: return instance.text.map { $0.count == 10 && Self.isDate($0) } ?? true
        case .uuid: return instance.text.map(Self.isUUID) ?? true
        }
    }

    var detail: String {
        switch self {
        case .dateTime: "must be an RFC 3339 date and time with a time zone"
        case .date: "must be an RFC 3339 date"
        case .uuid: "must be a UUID"
        case .int32: "must fit 32 bits"
        case .int64: "must fit 64 bits"
        }
    }

    private static func isUUID(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count == 36 else { return false }
        for (index, byte) in text.enumerated() {
            switch (index, byte) {
            case (8, UInt8(ascii: "-")), (13, UInt8(ascii: "-")), (18, UInt8(ascii: "-")), (23, UInt8(ascii: "-")):
                continue
            case (8, _), (13, _), (18, _), (23, _): return false
            case (_, 0x30...0x39), (_, 0x41...0x46), (_, 0x61...0x66): continue
            default: return false
            }
        }
        return true
    }

    /// Whether the first ten bytes are a date of the calendar.
    private static func isDate(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            let year = number(text, 0..<4), let month = number(text, 5..<7), let day = number(text, 8..<10)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days: Int
        switch month {
        case 1, 3, 5, 7, 8, 10, 12: days = 31
        case 4, 6, 9, 11: days = 30
        case 2: days = isLeap ? 29 : 28
        default: return false
        }
        return day >= 1 && day <= days
    }

    private static func isDateTime(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= 20, isDate(text), text[10] | 0x20 == UInt8(ascii: "t"), text[13] == UInt8(ascii: ":"),
            text[16] == UInt8(ascii: ":"), let hour = number(text, 11..<13), let minute = number(text, 14..<16),
            let second = number(text, 17..<19), hour < 24, minute < 60, second <= 60
        else { return false }
        var position = 19
        if text[position] == UInt8(ascii: ".") {
            position += 1
            let first = position
            while position < text.count, text[position] &- 0x30 < 10 { position += 1 }
            guard position > first else { return false }
        }
        guard position < text.count else { return false }
        var offset = 0
        switch text[position] {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            guard position + 1 == text.count else { return false }
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard position + 6 == text.count, text[position + 3] == UInt8(ascii: ":"),
                let hours = number(text, position + 1..<position + 3),
                let minutes = number(text, position + 4..<position + 6), hours < 24, minutes < 60
            else { return false }
            offset = (hours * 60 + minutes) * (text[position] == UInt8(ascii: "+") ? 1 : -1)
        default: return false
        }
        // A leap second is the last second of a day in UTC.
        return second < 60 || (hour * 60 + minute - offset + 2880) % 1440 == 1439
    }

    private static func number(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        var value = 0
        for byte in text[range] {
            guard case let digit = byte &- 0x30, digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }
}
