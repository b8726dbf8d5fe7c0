// Which key, and what is sealed into it.

internal import CStrongroomCore

/// A key's identity, for ever: 16 random bytes, sealed into each of its versions.
public struct KeyIdentity: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    fileprivate init(_ spec: sr_key_spec_t) {
        let words = withUnsafeBytes(of: spec.key_id) { bytes in
            (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self.init(high: UInt64(bigEndian: words.0), low: UInt64(bigEndian: words.1))
    }

    /// The 16 bytes, most significant first.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var bytes = (high.bigEndian, low.bigEndian)
        return withUnsafeBytes(of: &bytes) { body($0) }
    }
}

/// One version of a key: what the pool's handles are found by.
public struct KeyVersionID: Hashable, Sendable {
    public let key: KeyIdentity
    public let version: UInt32

    public init(key: KeyIdentity, version: UInt32) {
        self.key = key
        self.version = version
    }

    public func hash(into hasher: inout Hasher) {
        // One word, as hashing is most of finding a handle. Half of an identity's random bits tell keys apart well enough.
        hasher.combine(key.low ^ UInt64(version) << 32)
    }
}

/// What a new key version is made as; all of it sealed into its header.
public struct KeySpecification: Equatable, Sendable {
    public var key: KeyVersionID
    public var algorithm: Algorithm
    public var usages: Usages
    public var flags: KeyFlags
    /// Seconds since 1970.
    public var createdAt: UInt64

    public init(
        key: KeyVersionID, algorithm: Algorithm, usages: Usages, flags: KeyFlags = [], createdAt: UInt64
    ) {
        self.key = key
        self.algorithm = algorithm
        self.usages = usages
        self.flags = flags
        self.createdAt = createdAt
    }

    var raw: sr_key_spec_t {
        var spec = sr_key_spec_t()
        key.key.withBytes { id in withUnsafeMutableBytes(of: &spec.key_id) { $0.copyMemory(from: id) } }
        spec.version = key.version
        spec.algorithm = algorithm.rawValue
        spec.usages = usages.rawValue
        spec.flags = flags.rawValue
        spec.created_at = createdAt
        return spec
    }

    /// Nil for an algorithm that this build does not know.
    init?(_ spec: sr_key_spec_t) {
        guard let algorithm = Algorithm(rawValue: spec.algorithm) else { return nil }
        self.init(
            key: KeyVersionID(key: KeyIdentity(spec), version: spec.version), algorithm: algorithm,
            usages: Usages(rawValue: spec.usages), flags: KeyFlags(rawValue: spec.flags), createdAt: spec.created_at)
    }
}
