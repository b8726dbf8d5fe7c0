// A key's identity inside the service: 128 random bits, bound into every sealed blob, never reused and never renamed.

/// The 16 bytes that identify a key. Whoever creates a key draws them; a store only keeps them.
public struct KeyID: Sendable, Hashable {
    /// Bytes 0 to 7, big-endian.
    public var high: UInt64
    /// Bytes 8 to 15, big-endian.
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Nil unless there are exactly 16 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words = (high: UInt64(0), low: UInt64(0))
        for byte in bytes {
            words.high = words.high << 8 | words.low >> 56
            words.low = words.low << 8 | UInt64(byte)
        }
        self.init(high: words.high, low: words.low)
    }

    public static let byteCount = 16

    /// The 16 bytes, in order.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            for index in 0..<8 {
                let shift = UInt64(56 - 8 * index)
                buffer[index] = UInt8(truncatingIfNeeded: high >> shift)
                buffer[8 + index] = UInt8(truncatingIfNeeded: low >> shift)
            }
            count = Self.byteCount
        }
    }
}
