// The one protocol between the domain and wherever its records are kept. No SQL, no engine's types.

/// Keeps keys, versions and tokens.
///
/// Threads: every function may be called from any thread at any time, and blocks (disk, locks): never call one on an
/// event loop.
///
/// Atomicity: each function is one transaction. It happens as a whole or, when it throws, not at all; readers see
/// the state before or after it.
///
/// Durability: when a function that changes something returns, the change is on disk and survives the loss of the
/// process and of power.
///
/// Errors: beside those named at each function, any may throw `.busy`, `.corrupt`, `.unavailable`, `.recordKeyUnavailable`, and any that
/// changes something `.full`. After `.busy` and `.full` the change did not happen, unless the function says otherwise;
/// after `.unavailable` it may have (the disk failed while it was being made durable): read before trying again.
public protocol Store: Sendable {
    // MARK: Installation

    /// The installation's record; nil in a store that was never initialised.
    func installation() throws(StorageError) -> InstallationRecord?

    /// Initialises the store: the installation, the token that the operator starts with, and the audit trail's first anchor.
    /// - Throws: `.conflict` when there is an installation already.
    func createInstallation(_ installation: InstallationRecord, firstToken: TokenRecord) throws(StorageError)

    // MARK: Authentication of records

    /// From here on every key, token, role and import key that is written gets a MAC, and is held to it when it is read by its name
    /// or id, and before it is changed. Listings of keys, and what is due, are not held to it. Before the first call nothing
    /// is.
    ///
    /// An altered key throws `.altered`, from reading it as from changing it; altered tokens, roles and import keys are as if they
    /// were not there. So is a token that goes with one that is not there, or that has a role that is not. Each is reported.
    /// Where the number of keys, tokens or roles is not as it was written, nothing is added to them or removed: `.altered`.
    func authenticateRecords(with authentication: RecordAuthentication)

    /// Counts keys, tokens and roles. A kind of which there are more or fewer than there were is reported, and roles each.
    /// - Throws: `.altered` where there was one.
    func checkSets() throws(StorageError)

    /// Reads all keys, tokens, roles and import keys. Each that is not as it was written is reported.
    /// - Throws: `.altered` where there was one.
    func checkRecords() throws(StorageError)

    // MARK: Root key

    /// Exchanges the wrapped root key for another wrapping of it; the old one is erased from disk before this returns.
    /// - Parameter expected: the one that is stored.
    /// - Throws: `.conflict` when another is stored, or a rotation is under way.
    func setWrappedRoot(_ wrapped: [UInt8], expected: [UInt8]) throws(StorageError)

    /// Begins to exchange the root key; import keys, which live for a day, are removed. Nothing but the four functions
    /// below may change what is sealed from here to the end of it.
    /// - Throws: `.conflict` when a rotation is under way, or no wrapped root key is stored.
    func beginRootRotation(_ rotation: RootRotationRecord) throws(StorageError)

    /// A page of all versions with a blob, by id and number, past `version`.
    func sealedVersions(
        after version: (keyID: KeyID, version: Int)?, limit: Int
    ) throws(StorageError) -> [KeyVersionRecord]

    /// The next versions, in the same order, that the rotation has not resealed; none when it has all.
    func versionsToReseal(limit: Int) throws(StorageError) -> [KeyVersionRecord]

    /// Writes the blobs of versions that `versionsToReseal` gave, in its order.
    /// - Throws: `.conflict` when no rotation is under way.
    func storeResealed(_ versions: [KeyVersionRecord]) throws(StorageError)

    /// Puts the next root key in the place of the first, of which nothing is left on disk when this returns, and gives all
    /// records MACs of the next, which is what `authenticateRecords` gets.
    /// - Throws: `.conflict` when no rotation is under way; `.altered`. After `.busy` or `.unavailable` it may have happened.
    func finishRootRotation(authenticatingWith next: RecordAuthentication) throws(StorageError)

    // MARK: Keys

