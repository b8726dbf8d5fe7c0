// The inner loops of base64: sixteen characters at a time in one vector register, by comparing and adding. Written with
// the standard library's vectors, so that it is the same on every machine; no tables. Both sides of every operator are
// vectors: those between a vector and a number are not compiled to vector instructions.

extension Base64 {
    typealias Vector = SIMD16<UInt8>
    private typealias Signed = SIMD16<Int8>
    private typealias Lanes = SIMD4<UInt32>

    /// Reads 14 bytes, uses 12, writes 16 characters. All reading comes before all writing.
    @inline(__always)
    static func encodeBlock(_ source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer) {
        // Six bytes at the top of each word.
        let words = SIMD2<UInt64>(
            UInt64(bigEndian: source.loadUnaligned(as: UInt64.self)),
            UInt64(bigEndian: source.loadUnaligned(fromByteOffset: 6, as: UInt64.self)))
        // Twice a half each: 24 bits a lane, 12, 6, the first always in the lower lane.
        let halves =
            (words &>> SIMD2(repeating: 40))
            | ((words &<< SIMD2(repeating: 16)) & SIMD2(repeating: 0xFF_FFFF_0000_0000))
        let wide = unsafeBitCast(halves, to: Lanes.self)
        let quarters = (wide &>> Lanes(repeating: 12)) | ((wide & Lanes(repeating: 0xFFF)) &<< Lanes(repeating: 16))
        let narrow = unsafeBitCast(quarters, to: SIMD8<UInt16>.self)
        let sextets = (narrow &>> SIMD8(repeating: 6)) | ((narrow & SIMD8(repeating: 0x3F)) &<< SIMD8(repeating: 8))
        destination.storeBytes(of: letters(unsafeBitCast(sextets, to: Signed.self)), as: Vector.self)
    }

    /// Reads 16 characters, all of them base64's, and writes 14 bytes of which the last two mean nothing. All reading
    /// comes before all writing.
    @inline(__always)
    static func decodeBlock(_ source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer) {
        let characters = source.loadUnaligned(as: Signed.self)
        // Each is taken for a digit, and moved on from there: what is above the digits, then what is below them.
        let upper = lanes(characters .> Signed(repeating: 64)) & Vector(repeating: 187)
        let lower = lanes(characters .> Signed(repeating: 96)) & Vector(repeating: 250)
        let sign = lanes(characters .< Signed(repeating: 48)) & Vector(repeating: 12)
        let plus = lanes(characters .== Signed(repeating: 43)) & Vector(repeating: 3)
        let digits = unsafeBitCast(characters, to: Vector.self) &+ Vector(repeating: 4)
        let sextets = (digits &+ upper) &+ (lower &+ (sign &+ plus))
        // The first of two neighbours, which is in the lower bits, goes on top, twice: 12 bits a lane, then 24.
        let narrow = unsafeBitCast(sextets, to: SIMD8<UInt16>.self)
        let twelves = ((narrow & SIMD8(repeating: 0xFF)) &<< SIMD8(repeating: 6)) | (narrow &>> SIMD8(repeating: 8))
        let wide = unsafeBitCast(twelves, to: Lanes.self)
        let groups = ((wide & Lanes(repeating: 0xFFF)) &<< Lanes(repeating: 12)) | (wide &>> Lanes(repeating: 16))
        let pairs = unsafeBitCast(groups, to: SIMD2<UInt64>.self)
        destination.storeBytes(of: joined(pairs[0]).bigEndian, as: UInt64.self)
        destination.storeBytes(of: joined(pairs[1]).bigEndian, toByteOffset: 6, as: UInt64.self)
    }

    /// 24 bits and 24 bits, the first in the lower half, as the upper 48 bits of a word, the first on top.
    @inline(__always)
    private static func joined(_ pair: UInt64) -> UInt64 {
        pair &<< 40 | (pair &>> 16) & 0xFF_FFFF_0000
    }

    /// All ones in each lane whose character is none of base64's.
    @inline(__always)
    static func outsideAlphabet(_ source: UnsafeRawPointer) -> Vector {
        let characters = source.loadUnaligned(as: Signed.self)
        let folded = characters | Signed(repeating: 0x20)
        let letter = lanes(folded .> Signed(repeating: 96)) & lanes(folded .< Signed(repeating: 123))
        let digitOrSlash = lanes(characters .> Signed(repeating: 46)) & lanes(characters .< Signed(repeating: 58))
        return ~(letter | digitOrSlash | lanes(characters .== Signed(repeating: 43)))
    }

    @inline(__always)
    static func anyLane(_ vector: Vector) -> Bool {
        let halves = unsafeBitCast(vector, to: SIMD2<UInt64>.self)
        return halves[0] | halves[1] != 0
    }

    /// The first lane that is not zero.
    @inline(__always)
    static func firstLane(_ vector: Vector) -> Int? {
        let halves = unsafeBitCast(vector, to: SIMD2<UInt64>.self)
        if halves[0] != 0 { return UInt64(littleEndian: halves[0]).trailingZeroBitCount / 8 }
        return halves[1] != 0 ? 8 + UInt64(littleEndian: halves[1]).trailingZeroBitCount / 8 : nil
    }

    /// The character of each sextet: `A` and on, with a step where the alphabet has one.
    @inline(__always)
    private static func letters(_ sextets: Signed) -> Vector {
        let base = unsafeBitCast(sextets, to: Vector.self) &+ Vector(repeating: 65)
        let toLower = base &+ (lanes(sextets .> Signed(repeating: 25)) & Vector(repeating: 6))
        let toDigits = toLower &- (lanes(sextets .> Signed(repeating: 51)) & Vector(repeating: 75))
        let toPlus = toDigits &- (lanes(sextets .> Signed(repeating: 61)) & Vector(repeating: 15))
        return toPlus &+ (lanes(sextets .> Signed(repeating: 62)) & Vector(repeating: 3))
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

    /// As `sextet(of:)`, for a character of the alphabet; six bits for any other.
    @inline(__always)
    static func sextet(valid character: UInt8) -> UInt32 {
        let byte = UInt32(character)
        var sextet = byte &+ 4
        sextet &-= ((64 &- byte) &>> 8) & 69
        sextet &-= ((96 &- byte) &>> 8) & 6
        sextet &+= ((byte &- 48) &>> 8) & 12
        sextet &+= within(byte, 43, 43) & 3
        return sextet & 63
    }

    /// All ones where `first <= byte <= last`, else zero.
    @inline(__always)
    private static func within(_ byte: UInt32, _ first: UInt32, _ last: UInt32) -> UInt32 {
        ~(UInt32(bitPattern: Int32(bitPattern: (byte &- first) | (last &- byte)) &>> 31))
    }
}
