// Texts compared byte for byte. Swift's `==`, sets and dictionaries take texts for equal that Unicode holds equivalent (`é` and `e` with
// an accent, `K` and the Kelvin sign), of which somebody can choose another.

extension String {
    /// Whether two texts have the same bytes in UTF-8.
    public func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Another text for each other text, and all of it ASCII, of which two are equal only where their bytes are.
    public var exactKey: String {
        let isPlain: (UInt8) -> Bool = { $0 < 0x80 && $0 != UInt8(ascii: "%") }
        guard !utf8.allSatisfy(isPlain) else { return self }
        var key = ""
        for byte in utf8 {
            if isPlain(byte) {
                key.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                key += "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }
        }
        return key
    }
}
