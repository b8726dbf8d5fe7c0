// A request's name in answers and logs: unique without asking the system for randomness each time.

internal import Bytes
internal import CMicrohttpd
internal import Glibc

public struct RequestID: Sendable, Hashable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    /// 32 lower-case hexadecimal digits.
    public var description: String {
        String(unsafeUninitializedCapacity: 32) { text in
            write(to: UnsafeMutableRawBufferPointer(text))
            return 32
        }
    }

    /// Writes the digits: 32 bytes.
    func write(to text: UnsafeMutableRawBufferPointer) {
        guard text.count >= 32, let start = text.baseAddress else { return }
        Digits.write(hexadecimal: high, to: start)
        Digits.write(hexadecimal: low, to: start + 16)
    }
}

/// Makes the identifiers of one event loop.
struct RequestIDSource {
    private let process: UInt64
    private let mask: UInt64
    private var next: UInt64

    /// `process` and `mask` are random and the same for all loops of a server; `loop` keeps their counters apart.
    init(process: UInt64, mask: UInt64, loop: Int) {
        self.process = process
        self.mask = mask
        next = UInt64(truncatingIfNeeded: loop) << 48
    }

    mutating func make() -> RequestID {
        next &+= 1
        // Multiplying by an odd number is one to one, so counters that differ stay different; it hides how many
        // requests there were from a casual eye, and is no secret.
        return RequestID(high: process, low: (next &* 0x9E37_79B9_7F4A_7C15) ^ mask)
    }

    /// Eight random bytes of the system's.
    static func random() throws(ServerError) -> UInt64 {
        var value: UInt64 = 0
        let length = getrandom(&value, 8, 0)
        guard length == 8 else { throw ServerError.system(call: "getrandom", code: errno) }
        return value
    }
}
