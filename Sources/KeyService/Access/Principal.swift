// Whom a token stands for, and what a token is made of.

/// Whom a token stands for.
public struct Principal: Sendable {
    /// The token's identifier, as logs and listings show it.
    public let tokenID: String
    public let role: Role
    /// Who logged in for the token; nil where nobody did.
    public let identity: String?
    /// Whom rates and quotas count it as.
    public let owner: String
    let use: TokenUse
    /// Seconds since 1970; nil for a token without an end.
    let expiresAt: Int64?
    /// How often tokens and roles had changed when the principal was found.
    let epoch: UInt64
}

/// A token to be made.
public struct NewToken: Sendable {
    public var name: String
    /// At least one.
    public var roles: [String]
    /// Seconds; nil for a token without an end.
    public var timeToLive: Int64?
    /// It does not go with the token that it is made with, nor end with it.
    public var isOrphan: Bool

    public init(name: String, roles: [String], timeToLive: Int64?, isOrphan: Bool = false) {
        self.isOrphan = isOrphan
        self.name = name
        self.roles = roles
        self.timeToLive = timeToLive
    }
}

/// Whose word was taken for who it is, and what it is given for it.
public struct Login: Sendable {
    /// By kind, issuer and subject: the same for the same caller, whenever it comes. Bounded by who found it out.
    public let identity: String
    public let name: String
    public let role: String
    /// Seconds.
    public let timeToLive: Int64
    /// Seconds since 1970 from which on what was shown is no longer good.
    public let notAfter: Int64?

    public init(identity: String, name: String, role: String, timeToLive: Int64, notAfter: Int64?) {
        self.identity = identity
        self.name = name
        self.role = role
        self.timeToLive = timeToLive
        self.notAfter = notAfter
    }
}
