// The inner loops of base64: sixteen characters at a time in one vector register, by comparing and adding. Written with
// the standard library's vectors, so that it is the same on every machine; no tables.

extension Base64 {
    typealias Vector = SIMD16<UInt8>
    private typealias Signed = SIMD16<Int8>
    private typealias Lanes = SIMD4<UInt32>

    /// Reads 14 bytes, uses 12, writes 16 characters. All reading comes before all writing.
    @inline(__always)
    static func encodeBlock(_ source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer) {
        let high = UInt64(bigEndian: source.loadUnaligned(as: UInt64.self))
        let low = UInt64(bigEndian: source.loadUnaligned(fromByteOffset: 6, as: UInt64.self))
        // One group of three bytes in the low bits of each lane.
        let groups = Lanes(
            UInt32(truncatingIfNeeded: high &>> 40), UInt32(truncatingIfNeeded: high &>> 16) & 0xFF_FFFF,
            UInt32(truncatingIfNeeded: low &>> 40), UInt32(truncatingIfNeeded: low &>> 16) & 0xFF_FFFF)
        let first = groups &>> 18
        let second = (groups &>> 4) & Lanes(repeating: 0x3F00)
        let third = (groups &<< 10) & Lanes(repeating: 0x3F_0000)
        let fourth = (groups &<< 24) & Lanes(repeating: 0x3F00_0000)
        let sextets = (first | second) | (third | fourth)
        destination.storeBytes(of: letters(unsafeBitCast(sextets, to: Signed.self)), as: Vector.self)
    }

    /// Reads 16 characters, writes 14 bytes of which the last two mean nothing. All reading comes before all writing.
    /// Lanes of `invalid` become nonzero where a character is none of base64's.
    @inline(__always)
    static func decodeBlock(
        _ source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer, invalid: inout Vector
    ) {
        let characters = source.loadUnaligned(as: Signed.self)
        let upper = lanes(characters .> 64) & lanes(characters .< 91)
        let lower = lanes(characters .> 96) & lanes(characters .< 123)
        let digit = lanes(characters .> 47) & lanes(characters .< 58)
        let plus = lanes(characters .== 43)
        let slash = lanes(characters .== 47)
        invalid |= ~(upper | lower | digit | plus | slash)
        // What to add for the first of each range to become its sextet, modulo 256.
        let letterShift = (upper & Vector(repeating: 191)) | (lower & Vector(repeating: 185))
        let signShift = (plus & Vector(repeating: 19)) | (slash & Vector(repeating: 16))
        let shift = letterShift | signShift | (digit & Vector(repeating: 4))
        let sextets = unsafeBitCast(unsafeBitCast(characters, to: Vector.self) &+ shift, to: Lanes.self)
        // Four sextets a lane, the first in the lowest byte, become 24 bits with the first on top.
        let first = (sextets & Lanes(repeating: 0x3F)) &<< 18
        let second = (sextets & Lanes(repeating: 0x3F00)) &<< 4
        let third = (sextets &>> 10) & Lanes(repeating: 0xFC0)
        let fourth = (sextets &>> 24) & Lanes(repeating: 0x3F)
        let groups = (first | second) | (third | fourth)
        let pairs = unsafeBitCast(groups, to: SIMD2<UInt64>.self)
        // In a pair the first group is the lower half: 48 bits, first group on top, at the top of a word.
        let words = (pairs &<< 40) | ((pairs &>> 16) & SIMD2(repeating: 0xFF_FFFF_0000))
        destination.storeBytes(of: words[0].bigEndian, as: UInt64.self)
        destination.storeBytes(of: words[1].bigEndian, toByteOffset: 6, as: UInt64.self)
    }

    /// All ones in each lane whose character is none of base64's.
    @inline(__always)
    static func outsideAlphabet(_ source: UnsafeRawPointer) -> Vector {
        let characters = source.loadUnaligned(as: Signed.self)
        let folded = characters | Signed(repeating: 0x20)
        let letter = lanes(folded .> 96) & lanes(folded .< 123)
        let digitOrSlash = lanes(characters .> 46) & lanes(characters .< 58)
        return ~(letter | digitOrSlash | lanes(characters .== 43))
    }

    @inline(__always)
    static func anyLane(_ vector: Vector) -> Bool {
        let halves = unsafeBitCast(vector, to: SIMD2<UInt64>.self)
        return halves[0] | halves[1] != 0
    }

    /// The character of each sextet: `A` and on, with a step where the alphabet has one.
    @inline(__always)
    private static func letters(_ sextets: Signed) -> Vector {
        let base = unsafeBitCast(sextets, to: Vector.self) &+ Vector(repeating: 65)
        let toLower = base &+ (lanes(sextets .> 25) & Vector(repeating: 6))
        let toDigits = toLower &- (lanes(sextets .> 51) & Vector(repeating: 75))
        let toPlus = toDigits &- (lanes(sextets .> 61) & Vector(repeating: 15))
        return toPlus &+ (lanes(sextets .> 62) & Vector(repeating: 3))
    }

    @inline(__always)
    private static func lanes(_ mask: SIMDMask<SIMD16<Int8>>) -> Vector {
        unsafeBitCast(mask, to: Vector.self)
    }

    /// Four characters for the 24 bits of `group`.
    @inline(__always)
    static func storeGroup(_ group: UInt32, to destination: UnsafeMutableRawPointer) {
        destination.storeBytes(of: letter(group &>> 18 & 63), as: UInt8.self)
        destination.storeBytes(of: letter(group &>> 12 & 63), toByteOffset: 1, as: UInt8.self)
        destination.storeBytes(of: letter(group &>> 6 & 63), toByteOffset: 2, as: UInt8.self)
        destination.storeBytes(of: letter(group & 63), toByteOffset: 3, as: UInt8.self)
    }

    /// As `letters`, for one sextet; all bits of a borrow past 25, 51, 61 or 62 serve as its mask.
    @inline(__always)
    private static func letter(_ sextet: UInt32) -> UInt8 {
        var character = sextet &+ 65
        character &+= ((25 &- sextet) &>> 8) & 6
        character &-= ((51 &- sextet) &>> 8) & 75
        character &-= ((61 &- sextet) &>> 8) & 15
        character &+= ((62 &- sextet) &>> 8) & 3
        return UInt8(truncatingIfNeeded: character)
    }

    /// A character's sextet, or a number from 64 on where it has none.
    @inline(__always)
    static func sextet(of character: UInt8) -> UInt32 {
        let byte = UInt32(character)
        let upper = within(byte, 65, 90)
        let lower = within(byte, 97, 122)
        let digit = within(byte, 48, 57)
        let plus = within(byte, 43, 43)
        let slash = within(byte, 47, 47)
        let known = upper | lower | digit | plus | slash
        let value =
            (upper & (byte &- 65)) | (lower & (byte &- 71)) | (digit & (byte &+ 4)) | (plus & 62) | (slash & 63)
        return value | (~known & 64)
    }

    /// All ones where `first <= byte <= last`, else zero.
    @inline(__always)
    private static func within(_ byte: UInt32, _ first: UInt32, _ last: UInt32) -> UInt32 {
        ~(UInt32(bitPattern: Int32(bitPattern: (byte &- first) | (last &- byte)) &>> 31))
    }
}
