// Finds where the plain part of a JSON string ends, sixteen bytes at a time.

enum StringText {
    /// How many bytes at the start need no second look: no quote, no backslash, no control character below 0x20, and
    /// with `asciiOnly` nothing from 0x80 on.
    static func plainPrefix(of bytes: UnsafeRawBufferPointer, asciiOnly: Bool) -> Int {
        guard let start = bytes.baseAddress else { return 0 }
        var position = 0
        while bytes.count - position >= 16 {
            if let lane = firstLane(specialLanes(start + position, asciiOnly: asciiOnly)) { return position + lane }
            position &+= 16
        }
        if position < bytes.count, bytes.count >= 16 {
            // The last sixteen once more, with those of them that are seen already.
            let last = bytes.count - 16
            return firstLane(specialLanes(start + last, asciiOnly: asciiOnly)).map { last + $0 } ?? bytes.count
        }
        while position < bytes.count, !isSpecial(bytes[position], asciiOnly: asciiOnly) { position &+= 1 }
        return position
    }

    /// The first lane that is not zero.
    @inline(__always)
    private static func firstLane(_ vector: SIMD16<UInt8>) -> Int? {
        let halves = unsafeBitCast(vector, to: SIMD2<UInt64>.self)
        if halves[0] != 0 { return UInt64(littleEndian: halves[0]).trailingZeroBitCount / 8 }
        return halves[1] != 0 ? 8 + UInt64(littleEndian: halves[1]).trailingZeroBitCount / 8 : nil
    }

    /// All ones in each lane that needs a second look.
    @inline(__always)
    private static func specialLanes(_ start: UnsafeRawPointer, asciiOnly: Bool) -> SIMD16<UInt8> {
        let bytes = start.loadUnaligned(as: SIMD16<Int8>.self)
        // Signed: bytes from 0x80 on are below zero. Operators between vectors only; those with numbers, and those of
        // masks, are not compiled to vector instructions.
        let control = lanes(bytes .< SIMD16(repeating: 0x20))
        let quote = lanes(bytes .== SIMD16(repeating: 0x22)) | lanes(bytes .== SIMD16(repeating: 0x5C))
        return quote | (asciiOnly ? control : control & ~lanes(bytes .< SIMD16(repeating: 0)))
    }

    @inline(__always)
    private static func lanes(_ mask: SIMDMask<SIMD16<Int8>>) -> SIMD16<UInt8> {
        unsafeBitCast(mask, to: SIMD16<UInt8>.self)
    }

    @inline(__always)
    private static func isSpecial(_ byte: UInt8, asciiOnly: Bool) -> Bool {
        byte < 0x20 || byte == 0x22 || byte == 0x5C || (asciiOnly && byte >= 0x80)
    }
}
