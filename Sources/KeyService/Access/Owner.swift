// Whom rates and quotas count together, and whom approvals count as one.

public import Storage

/// Who is counted as one: an identity that logged in, or else the topmost token of a line that has the same roles, with all of those
/// roles that descend from it. Making tokens of one's own role does not make another owner.
public enum Owner {
    /// As text that no other owner has; it may be stored.
    public static func of(
        token id: String, roles: [String], identity: String?, makers: some Collection<TokenMaker>
    ) -> String {
        if let identity { return "identity:" + identity }
        var top = id
        for maker in makers where maker.roles == roles { top = maker.id }
        return "token:" + top
    }

    /// Whose quota a token counts against: its maker's.
    static func charged(for token: TokenRecord) -> String {
        guard token.identity == nil, let maker = token.makers.first else {
            return of(token: token.id, roles: token.roles, identity: token.identity, makers: token.makers)
        }
        return of(token: maker.id, roles: maker.roles, identity: nil, makers: token.makers.dropFirst())
    }
}

extension ApprovalParty {
    var owner: String { Owner.of(token: token, roles: roles, identity: identity, makers: makers) }

    /// Whether two tokens are one approver: one stands in the other's line, dead or alive, or they share an identity.
    func isSame(as other: ApprovalParty) -> Bool {
        token == other.token || makers.contains { $0.id == other.token } || other.makers.contains { $0.id == token }
            || identity != nil && identity == other.identity
    }

    /// Whether it ends when these tokens are revoked: it is one of them, or goes with one.
    func ends(with revoked: Set<String>) -> Bool {
        revoked.contains(token) || makers.prefix(boundMakers).contains { revoked.contains($0.id) }
    }
}
