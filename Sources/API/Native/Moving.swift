// Re-encrypting to another key. Whoever may use that key can read what is moved to it, so moving takes what reading takes.

internal import JSON
internal import KeyService
internal import OpenAPI

extension Call {
    /// Holds all items of a re-encryption that leave the path's key to the grants for leaving it (`decrypt`, or `move`) and for
    /// encrypting with the other keys.
    func authoriseMoves() throws(CallError) {
        let source = try key
        var moved = 0
        var haveAssociatedData = true
        // By the other key: whether all that is encrypted with it has associated data.
        var targets: [String: Bool] = [:]
        func look(_ item: CheckedBody) {
            guard let target = item.object("to")?.member("key")?.string, target != source else { return }
            moved += 1
            haveAssociatedData = haveAssociatedData && item.hasAssociatedData
            let new = item.base64("new_associated_data").map { !$0.isEmpty } ?? item.hasAssociatedData
            targets[target] = new && targets[target] ?? true
            exchange.subject = target
        }
        let body = try body
        if let items = body.items("items") {
            for index in 0..<items.count { look(items[index]) }
        } else {
            look(body)
        }
        guard moved > 0 else { return }
        try authoriseLeaving(source, moved, haveAssociatedData)
        for (target, new) in targets.sorted(by: { $0.key < $1.key }) {
            try authorise(.encrypt, on: target, withAssociatedData: new)
        }
    }

    /// Takes the grant that asks for less, of those for reading what the key encrypted and for moving it.
    private func authoriseLeaving(_ source: String, _ moved: Int, _ haveAssociatedData: Bool) throws(CallError) {
        guard let principal = exchange.principal else { throw CallError(.unauthenticated) }
        var best: (permission: Permission, terms: Role.Terms)?
        for permission in [Permission.decrypt, .move] {
            let decision = principal.role.decide(permission, on: source, from: exchange.peer)
            guard decision == .allowed || decision == .allowedWithAssociatedData && haveAssociatedData else { continue }
            let terms = principal.role.terms(of: permission, on: source, from: exchange.peer, decided: decision)
            func weight(_ terms: Role.Terms) -> (Int, Int) { (terms.approvals, terms.rate == nil ? 0 : 1) }
            if let known = best, weight(known.terms) <= weight(terms) { continue }
            best = (permission, terms)
        }
        guard let best else { throw CallError(.forbidden) }
        // Each is counted as if it had been read: a rate on that is there for this.
        if let rate = best.terms.rate, !exchange.isMoveCounted {
            exchange.isMoveCounted = true
            try exchange.unsealed?.tokens.count(moved, of: rate, by: principal)
        }
        try holdToApproval(best.permission, on: source, granted: best.terms.approvals)
    }
}
