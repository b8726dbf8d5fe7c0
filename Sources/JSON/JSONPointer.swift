// JSON Pointers (RFC 6901) for error messages, written so that a hostile member name cannot make them long.

/// A place in a JSON value, such as `/items/3/plaintext`. The whole value is the empty pointer.
public struct JSONPointer: Sendable {
    public private(set) var text = ""

    /// Bytes of a member's name that are shown; longer names are cut, and end in `…`.
    public static let shownBytes = 64

    public init() {}

    public mutating func append(index: Int) {
        text += "/\(index)"
    }

    /// Appends a member's name (UTF-8): `~` and `/` escaped, control characters shown as `?`, cut to `shownBytes`.
    public mutating func append(name: UnsafeRawBufferPointer) {
        var shown = min(name.count, Self.shownBytes)
        if shown < name.count {
            // Not in the middle of a character.
            while shown > 0, name[shown] & 0xC0 == 0x80 { shown -= 1 }
        }
        var escaped: [UInt8] = [UInt8(ascii: "/")]
        for byte in name[..<shown] {
            switch byte {
            case UInt8(ascii: "~"): escaped += [UInt8(ascii: "~"), UInt8(ascii: "0")]
            case UInt8(ascii: "/"): escaped += [UInt8(ascii: "~"), UInt8(ascii: "1")]
            case 0..<0x20, 0x7F: escaped.append(UInt8(ascii: "?"))
            default: escaped.append(byte)
            }
        }
        text += String(decoding: escaped, as: UTF8.self)
        if shown < name.count { text += "…" }
    }

    public mutating func append(name: String) {
        var name = name
        name.withUTF8 { append(name: UnsafeRawBufferPointer($0)) }
    }
}
