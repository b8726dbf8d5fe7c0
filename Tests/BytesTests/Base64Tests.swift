// Base64 against RFC 4648's vectors, and against a plain implementation that shares nothing with it.

import Bytes
import Testing

@Suite("Base64")
struct Base64Tests {
    @Test(
        "RFC 4648's vectors hold in both directions",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, text: String) {
        #expect(encoded(Array(plain.utf8)) == text)
        #expect(decoded(Array(text.utf8)) == Array(plain.utf8))
    }

    @Test("every length up to 300 encodes as the plain implementation does, and decodes to itself")
    func lengths() {
        var random = SystemRandomNumberGenerator()
        for length in 0...300 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = Naive.encode(bytes)
            #expect(encoded(bytes) == text)
            #expect(Base64.encodedLength(of: length) == text.utf8.count)
            #expect(decoded(Array(text.utf8)) == bytes)
            #expect(Array(text.utf8).withUnsafeBytes { Base64.decodedLength(of: $0) } == length)
        }
    }

    @Test("every three bytes that differ in any one bit pattern encode right in every lane")
    func everySextet() {
        // Each value of each sextet, at each of the places in a block of 12 bytes and in the rest after it.
        for value in UInt8.min...UInt8.max {
            for place in 0..<30 {
                var bytes = [UInt8](repeating: 0x5A, count: 30)
                bytes[place] = value
                let text = Naive.encode(bytes)
                if encoded(bytes) != text || decoded(Array(text.utf8)) != bytes {
                    Issue.record("\(value) at \(place)")
                }
            }
        }
    }

    @Test("every byte outside the alphabet is refused at every place, and nothing is written")
    func invalidBytes() {
        let good = Array(Naive.encode((0..<63).map { UInt8($0 * 4) }).utf8)
        for byte in UInt8.min...UInt8.max where !Naive.alphabet.contains(byte) {
            for place in good.indices {
                var bad = good
                bad[place] = byte
                // At the end, padding may happen to be canonical.
                let expected = place < good.count - 2 || byte != UInt8(ascii: "=") ? nil : Naive.decode(bad)
                if decoded(bad) != expected { Issue.record("\(byte) at \(place)") }
            }
        }
    }

    @Test("a failed decoding leaves its destination as it was")
    func failureWritesNothing() {
        var text = Array(Naive.encode([UInt8](repeating: 7, count: 60)).utf8)
        text[70] = UInt8(ascii: "*")
        let before = text
        let length = text.withUnsafeMutableBytes { Base64.decode(UnsafeRawBufferPointer($0), into: $0) }
        #expect(length == nil)
        #expect(text == before)
    }

    @Test("lengths that are no whole groups are refused", arguments: 1...67)
    func partialGroups(length: Int) {
        guard length % 4 != 0 else { return }
        #expect(decoded([UInt8](repeating: UInt8(ascii: "A"), count: length)) == nil)
    }

    @Test("an ending is taken only if its unused bits are zero, and padding only where it belongs")
    func endings() {
        for prefix in ["", String(repeating: "abcd", count: 5)] {
            for first in Naive.alphabet {
                for second in Naive.alphabet {
                    let two = Array(prefix.utf8) + [first, second]
                    for tail in ["==", "=A", "A=", "AA", "B=", "/=", "E="] {
                        let text = two + Array(tail.utf8)
                        if decoded(text) != Naive.decode(text) {
                            Issue.record("\(String(decoding: text, as: UTF8.self))")
                        }
                    }
                }
            }
        }
        for text in ["====", "A===", "=AAA", "==AA", "AA=A", "AA==AAAA", "AAA=AAAA", "AAAA====", "AAAA=", "=", "=="] {
            #expect(decoded(Array(text.utf8)) == nil, "\(text)")
        }
        for text in ["AA==\n", " AA==", "A A=", "AAAA\n", "-_-_", "AA%3D"] {
            #expect(decoded(Array(text.utf8)) == nil, "\(text)")
        }
    }

    @Test("random texts near validity are judged as the plain implementation judges them")
    func differential() {
        var random = SystemRandomNumberGenerator()
        let letters = Naive.alphabet + Array("==\n-_ ".utf8)
        for _ in 0..<10_000 {
            let length = Int.random(in: 0...12, using: &random) * 4
            var text = (0..<length).map { _ in Naive.alphabet.randomElement(using: &random) ?? 65 }
            for _ in 0..<Int.random(in: 0...2, using: &random) where !text.isEmpty {
                text[Int.random(in: max(0, length - 4)..<length, using: &random)] =
                    letters.randomElement(using: &random) ?? 61
            }
            let expected = Naive.decode(text)
            let isValid = text.withUnsafeBytes { Base64.isValid($0) }
            if decoded(text) != expected || isValid != (expected != nil) {
                Issue.record("\(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    @Test("decoding works in its own place", arguments: [0, 1, 2, 3, 11, 12, 13, 14, 15, 47, 48, 49, 1000, 65_536])
    func decodingInPlace(length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var text = Array(Naive.encode(bytes).utf8)
        let decoded = text.withUnsafeMutableBytes { Base64.decode(UnsafeRawBufferPointer($0), into: $0) }
        #expect(decoded == length)
        #expect(Array(text.prefix(length)) == bytes)
    }

    @Test("bytes at the end of the text's place are encoded over themselves", arguments: 0...200)
    func encodingInPlace(length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
        var place = [UInt8](repeating: 0xEE, count: Base64.encodedLength(of: length))
        place.replaceSubrange((place.count - length)..., with: bytes)
        let written = place.withUnsafeMutableBytes { place in
            Base64.encode(UnsafeRawBufferPointer(rebasing: place[(place.count - length)...]), into: place)
        }
        #expect(written == place.count)
        #expect(String(decoding: place, as: UTF8.self) == Naive.encode(bytes))
    }

    @Test("nothing is written past the room, and too little room is refused", arguments: [1, 2, 3, 12, 16, 20, 50, 99])
    func room(length: Int) {
        let bytes = [UInt8](repeating: 0xFF, count: length)
        let textLength = Base64.encodedLength(of: length)
        var room = [UInt8](repeating: 0xEE, count: textLength + 16)
        bytes.withUnsafeBytes { bytes in
            room.withUnsafeMutableBytes { room in
                #expect(
                    Base64.encode(bytes, into: UnsafeMutableRawBufferPointer(rebasing: room[..<textLength]))
                        == textLength)
                #expect(
                    Base64.encode(bytes, into: UnsafeMutableRawBufferPointer(rebasing: room[..<(textLength - 1)])) == 0)
            }
        }
        #expect(room.suffix(16).allSatisfy { $0 == 0xEE })
        let text = Array(Naive.encode(bytes).utf8)
        var plain = [UInt8](repeating: 0xEE, count: length + 16)
        text.withUnsafeBytes { text in
            plain.withUnsafeMutableBytes { plain in
                #expect(Base64.decode(text, into: UnsafeMutableRawBufferPointer(rebasing: plain[..<length])) == length)
                #expect(
                    Base64.decode(text, into: UnsafeMutableRawBufferPointer(rebasing: plain[..<(length - 1)])) == nil)
            }
        }
        #expect(plain.suffix(16).allSatisfy { $0 == 0xEE })
    }

    @Test("the alphabet's prefix ends at the first byte that is not of it", arguments: 0...150)
    func prefix(length: Int) {
        for stop in [UInt8(ascii: "="), UInt8(ascii: "\""), 0x80, 0xC1, 0x00, UInt8(ascii: "@"), UInt8(ascii: "[")] {
            let text = [UInt8](repeating: UInt8(ascii: "z"), count: length) + [stop] + [UInt8](repeating: 65, count: 70)
            #expect(text.withUnsafeBytes { Base64.alphabetPrefix(of: $0) } == length)
        }
    }

    private func encoded(_ bytes: [UInt8]) -> String {
        var text = [UInt8](repeating: 0, count: Base64.encodedLength(of: bytes.count))
        let length = bytes.withUnsafeBytes { bytes in text.withUnsafeMutableBytes { Base64.encode(bytes, into: $0) } }
        return String(decoding: text.prefix(length), as: UTF8.self)
    }

    private func decoded(_ text: [UInt8]) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: text.count)
        let length = text.withUnsafeBytes { text in bytes.withUnsafeMutableBytes { Base64.decode(text, into: $0) } }
        return length.map { Array(bytes.prefix($0)) }
    }
}

