// What is kept of a bearer token: never the token, only a MAC of it made in the core.

public struct TokenRecord: Sendable, Equatable {
    /// Unique; names the token in the API and in logs. Not secret.
    public var id: String
    /// MAC of the token, 32 bytes, unique: what a presented token is found by.
    public var mac: [UInt8]
    public var name: String
    public var role: String
    /// Seconds since 1970.
    public var createdAt: Int64
    /// Seconds since 1970; nil for a token without an end. A store keeps expired tokens until they are deleted.
    public var expiresAt: Int64?
    /// The id of the token that it was made with, and goes with; nil where there was none.
    public var parent: String?
    /// Seconds that a renewal gives it; nil for a token without an end.
    public var timeToLive: Int64?
    /// Who logged in for it, or for one that it was made with; nil where nobody did.
    public var identity: String?
    /// Seconds since 1970, as far as it was noted; nil where it was never used. Not under the record's MAC.
    public var lastUsedAt: Int64?

    public init(
        id: String, mac: [UInt8], name: String, role: String, createdAt: Int64, expiresAt: Int64? = nil,
        parent: String? = nil, timeToLive: Int64? = nil, identity: String? = nil, lastUsedAt: Int64? = nil
    ) {
        self.id = id
        self.mac = mac
        self.name = name
        self.role = role
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.parent = parent
        self.timeToLive = timeToLive
        self.identity = identity
        self.lastUsedAt = lastUsedAt
    }
}
