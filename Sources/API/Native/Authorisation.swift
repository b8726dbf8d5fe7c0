// Whether the caller's role grants what is asked. It is decided by names alone, before anything is looked up: who may not see a
// key learns the same of one that there is not.

internal import KeyService
internal import OpenAPI
internal import Storage

extension NativeAPI {
    /// Decides by the head. What hangs on the body is left to `authoriseBody` and to handlers.
    func authorise(_ route: Route, _ exchange: Exchange) throws(Problem) {
        guard let permission = route.handling.permission, let principal = exchange.principal else { return }
        let key = exchange.parameters.string("key")
        let decision = principal.role.decide(permission, on: key, from: exchange.peer)
        if route.handling.isNamedLater {
            // Its handler holds it to what is granted for that name, and to the terms of that.
            if decision == .denied { throw Problem(.forbidden) }
            return
        }
        switch decision {
        case .allowed: break
        case .allowedWithAssociatedData: exchange.needsAssociatedData = true
        case .denied: throw Problem(.forbidden)
        }
        let terms = principal.role.terms(of: permission, on: key, from: exchange.peer, decided: decision)
        (exchange.rate, exchange.approvals) = (terms.rate, terms.approvals)
    }

    /// A grant for requests with associated data: all of a batch's have to have it, and so has what they make of it.
    func authoriseBody(_ body: CheckedBody) throws(CallError) {
        func has(_ item: CheckedBody) -> Bool {
            item.hasAssociatedData && item.base64("new_associated_data")?.isEmpty != true
        }
        guard let items = body.items("items") else {
            guard has(body) else { throw CallError(.forbidden) }
            return
        }
        for index in 0..<items.count {
            guard has(items[index]) else { throw CallError(.forbidden) }
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
        // Where the head names it, the request was counted for what it does with that. Nothing is counted twice.
        if exchange.route?.handling.isNamedLater ?? false, !exchange.isCounted {
            exchange.rate = terms.rate
            try exchange.countRate()
            exchange.isCounted = true
        }
        try holdToApproval(permission, on: subject, granted: terms.approvals)
    }

    /// Whether the caller may see what a listing would show of a key or role, with the approvals that the listing has.
    func maySee(_ subject: String, for permission: Permission = .read) -> Bool {
        exchange.principal?.role.may(
            permission, on: subject, from: exchange.peer, approvals: exchange.approval?.decisions.count ?? 0) ?? false
    }

    /// The tokens and roles of the unsealed service.
    func runTokens<Value>(_ work: (TokenAuthority) throws(ServiceError) -> Value) throws(CallError) -> Value {
        guard let unsealed = exchange.unsealed else { throw CallError(.sealed) }
        do { return try work(unsealed.tokens) } catch { throw CallError(error) }
    }
}

extension CheckedBody {
    /// Whether what a request, or an item of a batch, does has associated data.
    var hasAssociatedData: Bool { base64("associated_data")?.isEmpty == false }
}

extension Exchange {
    /// Counts the request against its grant's rate, once; a batch's items each.
    func countRate() throws(CallError) {
        guard let rate, !isCounted, let principal, let tokens = unsealed?.tokens else { return }
        isCounted = true
        try tokens.count(body?.items("items")?.count ?? 1, of: rate, by: principal)
    }
}

extension TokenAuthority {
    /// Counts so many requests against a rate, all or none.
    func count(_ requests: Int, of rate: GrantRate, by principal: Principal) throws(CallError) {
        let refusal: RateRefusal?
        do { refusal = try take(requests, of: rate, by: principal) } catch { throw CallError(error) }
        guard let refusal else { return }
        var problem = Problem(.rateLimited)
        problem.rate = refusal
        throw .problem(problem)
    }
}
