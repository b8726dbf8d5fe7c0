// Unseal keys, by a handle: what an installation's root key is wrapped under. They come out of a key file, a passphrase or
// shares, whose bytes pass through the caller's memory once; the keys themselves never come to Swift.

internal import CStrongroomCore

/// One reference to an unseal key of the core's, given back when the value goes.
public final class UnsealKey: Sendable {
    /// Bytes of a passphrase that can be chosen.
    public static let passphraseLengths = Int(SR_PASSPHRASE_MIN_BYTES)...Int(SR_PASSPHRASE_MAX_BYTES)
    /// Base-2 logarithms of scrypt's N; an unsealing takes a KiB of memory for each unit of N.
    public static let scryptCosts = Int(SR_SCRYPT_COST_MIN)...Int(SR_SCRYPT_COST_MAX)
    /// How many shares there can be; the threshold is at least 2.
    public static let shareCounts = Int(SR_SHARES_MIN)...Int(SR_SHARES_MAX)
    /// Bytes of a share's text.
    public static let shareLength = Int(SR_SHARE_TEXT_BYTES)

    let handle: sr_unseal_key_t

    private init(_ handle: sr_unseal_key_t) {
        self.handle = handle
    }

    deinit {
        // As with root keys, the live handle count tells of a failure.
        _ = sr_unseal_key_release(handle, nil)
    }

    /// Makes a new key file (mode 0600); fails where the file exists.
    public static func create(file path: String) throws(CoreError) -> UnsealKey {
        try make { path.withCoreBytes($0, sr_unseal_key_create_file, $1) }
    }

    /// Opens a key file that nobody but its owner, this process's user, may read.
    public static func open(file path: String) throws(CoreError) -> UnsealKey {
        try make { path.withCoreBytes($0, sr_unseal_key_open_file, $1) }
    }

    /// The key of a new passphrase. Takes a second or so.
    public static func create(passphrase: UnsafeRawBufferPointer, cost: Int) throws(CoreError) -> UnsealKey {
        guard passphraseLengths.contains(passphrase.count) else { throw CoreError(.lengthOutOfRange, argument: 1) }
        guard scryptCosts.contains(cost) else { throw CoreError(.invalidArgument, argument: 2) }
        return try make { sr_unseal_key_create_passphrase(sr_bytes_t(passphrase), UInt32(cost), $0, $1) }
    }

    /// The key of the passphrase that `wrapped` asks for. Takes a second or so.
    public static func open(
        passphrase: UnsafeRawBufferPointer, of wrapped: WrappedRoot
    ) throws(CoreError) -> UnsealKey {
        try make { key, error in
            wrapped.bytes.withUnsafeBytes {
                sr_unseal_key_open_passphrase(sr_bytes_t($0), sr_bytes_t(passphrase), key, error)
            }
        }
    }

    /// A new key in shares.
    /// - Parameter texts: room for `count` texts of `shareLength`, which are written one after the other, and to be wiped
    ///   by the caller.
    public static func split(
        threshold: Int, count: Int, into texts: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> UnsealKey {
        guard shareCounts.contains(count), (2...count).contains(threshold) else {
            throw CoreError(.invalidArgument, argument: 1)
        }
        var length = 0
        return try make { key, error in
            withUnsafeMutablePointer(to: &length) {
                sr_unseal_key_create_shares(UInt32(threshold), UInt32(count), sr_buffer_t(texts, $0), key, error)
            }
        }
    }

    /// The key of shares that were collected.
    public static func of(_ shares: CollectedShares) throws(CoreError) -> UnsealKey {
        try make { sr_unseal_key_from_shares(shares.handle, $0, $1) }
    }

    private static func make(
        _ function: (UnsafeMutablePointer<sr_unseal_key_t>, UnsafeMutablePointer<sr_error_t>?) -> UInt32
    ) throws(CoreError) -> UnsealKey {
        var handle = sr_unseal_key_t()
        try callCoreForDetails { function(&handle, $0) }
        return UnsealKey(handle)
    }
}

/// Shares on their way to an unseal key, in the core's memory. Any thread.
public final class CollectedShares: Sendable {
    let handle: sr_shares_t

    /// Begins to collect those that `wrapped` asks for.
    public init(for wrapped: WrappedRoot) throws(CoreError) {
        var handle = sr_shares_t()
        try callCore { error in
            wrapped.bytes.withUnsafeBytes { sr_shares_collect(sr_bytes_t($0), &handle, error) }
        }
        self.handle = handle
    }

    deinit {
        _ = sr_shares_release(handle, nil)
    }

    /// How far collecting is.
    public struct Progress: Equatable, Sendable {
        /// The share that was given, from 1.
        public let index: Int
        /// How many different ones were given.
        public let have: Int
        public let threshold: Int
    }

    /// Takes a share's text. One that was given before changes nothing.
    public func add(_ share: UnsafeRawBufferPointer) throws(CoreError) -> Progress {
        var progress = sr_share_progress_t()
        try callCore { sr_shares_add(handle, sr_bytes_t(share), &progress, $0) }
        return Progress(
            index: Int(progress.index), have: Int(progress.have), threshold: Int(progress.threshold))
    }
}

extension String {
    /// Calls a function of the core with the text's bytes, where it is a path it can be.
    fileprivate func withCoreBytes<Handle>(
        _ handle: UnsafeMutablePointer<Handle>,
        _ function: (sr_bytes_t, UnsafeMutablePointer<Handle>?, UnsafeMutablePointer<sr_error_t>?) -> UInt32,
        _ error: UnsafeMutablePointer<sr_error_t>?
    ) -> UInt32 {
        var path = self
        return path.withUTF8 { function(sr_bytes_t(UnsafeRawBufferPointer($0)), handle, error) }
    }
}
