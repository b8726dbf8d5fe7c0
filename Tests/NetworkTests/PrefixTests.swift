// Networks of every length at their edges, against arithmetic on bits that is written here.

import Network
import Testing

@Suite struct PrefixTests {
    /// Addresses in which both halves of each byte have bits of both kinds.
    private static let samples: [[UInt8]] = [
        [10, 0xA5, 0x5A, 0x3C], [0xDB, 0x5A, 0xA5, 0xC3],
        [0x20, 1, 0xD, 0xB8, 0xA5, 0x5A, 0x3C, 0xC3, 0x69, 0x96, 0x5A, 0xA5, 0xF0, 0x0F, 0x55, 0xAA],
        [0xFD, 0xA5, 0x5A, 0x3C, 0xC3, 0x96, 0x69, 0xA5, 0x5A, 0x0F, 0xF0, 0xAA, 0x55, 0x3C, 0xC3, 0x96],
    ]

    @Test("a network of any length holds its first and last address, and no neighbour", arguments: samples)
    func edges(sample: [UInt8]) throws {
        let bits = sample.count * 8
        for length in 0...bits {
            let first = setting(sample, from: length, to: 0)
            let last = setting(sample, from: length, to: 1)
            let text = try "\(address(first))/\(length)"
            let network = try #require(SourceNetwork(text), "\(text)")
            for inside in [first, last, sample] { #expect(network.contains(try address(inside)), "\(text)") }
            // Each bit of the prefix counts, and no bit behind it does.
            for bit in 0..<bits {
                #expect(try network.contains(address(flipping(sample, bit))) == (bit >= length), "\(text), bit \(bit)")
            }
            if length > 0 {
                #expect(try !network.contains(address(step(first, by: -1))), "\(text)")
                #expect(try !network.contains(address(step(last, by: 1))), "\(text)")
            }
        }
    }

    @Test("a network with any bit set behind its length is none", arguments: samples)
    func bitsBehind(sample: [UInt8]) throws {
        let bits = sample.count * 8
        for length in 0..<bits {
            let first = setting(sample, from: length, to: 0)
            for bit in [length, (length + bits) / 2, bits - 1] {
                let text = try "\(address(flipping(first, bit)))/\(length)"
                #expect(SourceNetwork(text) == nil, "\(text)")
            }
        }
        #expect(try SourceNetwork("\(address(sample))/\(bits + 1)") == nil)
        #expect(try SourceNetwork("\(address(sample))/-1") == nil)
        #expect(try SourceNetwork("\(address(sample))/0\(bits)") == nil)
        #expect(try SourceNetwork("\(address(sample))/") == nil)
    }

    @Test("limits count 64 bits of an IPv6 address together, and a site has 48 or 24 bits", arguments: samples)
    func sources(sample: [UInt8]) throws {
        let own = try Peer(.address(address(sample))).source
        for bit in 0..<sample.count * 8 {
            let other = try Peer(.address(address(flipping(sample, bit)))).source
            #expect((other == own) == (sample.count == 16 && bit >= 64), "bit \(bit)")
            #expect((other.site == own.site) == (bit >= (sample.count == 16 ? 48 : 24)), "bit \(bit)")
        }
    }

    @Test("loopback is 127.0.0.0/8 and ::1 alone")
    func loopback() throws {
        for text in ["127.0.0.0", "127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"] {
            #expect(try #require(IPAddress(text)).isLoopback, "\(text)")
        }
        for text in ["126.255.255.255", "128.0.0.0", "0.0.0.0", "::", "::2", "1::1", "::1:0:0:1", "::127.0.0.1"] {
            #expect(try !#require(IPAddress(text)).isLoopback, "\(text)")
        }
    }

    private func address(_ bytes: [UInt8]) throws -> IPAddress { try #require(IPAddress(bytes: bytes)) }

    private func flipping(_ bytes: [UInt8], _ bit: Int) -> [UInt8] {
        var bytes = bytes
        bytes[bit / 8] ^= 0x80 >> UInt8(bit % 8)
        return bytes
    }

    /// The bits from `length` on as `value`.
    private func setting(_ bytes: [UInt8], from length: Int, to value: Int) -> [UInt8] {
        var bytes = bytes
        for bit in length..<bytes.count * 8 {
            let mask: UInt8 = 0x80 >> UInt8(bit % 8)
            if value == 1 { bytes[bit / 8] |= mask } else { bytes[bit / 8] &= ~mask }
        }
        return bytes
    }

    /// The next address, or the one before.
    private func step(_ bytes: [UInt8], by sign: Int) -> [UInt8] {
        var bytes = bytes
        for index in bytes.indices.reversed() {
            bytes[index] = sign > 0 ? bytes[index] &+ 1 : bytes[index] &- 1
            if bytes[index] != (sign > 0 ? 0 : 255) { break }
        }
        return bytes
    }
}
