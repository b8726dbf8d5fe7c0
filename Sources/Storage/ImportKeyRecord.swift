// What is kept of an import key: the RSA key to which clients wrap keys of their own that are to be imported.

public struct ImportKeyRecord: Sendable, Equatable {
    public var id: KeyID
    /// The core's sealed blob, as of a key's version.
    public var sealed: [UInt8]
    /// Seconds since 1970.
    public var createdAt: Int64
    /// Seconds since 1970; from then on it takes no more keys. A store keeps it until another is inserted.
    public var expiresAt: Int64

    public init(id: KeyID, sealed: [UInt8], createdAt: Int64, expiresAt: Int64) {
        self.id = id
        self.sealed = sealed
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