    /// Stores a new key with its versions, in order of their numbers, the last of which is `key.latestVersion`: a new key
    /// has one and a restored one may have many. `key.revision` is where its
    /// revisions begin.
    /// - Throws: `.nameTaken`; `.conflict` when the id exists or the records do not fit each other.
    func createKey(_ key: KeyRecord, versions: [KeyVersionRecord]) throws(StorageError)

    /// A key and its versions, as they were at one moment; nil where no key has the full name.
    func key(named name: String) throws(StorageError) -> StoredKey?

    /// How many keys count against an owner's quota, but no more than `limit` are counted.
    func keyCount(ofOwner owner: String, limit: Int) throws(StorageError) -> Int

    /// A page of keys, sorted by name in byte order.
    func keys(_ query: KeyQuery) throws(StorageError) -> [KeyRecord]

    /// Writes `labels`, `minDecryptVersion`, `deletionProtected`, `rotationPeriod`, `rotateAt`, `minApprovals`,
    /// `approvalsBy` and `state` of `key`, found
    /// by its `id`; its other members are not looked at. The revision goes up by one.
    /// - Returns: the key as it is stored now.
    /// - Throws: `.notFound`; `.conflict` when the stored revision is not `expectedRevision`, or `minDecryptVersion` is
    ///   past the latest version.
    func updateKey(_ key: KeyRecord, expectedRevision: Int64) throws(StorageError) -> KeyRecord

    /// Adds a version and makes it the latest; the next rotation by period, where there is a period, is due that long after
    /// the version's time. The key's revision goes up by one.
    /// - Parameter version: its number is `expectedLatest` + 1, and it has a blob.
    /// - Returns: the key as it is stored now.
    /// - Parameter removing: destroyed versions whose records go at the same time.
    /// - Throws: `.notFound` when there is no such key; `.conflict` when its latest version is not `expectedLatest`
    ///   (another rotation came first), or a version to remove is not destroyed.
    func addVersion(
        _ version: KeyVersionRecord, expectedLatest: Int, removing: [Int]
    ) throws(StorageError) -> KeyRecord

    /// Sets a version's state; the key's revision goes up by one if that is a change. `.destroyed` erases the
    /// sealed blob from everything the store keeps on disk before this returns.
    ///
    /// When destroying throws `.busy` or `.unavailable`, the version may be destroyed but remains of its blob not yet
    /// erased from disk: call again, destroying twice is allowed.
    /// - Returns: the version as it is stored now.
    /// - Throws: `.notFound`; `.conflict` when the version is destroyed and `state` is another.
    func setVersionState(keyID: KeyID, version: Int, state: KeyVersionState) throws(StorageError) -> KeyVersionRecord

    /// Reserves up to `count` encryptions with a version for the caller alone, and counts them as done. No two calls are
    /// ever given the same, in this process or another, before or after a crash.
    /// - Parameters:
    ///   - count: above 0.
    ///   - limit: as many may ever be reserved; fewer than `count` are, where that is reached.
    /// - Returns: which; nil when all are taken. The key's revision stays as it is.
    /// - Throws: `.notFound`; `.conflict` when the version is destroyed or `count` is not above 0; `.altered` when the count
    ///   is not as it was written.
    func reserveUses(
        keyID: KeyID, version: Int, count: Int64, limit: Int64
    ) throws(StorageError) -> Range<Int64>?

    /// Removes a key with all its versions; their blobs are erased from disk, as by `setVersionState`.
    /// - Parameter expectedRevision: guards against deleting a key whose deletion has just been cancelled.
    /// - Throws: `.notFound`; `.conflict` when the stored revision is another. After `.busy` or `.unavailable` the key
    ///   may be gone already.
    func deleteKey(keyID: KeyID, expectedRevision: Int64) throws(StorageError)

