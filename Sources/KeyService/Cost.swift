// What work costs, before it is done: processor time as it was measured once. It decides where a request is done, how a batch is
// cut into parts, and what is refused as too much for one request.

public import CoreBridge

/// Processor time, in nanoseconds of one processor of the year 2020 or so (OpenSSL 3.0 on an AMD EPYC). It is the same on every
/// machine, so that what is refused on one is refused on all.
public struct Cost: Sendable, Comparable {
    public let nanoseconds: Int

    public init(nanoseconds: Int) {
        self.nanoseconds = nanoseconds
    }

    public static func microseconds(_ number: Int) -> Cost { Cost(nanoseconds: number * 1_000) }
    public static func milliseconds(_ number: Int) -> Cost { Cost(nanoseconds: number * 1_000_000) }
    public static let zero = Cost(nanoseconds: 0)

    public static func + (one: Cost, other: Cost) -> Cost { Cost(nanoseconds: one.nanoseconds + other.nanoseconds) }
    public static func += (one: inout Cost, other: Cost) { one = one + other }
    public static func < (one: Cost, other: Cost) -> Bool { one.nanoseconds < other.nanoseconds }

    /// The most that one request may ask for: 4 RSA-4096 key pairs, or 1,000 RSA-4096 signatures.
    public static let limit = Cost.milliseconds(10_000)
}

/// What is done with a key. Symmetric work costs by its bytes, the rest mostly by its algorithm.
public enum Work: Sendable {
    case encrypt, decrypt, mac, wrap, sign, verify, agree, generate
    /// So many bytes are wanted.
    case derive(bytes: Int)
}

extension Cost {
    /// One piece of work, with reading what it takes and writing what it gives.
    public static func of(_ work: Work, with algorithm: Algorithm, bytes: Int = 0) -> Cost {
        Cost(nanoseconds: perItem + fixed(work, algorithm) + bytes * perByte(work))
    }

    /// Decoding, checking and encoding an item of a batch, and a context's subkey.
    private static let perItem = 2_000

    /// Nanoseconds a byte, with scanning, decoding and encoding its base64.
    public static func perByte(_ work: Work) -> Int {
        switch work {
        case .encrypt, .decrypt, .generate: 3
        // The slowest hash that is taken.
        case .mac, .sign, .verify, .agree, .derive: 6
        // Six passes, each of a block at a time.
        case .wrap: 30
        }
    }

    private static func fixed(_ work: Work, _ algorithm: Algorithm) -> Int {
        switch work {
        case .sign: privateKey(algorithm)
        case .decrypt: algorithm.isRSA ? privateKey(algorithm) : 0
        case .verify: publicKey(algorithm)
        case .encrypt: algorithm.isRSA ? publicKey(algorithm) : 0
        case .agree: privateKey(algorithm)
        case .generate: generation(algorithm)
        case .derive(let bytes): bytes * 20
        case .mac, .wrap: 0
        }
    }

    private static func privateKey(_ algorithm: Algorithm) -> Int {
        switch algorithm {
        case .rsa2048: 950_000
        case .rsa3072: 2_600_000
        case .rsa4096: 6_000_000
        case .ed25519, .x25519, .ecdhP256: 75_000
        case .ecdsaP256: 40_000
        case .ecdsaP384, .ecdhP384: 1_500_000
        case .ecdsaP521, .ecdhP521, .ecdsaSecp256k1: 600_000
        case .mlDSA44, .mlDSA65, .mlDSA87: 700_000
        default: 0
        }
    }

    private static func publicKey(_ algorithm: Algorithm) -> Int {
        switch algorithm {
        case .rsa2048: 30_000
        case .rsa3072: 60_000
        case .rsa4096: 90_000
        case .ed25519: 200_000
        case .ecdsaP256: 100_000
        case .ecdsaP384: 1_300_000
        case .ecdsaP521: 900_000
        case .ecdsaSecp256k1: 600_000
        case .mlDSA44, .mlDSA65, .mlDSA87: 250_000
        default: 0
        }
    }

    /// On average: finding primes takes as long as it takes.
    private static func generation(_ algorithm: Algorithm) -> Int {
        switch algorithm {
        case .rsa2048: 200_000_000
        case .rsa3072: 800_000_000
        case .rsa4096: 2_400_000_000
        default: privateKey(algorithm)
        }
    }
}
