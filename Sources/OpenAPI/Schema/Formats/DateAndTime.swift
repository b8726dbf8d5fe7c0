// Dates and times of RFC 3339 (section 5.6), by the calendar.

enum DateAndTime {
    /// Whether the first ten bytes are a date of the calendar.
    static func isDate(_ text: UnsafeRawBufferPointer) -> Bool {
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

    static func isDateTime(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= 20, isDate(text), text[10] | 0x20 == UInt8(ascii: "t") else { return false }
        return isTime(UnsafeRawBufferPointer(rebasing: text[11...]))
    }

    /// With a time zone.
    static func isTime(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= 9, text[2] == UInt8(ascii: ":"), text[5] == UInt8(ascii: ":"),
            let hour = number(text, 0..<2), let minute = number(text, 3..<5), let second = number(text, 6..<8),
            hour < 24, minute < 60, second <= 60
        else { return false }
        var position = 8
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
