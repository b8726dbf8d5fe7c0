// The tokens and roles that are known, in memory: who is found by a MAC, and who goes with whom.

internal import CoreBridge
internal import Storage
internal import Synchronization

/// What is known of tokens and roles at one moment.
struct TokenTable: Sendable {
    var tokens: [TokenMAC: KnownToken] = [:]
    var macs: [String: TokenMAC] = [:]
    var roles: [String: KnownRole] = [:] {
        // Of the roles as they are.
        didSet { combined = [:] }
    }
    private var combined: [[String]: Role] = [:]
    private var owners: [String: OwnerState] = [:]
    /// Tokens that go with one. Revoking is not to look through all while nobody can authenticate.
    private var children: [String: Set<String>] = [:]
    /// The administrator's that have no end.
    private var lastingAdministrators: Set<String> = []

    /// What is kept of an owner as long as it has tokens, or its rates are not full.
    private struct OwnerState {
        let rates = OwnerRates()
        /// Tokens whose rates those are.
        var tokens = 0
        /// Tokens that count against its quota.
        var made = 0
    }

    mutating func insert(_ record: TokenRecord) throws(StorageError) {
        guard let mac = TokenMAC(bytes: record.mac) else { throw .corrupt }
        if record.roles.contains(Role.administrator.name), record.expiresAt == nil {
            lastingAdministrators.insert(record.id)
        } else {
            lastingAdministrators.remove(record.id)
        }
        if let known = tokens[mac] {
            // One that is renewed has been used as before.
            tokens[mac] = KnownToken(record, owner: known.owner, charged: known.charged, use: known.use)
            return
        }
        let owner = Owner.of(token: record.id, roles: record.roles, identity: record.identity, makers: record.makers)
        let charged = Owner.charged(identity: record.identity, makers: record.makers)
        let state = owners[owner] ?? OwnerState()
        owners[owner] = state
        owners[owner]?.tokens += 1
        if let charged { owners[charged, default: OwnerState()].made += 1 }
        tokens[mac] = KnownToken(
            record, owner: owner, charged: charged, use: TokenUse(record.lastUsedAt, rates: state.rates))
        macs[record.id] = mac
        if let parent = record.parent { children[parent, default: []].insert(record.id) }
    }

    /// How many tokens count against one quota; 0 for nil, a token without a quota.
    func count(chargedTo charged: String?) -> Int { charged.flatMap { owners[$0]?.made } ?? 0 }

    func token(_ id: String) -> KnownToken? { macs[id].flatMap { tokens[$0] } }

    mutating func remove(_ id: String) {
        guard let mac = macs.removeValue(forKey: id), let known = tokens.removeValue(forKey: mac) else { return }
        lastingAdministrators.remove(id)
        children[id] = nil
        if let parent = known.parent { children[parent]?.remove(id) }
        owners[known.owner]?.tokens -= 1
        if let charged = known.charged { owners[charged]?.made -= 1 }
    }

    /// Forgets owners without tokens whose rates are full: they would begin so again.
    mutating func forgetOwners(at time: Int64) {
        for (owner, state) in owners where state.tokens <= 0 && state.made <= 0 && state.rates.areFull(at: time) {
            owners[owner] = nil
        }
    }

    /// What a token's roles grant together.
    mutating func role(of names: [String]) -> Role {
        if names.count == 1 { return role(named: names[0]) }
        if let known = combined[names] { return known }
        let role = Role(combining: names.map { self.role(named: $0) })
        combined[names] = role
        return role
    }

    func role(named name: String) -> Role {
        name == Role.administrator.name ? .administrator : roles[name]?.role ?? .none
    }

    /// Those of these tokens that there are, and all that were made with them, or with those.
    func descendants(of ids: [String]) -> [String] {
        var found = ids.filter { macs[$0] != nil }
        var known = Set(found)
        var at = 0
        while at < found.count {
            for child in children[found[at]] ?? [] where known.insert(child).inserted { found.append(child) }
            at += 1
        }
        return found
    }

    /// Whether these tokens are all that there are of the administrator's without an end: nobody could make another.
    func leavesNoAdministrator(without ids: [String]) -> Bool {
        !lastingAdministrators.isEmpty && lastingAdministrators.subtracting(ids).isEmpty
    }
}

struct KnownRole: Sendable {
    let record: RoleRecord
    let role: Role
}

/// What authenticating needs of a token's record.
struct KnownToken: Sendable {
    let id: String
    let roles: [String]
    let makers: [TokenMaker]
    let boundMakers: Int
    let expiresAt: Int64?
    let identity: String?
    /// Whom rates and quotas count it as.
    let owner: String
    /// Whose quota of tokens it counts against, if anybody's.
    let charged: String?
    let use: TokenUse

    init(_ record: TokenRecord, owner: String, charged: String?, use: TokenUse) {
        id = record.id
        roles = record.roles
        makers = record.makers
        boundMakers = record.boundMakers
        expiresAt = record.expiresAt
        identity = record.identity
        self.owner = owner
        self.charged = charged
        self.use = use
    }

    /// Whether it has not expired.
    @inline(__always)
    func stands(at time: Int64) -> Bool { expiresAt.map { $0 > time } ?? true }

    /// The token that it was made with and goes with.
    var parent: String? { boundMakers > 0 ? makers.first?.id : nil }

    /// As it asks for approvals and decides them.
    var party: ApprovalParty {
        ApprovalParty(token: id, roles: roles, identity: identity, makers: makers, boundMakers: boundMakers)
    }
}

/// When a token was last used, in seconds since 1970 (0: never), and what the store knows of that. Any thread.
final class TokenUse: Sendable {
    private let last: Atomic<Int64>
    private let noted: Atomic<Int64>
    let rates: OwnerRates

    init(_ noted: Int64?, rates: OwnerRates) {
        self.rates = rates
        last = Atomic(noted ?? 0)
        self.noted = Atomic(noted ?? 0)
    }

    var time: Int64 { last.load(ordering: .relaxed) }

    func set(_ time: Int64) {
        // Most requests come in a second that had one.
        if last.load(ordering: .relaxed) != time { last.store(time, ordering: .relaxed) }
    }

    /// Nil where the store knows it.
    var unnoted: Int64? { time == noted.load(ordering: .relaxed) ? nil : time }

    func note(_ time: Int64) { noted.store(time, ordering: .relaxed) }
}
