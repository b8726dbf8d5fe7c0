// Tokens: how they are made, listed, renewed and ended, and what is kept of their use.

internal import CoreBridge
public import Storage
internal import Threading

extension TokenAuthority {
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
