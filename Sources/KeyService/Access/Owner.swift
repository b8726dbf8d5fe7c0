// Whom rates and quotas count together, and whom approvals count as one.

internal import Bytes
public import Storage

/// Who is counted as one: an identity that logged in, or else the topmost token of a line that has the same roles, with all of those
/// roles that descend from it. Making tokens of one's own role does not make another owner.
public enum Owner {
    /// As text that no other owner has; it may be stored.
    public static func of(
        token id: String, roles: [String], identity: String?, makers: some Collection<TokenMaker>
    ) -> String {
        if let identity { return "identity:" + identity.exactKey }
        var top = id
        for maker in makers where maker.roles == roles { top = maker.id }
        return "token:" + top
    }

    /// Whose quota of tokens one counts against: its identity's, or else that of the head of its line, the topmost maker that is no
    /// administrator. Making tokens of another role, which make others in turn, gives no further quota. Nil where only
    /// administrators made it.
    static func charged(identity: String?, makers: [TokenMaker]) -> String? {
        if let identity { return "identity:" + identity.exactKey }
        return makers.last { !$0.roles.contains(Role.administrator.name) }.map { "head:" + $0.id }
    }
}

/// How many tokens there may be. They are all kept in memory, and nobody is to take the room of all, whether by making tokens or by
/// logging in again and again.
public struct TokenQuotas: Sendable {
    public var all = 100_000
    /// The last of all, which are for administrators.
    public var reserved = 1000
    /// Made by one head of a line with all that descend from it.
    public var ofHead = 10_000
    /// By logging in.
    public var ofIdentity = 1000

    public init() {}
}

extension ApprovalParty {
    var owner: String { Owner.of(token: token, roles: roles, identity: identity, makers: makers) }

    /// Whom it stands for together with all that descends from the same head.
    var charged: String {
        Owner.charged(identity: identity, makers: [TokenMaker(id: token, roles: roles)] + makers) ?? owner
    }

    /// Whether two tokens are one approver: one stands in the other's line, dead or alive, or they share an identity.
    func isSame(as other: ApprovalParty) -> Bool {
        token == other.token || makers.contains { $0.id == other.token } || other.makers.contains { $0.id == token }
            || isIdentity(of: other)
    }

    /// Whether both logged in as the same identity.
    func isIdentity(of other: ApprovalParty) -> Bool {
        guard let identity, let others = other.identity else { return false }
        return identity.isExactly(others)
    }

    /// Whether it ends when these tokens are revoked: it is one of them, or goes with one.
    func ends(with revoked: Set<String>) -> Bool {
        revoked.contains(token) || makers.prefix(boundMakers).contains { revoked.contains($0.id) }
    }
}
