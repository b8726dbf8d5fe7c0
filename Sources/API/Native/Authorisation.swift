// Whether the caller's role grants what is asked. It is decided by names alone, before anything is looked up: who may not see a
// key learns the same of one that there is not.

internal import KeyService
internal import OpenAPI

extension NativeAPI {
    /// Decides by the head. What hangs on the body is left to `authoriseBody` and to handlers.
    func authorise(_ route: Route, _ exchange: Exchange) throws(Problem) {
        guard let permission = route.handling.permission, let principal = exchange.principal else { return }
        let key = exchange.parameters.string("key")
        if permission.scope != .service, key == nil {
            guard principal.role.mayAnywhere(permission) else { throw Problem(.forbidden) }
            return
        }
        let decision = principal.role.decide(permission, on: key, from: exchange.peer)
        switch decision {
        case .allowed: break
        case .allowedWithAssociatedData: exchange.needsAssociatedData = true
        case .denied: throw Problem(.forbidden)
        }
        let terms = principal.role.terms(of: permission, on: key, from: exchange.peer, decided: decision)
        (exchange.rate, exchange.approvals) = (terms.rate, terms.approvals)
    }

    /// A grant for requests with associated data: all of a batch's have to have it.
    func authoriseBody(_ body: CheckedBody) throws(CallError) {
        guard let items = body.items("items") else {
            guard body.base64("associated_data")?.isEmpty == false else { throw CallError(.forbidden) }
            return
        }
        for index in 0..<items.count {
            guard items[index].base64("associated_data")?.isEmpty == false else { throw CallError(.forbidden) }
        }
    }
}

extension Call {
    /// Whether the caller's role grants a permission for a key or a role that only the body names.
    /// - Parameter withAssociatedData: whether what is done has associated data.
    func authorise(
        _ permission: Permission, on subject: String, withAssociatedData: Bool = false
    ) throws(CallError) {
        guard let principal = exchange.principal else { throw CallError(.unauthenticated) }
        let decision = principal.role.decide(permission, on: subject, from: exchange.peer)
        switch decision {
        case .allowed: break
        case .allowedWithAssociatedData where withAssociatedData: break
        default: throw CallError(.forbidden)
        }
        let terms = principal.role.terms(of: permission, on: subject, from: exchange.peer, decided: decision)
        // Where the path names a key, the request was counted for what it does with that.
        if exchange.parameters.string("key") == nil {
            exchange.rate = terms.rate
            try exchange.countRate()
        }
        try holdToApproval(permission, on: subject, granted: terms.approvals)
    }

    /// Whether the caller may see a key in a listing.
    func maySee(_ key: String) -> Bool {
        exchange.principal?.role.mayFreely(.read, on: key, from: exchange.peer) ?? false
    }

    /// The tokens and roles of the unsealed service.
    func runTokens<Value>(_ work: (TokenAuthority) throws(ServiceError) -> Value) throws(CallError) -> Value {
        guard let unsealed = exchange.unsealed else { throw CallError(.sealed) }
        do { return try work(unsealed.tokens) } catch { throw CallError(error) }
    }
}

extension Exchange {
    /// Counts the request against its grant's rate, once; a batch's items each.
    func countRate() throws(CallError) {
        guard let rate, !isCounted, let principal, let tokens = unsealed?.tokens else { return }
        isCounted = true
        guard let refusal = tokens.take(body?.items("items")?.count ?? 1, of: rate, by: principal) else { return }
        var problem = Problem(.rateLimited)
        problem.rate = refusal
        throw .problem(problem)
    }
}
