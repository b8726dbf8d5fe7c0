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
    TokenRecord(id: id, mac: mac, name: "ci runner", role: "operator", createdAt: 1_700_000_000, expiresAt: expiresAt)
}

func randomBytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in .random(in: .min ... .max) }
}

extension Store {
    /// Stores a key with a first version, and gives back what was stored.
    func create(_ key: KeyRecord, sealed: [UInt8]? = nil) throws(StorageError) -> StoredKey {
        let version = sampleVersion(of: key, sealed: sealed)
        try createKey(key, versions: [version])
        return StoredKey(key: key, versions: [version])
    }
}
