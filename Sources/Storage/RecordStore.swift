// What an engine does for a store: it keeps records with the MACs that it is given, and gives them back. It neither makes
// MACs nor checks them: `AuthenticatedStore` does, once, above every engine.

/// An engine. Threads, durability and errors are those of `Store`.
public protocol RecordStore: Sendable {
    associatedtype Transaction: RecordTransaction

    /// Runs `body` in a transaction that only reads: everything that it reads is of one moment.
    func read<Value>(_ body: (Transaction) throws -> Value) throws(StorageError) -> Value

    /// Runs `body` in a transaction that has the right to write from its start on; a throw rolls everything back.
    func write<Value>(_ body: (Transaction) throws -> Value) throws(StorageError) -> Value

    /// Erases from disk what committed transactions have overwritten or deleted.
    func eraseRemains() throws(StorageError)

    /// Returns if the engine answers: one cheap query.
    func checkReady() throws(StorageError)

    /// As of `Store`.
    func close() throws(StorageError)
}

/// A record and the MAC that is stored with it.
public struct Authenticated<Record: Sendable>: Sendable {
    public var record: Record
    public var mac: [UInt8]?

    public init(_ record: Record, mac: [UInt8]?) {
        self.record = record
        self.mac = mac
    }
}

/// Which row has a MAC.
public enum RecordPlace: Sendable {
    case key(KeyID)
    case uses(KeyID, version: Int)
    case token(id: String)
    case role(name: String)
    case approval(id: String)
    case importKey(KeyID)
}

/// Rows, as one transaction sees them. It must not outlive the call that it was given to.
///
/// A function that changes rows knows how many have to change, and throws `.corrupt` where others did: then nothing is
/// changed. Where there is a rule that rows break, it throws `.nameTaken` or `.conflict`.
public protocol RecordTransaction {
    // MARK: Installation

    func installation() throws -> InstallationRecord?
    func insert(_ installation: InstallationRecord) throws
    /// Throws `.conflict` where another is stored, or a rotation is under way.
    func setWrappedRoot(_ wrapped: [UInt8], expected: [UInt8]) throws
    /// Throws `.conflict` where a rotation is under way, or there is no installation.
    func begin(_ rotation: RootRotationRecord) throws
    func sealedVersions(after version: (keyID: KeyID, version: Int)?, limit: Int) throws -> [KeyVersionRecord]
    /// The version that was resealed last in the rotation that is under way.
    func resealedVersion() throws -> (keyID: KeyID, version: Int)?
    /// Writes blobs of versions that have one, and notes the last of them; throws `.conflict` where no rotation is under way.
    func storeResealed(_ versions: [KeyVersionRecord]) throws
    /// Throws `.conflict` where no rotation is under way.
    func finishRotation() throws
    func setMAC(_ mac: [UInt8], of place: RecordPlace) throws

    // MARK: Keys

    func key(id: KeyID) throws -> Authenticated<StoredKey>?
    func key(named name: KeyName) throws -> Authenticated<StoredKey>?
    /// In byte order.
    func keyIDs(after id: KeyID?, limit: Int) throws -> [KeyID]
    func keys(_ query: KeyQuery) throws -> [KeyRecord]
    func keyCount(ofOwner owner: String, limit: Int) throws -> Int
    func keysDueForDeletion(at now: Int64, limit: Int) throws -> [KeyRecord]
    func keysDueForRotation(at now: Int64, limit: Int) throws -> [KeyRecord]
    /// With its labels.
    func insert(_ key: Authenticated<KeyRecord>) throws
    /// Writes what may change of a key that is stored as `before`.
    func update(_ key: Authenticated<KeyRecord>, from before: KeyRecord) throws
    /// With its versions and labels.
    func delete(_ key: StoredKey) throws

    func version(_ version: Int, of key: KeyID) throws -> KeyVersionRecord?
    /// With its count of uses.
    func insert(_ version: KeyVersionRecord, uses: Authenticated<KeyUses>) throws
    /// Writes state and blob.
    func update(_ version: KeyVersionRecord) throws
    func delete(_ version: KeyVersionRecord) throws
    /// How many encryptions of a version are reserved.
    func uses(of version: Int, of key: KeyID) throws -> Authenticated<KeyUses>?
    func update(_ uses: Authenticated<KeyUses>, from before: KeyUses) throws

    // MARK: Import keys

    func importKeys() throws -> [Authenticated<ImportKeyRecord>]
    func insert(_ key: Authenticated<ImportKeyRecord>) throws
    /// Gives how many there were.
    func deleteImportKeys(expiredAt now: Int64) throws -> Int

    // MARK: Tokens, roles and approvals

    func token(id: String) throws -> Authenticated<TokenRecord>?
    func token(mac: [UInt8]) throws -> Authenticated<TokenRecord>?
    func tokens(after id: String, limit: Int) throws -> [Authenticated<TokenRecord>]
    func hasTokens(ofRole name: String) throws -> Bool
    func insert(_ token: Authenticated<TokenRecord>) throws
    /// Writes when it expires.
    func update(_ token: Authenticated<TokenRecord>) throws
    /// Those that are not there are passed over.
    func noteTokenUses(_ uses: [String: Int64]) throws
    /// Those that are not there are passed over. Gives how many there were.
    func deleteTokens(ids: [String]) throws -> Int

    /// By name.
    func roles() throws -> [Authenticated<RoleRecord>]
    func role(named name: String) throws -> Authenticated<RoleRecord>?
    func insert(_ role: Authenticated<RoleRecord>) throws
    func delete(_ role: RoleRecord) throws

    /// By id.
    func approvals() throws -> [Authenticated<ApprovalRecord>]
    func insert(_ approval: Authenticated<ApprovalRecord>) throws
    /// Those that are not there are passed over.
    func deleteApprovals(ids: [String]) throws

    // MARK: Sets

    func set(_ kind: RecordSet.Kind) throws -> Authenticated<RecordSet>?
    /// In place of what there was.
    func put(_ set: Authenticated<RecordSet>) throws
    /// How many records of the kind there are.
    func count(of kind: RecordSet.Kind) throws -> Int64

    // MARK: Audit

    func auditAnchor() throws -> Authenticated<AuditAnchorRecord>?
    func setAuditAnchor(_ anchor: Authenticated<AuditAnchorRecord>) throws
}
