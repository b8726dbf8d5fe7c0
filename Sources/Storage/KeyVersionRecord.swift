// One version of a key: its sealed material and whether it may be used.

/// A version as stored.
public struct KeyVersionRecord: Sendable, Equatable {
    public var keyID: KeyID
    /// From 1.
    public var version: Int
    public var state: KeyVersionState
    /// Seconds since 1970.
    public var createdAt: Int64
    /// The core's sealed blob: ciphertext, never empty, at most 1 MiB. Nil exactly when the version is destroyed.
    public var sealed: [UInt8]?
    /// How many encryptions were reserved when the record was read or is first written; it moves only with
    /// `Store.reserveUses`, under a MAC of its own. Used for algorithms that count them.
    public var usesReserved: Int64

    public init(
        keyID: KeyID, version: Int, state: KeyVersionState = .enabled, createdAt: Int64, sealed: [UInt8]?,
        usesReserved: Int64 = 0
    ) {
        self.keyID = keyID
        self.version = version
        self.state = state
        self.createdAt = createdAt
        self.sealed = sealed
        self.usesReserved = usesReserved
    }
}

extension KeyVersionRecord {
    public var uses: KeyUses { KeyUses(keyID: keyID, version: version, reserved: usesReserved) }
}

/// How many encryptions of a version are reserved. It has a MAC of its own.
public struct KeyUses: Sendable, Equatable {
    public var keyID: KeyID
    public var version: Int
    public var reserved: Int64

    public init(keyID: KeyID, version: Int, reserved: Int64) {
        self.keyID = keyID
        self.version = version
        self.reserved = reserved
    }
}

public enum KeyVersionState: String, Sendable, CaseIterable {
    case enabled
    case disabled
    /// The sealed blob is gone, and with it the material. There is no way back.
    case destroyed
}
