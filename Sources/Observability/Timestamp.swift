// The time of day, monotonic time, and RFC 3339: small functions, so that nobody needs a calendar library for them.

public import Bytes
internal import Glibc

public enum Timestamp {
    /// Seconds since 1970 (UTC, no leap seconds), from the system's clock, which can be set back.
    public static func now() -> Int64 {
        read(CLOCK_REALTIME).seconds
    }

    /// As `now`, with a second that has begun: what is to last so many seconds from now on ends so many after this.
    public static func nextSecond() -> Int64 {
        let time = read(CLOCK_REALTIME)
        return time.nanoseconds > 0 ? time.seconds + 1 : time.seconds
    }

    /// Nanoseconds on a clock that only goes forward, for measuring how long something took. Says nothing of the date.
    public static func monotonicNanoseconds() -> UInt64 {
        let time = read(CLOCK_MONOTONIC)
        return UInt64(clamping: time.seconds) &* 1_000_000_000 &+ UInt64(clamping: time.nanoseconds)
    }

    /// `2026-11-22T17:41:56Z` (RFC 3339 section 5.6). Years are 0000 to 9999: times outside become the nearest inside.
    public static func rfc3339(_ seconds: Int64) -> String {
        let date = CivilTime(seconds)
        return String(unsafeUninitializedCapacity: CivilTime.length + 1) { room in
            date.write(to: UnsafeMutableRawBufferPointer(room))
            room[CivilTime.length] = UInt8(ascii: "Z")
            return CivilTime.length + 1
        }
    }

    /// Appends `rfc3339(seconds)`.
    public static func append(_ seconds: Int64, to buffer: ByteBuffer) {
        let date = CivilTime(seconds)
        buffer.append(room: CivilTime.length + 1) { room in
            date.write(to: room)
            room[CivilTime.length] = UInt8(ascii: "Z")
            return CivilTime.length + 1
        }
    }

    /// Appends a time in milliseconds since 1970: `2026-11-22T17:41:56.123Z`.
    public static func append(milliseconds time: Int64, to buffer: ByteBuffer) {
        let date = CivilTime(time / 1000)
        let fraction = Int(max(time % 1000, 0))
        buffer.append(room: CivilTime.length + 5) { room in
            date.write(to: room)
            room[CivilTime.length] = UInt8(ascii: ".")
            room[CivilTime.length + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: fraction / 100)
            room[CivilTime.length + 2] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: fraction / 10 % 10)
            room[CivilTime.length + 3] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: fraction % 10)
            room[CivilTime.length + 4] = UInt8(ascii: "Z")
            return CivilTime.length + 5
        }
    }

    /// Milliseconds since 1970, from the system's clock.
    public static func nowInMilliseconds() -> Int64 {
        let time = nowWithMilliseconds()
        return time.seconds * 1000 + Int64(time.milliseconds)
    }

    /// The system's clock, in seconds and the milliseconds past them.
    static func nowWithMilliseconds() -> (seconds: Int64, milliseconds: Int) {
        let time = read(CLOCK_REALTIME)
        return (time.seconds, Int(time.nanoseconds / 1_000_000))
    }

    private static func read(_ clock: clockid_t) -> (seconds: Int64, nanoseconds: Int64) {
        var time = timespec()
        clock_gettime(clock, &time)
        return (Int64(time.tv_sec), Int64(time.tv_nsec))
    }
}

/// A date and a time of day in UTC, to the second.
struct CivilTime: Equatable {
    let year, month, day, hour, minute, second: Int

    /// The bytes that `write` writes: `YYYY-MM-DDThh:mm:ss`.
    static let length = 19

    /// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
    private static let range: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    init(_ secondsSince1970: Int64) {
        // Shifted to be positive, and to begin with 0000-03-01 (60 days later): leap days then end a year.
        let secondsOfEra = min(max(secondsSince1970, Self.range.lowerBound), Self.range.upperBound) + 62_167_219_200
        let secondOfDay = Int(secondsOfEra % 86_400)
        // Counting from -0400-03-01, one whole cycle of 400 years (146 097 days) earlier, keeps January 0000 positive.
        let days = Int(secondsOfEra / 86_400) - 60 + 146_097
        let cycle = days / 146_097
        let dayOfCycle = days % 146_097
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        // Months from March on have 31, 30, 31, 30, 31 days, over and over: 153 in five.
        let monthFromMarch = (5 * dayOfYear + 2) / 153

        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = (cycle - 1) * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
        hour = secondOfDay / 3600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60
    }

    /// Writes `length` bytes to the start of `room`.
    func write(to room: UnsafeMutableRawBufferPointer) {
        guard room.count >= Self.length else { return }
        digits(year / 100, at: 0, of: room)
        digits(year % 100, at: 2, of: room)
        room[4] = UInt8(ascii: "-")
        digits(month, at: 5, of: room)
        room[7] = UInt8(ascii: "-")
        digits(day, at: 8, of: room)
        room[10] = UInt8(ascii: "T")
        digits(hour, at: 11, of: room)
        room[13] = UInt8(ascii: ":")
        digits(minute, at: 14, of: room)
        room[16] = UInt8(ascii: ":")
        digits(second, at: 17, of: room)
    }

    private func digits(_ number: Int, at index: Int, of room: UnsafeMutableRawBufferPointer) {
        room[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10)
        room[index + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10)
    }
}
