// Who is asking, and what for: access tokens, known only by their MACs, and the roles that they have.

internal import Bytes
public import CoreBridge
public import Network
public import Storage
internal import Synchronization
internal import Threading

/// Knows every valid token by its MAC, and every role. Authenticating never waits; changes wait for the store, and hold from when
/// they return. Any thread.
public final class TokenAuthority: Sendable {
    public let approvals: Approvals
    let core: Core
    let root: RootKey
    let store: any Store
    let quotas: TokenQuotas
    let now: @Sendable () -> Int64
    /// What lifetimes are counted from, so that they are at least what was asked.
    let nextSecond: @Sendable () -> Int64
    private let badTokens: SourceLimit
    private let badLogins: SourceLimit
    let state: Locked<TokenTable>
    /// Counts changes of what principals may do: tokens that end, and roles. It moves while `state` is held.
    let epoch = Atomic<UInt64>(0)
    /// Held from before a change of the store until it is known here, so that what is known follows the store. True once the
    /// service is sealed.
    let changes = Locked(false)

    /// Reads all tokens and roles of the store.
    /// - Parameters:
    ///   - badTokens: how many unknown tokens a source may show at once, and as many bad logins; each second gives one back. 0: no
    ///     limit.
    ///   - approvalSeconds: how long a request waits to be approved, and to be done then.
    ///   - quotas: how many tokens there may be.
    ///   - now: whole seconds, those that have passed.
    ///   - nextSecond: whole seconds, with one that has begun. Nil: as `now`.
    public init(
        core: Core, root: RootKey, store: any Store, badTokens: Int = 0, approvalSeconds: Int = 86_400,
        quotas: TokenQuotas = TokenQuotas(), now: @escaping @Sendable () -> Int64,
        nextSecond: (@Sendable () -> Int64)? = nil
    ) throws(StorageError) {
        let nextSecond = nextSecond ?? now
        approvals = try Approvals(
            core: core, store: store, lifetime: Int64(approvalSeconds), now: now, nextSecond: nextSecond)
        self.nextSecond = nextSecond
        self.badTokens = SourceLimit(burst: badTokens, now: now)
        badLogins = SourceLimit(burst: badTokens, now: now)
        self.core = core
        self.root = root
        self.store = store
        self.quotas = quotas
        self.now = now
        var known = TokenTable()
        for record in try store.roles() {
            guard let role = Role(record) else { throw .corrupt }
            known.roles[record.name] = KnownRole(record: record, role: role)
        }
        var after: String?
        while true {
            let page = try store.tokens(after: after, limit: 1000)
            for token in page { try known.insert(token) }
            guard page.count == 1000, let last = page.last else { break }
            after = last.id
        }
        state = Locked(known)
    }

    /// What became of a token that was shown.
    public enum Authentication: Sendable {
        case known(Principal)
        /// It is none of ours, or expired.
        case unknown
        /// It is unknown, and its source has shown too many such.
        case limited(retryAfter: Int64)
    }

    /// As `authenticate`, for a token from a source whose unknown tokens are counted. A known token is never refused for what others
    /// show from the same source. Telling a right guess from a wrong one costs nothing: there are 2^256 to guess.
    public func authenticate(_ token: UnsafeRawBufferPointer, from peer: Peer) throws(CoreError) -> Authentication {
        if let principal = try authenticate(token) { return .known(principal) }
        return badTokens.take(from: peer.source).map { .limited(retryAfter: $0) } ?? .unknown
    }

    /// The principal behind a token; nil where the token is not one of ours, or expired.
    ///
    /// The table is searched by a MAC whose key only the core has, so the time it takes says nothing of the tokens in it.
    public func authenticate(_ token: UnsafeRawBufferPointer) throws(CoreError) -> Principal? {
        // The checksum is for those who look for tokens or mistype them; here the MAC tells more.
        guard token.count == AccessToken.length else { return nil }
        let mac = try root.tokenMAC(token)
        let time = now()
        return state.withLock { state in
            guard let known = state.tokens[mac] else { return nil }
            guard known.stands(at: time) else { return nil }
            known.use.set(time)
            return principal(known, in: &state)
        }
    }

    /// Counts a login that was refused. Returns nil, or where its source has sent too many such the seconds until it may send
    /// another.
    public func noteBadLogin(from peer: Peer) -> Int64? { badLogins.take(from: peer.source) }

    /// A record to store for a new token.
    public static func record(
        of token: TokenText, id: String, name: String, roles: [String], root: RootKey, createdAt: Int64
    ) throws(CoreError) -> TokenRecord {
        let mac = try root.tokenMAC(token.buffer.bytes)
        return TokenRecord(id: id, mac: mac.bytes, name: name, roles: roles, createdAt: createdAt)
    }

    /// Counts requests against a grant's rate; nil where the token may make them.
    /// - Throws: `.beyondRate` where there are never as many at once.
    public func take(_ count: Int, of rate: GrantRate, by principal: Principal) throws(ServiceError) -> RateRefusal? {
        switch principal.use.rates.take(Int64(count), of: rate, at: now()) {
        case .taken: return nil
        case .refused(let refusal): return refusal
        case .impossible: throw .beyondRate
        }
    }

    /// Takes the approval of a request, or has it asked for; see `Approvals`.
    public func takeApproval(
        _ needed: Int, by kind: ApproverKind, for request: ApprovalRequest, principal: Principal
    ) throws(ServiceError) -> ApprovalRecord {
        try approvals.take(
            needed, by: kind, for: request, party: { state.withLock { $0.token(principal.tokenID)?.party } },
            mayApprove: { roles in
                state.withLock { $0.role(of: roles) }.stillGrants(.approve, on: request.key ?? "")
            })
    }

    /// Puts back an approval that was taken for a request that was refused.
    public func giveBack(_ approval: ApprovalRecord) throws(ServiceError) { try approvals.giveBack(approval) }

    /// Notes what a token's holder decides of a request for approval: never of one's own, nor twice, whatever tokens one has.
    public func decide(
        _ approval: String, approves: Bool, by principal: Principal
    ) throws(ServiceError) -> ApprovalRecord {
        try approvals.decide(approval, approves: approves) {
            guard isSettled(principal) || current(principal)?.role === principal.role else { return nil }
            return state.withLock { $0.token(principal.tokenID)?.party }
        }
    }

    /// Ends all changes: none begins once this returns, and nothing that was decided before is settled.
    func close() {
        changes.withLock { $0 = true }
        approvals.close()
        state.withLock { _ in moved() }
    }

    /// Does a change that was decided for `caller` (nil: the service itself), unless that no longer holds.
    func change<Value>(
        by caller: Principal?, _ work: () throws(ServiceError) -> Value
    ) throws(ServiceError) -> Value {
        try changes.withLock { isClosed throws(ServiceError) in
            if isClosed { throw .storage(.recordKeyUnavailable) }
            if let caller, !isSettled(caller), current(caller)?.role !== caller.role { throw .callerChanged }
            return try work()
        }
    }

    /// With `state` held.
    func moved() { epoch.wrappingAdd(1, ordering: .releasing) }

    /// With `state` held.
    func principal(_ known: KnownToken, in state: inout TokenTable) -> Principal {
        Principal(
            tokenID: known.id, role: state.role(of: known.roles), identity: known.identity, owner: known.owner,
            use: known.use, expiresAt: known.expiresAt, epoch: epoch.load(ordering: .relaxed))
    }
}
