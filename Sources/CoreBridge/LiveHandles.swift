// What the core has given out and not had back: how a test, and the server as it stops, find a leak.

internal import CStrongroomCore

/// Open handles, and the secret memory behind them. All zero when everything was given back.
public struct LiveHandles: Equatable, Sendable {
    public let roots: UInt64
    public let keys: UInt64
    /// Unseal keys, and sets of shares that are collected.
    public let unsealings: UInt64
    /// Bytes of secret memory that root keys take, those included that a call is still using.
    public let rootBytes: UInt64
    /// Bytes of secret memory that keys take, those included that a call is still using.
    public let keyBytes: UInt64
    /// Bytes of secret memory that unseal keys and shares take.
    public let unsealingBytes: UInt64

    public var none: Bool {
        roots == 0 && keys == 0 && unsealings == 0 && rootBytes == 0 && keyBytes == 0 && unsealingBytes == 0
    }
}

extension Core {
    /// Any thread; while others open and release, the numbers are those of different moments.
    public func liveHandles() throws(CoreError) -> LiveHandles {
        LiveHandles(
            roots: try Self.count { sr_live_handles(SR_KIND_ROOT, $0, $1) },
            keys: try Self.count { sr_live_handles(SR_KIND_KEY, $0, $1) },
            unsealings: try Self.count { sr_live_handles(SR_KIND_UNSEAL_KEY, $0, $1) }
                + Self.count { sr_live_handles(SR_KIND_SHARES, $0, $1) },
            rootBytes: try Self.count { sr_live_bytes(SR_KIND_ROOT, $0, $1) },
            keyBytes: try Self.count { sr_live_bytes(SR_KIND_KEY, $0, $1) },
            unsealingBytes: try Self.count { sr_live_bytes(SR_KIND_UNSEAL_KEY, $0, $1) }
                + Self.count { sr_live_bytes(SR_KIND_SHARES, $0, $1) })
    }

    private static func count(
        _ function: (UnsafeMutablePointer<UInt64>?, UnsafeMutablePointer<sr_error_t>?) -> UInt32
    ) throws(CoreError) -> UInt64 {
        var count: UInt64 = 0
        try callCore { function(&count, $0) }
        return count
    }
}
