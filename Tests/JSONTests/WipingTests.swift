// What was parsed must not stay behind in freed memory.

import Bytes
import Glibc
import JSON
import Testing

@Suite("Wiping")
struct WipingTests {
    @Test("a string's bytes are gone from memory when its document is")
    func wiped() throws {
        // Made at run time and told apart by byte, so that no other copy of it can be mistaken for this one.
        let secret = (0..<200).map { UInt8(ascii: "A") + UInt8($0 % 23) }
        var address: UInt = 0
        try withDocument(secret) { value in
            address = UInt(bitPattern: value.stringBytes.baseAddress)
            #expect(Self.memory(at: address, count: secret.count) == secret)
        }
        // The allocator keeps its own notes in the first bytes of what is free.
        let left = try #require(Self.memory(at: address + 32, count: secret.count - 32))
        #expect(!Self.shareEightBytes(left, Array(secret.dropFirst(32))))
    }

    private func withDocument(_ secret: [UInt8], _ body: (JSONValue) throws -> Void) throws {
        let document = try parse(bytes: [UInt8(ascii: "\"")] + secret + [UInt8(ascii: "\"")])
        try body(document.root)
        withExtendedLifetime(document) {}
    }

    private static func shareEightBytes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        stride(from: 0, to: left.count - 8, by: 8).contains { left[$0..<$0 + 8] == right[$0..<$0 + 8] }
    }

    /// This process's memory, read through the kernel: what is freed must not be touched by pointer.
    private static func memory(at address: UInt, count: Int) -> [UInt8]? {
        let file = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: count)
        let read = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, count, off_t(address)) }
        return read == count ? bytes : nil
    }
}
