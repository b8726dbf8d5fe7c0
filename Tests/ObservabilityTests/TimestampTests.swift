import Bytes
import Glibc
import Testing

@testable import Observability

@Suite struct TimestampTests {
    @Test(
        "a time is written as RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_799, "2000-02-29T23:59:59Z"), (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"), (1_709_164_800, "2024-02-29T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"), (-62_167_219_200, "0000-01-01T00:00:00Z"),
            (-62_162_035_201, "0000-02-29T23:59:59Z"), (-62_162_035_200, "0000-03-01T00:00:00Z"),
        ] as [(Int64, String)])
    func known(seconds: Int64, text: String) {
        #expect(Timestamp.rfc3339(seconds) == text)
        let buffer = ByteBuffer()
        Timestamp.append(seconds, to: buffer)
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == text)
    }

    @Test("times outside the years that RFC 3339 can write become the nearest that it can")
    func clamped() {
        #expect(Timestamp.rfc3339(.max) == "9999-12-31T23:59:59Z")
        #expect(Timestamp.rfc3339(253_402_300_800) == "9999-12-31T23:59:59Z")
        #expect(Timestamp.rfc3339(.min) == "0000-01-01T00:00:00Z")
    }

    @Test("dates agree with the C library's on every day of 800 years, and at random times")
    func againstLibrary() {
        let days = stride(from: Int64(-12_622_780_800), to: 12_622_780_800, by: 86_400)
        let random = (0..<20_000).map { _ in Int64.random(in: -62_167_219_200...253_402_300_799) }
        for seconds in Array(days) + random {
            var time = time_t(seconds)
            var parts = tm()
            gmtime_r(&time, &parts)
            let date = CivilTime(seconds)
            if date.year != Int(parts.tm_year) + 1900 || date.month != Int(parts.tm_mon) + 1
                || date.day != Int(parts.tm_mday) || date.hour != Int(parts.tm_hour)
                || date.minute != Int(parts.tm_min) || date.second != Int(parts.tm_sec)
            {
                Issue.record("\(seconds): \(date)")
                return
            }
        }
    }

    @Test("the clocks go forward and agree with the system's")
    func clocks() {
        let before = time(nil)
        let now = Timestamp.now()
        #expect(now >= before && now <= time(nil))
        let first = Timestamp.monotonicNanoseconds()
        usleep(1000)
        #expect(Timestamp.monotonicNanoseconds() >= first + 1_000_000)
    }
}