    /// Keys in `.pendingDeletion(at:)` with that time at or before `now` (seconds since 1970), the earliest first.
    /// - Parameter limit: as in `KeyQuery`.
    func keysDueForDeletion(at now: Int64, limit: Int) throws(StorageError) -> [KeyRecord]

    /// Keys whose `rotateAt` is at or before `now` (seconds since 1970) and that are not to be deleted, the earliest first.
    /// - Parameter limit: as in `KeyQuery`.
    func keysDueForRotation(at now: Int64, limit: Int) throws(StorageError) -> [KeyRecord]

    // MARK: Import keys

    /// Keeps an import key, and removes those that have expired at `now` (seconds since 1970); their blobs are erased from
    /// disk, as by `setVersionState`.
    /// - Throws: `.conflict` when the id exists or the blob is empty.
    func insertImportKey(_ key: ImportKeyRecord, removingExpiredAt now: Int64) throws(StorageError)

    /// One, expired or not; nil where there is none of this id.
    func importKey(id: KeyID) throws(StorageError) -> ImportKeyRecord?

    /// The one that expires last; nil where there is none.
    func latestImportKey() throws(StorageError) -> ImportKeyRecord?

    // MARK: Tokens

    /// - Throws: `.nameTaken` when a token with this id or MAC exists; `.conflict` when the MAC is not 32 bytes.
    func insertToken(_ token: TokenRecord) throws(StorageError)

    /// The token with this MAC, expired or not; nil where there is none.
    func token(mac: [UInt8]) throws(StorageError) -> TokenRecord?

    /// A page of tokens in byte order of their ids, past `after`; `limit` as in `KeyQuery`.
    func tokens(after: String?, limit: Int) throws(StorageError) -> [TokenRecord]

    /// Gives a token another end.
    /// - Throws: `.notFound`.
    func setTokenExpiry(id: String, expiresAt: Int64?) throws(StorageError)

    /// Notes when tokens were last used. Those that are not there are passed over.
    func noteTokenUses(_ uses: [String: Int64]) throws(StorageError)

    /// Removes tokens, all of them that are there at once.
    func deleteTokens(ids: [String]) throws(StorageError)

    // MARK: Roles

    /// All of them, by name, up to 1,000. Those that were altered are left out, and reported.
    func roles() throws(StorageError) -> [RoleRecord]

    /// Stores a role, with `revision` counted up from `expectedRevision`; nil for one that must not be there yet.
    /// - Returns: the role as it is stored now.
    /// - Throws: `.nameTaken`; `.notFound`; `.conflict` when its revision is another; `.full` when there are 1,000.
    func putRole(_ role: RoleRecord, expectedRevision: Int64?) throws(StorageError) -> RoleRecord

    /// - Throws: `.notFound`; `.conflict` when a token has the role.
    func deleteRole(name: String) throws(StorageError)

    // MARK: Approvals

    /// All of them, by id, expired or not. Those that were altered are left out, and reported.
    func approvals() throws(StorageError) -> [ApprovalRecord]

    /// Stores one with its decisions, in place of what there was of this id.
    /// - Throws: `.conflict` when the body's digest is not 32 bytes.
    func putApproval(_ approval: ApprovalRecord) throws(StorageError)

    /// Removes approvals, all of them that are there at once.
    func deleteApprovals(ids: [String]) throws(StorageError)

    // MARK: Audit

    /// Where the audit trail ended when it was last noted; nil before there is an installation.
    /// - Throws: `.altered` when the note is missing, or not as it was written; it is reported.
    func auditAnchor() throws(StorageError) -> AuditAnchorRecord?

    /// Notes where the audit trail ends, in place of what was noted before.
    func setAuditAnchor(_ anchor: AuditAnchorRecord) throws(StorageError)

    // MARK: The store itself

    /// Returns if the store answers: one cheap query, for readiness probes.
    func checkReady() throws(StorageError)

    /// Waits for running calls and gives back files and locks. Later calls throw `.unavailable`. Closing twice is
    /// allowed.
    func close() throws(StorageError)
}
