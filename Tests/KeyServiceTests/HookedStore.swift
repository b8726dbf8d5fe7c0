// A store that lets a test act at the one moment a race needs: after a key was read, before the reader has it.

import Storage
import Threading

/// Everything as `store` does it, with a hook.
final class HookedStore: Store {
    private let store: any Store
    /// Called once, after the next `key(named:)` has read.
    let afterReading = Locked<(@Sendable () -> Void)?>(nil)

    init(_ store: any Store) {
        self.store = store
    }

    func key(named name: String) throws(StorageError) -> StoredKey? {
        let key = try store.key(named: name)
        let hook = afterReading.withLock { hook in
            defer { hook = nil }
            return hook
        }
        hook?()
        return key
    }

    func installation() throws(StorageError) -> InstallationRecord? { try store.installation() }
    func auditAnchor() throws(StorageError) -> AuditAnchorRecord? { try store.auditAnchor() }
    func setAuditAnchor(_ anchor: AuditAnchorRecord) throws(StorageError) { try store.setAuditAnchor(anchor) }
    func createInstallation(_ installation: InstallationRecord, firstToken: TokenRecord) throws(StorageError) {
        try store.createInstallation(installation, firstToken: firstToken)
    }
    func setWrappedRoot(_ wrapped: [UInt8], expected: [UInt8]) throws(StorageError) {
        try store.setWrappedRoot(wrapped, expected: expected)
    }
    func beginRootRotation(_ rotation: RootRotationRecord) throws(StorageError) {
        try store.beginRootRotation(rotation)
    }
    func sealedVersions(
        after version: (keyID: KeyID, version: Int)?, limit: Int
    ) throws(StorageError) -> [KeyVersionRecord] {
        try store.sealedVersions(after: version, limit: limit)
    }
    func versionsToReseal(limit: Int) throws(StorageError) -> [KeyVersionRecord] {
        try store.versionsToReseal(limit: limit)
    }
    func storeResealed(_ versions: [KeyVersionRecord]) throws(StorageError) { try store.storeResealed(versions) }
    func finishRootRotation(authenticatingWith next: RecordAuthentication) throws(StorageError) {
        try store.finishRootRotation(authenticatingWith: next)
    }
    func authenticateRecords(with authentication: RecordAuthentication) {
        store.authenticateRecords(with: authentication)
    }
    func checkSets() throws(StorageError) { try store.checkSets() }
    func checkRecords() throws(StorageError) { try store.checkRecords() }
    func createKey(_ key: KeyRecord, versions: [KeyVersionRecord]) throws(StorageError) {
        try store.createKey(key, versions: versions)
    }
    func keys(_ query: KeyQuery) throws(StorageError) -> [KeyRecord] { try store.keys(query) }
    func updateKey(_ key: KeyRecord, expectedRevision: Int64) throws(StorageError) -> KeyRecord {
        try store.updateKey(key, expectedRevision: expectedRevision)
    }
    func addVersion(
        _ version: KeyVersionRecord, expectedLatest: Int, removing: [Int]
    ) throws(StorageError) -> KeyRecord {
        try store.addVersion(version, expectedLatest: expectedLatest, removing: removing)
    }
    func keyCount(ofOwner owner: String, limit: Int) throws(StorageError) -> Int {
        try store.keyCount(ofOwner: owner, limit: limit)
    }
    func setVersionState(
        keyID: KeyID, version: Int, state: KeyVersionState
    ) throws(StorageError) -> KeyVersionRecord {
        try store.setVersionState(keyID: keyID, version: version, state: state)
    }
    func deleteKey(keyID: KeyID, expectedRevision: Int64) throws(StorageError) {
        try store.deleteKey(keyID: keyID, expectedRevision: expectedRevision)
    }
    func keysDueForDeletion(at now: Int64, limit: Int) throws(StorageError) -> [KeyRecord] {
        try store.keysDueForDeletion(at: now, limit: limit)
    }
    func keysDueForRotation(at now: Int64, limit: Int) throws(StorageError) -> [KeyRecord] {
        try store.keysDueForRotation(at: now, limit: limit)
    }
    func reserveUses(
        keyID: KeyID, version: Int, count: Int64, limit: Int64
    ) throws(StorageError) -> Range<Int64>? {
        try store.reserveUses(keyID: keyID, version: version, count: count, limit: limit)
    }
    func insertImportKey(_ key: ImportKeyRecord, removingExpiredAt now: Int64) throws(StorageError) {
        try store.insertImportKey(key, removingExpiredAt: now)
    }
    func importKey(id: KeyID) throws(StorageError) -> ImportKeyRecord? { try store.importKey(id: id) }
    func latestImportKey() throws(StorageError) -> ImportKeyRecord? { try store.latestImportKey() }
    func insertToken(_ token: TokenRecord) throws(StorageError) { try store.insertToken(token) }
    func token(mac: [UInt8]) throws(StorageError) -> TokenRecord? { try store.token(mac: mac) }
    func tokens(after: String?, limit: Int) throws(StorageError) -> [TokenRecord] {
        try store.tokens(after: after, limit: limit)
    }
    func setTokenExpiry(id: String, expiresAt: Int64?) throws(StorageError) {
        try store.setTokenExpiry(id: id, expiresAt: expiresAt)
    }
    func noteTokenUses(_ uses: [String: Int64]) throws(StorageError) { try store.noteTokenUses(uses) }
    func deleteTokens(ids: [String]) throws(StorageError) { try store.deleteTokens(ids: ids) }
    func roles() throws(StorageError) -> [RoleRecord] { try store.roles() }
    func putRole(_ role: RoleRecord, expectedRevision: Int64?) throws(StorageError) -> RoleRecord {
        try store.putRole(role, expectedRevision: expectedRevision)
    }
    func deleteRole(name: String) throws(StorageError) { try store.deleteRole(name: name) }
    func approvals() throws(StorageError) -> [ApprovalRecord] { try store.approvals() }
    func putApproval(_ approval: ApprovalRecord) throws(StorageError) { try store.putApproval(approval) }
    func deleteApprovals(ids: [String]) throws(StorageError) { try store.deleteApprovals(ids: ids) }
    func checkReady() throws(StorageError) { try store.checkReady() }
    func close() throws(StorageError) { try store.close() }
}
