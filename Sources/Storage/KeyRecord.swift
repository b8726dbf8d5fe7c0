// What is kept of a key besides its material: its name, what it may do, and where it stands in its life.

/// A key as stored. Its material is in its versions, one `KeyVersionRecord` each.
///
/// `id`, `ring`, `name`, `algorithm`, `usages`, `exportable`, `derived`, `convergent` `owner` and `createdAt` are fixed for the key's life
/// (the core seals most of them into every version, and believes only those); `latestVersion` moves only with
/// `Store.addVersion`, `revision` only with a change.
public struct KeyRecord: Sendable, Equatable {
    public var id: KeyID
    /// The set of names that `name` is in; empty for the default one. A store refuses what is not 1 to 128 of
    /// `[A-Za-z0-9_./-]`, the first and last of `[A-Za-z0-9_]`.
    public var ring: String
    /// Unique within the ring. 1 to 128 of `[A-Za-z0-9_.-]`, the first and last of `[A-Za-z0-9_]`; a store refuses
    /// others.
    public var name: String
    /// As in the API, for example `aes-256-gcm`.
    public var algorithm: String
    /// Words of a-z and `-`, in the order given at creation; a store refuses others.
    public var usages: [String]
    public var exportable: Bool
    /// Used through subkeys alone, one a context.
    public var derived: Bool
    /// Its subkeys encrypt one message always to the same ciphertext.
    public var convergent: Bool
    public var labels: [String: String]
    /// The oldest version that may still decrypt: from 1 to `latestVersion`.
    public var minDecryptVersion: Int
    /// The newest version's number, from 1.
    public var latestVersion: Int
    public var deletionProtected: Bool
    /// Seconds between rotations that happen by themselves; nil where none do.
    public var rotationPeriod: Int64?
    /// When the next of them is due, in seconds since 1970. `Store.addVersion` moves it on.
    public var rotateAt: Int64?
    /// How many others have to approve what is sensitive about it; 0: none.
    public var minApprovals: Int
    /// Who counts as one approver.
    public var approvalsBy: ApproverKind
    /// Whose quota of keys it counts against; empty: nobody's.
    public var owner: String
    public var state: KeyState
    /// Seconds since 1970.
    public var createdAt: Int64
    /// 1 at creation, for a restored key past all that it ever was; one more at each change of the key or of a version of it. A
    /// part of the API's entity tag.
    public var revision: Int64

    public init(
        id: KeyID, ring: String = "", name: String, algorithm: String, usages: [String], exportable: Bool = false,
        derived: Bool = false, convergent: Bool = false, labels: [String: String] = [:], minDecryptVersion: Int = 1,
        latestVersion: Int = 1, deletionProtected: Bool = true, rotationPeriod: Int64? = nil, rotateAt: Int64? = nil,
        minApprovals: Int = 0, approvalsBy: ApproverKind = .token, owner: String = "", state: KeyState = .enabled,
        createdAt: Int64, revision: Int64 = 1
    ) {
        self.id = id
        self.ring = ring
        self.name = name
        self.algorithm = algorithm
        self.usages = usages
        self.exportable = exportable
        self.derived = derived
        self.convergent = convergent
        self.labels = labels
        self.minDecryptVersion = minDecryptVersion
        self.latestVersion = latestVersion
        self.deletionProtected = deletionProtected
        self.rotationPeriod = rotationPeriod
        self.rotateAt = rotateAt
        self.minApprovals = minApprovals
        self.approvalsBy = approvalsBy
        self.owner = owner
        self.state = state
        self.createdAt = createdAt
        self.revision = revision
    }
}

extension KeyRecord {
    /// The name with its ring.
    public var fullName: String { KeyName(ring: ring, name: name).full }
}

/// Who counts as one approver of what is sensitive about a key.
public enum ApproverKind: String, Sendable, CaseIterable {
    /// Tokens, where neither stands in the other's line of makers and they share no identity.
    case token
    /// Identities that logged in; tokens without an identity approve nothing.
    case identity
}

public enum KeyState: Sendable, Equatable {
    case enabled
    /// Not to be used, and to be deleted from then on (seconds since 1970).
    case pendingDeletion(at: Int64)
}

/// A key with all its versions, read at one moment.
public struct StoredKey: Sendable, Equatable {
    public var key: KeyRecord
    /// In ascending order of version, destroyed ones included; never empty.
    public var versions: [KeyVersionRecord]

    public init(key: KeyRecord, versions: [KeyVersionRecord]) {
        self.key = key
        self.versions = versions
    }
}