/// Base64 as one writes it down without thinking of speed: by looking characters up, bit by bit.
private enum Naive {
    static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static let values = Dictionary(uniqueKeysWithValues: alphabet.enumerated().map { ($0.element, $0.offset) })

    static func encode(_ bytes: [UInt8]) -> String {
        var bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        while bits.count % 6 != 0 { bits.append(0) }
        var text = stride(from: 0, to: bits.count, by: 6).map { start in
            alphabet[Int(bits[start..<start + 6].reduce(0) { $0 << 1 | $1 })]
        }
        while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let digits = text.hasSuffix("==") ? text.dropLast(2) : text.hasSuffix("=") ? text.dropLast() : text[...]
        var bits: [UInt8] = []
        for character in digits {
            guard let value = values[character] else { return nil }
            bits += (0..<6).map { UInt8(value >> (5 - $0) & 1) }
        }
        let whole = bits.count / 8 * 8
        guard bits[whole...].allSatisfy({ $0 == 0 }) else { return nil }
        let bytes = stride(from: 0, to: whole, by: 8).map { bits[$0..<$0 + 8].reduce(0) { $0 << 1 | $1 } }
        // There is one text for these bytes.
        return Array(encode(bytes).utf8) == text ? bytes : nil
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ text: String) -> Bool {
        suffix(text.utf8.count).elementsEqual(text.utf8)
    }
}
