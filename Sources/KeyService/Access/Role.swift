// What the holder of a token may do: grants of permissions, compiled when a role is loaded, so that asking costs little.

public import Storage

/// A role, compiled. Immutable; any thread.
public final class Role: Sendable {
    public let name: String
    private let grants: [Grant]
    /// What some grant allows, on any key or role at all.
    private let somewhere: Permissions
    private let hasRates: Bool

    /// May do everything. It is always there, and cannot be changed.
    public static let administrator = Role(
        name: "administrator",
        grants: [
            Grant(
                allows: true, permissions: .all, names: NamePattern("*"), needsAssociatedData: false, networks: [],
                rate: nil)
        ])

    /// What a token has whose role is gone.
    public static let none = Role(name: "", grants: [])

    /// Nil where the record says what no grant can: it was checked when it was stored.
    public convenience init?(_ record: RoleRecord) {
        var grants: [Grant] = []
        for grant in record.grants {
            guard let compiled = Grant(grant) else { return nil }
            grants.append(compiled)
        }
        self.init(name: record.name, grants: grants)
    }

    private init(name: String, grants: [Grant]) {
        self.name = name
        self.grants = grants
        hasRates = grants.contains { $0.rate != nil }
        somewhere = Permissions(grants.filter(\.allows).map(\.permissions))
    }

    public enum Decision: Sendable, Equatable {
        case allowed
        /// Where the request has associated data, and not otherwise.
        case allowedWithAssociatedData
        case denied
    }

    /// Whether a permission is granted for a key, or for tokens of a role. A grant that denies wins.
    /// - Parameters:
    ///   - subject: the key's or role's name; nil for what concerns the service.
    ///   - peer: the address that the request comes from.
    public func decide(_ permission: Permission, on subject: String?, from peer: String) -> Decision {
        let wanted = Permissions(permission)
        guard somewhere.contains(wanted) else { return .denied }
        var decision = Decision.denied
        for grant in grants where grant.applies(to: permission, on: subject, from: peer) {
            if !grant.allows { return .denied }
            if !grant.needsAssociatedData {
                decision = .allowed
            } else if decision == .denied {
                decision = .allowedWithAssociatedData
            }
        }
        return decision
    }

    /// The rate that a request is held to; nil for none. Of the grants that made for the decision, one without a rate comes first,
    /// then the first of those with one: a grant for requests with associated data says nothing of those without.
    public func rate(
        of permission: Permission, on subject: String?, from peer: String, decided decision: Decision
    ) -> GrantRate? {
        guard hasRates, decision != .denied else { return nil }
        let needsAssociatedData = decision == .allowedWithAssociatedData
        var found: GrantRate?
        for (index, grant) in grants.enumerated()
        where grant.allows && grant.needsAssociatedData == needsAssociatedData
            && grant.applies(to: permission, on: subject, from: peer)
        {
            guard let rate = grant.rate else { return nil }
            found = found ?? GrantRate(role: self, grant: index, rate: rate)
        }
        return found
    }

    /// Whether a permission is granted for any key or role at all: what comes before the name is known.
    public func mayAnywhere(_ permission: Permission) -> Bool { somewhere.contains(Permissions(permission)) }
}

struct Grant: Sendable {
    let allows: Bool
    let permissions: Permissions
    /// Of keys, or of roles.
    let names: NamePattern
    let needsAssociatedData: Bool
    /// None: from anywhere.
    let networks: [SourceNetwork]
    let rate: RateRecord?

    @inline(__always)
    func applies(to permission: Permission, on subject: String?, from peer: String) -> Bool {
        guard permissions.contains(Permissions(permission)) else { return false }
        if let subject, permission.scope != .service, !names.matches(subject) { return false }
        // A denial for a network holds where it is not known where a request comes from.
        return networks.isEmpty || networks.contains(where: { $0.contains(peer) }) || !allows && peer.isEmpty
    }
}

extension Grant {
    init?(_ record: GrantRecord) {
        guard let permissions = Permissions(names: record.operations) else { return nil }
        let networks = record.networks.map(SourceNetwork.init)
        guard networks.allSatisfy({ $0 != nil }) else { return nil }
        self.init(
            allows: record.allows, permissions: permissions, names: NamePattern(record.names),
            needsAssociatedData: record.needsAssociatedData, networks: networks.compactMap(\.self), rate: record.rate)
    }
}
