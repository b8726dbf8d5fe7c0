// What is kept of a bearer token: never the token, only a MAC of it made in the core.

public struct TokenRecord: Sendable, Equatable {
    /// Unique; names the token in the API and in logs. Not secret.
    public var id: String
    /// MAC of the token, 32 bytes, unique: what a presented token is found by.
    public var mac: [UInt8]
    public var name: String
    /// At least one; what any of them grants, unless one of them denies it.
    public var roles: [String]
    /// Seconds since 1970.
    public var createdAt: Int64
    /// Seconds since 1970; nil for a token without an end. A store keeps expired tokens until they are deleted.
    public var expiresAt: Int64?
    /// The tokens that it descends from, the one that it was made with first; they may be gone. At most 32.
    public var makers: [TokenMaker]
    /// How many of the first of them it goes with: it ends when one of these is revoked or expires. 0 for an orphan.
    public var boundMakers: Int
    /// Seconds that a renewal gives it; nil for a token without an end.
    public var timeToLive: Int64?
    /// Who logged in for it, or for one that it was made with; nil where nobody did.
    public var identity: String?
    /// Seconds since 1970, as far as it was noted; nil where it was never used. Not under the record's MAC.
    public var lastUsedAt: Int64?

    public init(
        id: String, mac: [UInt8], name: String, roles: [String], createdAt: Int64, expiresAt: Int64? = nil,
        makers: [TokenMaker] = [], boundMakers: Int = 0, timeToLive: Int64? = nil, identity: String? = nil,
        lastUsedAt: Int64? = nil
    ) {
        self.id = id
        self.mac = mac
        self.name = name
        self.roles = roles
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.makers = makers
        self.boundMakers = boundMakers
        self.timeToLive = timeToLive
        self.identity = identity
        self.lastUsedAt = lastUsedAt
    }
}

extension TokenRecord {
    /// The id of the token that it was made with and goes with; nil where there is none.
    public var parent: String? { boundMakers > 0 ? makers.first?.id : nil }
}

/// A token in another's line.
public struct TokenMaker: Sendable, Hashable {
    public var id: String
    /// The roles that it had.
    public var roles: [String]

    public init(id: String, roles: [String]) {
        self.id = id
        self.roles = roles
    }
}
