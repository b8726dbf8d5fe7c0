// What is kept of a role: what the tokens that have it may do.

public struct RoleRecord: Sendable, Equatable {
    /// Drawn when the role was made: a role made again under the same name has another. 16 bytes.
    public var id: [UInt8]
    /// Unique. As a key's name.
    public var name: String
    /// In the order given; at most 100.
    public var grants: [GrantRecord]
    /// Seconds since 1970.
    public var createdAt: Int64
    /// 1 at creation, one more at each change.
    public var revision: Int64

    public init(
        id: [UInt8] = [UInt8](repeating: 0, count: 16), name: String, grants: [GrantRecord], createdAt: Int64,
        revision: Int64 = 1
    ) {
        self.id = id
        self.name = name
        self.grants = grants
        self.createdAt = createdAt
        self.revision = revision
    }
}

public struct GrantRecord: Sendable, Equatable {
    /// Or else it denies.
    public var allows: Bool
    /// Permissions' names, and `*`; a store refuses what is not a-z, `-` or `*`.
    public var operations: [String]
    /// A pattern of keys' names, or of roles' for permissions that concern tokens.
    public var names: String
    public var needsAssociatedData: Bool
    /// Networks that requests may come from; none: any.
    public var networks: [String]
    /// How often each token that has it may do what it allows; nil: as often as it likes.
    public var rate: RateRecord?
    /// How many others have to approve each request that it allows; 0: none.
    public var approvals: Int

    public init(
        allows: Bool = true, operations: [String], names: String = "*", needsAssociatedData: Bool = false,
        networks: [String] = [], rate: RateRecord? = nil, approvals: Int = 0
    ) {
        self.approvals = approvals
        self.rate = rate
        self.allows = allows
        self.operations = operations
        self.names = names
        self.needsAssociatedData = needsAssociatedData
        self.networks = networks
    }
}

/// So many requests in so many seconds, items of a batch counted each.
public struct RateRecord: Sendable, Equatable {
    public var requests: Int64
    public var seconds: Int64

    public init(requests: Int64, seconds: Int64) {
        self.requests = requests
        self.seconds = seconds
    }
}
