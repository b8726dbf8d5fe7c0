import Storage
import Testing

@Suite struct KeyIDTests {
    @Test("an id gives back the bytes it was made of, in order")
    func roundTrip() throws {
        let bytes = (0..<16).map { UInt8($0 * 17) }
        let id = try #require(KeyID(bytes: bytes))
        #expect(id.bytes == bytes)
        #expect(id.high == 0x0011_2233_4455_6677)
        #expect(id.low == 0x8899_AABB_CCDD_EEFF)
    }

    @Test("an id is 16 bytes and nothing else", arguments: [0, 15, 17])
    func length(count: Int) {
        #expect(KeyID(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }
}
