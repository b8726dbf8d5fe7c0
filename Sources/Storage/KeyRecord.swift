// What is kept of a key besides its material: its name, what it may do, and where it stands in its life.

/// A key as stored. Its material is in its versions, one `KeyVersionRecord` each.
///
/// `id`, `name`, `algorithm`, `usages`, `exportable` and `createdAt` are fixed for the key's life (the core seals most
/// of them into every version); `latestVersion` moves only with `Store.addVersion`, `revision` only with a change.
public struct KeyRecord: Sendable, Equatable {
    public var id: KeyID
    /// Unique. `^[a-z0-9][a-z0-9._-]{0,126}[a-z0-9]$` or one such character; a store refuses others.
    public var name: String
    /// As in the API, for example `aes-256-gcm`.
    public var algorithm: String
    /// Words of a-z and `-`, in the order given at creation; a store refuses others.
    public var usages: [String]
    public var exportable: Bool
    public var labels: [String: String]
    /// The oldest version that may still decrypt: from 1 to `latestVersion`.
    public var minDecryptVersion: Int
    /// The newest version's number, from 1.
    public var latestVersion: Int
    public var deletionProtected: Bool
    public var state: KeyState
    /// Seconds since 1970.
    public var createdAt: Int64
    /// 1 at creation, one more at each change of the key or of a version of it; the API's entity tag.
    public var revision: Int64

    public init(
        id: KeyID, name: String, algorithm: String, usages: [String], exportable: Bool = false,
        labels: [String: String] = [:], minDecryptVersion: Int = 1, latestVersion: Int = 1,
        deletionProtected: Bool = true, state: KeyState = .enabled, createdAt: Int64, revision: Int64 = 1
    ) {
        self.id = id
        self.name = name
        self.algorithm = algorithm
        self.usages = usages
        self.exportable = exportable
        self.labels = labels
        self.minDecryptVersion = minDecryptVersion
        self.latestVersion = latestVersion
        self.deletionProtected = deletionProtected
        self.state = state
        self.createdAt = createdAt
        self.revision = revision
    }
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
