// The core as a whole: started once, after its ABI was found to be the one this server was built against.

internal import CStrongroomCore

/// Proof that the core's library is the right one and runs. Everything else of the core is reached through it.
public struct Core: Sendable {
    /// Checks the ABI's version and fingerprint, reserves `secretMemoryBytes` of secret memory, and starts the core. Once a
    /// process.
    public static func start(secretMemoryBytes: UInt64) throws(CoreStartError) -> Core {
        let expected = ABI(version: SR_ABI_MAJOR << 16 | SR_ABI_MINOR, fingerprint: SR_ABI_FINGERPRINT)
        let found = abi
        guard expected == found else { throw .abiMismatch(expected: expected, found: found) }
        do {
            try callCoreForDetails { sr_start(secretMemoryBytes, $0) }
        } catch {
            throw .refused(error)
        }
        return Core()
    }

    /// The ABI of the library that was loaded.
    public static var abi: ABI { ABI(version: sr_abi_version(), fingerprint: sr_abi_fingerprint()) }

    /// What the library was built with.
    public static var features: [Feature] {
        let bits = sr_features()
        return Feature.allCases.filter { bits & $0.bit != 0 }
    }

    public func secretMemory() throws(CoreError) -> SecretMemory {
        var memory = sr_secret_memory_t()
        try callCore { sr_secret_memory(&memory, $0) }
        return SecretMemory(
            protection: memory.protection == SR_PROTECTION_MEMFD_SECRET ? .memfdSecret : .mlock,
            capacity: memory.capacity, used: memory.used)
    }

    /// Fills `bytes` (1 to 65,536) from the core's random generator.
    public func random(into bytes: UnsafeMutableRawBufferPointer) throws(CoreError) {
        var length = 0
        try callCore { error in
            withUnsafeMutablePointer(to: &length) { sr_random(sr_buffer_t(bytes, $0), error) }
        }
    }

    /// Handles of each kind that are still open. All zero when everything was given back.
    public func liveHandles() throws(CoreError) -> LiveHandles {
        var roots: UInt64 = 0
        var keys: UInt64 = 0
        try callCore { sr_live_handles(SR_KIND_ROOT, &roots, $0) }
        try callCore { sr_live_handles(SR_KIND_KEY, &keys, $0) }
        return LiveHandles(roots: roots, keys: keys)
    }
}

/// An ABI's identity: major version in the high 16 bits, minor in the low, and a hash over what is exported.
public struct ABI: Equatable, Sendable, CustomStringConvertible {
    public let version: UInt32
    public let fingerprint: UInt64

    public var versionText: String { "\(version >> 16).\(version & 0xffff)" }
    public var fingerprintText: String {
        let digits = String(fingerprint, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
    public var description: String { "\(versionText) (\(fingerprintText))" }
}

public enum CoreStartError: Error {
    /// The library is not the one this server was built against; nothing of it was called.
    case abiMismatch(expected: ABI, found: ABI)
    case refused(CoreError)
}

public enum Feature: String, CaseIterable, Sendable {
    case export
    case legacyAlgorithms = "legacy-algorithms"
    case faultInjection = "fault-injection"

    var bit: UInt64 {
        switch self {
        case .export: SR_FEATURE_EXPORT
        case .legacyAlgorithms: SR_FEATURE_LEGACY_ALGORITHMS
        case .faultInjection: SR_FEATURE_FAULT_INJECTION
        }
    }
}

public struct SecretMemory: Sendable {
    public enum Protection: String, Sendable {
        /// Pages that even root cannot read through /proc or ptrace.
        case memfdSecret = "memfd_secret"
        /// Locked pages, kept out of swap and core dumps.
        case mlock
    }

    public let protection: Protection
    /// Bytes.
    public let capacity: UInt64
    /// Bytes.
    public let used: UInt64
}

public struct LiveHandles: Equatable, Sendable {
    public let roots: UInt64
    public let keys: UInt64

    public var none: Bool { roots == 0 && keys == 0 }
}
