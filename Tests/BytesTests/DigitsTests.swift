// Numbers written as digits, held against the standard library's.

import Bytes
import Testing

@Suite("Digits")
struct DigitsTests {
    @Test(
        "decimal digits are those of the standard library",
        arguments: [0, 1, 9, 10, 99, 100, 12_345, -1, -10, 999_999_999_999_999_999, .max, .min, .max - 1])
    func decimal(number: Int) {
        let buffer = ByteBuffer()
        buffer.append(decimal: number)
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == String(number))
    }

    @Test("every power of ten and its neighbours has its digits")
    func powers() {
        var power = 1
        for _ in 0..<18 {
            power *= 10
            for number in [power - 1, power, power + 1, -power, 1 - power] { decimal(number: number) }
        }
    }

    @Test("hexadecimal digits are those of the standard library", arguments: [0, 1, 0xF, 0x0123_4567_89AB_CDEF, .max])
    func hexadecimal(number: UInt64) {
        let buffer = ByteBuffer()
        buffer.append(room: 16) { room in
            room.baseAddress.map { Digits.write(hexadecimal: number, to: $0) }
            return 16
        }
        let digits = String(number, radix: 16)
        #expect(
            String(decoding: buffer.bytes, as: UTF8.self) == String(repeating: "0", count: 16 - digits.count) + digits)
    }
}
