// The text of access tokens: 256 random bits with a prefix that scanners find and a checksum that catches typing errors.

internal import Bytes
public import CoreBridge

/// `srt_`, 52 base-32 digits (RFC 4648 section 6, lower case) of 256 random bits, and 7 of their CRC-32.
public enum AccessToken {
    public static let length = 4 + randomDigits + checksumDigits

    /// A new token's text. The buffer is wiped when it goes.
    public static func make(from core: Core) throws(CoreError) -> TokenText {
        let random = ByteBuffer(minimumCapacity: 32)
        try random.append(room: 32) { room throws(CoreError) in
            try core.random(into: room)
            return room.count
        }
        let text = ByteBuffer(minimumCapacity: length)
        text.append("srt_")
        appendDigits(of: random.bytes, count: randomDigits, to: text)
        withUnsafeBytes(of: checksum(random: text.bytes).bigEndian) {
            appendDigits(of: $0, count: checksumDigits, to: text)
        }
        return TokenText(buffer: text)
    }

    /// Whether it can be a token at all. It says nothing of whether it is a valid one, and so may take any time.
    public static func isWellFormed(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count == length, text.starts(with: "srt_".utf8) else { return false }
        let expected = ByteBuffer(minimumCapacity: checksumDigits)
        let body = UnsafeRawBufferPointer(rebasing: text[..<(4 + randomDigits)])
        withUnsafeBytes(of: checksum(random: body).bigEndian) {
            appendDigits(of: $0, count: checksumDigits, to: expected)
        }
        return expected.bytes.elementsEqual(text[(4 + randomDigits)...])
    }

    /// 16 base-32 digits, 80 random bits: what a token or an approval is named by. Not secret.
    static func identifier(from core: Core) throws(CoreError) -> String {
        let random = ByteBuffer(minimumCapacity: 16)
        try random.append(room: 16) { room throws(CoreError) in
            try core.random(into: room)
            return room.count
        }
        return String(decoding: random.bytes.map { alphabet[Int($0 & 31)] }, as: UTF8.self)
    }

    private static let randomDigits = 52
    private static let checksumDigits = 7
    private static let alphabet = [UInt8]("abcdefghijklmnopqrstuvwxyz234567".utf8)

    private static func appendDigits(of bytes: UnsafeRawBufferPointer, count: Int, to text: ByteBuffer) {
        for digit in 0..<count {
            let bit = digit * 5
            let high = UInt16(bit / 8 < bytes.count ? bytes[bit / 8] : 0)
            let low = UInt16(bit / 8 + 1 < bytes.count ? bytes[bit / 8 + 1] : 0)
            text.append(alphabet[Int((high << 8 | low) >> UInt16(11 - bit % 8) & 31)])
        }
    }

    /// CRC-32 (ISO-HDLC) of the text up to the checksum.
    private static func checksum(random text: UnsafeRawBufferPointer) -> UInt32 {
        var crc: UInt32 = 0xffff_ffff
        for byte in text {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        return ~crc
    }
}

/// A token's text, which its holder alone may know.
public struct TokenText: Sendable {
    let buffer: ByteBuffer

    /// The text, for the one time it is shown. It is wiped when the value goes; copies are the caller's care.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(buffer.bytes)
    }
}
