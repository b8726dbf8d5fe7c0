// Comparing texts by their bytes, and finding the characters that steer a terminal.

import Bytes
import Testing

@Suite struct TextTests {
    @Test("texts are told apart by their bytes, also where Unicode holds them equivalent")
    func exact() {
        let texts = [
            "", "a", "%", "%25", "%61", "caf\u{E9}", "cafe\u{301}", "K", "\u{212A}", "\u{212B}", "\u{C5}", "A\u{30A}",
            ";",
            "\u{37E}", "\u{1F511}", "a\0b", "%c3%a9",
        ]
        #expect(Set(texts).count < texts.count, "Swift holds some of them for equal")
        #expect(Set(texts.map(\.exactKey)).count == texts.count)
        for one in texts {
            #expect(one.exactKey.utf8.allSatisfy { $0 < 0x80 })
            for other in texts { #expect(one.isExactly(other) == (Array(one.utf8) == Array(other.utf8))) }
        }
        #expect("jwt:example:alice".exactKey == "jwt:example:alice")
    }

    @Test("every control, line end and character that turns the direction of writing steers; letters and signs do not")
    func steering() {
        let turning: Set<UInt32> = [
            0x61C, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069,
        ]
        for value in UInt32(0)...0x10_FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: #expect(scalar.steersText, "\(value)")
            // Some are seen, as the number signs of Arabic; two join letters and pictures.
            case .format: #expect(scalar.steersText || !turning.contains(value), "\(value)")
            case .unassigned: break
            default: if scalar.steersText, !(0xE0000...0xE0FFF).contains(value) { Issue.record("\(value)") }
            }
        }
        #expect("a\u{202E}b".hasSteeringCharacters && !"café \u{1F469}\u{200D}\u{1F4BB} שלום".hasSteeringCharacters)
    }
}
