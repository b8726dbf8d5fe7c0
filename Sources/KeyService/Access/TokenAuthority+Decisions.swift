// Whether what was decided for a principal still holds: what requests ask again before they act, which may be long after their heads.

internal import Synchronization
internal import Threading

extension TokenAuthority {
    /// Whether nothing has changed that a decision about the principal can hang on. After false it has to be decided again.
    @inline(__always)
    public func isSettled(_ principal: Principal) -> Bool {
        guard epoch.load(ordering: .acquiring) == principal.epoch else { return false }
        guard let end = principal.expiresAt else { return true }
        return end > now()
    }

    /// The principal as it is now, with its role as it is now; nil where its token has ended.
    public func current(_ principal: Principal) -> Principal? {
        let time = now()
        return state.withLock { state in
            guard let known = state.token(principal.tokenID), known.stands(at: time) else { return nil }
            return self.principal(known, in: &state)
        }
    }

    /// Whether a token stands: it was neither revoked nor has it expired. Never waits for the store.
    public func stands(_ tokenID: String) -> Bool {
        let time = now()
        return state.withLock { $0.token(tokenID)?.stands(at: time) ?? false }
    }
}
