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

    public func secretMemory() throws(CoreError) -> SecretMemory {
        var memory = sr_secret_memory_t()
        try callCore { sr_secret_memory(&memory, $0) }
        return SecretMemory(
            protection: memory.protection == SR_PROTECTION_MEMFD_SECRET ? .memfdSecret : .mlock,
            capacity: memory.capacity, used: memory.used, keyBytes: UInt64(memory.key_bytes))
    }

    /// The algorithms that the OpenSSL at run time has.
    public var algorithms: [Algorithm] {
        Algorithm.allCases.filter { algorithm in
            var available: UInt64 = 0
            return sr_algorithm_available(algorithm.rawValue, &available, nil) == SR_OK && available == 1
        }
    }

    /// Writes the digest of a message (at most 32 MiB). Gives its length.
    public func hash(
        _ message: UnsafeRawBufferPointer, with hash: Hash, into digest: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try checkOverlap(digest, message)
        return try callCoreForDetails(writingTo: digest) {
            sr_hash(hash.rawValue, sr_bytes_t(message), $0, $1)
        }
    }

    /// Gives up making RSA keys, within 100 ms or so and from now on: for a process that is to end. Any thread.
    public func interrupt() throws(CoreError) {
        try callCore { sr_interrupt(1, $0) }
    }

    /// Fills `bytes` (1 to 65,536) from the core's random generator.
    public func random(into bytes: UnsafeMutableRawBufferPointer) throws(CoreError) {
        guard (1...Int(SR_RANDOM_MAX_BYTES)).contains(bytes.count) else {
            throw CoreError(.lengthOutOfRange, argument: 1)
        }
        var length = 0
        try callCore { error in
            withUnsafeMutablePointer(to: &length) { sr_random(sr_buffer_t(bytes, $0), error) }
        }
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
    /// Bytes that open keys can take, those that they have taken among them: all but a reserve and what the core keeps itself.
    public let keyBytes: UInt64

    /// Bytes that keys are kept open in. The rest is for opening the next one, and for keys that serve one request only.
    public var keptBytes: Int { Int(clamping: keyBytes / 8 * 7) }
}
