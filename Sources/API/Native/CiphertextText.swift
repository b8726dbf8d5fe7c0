// Ciphertexts as clients keep them: `sr:1:<key version>:<base64>`, so that each says which version decrypts it.

internal import Bytes

enum CiphertextText {
    /// Appends what stands before the base64.
    static func appendPrefix(version: Int, to buffer: ByteBuffer) {
        buffer.append("sr:1:")
        buffer.append(decimal: version)
        buffer.append(UInt8(ascii: ":"))
    }

    /// The version, and where the base64 begins. Nil where the text is not a ciphertext of this format.
    static func parse(_ text: UnsafeRawBufferPointer) -> (version: Int, base64: Int)? {
        guard text.starts(with: "sr:1:".utf8) else { return nil }
        var version = 0
        var position = 5
        while position < text.count, text[position] != UInt8(ascii: ":") {
            let digit = Int(text[position]) - Int(UInt8(ascii: "0"))
            // No leading zero: one ciphertext has one text.
            guard (0...9).contains(digit), position > 5 || digit > 0 else { return nil }
            version = version * 10 + digit
            guard version <= Int(Int32.max) else { return nil }
            position += 1
        }
        guard position > 5, position < text.count else { return nil }
        return (version, position + 1)
    }
}
