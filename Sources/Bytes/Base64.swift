// Standard base64 (RFC 4648 section 4), strict: padded, canonical, no whitespace. One text for one value, so that what
// was checked, signed or stored as text means the same bytes.

/// Base64 on raw memory. No table is read at a position that depends on the data, and no branch depends on it except on
/// whether the text is valid at all: time depends on lengths, and on where a text first is not base64.
public enum Base64 {
    /// The length of the text for `count` bytes. `count` must be at most 2^61.
    public static func encodedLength(of count: Int) -> Int {
        (count + 2) / 3 &* 4
    }

    /// Writes the text of `source` to the start of `destination`, which must have room for `encodedLength(of:)`; answers
    /// the text's length, and writes nothing and answers 0 where there is no room.
    ///
    /// The two may overlap in one way: `source` may be the last bytes of the text's place, ending exactly at
    /// `destination + encodedLength(of: source.count)`. The text then grows over bytes that are already read.
    @discardableResult
    public static func encode(_ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer) -> Int
    {
        let length = encodedLength(of: source.count)
        guard let from = source.baseAddress, let to = destination.baseAddress, destination.count >= length else {
            return 0
        }
        var read = 0
        var written = 0
        // A block reads 8 bytes of which it uses 6, twice.
        let lastBlock = source.count - 14
        while read <= lastBlock {
            encodeBlock(from + read, to: to + written)
            read &+= 12
            written &+= 16
        }
        while source.count - read >= 3 {
            let a = UInt32(from.load(fromByteOffset: read, as: UInt8.self))
            let b = UInt32(from.load(fromByteOffset: read + 1, as: UInt8.self))
            let c = UInt32(from.load(fromByteOffset: read + 2, as: UInt8.self))
            storeGroup(a << 16 | b << 8 | c, to: to + written)
            read &+= 3
            written &+= 4
        }
        let rest = source.count - read
        if rest > 0 {
            let a = UInt32(from.load(fromByteOffset: read, as: UInt8.self))
            let b = rest == 2 ? UInt32(from.load(fromByteOffset: read + 1, as: UInt8.self)) : 0
            storeGroup(a << 16 | b << 8, to: to + written)
            to.storeBytes(of: UInt8(ascii: "="), toByteOffset: written + 3, as: UInt8.self)
            if rest == 1 { to.storeBytes(of: UInt8(ascii: "="), toByteOffset: written + 2, as: UInt8.self) }
        }
        return length
    }

    /// How many bytes a text of this form stands for; looks at its length and padding only. Nil where those cannot be.
    public static func decodedLength(of source: UnsafeRawBufferPointer) -> Int? {
        guard source.count % 4 == 0 else { return nil }
        guard source.count > 0 else { return 0 }
        return source.count / 4 * 3 - padding(of: source)
    }

    /// Whether `decode` would take it.
    public static func isValid(_ source: UnsafeRawBufferPointer) -> Bool {
        endsWell(source) && alphabetPrefix(of: source) == source.count - padding(of: source)
    }

    /// Whether a text that is known to be of the alphabet's characters and then at most two `=` is base64: its length is
    /// whole groups, and the bits that the padding leaves without meaning are zero.
    public static func endsWell(_ source: UnsafeRawBufferPointer) -> Bool {
        guard source.count % 4 == 0 else { return false }
        return switch padding(of: source) {
        case 1: sextet(of: source[source.count - 2]) & 0b11 == 0
        case 2: sextet(of: source[source.count - 3]) & 0b1111 == 0
        default: true
        }
    }

    /// Decodes to the start of `destination`, which must have room for `decodedLength(of:)`, and may start exactly where
    /// `source` does. Answers the length; or nil, with nothing written, where `source` is not base64 or there is no room.
    public static func decode(
        _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
    ) -> Int? {
        isValid(source) ? decode(valid: source, into: destination) : nil
    }

    /// As `decode`, for a text that is known to be base64; any other is decoded to something without meaning.
    public static func decode(
        valid source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard let length = decodedLength(of: source), destination.count >= length else { return nil }
        guard length > 0, let from = source.baseAddress, let to = destination.baseAddress else { return 0 }
        let digits = source.count - padding(of: source)
        var read = 0
        var written = 0
        // A block writes 14 bytes of which 12 stay: at least one whole group must follow it.
        let lastBlock = digits - 20
        while read <= lastBlock {
            decodeBlock(from + read, to: to + written)
            read &+= 16
            written &+= 12
        }
        while digits - read >= 4 {
            let group = group(from + read, count: 4)
            storeBytes(of: group, count: 3, to: to + written)
            read &+= 4
            written &+= 3
        }
        if digits - read >= 2 {
            let count = digits - read
            storeBytes(of: group(from + read, count: count), count: count - 1, to: to + written)
        }
        return length
    }

    /// How many bytes of the base64 alphabet stand at the start of `source`; padding does not belong to it.
    public static func alphabetPrefix(of source: UnsafeRawBufferPointer) -> Int {
        guard let start = source.baseAddress else { return 0 }
        var position = 0
        let lastBlock = source.count - 64
        while position <= lastBlock {
            let outside =
                outsideAlphabet(start + position) | outsideAlphabet(start + position + 16)
                | outsideAlphabet(start + position + 32) | outsideAlphabet(start + position + 48)
            if anyLane(outside) { break }
            position &+= 64
        }
        let lastLanes = source.count - 16
        while position <= lastLanes {
            if let lane = firstLane(outsideAlphabet(start + position)) { return position + lane }
            position &+= 16
        }
        if position < source.count, lastLanes >= 0 {
            // The last sixteen once more, with those of them that are seen already.
            return firstLane(outsideAlphabet(start + lastLanes)).map { lastLanes + $0 } ?? source.count
        }
        while position < source.count, sextet(of: source[position]) < 64 { position &+= 1 }
        return position
    }

    /// `count` characters of the alphabet, up to four, as the upper bits of 24.
    private static func group(_ source: UnsafeRawPointer, count: Int) -> UInt32 {
        var group: UInt32 = 0
        for position in 0..<4 {
            group = group &<< 6
            if position < count { group |= sextet(valid: source.load(fromByteOffset: position, as: UInt8.self)) }
        }
        return group
    }

    private static func storeBytes(of group: UInt32, count: Int, to destination: UnsafeMutableRawPointer) {
        for position in 0..<count {
            let byte = UInt8(truncatingIfNeeded: group &>> UInt32(16 - 8 * position))
            destination.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
        }
    }

    private static func padding(of source: UnsafeRawBufferPointer) -> Int {
        guard source.count >= 2, source[source.count - 1] == UInt8(ascii: "=") else { return 0 }
        return source[source.count - 2] == UInt8(ascii: "=") ? 2 : 1
    }
}
