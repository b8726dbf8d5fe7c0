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
}

public enum Algorithm: UInt32, CaseIterable, Sendable {
    case aes256GCM = 1
    case xaes256GCM = 2

    /// The name used by the API and the store.
    public var name: String {
        switch self {
        case .aes256GCM: "aes-256-gcm"
        case .xaes256GCM: "xaes-256-gcm"
        }
    }

    /// Bytes of its key.
    public var keyBytes: Int {
        switch self {
        case .aes256GCM, .xaes256GCM: 32
        }
    }

    /// Everything that keys of this algorithm can be used for.
    public var usages: Usages {
        switch self {
        case .aes256GCM, .xaes256GCM: [.encrypt, .decrypt]
        }
    }

    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}

/// What a key may be used for, sealed into it and enforced by the core.
public struct Usages: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let encrypt = Usages(rawValue: SR_USAGE_ENCRYPT)
    public static let decrypt = Usages(rawValue: SR_USAGE_DECRYPT)

    private static let names: [(Usages, String)] = [(.encrypt, "encrypt"), (.decrypt, "decrypt")]

    public var names: [String] { Self.names.filter { contains($0.0) }.map(\.1) }

    /// Nil where one of the names is not a usage.
    public init?(names: [String]) {
        self = []
        for name in names {
            guard let usage = Self.names.first(where: { $0.1 == name }) else { return nil }
            insert(usage.0)
        }
    }
}

/// What a new key version is made as; all of it sealed into its header.
public struct KeySpecification: Equatable, Sendable {
    public var key: KeyVersionID
    public var algorithm: Algorithm
    public var usages: Usages
    public var exportable: Bool
    /// Seconds since 1970.
    public var createdAt: UInt64

    public init(key: KeyVersionID, algorithm: Algorithm, usages: Usages, exportable: Bool, createdAt: UInt64) {
        self.key = key
        self.algorithm = algorithm
        self.usages = usages
        self.exportable = exportable
        self.createdAt = createdAt
    }

    var raw: sr_key_spec_t {
        var spec = sr_key_spec_t()
        key.key.withBytes { id in withUnsafeMutableBytes(of: &spec.key_id) { $0.copyMemory(from: id) } }
        spec.version = key.version
        spec.algorithm = algorithm.rawValue
        spec.usages = usages.rawValue
        spec.flags = exportable ? SR_FLAG_EXPORTABLE : 0
        spec.created_at = createdAt
        return spec
    }
}
