// Records for tests.

import Storage

func sampleKey(
    _ name: String, id: UInt64 = .random(in: .min ... .max), labels: [String: String] = [:]
) -> KeyRecord {
    KeyRecord(
        id: KeyID(high: 0x0102_0304_0506_0708, low: id), name: name, algorithm: "aes-256-gcm",
        usages: ["encrypt", "decrypt"], exportable: true, labels: labels, createdAt: 1_700_000_000)
}

func sampleVersion(of key: KeyRecord, _ version: Int = 1, sealed: [UInt8]? = nil) -> KeyVersionRecord {
    KeyVersionRecord(
        keyID: key.id, version: version, createdAt: 1_700_000_000 + Int64(version),
        sealed: sealed ?? randomBytes(200))
}

func sampleToken(_ id: String, mac: [UInt8] = randomBytes(32), expiresAt: Int64? = nil) -> TokenRecord {
    TokenRecord(
        id: id, mac: mac, name: "ci runner", roles: [RoleRecord.builtIn], createdAt: 1_700_000_000, expiresAt: expiresAt
    )
}

func randomBytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in .random(in: .min ... .max) }
}

extension Store {
    func addVersion(_ version: KeyVersionRecord, expectedLatest: Int) throws(StorageError) -> KeyRecord {
        try addVersion(version, expectedLatest: expectedLatest, removing: [])
    }

    /// Stores a key with a first version, and gives back what was stored.
    func create(_ key: KeyRecord, sealed: [UInt8]? = nil) throws(StorageError) -> StoredKey {
        let version = sampleVersion(of: key, sealed: sealed)
        try createKey(key, versions: [version])
        return StoredKey(key: key, versions: [version])
    }
}

extension RecordAuthentication {
    /// MACs of a key of the test's: not secure, but another for other bytes.
    static func sample(
        _ key: UInt64 = 1, altered: @escaping @Sendable (RecordName) -> Void = { _ in }
    ) -> RecordAuthentication {
        RecordAuthentication(
            mac: { record throws(StorageError) in
                var state = key &* 0x9E37_79B9_7F4A_7C15
                for byte in record.bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
                return (0..<32).map { UInt8(truncatingIfNeeded: state >> ($0 % 8 * 8)) ^ $0 }
            }, reportAltered: altered)
    }
}
