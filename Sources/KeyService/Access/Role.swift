// What the holder of a token may do: grants of permissions, compiled when a role is loaded, so that asking costs little.

public import Network
public import Storage

/// A role, compiled. Immutable; any thread.
public final class Role: Sendable {
    public let name: String
    private let grants: [Grant]
    /// What some grant allows, on any key or role at all.
    private let somewhere: Permissions
    private let hasTerms: Bool
    /// Whether there is anything that it allows only with others' approval.
    public let mayAskForApproval: Bool

    /// May do everything. It is always there, and cannot be changed.
    public static let administrator = Role(
        name: "administrator",
        grants: [
            Grant(
                allows: true, permissions: .all, names: NamePattern("*:*"), namesAdministrator: true,
                needsAssociatedData: false, networks: [],
                rate: nil, approvals: 0)
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

    /// What several roles grant together; a denial of one denies it.
    convenience init(combining roles: [Role]) {
        self.init(name: roles.map(\.name).joined(separator: " "), grants: roles.flatMap(\.grants))
    }

    private init(name: String, grants: [Grant]) {
        self.name = name
        self.grants = grants
        mayAskForApproval = grants.contains { $0.approvals > 0 }
        hasTerms = grants.contains { $0.rate != nil || $0.approvals > 0 }
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
    ///   - subject: the key's or role's name; nil where the request names none, or not yet: then what allows any name allows it, and
    ///     only what denies every name denies it.
    ///   - peer: where the request comes from.
    public func decide(_ permission: Permission, on subject: String?, from peer: Peer) -> Decision {
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

    /// What a request is held to that is allowed.
    public struct Terms: Sendable {
        public var rate: GrantRate?
        /// How many others have to approve it.
        public var approvals = 0
    }

    /// The terms of one grant of those that made for the decision: of those that need the fewest approvals the first without a rate,
    /// or else the first. A grant for requests with associated data says nothing of those without.
    public func terms(
        of permission: Permission, on subject: String?, from peer: Peer, decided decision: Decision
    ) -> Terms {
        guard hasTerms, decision != .denied else { return Terms() }
        let needsAssociatedData = decision == .allowedWithAssociatedData
        var best: Terms?
        for (index, grant) in grants.enumerated()
        where grant.allows && grant.needsAssociatedData == needsAssociatedData
            && grant.applies(to: permission, on: subject, from: peer)
        {
            if let best, (best.approvals, best.rate == nil ? 0 : 1) <= (grant.approvals, grant.rate == nil ? 0 : 1) {
                continue
            }
            best = Terms(
                rate: grant.rate.map { GrantRate(role: self, grant: index, rate: $0) }, approvals: grant.approvals)
        }
        return best ?? Terms()
    }

    /// Whether a permission is granted, associated data or not, with no more approvals than were given: as listings need it.
    public func may(
        _ permission: Permission, on subject: String, from peer: Peer, approvals given: Int = 0
    ) -> Bool {
        let decision = decide(permission, on: subject, from: peer)
        return decision == .allowed
            && terms(of: permission, on: subject, from: peer, decided: decision).approvals <= given
    }

    /// Whether a permission that was used some time ago would still be granted, from wherever that was.
    func stillGrants(_ permission: Permission, on subject: String) -> Bool {
        var isGranted = false
        for grant in grants where grant.permissions.contains(Permissions(permission)) && grant.names.matches(subject) {
            if grant.allows {
                isGranted = isGranted || !grant.needsAssociatedData
            } else if grant.networks.isEmpty {
                return false
            }
        }
        return isGranted
    }

    /// Whether a permission is granted for any key or role at all, from anywhere.
    public func mayAnywhere(_ permission: Permission) -> Bool { somewhere.contains(Permissions(permission)) }
}

struct Grant: Sendable {
    let allows: Bool
    let permissions: Permissions
    /// Of keys, or of roles.
    let names: NamePattern
    /// Whether it grants tokens of the administrator's role, which takes its name.
    let namesAdministrator: Bool
    let needsAssociatedData: Bool
    /// None: from anywhere.
    let networks: [SourceNetwork]
    let rate: RateRecord?
    /// Others that have to approve each request; 0: none.
    let approvals: Int

    @inline(__always)
    func applies(to permission: Permission, on subject: String?, from peer: Peer) -> Bool {
        guard permissions.contains(Permissions(permission)) else { return false }
        if permission.scope != .service {
            if let subject {
                guard names.matches(subject) else { return false }
                // A pattern that happens to match does not make its holder an administrator.
                if allows, permission.scope == .role, !namesAdministrator, subject == Role.administrator.name {
                    return false
                }
            } else {
                guard allows || names.matchesEverything else { return false }
            }
        }
        if networks.isEmpty { return true }
        // A request over a Unix socket comes from no network. What a network is denied, it is denied too, and it is granted nothing
        // that is granted to a network.
        guard let address = peer.address else { return !allows }
        return networks.contains { $0.contains(address) }
    }
}

extension Grant {
    init?(_ record: GrantRecord) {
        guard let permissions = Permissions(names: record.operations) else { return nil }
        let networks = record.networks.map(SourceNetwork.init)
        guard networks.allSatisfy({ $0 != nil }) else { return nil }
        self.init(
            allows: record.allows, permissions: permissions, names: NamePattern(record.names),
            namesAdministrator: record.names == Role.administrator.name,
            needsAssociatedData: record.needsAssociatedData, networks: networks.compactMap(\.self), rate: record.rate,
            approvals: record.approvals)
    }
}
