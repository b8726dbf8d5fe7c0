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
    private let root: RootKey
    let store: any Store
    private let quotas: TokenQuotas
    let now: @Sendable () -> Int64
    /// What lifetimes are counted from, so that they are at least what was asked.
    private let nextSecond: @Sendable () -> Int64
    private let badTokens: SourceLimit
    private let badLogins: SourceLimit
    let state: Locked<TokenTable>
    /// Counts changes of what principals may do: tokens that end, and roles. It moves while `state` is held.
    let epoch = Atomic<UInt64>(0)
    /// Held from before a change of the store until it is known here, so that what is known follows the store. True once the
    /// service is sealed.
    private let changes = Locked(false)

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

    // MARK: Tokens

    /// Makes a token of a role that there is; unless it is an orphan, it goes with the one that it was made with, and ends no
    /// later.
    public func createToken(_ new: NewToken, with parent: Principal) throws(ServiceError) -> (TokenText, TokenRecord) {
        try change(by: parent) { () throws(ServiceError) in
            guard let known = state.withLock({ $0.token(parent.tokenID) }) else { throw .tokenNotFound }
            let makers = [TokenMaker(id: known.id, roles: known.roles)] + known.makers
            guard makers.count <= Self.longestLine else { throw .tokenLineTooLong }
            let charged = Owner.charged(identity: known.identity, makers: makers)
            guard
                parent.role === Role.administrator
                    || state.withLock({ $0.count(chargedTo: charged) }) < quotas.ofHead
            else { throw .tooManyTokens }
            return try insertToken(named: new.name, of: new.roles, by: parent) { record in
                record.makers = makers
                record.boundMakers = new.isOrphan ? 0 : known.boundMakers + 1
                record.timeToLive = new.timeToLive
                record.expiresAt = end(new.timeToLive, new.isOrphan ? nil : known.expiresAt)
                record.identity = known.identity
            }
        }
    }

    /// Makes a token for who logged in. It has no time to live that a renewal would give it anew.
    public func logIn(_ login: Login) throws(ServiceError) -> (TokenText, TokenRecord) {
        try change(by: nil) { () throws(ServiceError) in
            let charged = Owner.charged(identity: login.identity, makers: [])
            guard state.withLock({ $0.count(chargedTo: charged) }) < quotas.ofIdentity else {
                throw .tooManyTokens
            }
            return try insertToken(named: login.name, of: [login.role], by: nil) { record in
                record.expiresAt = end(login.timeToLive, login.notAfter)
                record.identity = login.identity
            }
        }
    }

    /// Counts a login that was refused. Returns nil, or where its source has sent too many such the seconds until it may send
    /// another.
    public func noteBadLogin(from peer: Peer) -> Int64? { badLogins.take(from: peer.source) }

    /// Within `change`.
    private func insertToken(
        named name: String, of roles: [String], by maker: Principal?, _ complete: (inout TokenRecord) -> Void
    ) throws(ServiceError) -> (TokenText, TokenRecord) {
        try state.withLock { state throws(ServiceError) in
            guard !roles.isEmpty, roles.allSatisfy({ $0 == Role.administrator.name || state.roles[$0] != nil }) else {
                throw .roleNotFound
            }
            // They are all kept in memory. The last of them are the administrator's, who can make room.
            let isAdministrator = maker?.role === Role.administrator
            guard state.tokens.count < quotas.all - (isAdministrator ? 0 : quotas.reserved) else {
                throw .storage(.full)
            }
        }
        let text: TokenText
        var record: TokenRecord
        do throws(CoreError) {
            text = try AccessToken.make(from: core)
            record = try Self.record(
                of: text, id: try AccessToken.identifier(from: core), name: name, roles: roles, root: root,
                createdAt: now())
        } catch {
            throw .core(error)
        }
        complete(&record)
        let made = record
        do throws(StorageError) {
            try store.insertToken(made)
            try state.withLock { state throws(StorageError) in try state.insert(made) }
        } catch {
            throw .storage(error)
        }
        return (text, made)
    }

    /// A page of tokens, by id.
    public func tokens(after: String?, limit: Int) throws(ServiceError) -> [TokenRecord] {
        do { return try store.tokens(after: after, limit: limit).map(withUse) } catch { throw .storage(error) }
    }

    /// A token by its id.
    public func token(id: String) throws(ServiceError) -> TokenRecord {
        guard let mac = state.withLock({ $0.macs[id] }) else { throw .tokenNotFound }
        do throws(StorageError) {
            guard let record = try store.token(mac: mac.bytes) else { throw .notFound }
            return withUse(record)
        } catch {
            throw ServiceError(ofToken: error)
        }
    }

    /// Gives a token its time to live from now on, but no more than the one that it was made with has.
    public func renewToken(id: String, by caller: Principal?) throws(ServiceError) -> TokenRecord {
        try change(by: caller) { () throws(ServiceError) in
            var record = try token(id: id)
            guard let timeToLive = record.timeToLive else { return record }
            let parentEnd = record.parent.flatMap { parent in
                state.withLock { $0.token(parent)?.expiresAt }
            }
            record.expiresAt = end(timeToLive, parentEnd)
            do throws(StorageError) {
                try store.setTokenExpiry(id: id, expiresAt: record.expiresAt)
                try state.withLock { state throws(StorageError) in
                    try state.insert(record)
                    // After a clock was set back it may end earlier than it did.
                    moved()
                }
            } catch {
                throw ServiceError(ofToken: error)
            }
            return record
        }
    }

    /// Ends a token, and all that were made with it, with what they asked to be approved and approved; not the last of the administrator's that has no end.
    public func revokeToken(id: String, by caller: Principal?) throws(ServiceError) {
        try change(by: caller) { () throws(ServiceError) in
            let (ids, leavesNobody) = state.withLock { state in
                let ids = state.descendants(of: [id])
                return (ids, state.leavesNoAdministrator(without: ids))
            }
            guard !ids.isEmpty else { throw .tokenNotFound }
            if leavesNobody { throw .lastAdministrator }
            try approvals.withdraw(Set(ids)) { () throws(ServiceError) in
                do throws(StorageError) { try store.deleteTokens(ids: ids) } catch { throw .storage(error) }
                inSlices(ids) { $1.remove($0) }
                state.withLock { _ in moved() }
            }
        }
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

    /// Forgets tokens that have expired, and writes down when others were last used. Gives how many have expired.
    /// - Parameter keep: asked with expired tokens' identifiers just before; false leaves them all for another time. They are good for
    ///   nothing in any case.
    public func tidy(keeping keep: ([String]) -> Bool = { _ in true }) throws(StorageError) -> Int {
        try changes.withLock { _ throws(StorageError) in
            let time = now()
            let ids = state.withLock { state in
                state.forgetOwners(at: time)
                return Array(state.macs.keys)
            }
            var expired: [String] = []
            var used: [String: Int64] = [:]
            inSlices(ids) { id, state in
                guard let token = state.token(id) else { return }
                if !token.stands(at: time) { expired.append(id) } else { used[id] = token.use.unnoted }
            }
            if !expired.isEmpty { expired = state.withLock { $0.descendants(of: expired) } }
            if !expired.isEmpty, keep(expired) {
                try store.deleteTokens(ids: expired)
                inSlices(expired) { $1.remove($0) }
                state.withLock { _ in moved() }
            }
            if !used.isEmpty {
                try store.noteTokenUses(used)
                inSlices(Array(used.keys)) { id, state in
                    if let time = used[id] { state.token(id)?.use.note(time) }
                }
            }
            return expired.count
        }
    }

    /// Does something with each of many tokens, and lets requests authenticate in between.
    private func inSlices(_ ids: [String], _ work: (String, inout TokenTable) -> Void) {
        var rest = ids[...]
        while !rest.isEmpty {
            state.withLock { state in for id in rest.prefix(1000) { work(id, &state) } }
            rest = rest.dropFirst(1000)
        }
    }

    // MARK: -

    /// Makers that a token may have.
    private static let longestLine = 32

    /// When a token ends: no sooner than its time to live is over, and with the one that it is made with.
    private func end(_ timeToLive: Int64?, _ parentEnd: Int64?) -> Int64? {
        switch (timeToLive.map { nextSecond() + $0 }, parentEnd) {
        case (nil, let end), (let end, nil): end
        case (let own?, let parent?): min(own, parent)
        }
    }

    private func withUse(_ record: TokenRecord) -> TokenRecord {
        let used = state.withLock { $0.token(record.id)?.use.time }
        var record = record
        if let used, used > record.lastUsedAt ?? 0 { record.lastUsedAt = used }
        return record
    }
}

extension ServiceError {
    fileprivate init(ofToken error: StorageError) {
        self = error == .notFound ? .tokenNotFound : .storage(error)
    }
}
