// What a text from elsewhere becomes before people see it: nothing of it steers their terminal.

internal import Bytes

/// A text with every control, bidirectional and other steering character as `\u{…}`. All that the commands print for people goes
/// through it (`Output`, `printError`).
/// - Parameter keepingLines: whether the ends of lines stay, in texts of the command's own.
func shownText(_ text: String, keepingLines: Bool = false) -> String {
    let keeps: (Unicode.Scalar) -> Bool = { !$0.steersText || keepingLines && $0 == "\n" }
    guard !text.unicodeScalars.allSatisfy(keeps) else { return text }
    var shown = ""
    for scalar in text.unicodeScalars {
        if keeps(scalar) {
            shown.unicodeScalars.append(scalar)
        } else {
            shown += "\\u{\(String(scalar.value, radix: 16))}"
        }
    }
    return shown
}

/// A JSON text with steering characters as `\uXXXX`: it means the same.
func shownJSON(_ text: ByteBuffer) -> ByteBuffer {
    guard !text.bytes.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x0A }) else { return text }
    let shown = ByteBuffer(minimumCapacity: text.count)
    for scalar in String(decoding: text.bytes, as: UTF8.self).unicodeScalars {
        switch scalar {
        case "\n": shown.append("\n")
        // White space between values.
        case "\r", "\t": shown.append(" ")
        case let scalar where scalar.steersText:
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                shown.append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            }
        case let scalar: shown.append(String(scalar))
        }
    }
    return shown
}
