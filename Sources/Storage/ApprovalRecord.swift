// What is kept of a request that others have to approve: what it was exactly, who asked, and what was decided so far.

public struct ApprovalRecord: Sendable, Equatable {
    /// Unique; names it in the API and in records. Not secret.
    public var id: String
    /// Method and target as they were sent, and SHA-256 of the body, 32 bytes: nothing else is approved.
    public var request: String
    public var bodyDigest: [UInt8]
    /// The operation's id in the document.
    public var operation: String
    /// The name of the key that it is about, and the key itself, where there is one of this name.
    public var key: String?
    public var keyID: KeyID?
    /// A role or token that it is about.
    public var subject: String?
    /// The token that asked.
    public var asker: ApprovalParty
    /// How many have to approve it, from 1.
    public var needed: Int
    /// Who counts as one of them.
    public var approvalsBy: ApproverKind
    /// Seconds since 1970.
    public var createdAt: Int64
    /// Seconds since 1970. A store keeps what has expired until it is deleted.
    public var expiresAt: Int64
    /// One a token, in the order in which they were made.
    public var decisions: [ApprovalDecision]

    public init(
        id: String, request: String, bodyDigest: [UInt8], operation: String, key: String? = nil, keyID: KeyID? = nil,
        subject: String? = nil, asker: ApprovalParty, needed: Int, approvalsBy: ApproverKind = .token, createdAt: Int64,
        expiresAt: Int64,
        decisions: [ApprovalDecision] = []
    ) {
        self.id = id
        self.request = request
        self.bodyDigest = bodyDigest
        self.operation = operation
        self.key = key
        self.keyID = keyID
        self.subject = subject
        self.asker = asker
        self.needed = needed
        self.approvalsBy = approvalsBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.decisions = decisions
    }
}

public struct ApprovalDecision: Sendable, Equatable {
    /// The token that decided.
    public var party: ApprovalParty
    /// Or else it denies.
    public var approves: Bool
    /// Seconds since 1970.
    public var decidedAt: Int64

    public init(party: ApprovalParty, approves: Bool, decidedAt: Int64) {
        self.party = party
        self.approves = approves
        self.decidedAt = decidedAt
    }
}

/// A token as it was when it asked for something or decided it: who it stood for is known also when it is gone.
public struct ApprovalParty: Sendable, Equatable {
    /// The token's id.
    public var token: String
    public var roles: [String]
    /// Who had logged in for the token; nil where nobody had.
    public var identity: String?
    /// The tokens that it descends from, and how many of the first of them it goes with; as of a `TokenRecord`.
    public var makers: [TokenMaker]
    public var boundMakers: Int

    public init(
        token: String, roles: [String], identity: String? = nil, makers: [TokenMaker] = [], boundMakers: Int = 0
    ) {
        self.token = token
        self.roles = roles
        self.identity = identity
        self.makers = makers
        self.boundMakers = boundMakers
    }
}
