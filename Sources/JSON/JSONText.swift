// Walks over JSON text without building anything: how much there is of it before jansson is let at it, and where in it a
// position lies after jansson has refused it.

enum JSONText {
    /// How much a parser would have to build, as far as brackets and commas outside strings tell. Nothing is said of the
    /// text being JSON.
    enum Extent {
        case within
        /// Arrays and objects stand more than `depth` deep.
        case tooDeep
        /// There are more than `values` of them, and of commas between them.
        case tooMany
        /// A NUL outside strings: jansson takes it for the text's end, and would not look at what comes after.
        case malformed(offset: Int)
    }

    /// What is built for a value costs far more than its text: two bytes of `[]` come to some 200 bytes of tree. So texts are
    /// measured before they are parsed.
    static func extent(of bytes: UnsafeRawBufferPointer, depth limit: Int, values: Int) -> Extent {
        var depth = 0
        var found = 0
        var position = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position = endOfString(in: bytes, from: position)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                found += 1
                if depth > limit { return .tooDeep }
                if found > values { return .tooMany }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                // More closing than opening is no JSON.
                if depth < 0 { return .malformed(offset: position + 1) }
            case UInt8(ascii: ","):
                found += 1
                if found > values { return .tooMany }
            case 0: return .malformed(offset: position)
            default: break
            }
            position += 1
        }
        return .within
    }

    /// The pointer to the member whose name ends at `position`, in a text that is JSON as far as that.
    static func pointer(toMemberEndingAt position: Int, in bytes: UnsafeRawBufferPointer) -> String {
        var levels: [Level] = []
        let text = UnsafeRawBufferPointer(rebasing: bytes[..<position])
        var at = 0
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: "\""):
                let end = endOfString(in: text, from: at)
                if case .object(_, true) = levels.last {
                    levels[levels.count - 1] = .object(name: at + 1..<max(at + 1, end - 1), expectsName: true)
                }
                at = end
                continue
            case UInt8(ascii: "{"): levels.append(.object(name: 0..<0, expectsName: true))
            case UInt8(ascii: "["): levels.append(.array(index: 0))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = levels.popLast()
            case UInt8(ascii: ":"):
                if case .object(let name, _) = levels.last {
                    levels[levels.count - 1] = .object(name: name, expectsName: false)
                }
            case UInt8(ascii: ","):
                switch levels.last {
                case .object(let name, _): levels[levels.count - 1] = .object(name: name, expectsName: true)
                case .array(let index): levels[levels.count - 1] = .array(index: index + 1)
                case nil: break
                }
            default: break
            }
            at += 1
        }
        var pointer = JSONPointer()
        for level in levels {
            switch level {
            case .array(let index): pointer.append(index: index)
            case .object(let name, _):
                unescaped(UnsafeRawBufferPointer(rebasing: text[name])).withUnsafeBytes { pointer.append(name: $0) }
            }
        }
        return pointer.text
    }

    private enum Level {
        case array(index: Int)
        /// `name` is the range of the last member's name, between its quotes.
        case object(name: Range<Int>, expectsName: Bool)
    }

    /// The position after the closing quote of the string that opens at `start`; the end where there is none.
    private static func endOfString(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start + 1
        while position < bytes.count {
            position += StringText.plainPrefix(
                of: UnsafeRawBufferPointer(rebasing: bytes[position...]), asciiOnly: false)
            guard position < bytes.count else { break }
            switch bytes[position] {
            case UInt8(ascii: "\\"): position += 2
            case UInt8(ascii: "\""): return position + 1
            default: position += 1
            }
        }
        return bytes.count
    }

    /// The text of a well-formed JSON string, whose escapes are resolved. Stops where an escape makes no sense.
    private static func unescaped(_ string: UnsafeRawBufferPointer) -> [UInt8] {
        var text: [UInt8] = []
        var position = 0
        while position < string.count, text.count <= JSONPointer.shownBytes {
            guard string[position] == UInt8(ascii: "\\"), position + 1 < string.count else {
                text.append(string[position])
                position += 1
                continue
            }
            let escape = string[position + 1]
            position += 2
            switch escape {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                guard var value = codeUnit(in: string, at: position) else { return text }
                position += 4
                if value & 0xFC00 == 0xD800, let low = codeUnit(in: string, at: position + 2) {
                    value = 0x10000 + (value & 0x3FF) << 10 + (low & 0x3FF)
                    position += 6
                }
                guard let scalar = Unicode.Scalar(value) else { return text }
                text += Array(String(Character(scalar)).utf8)
            default: text.append(escape)
            }
        }
        return text
    }

    private static func codeUnit(in string: UnsafeRawBufferPointer, at position: Int) -> UInt32? {
        guard position + 4 <= string.count else { return nil }
        var value: UInt32 = 0
        for byte in string[position..<position + 4] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}
