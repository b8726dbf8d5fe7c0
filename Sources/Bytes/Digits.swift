// Numbers as text, without a string in between.

/// Decimal and hexadecimal digits.
public enum Digits {
    /// The 8 hexadecimal digits of a number in lower case, the first in the highest byte: all of them in one go, four bits
    /// to each byte.
    @inlinable
    public static func hexadecimal(_ number: UInt32) -> UInt64 {
        var nibbles = UInt64(number)
        nibbles = (nibbles &<< 16 | nibbles) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles &<< 8 | nibbles) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles &<< 4 | nibbles) & 0x0F0F_0F0F_0F0F_0F0F
        // 1 in each byte whose digit is a letter: letters follow 39 places after where the digits end.
        let letters = (nibbles &+ 0x0606_0606_0606_0606) &>> 4 & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }

    /// Writes the 16 hexadecimal digits of a number to `destination`.
    @inlinable
    public static func write(hexadecimal number: UInt64, to destination: UnsafeMutableRawPointer) {
        destination.storeBytes(of: hexadecimal(UInt32(truncatingIfNeeded: number &>> 32)).bigEndian, as: UInt64.self)
        destination.storeBytes(
            of: hexadecimal(UInt32(truncatingIfNeeded: number)).bigEndian, toByteOffset: 8, as: UInt64.self)
    }

    /// The longest decimal number: a sign and 19 digits.
    public static let decimalCapacity = 20

    /// Writes a decimal number to `destination`, which has room for `decimalCapacity` bytes; answers its length.
    @inlinable
    public static func write(decimal number: Int, to destination: UnsafeMutableRawPointer) -> Int {
        let sign = number < 0 ? 1 : 0
        if number < 0 { destination.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self) }
        var length = 1
        var bound: UInt = 10
        let magnitude = number.magnitude
        // 19 digits fit below 2^64.
        while length < 19, magnitude >= bound {
            length &+= 1
            bound &*= 10
        }
        var rest = magnitude
        var position = sign &+ length
        repeat {
            position &-= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            destination.storeBytes(
                of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit), toByteOffset: position, as: UInt8.self)
            rest = quotient
        } while position > sign
        return sign &+ length
    }
}
