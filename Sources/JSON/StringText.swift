// Finds where the plain part of a JSON string ends, sixteen bytes at a time.

enum StringText {
    /// How many bytes at the start need no second look: no quote, no backslash, no control character below 0x20, and
    /// with `asciiOnly` nothing from 0x80 on.
    static func plainPrefix(of bytes: UnsafeRawBufferPointer, asciiOnly: Bool) -> Int {
        guard let start = bytes.baseAddress else { return 0 }
        var position = 0
        while bytes.count - position >= 16 {
            let special = specialLanes(start + position, asciiOnly: asciiOnly)
            let halves = unsafeBitCast(special, to: SIMD2<UInt64>.self)
            if halves[0] != 0 { return position + UInt64(littleEndian: halves[0]).trailingZeroBitCount / 8 }
            if halves[1] != 0 { return position + 8 + UInt64(littleEndian: halves[1]).trailingZeroBitCount / 8 }
            position &+= 16
        }
        while position < bytes.count, !isSpecial(bytes[position], asciiOnly: asciiOnly) { position &+= 1 }
        return position
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
