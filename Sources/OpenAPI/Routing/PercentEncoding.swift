// Percent-encoding (RFC 3986 section 2.1), decoded strictly: whole escapes only, and UTF-8 when all is done.

internal import Bytes

enum PercentEncoding {
    /// Appends what `text` stands for to `buffer`; with `plusIsSpace`, as HTML forms encode, `+` is a space. Nil where
    /// an escape is not whole or the result is not UTF-8. `buffer` may then have grown.
    static func decode(_ text: UnsafeRawBufferPointer, into buffer: ByteBuffer, plusIsSpace: Bool = false) -> Range<
        Int
    >? {
        let start = buffer.count
        var position = 0
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "%"):
                guard position + 2 < text.count, let high = digit(text[position + 1]),
                    let low = digit(text[position + 2])
                else { return nil }
                buffer.append(high << 4 | low)
                position += 3
            case UInt8(ascii: "+") where plusIsSpace:
                buffer.append(0x20)
                position += 1
            case let byte:
                buffer.append(byte)
                position += 1
            }
        }
        let range = start..<buffer.count
        return isUTF8(UnsafeRawBufferPointer(rebasing: buffer.bytes[range])) ? range : nil
    }

    static func decoded(_ text: String) -> String? {
        var text = text
        let buffer = ByteBuffer()
        guard let range = text.withUTF8({ decode(UnsafeRawBufferPointer($0), into: buffer) }) else { return nil }
        return String(decoding: buffer.bytes[range], as: UTF8.self)
    }

    static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if bytes.allSatisfy({ $0 < 0x80 }) { return true }
        return String(validating: bytes, as: UTF8.self) != nil
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
