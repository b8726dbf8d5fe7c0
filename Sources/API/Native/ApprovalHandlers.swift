// Requests that wait for approval: who asked for what, and deciding it.

internal import Bytes
internal import HTTPServer
internal import JSON
internal import KeyService
internal import Observability
internal import OpenAPI
internal import Storage

extension NativeAPI {
    func listApprovals(_ call: Call) throws(CallError) -> Response {
        try call.countLooking(at: nil)
        let page = try Page(
            limit: call.parameters.integer("limit") ?? 100, after: call.parameters.string("after"),
            read: { after, limit throws(CallError) in
                try call.runTokens { $0.approvals.list(after: after, limit: limit) }
            },
            name: { $0.id }, isVisible: call.maySee)
        return try Call.json(capacity: 256 + page.records.count * 640) { writer throws(CallError) in
            writer.beginObject()
            writer.name("approvals")
            writer.beginArray()
            for approval in page.records { writer.approval(approval) }
            writer.endArray()
            writer.next(of: page)
            writer.endObject()
        }
    }

    func getApproval(_ call: Call) throws(CallError) -> Response {
        let approval = try call.approval
        if !call.isOwn(approval) { try call.countLooking(at: approval.key ?? "") }
        return try Call.json(capacity: 1024) { writer throws(CallError) in writer.approval(approval) }
    }

    func decideApproval(_ call: Call) throws(CallError) -> Response {
        let decision = try call.required(try call.body.string("decision"))
        let found = try call.approval
        call.exchange.key = found.key
        call.exchange.approvalID = found.id
        call.exchange.decision = decision
        if !call.isOwn(found) { try call.authorise(.approve, on: found.key ?? "") }
        let principal = try call.required(call.exchange.principal)
        let approval = try call.runTokens { tokens throws(ServiceError) in
            try tokens.decide(found.id, approves: decision == "approve", by: principal)
        }
        return try Call.json(capacity: 1024) { writer throws(CallError) in writer.approval(approval) }
    }
}

extension Call {
    /// The path's, where the caller may see it.
    fileprivate var approval: ApprovalRecord {
        get throws(CallError) {
            let id = try required(parameters.string("id"))
            let found = try runTokens { tokens throws(ServiceError) in try tokens.approvals.approval(id: id) }
            guard maySee(found) else { throw CallError(ProblemCode.approvalNotFound) }
            return found
        }
    }

    fileprivate func maySee(_ approval: ApprovalRecord) -> Bool {
        isOwn(approval) || mayDecide(approval)
    }

    /// Whether the caller asked for it.
    fileprivate func isOwn(_ approval: ApprovalRecord) -> Bool { approval.asker.token == exchange.principal?.tokenID }

    /// What is about no key takes a grant for every key.
    fileprivate func mayDecide(_ approval: ApprovalRecord) -> Bool {
        exchange.principal?.role.decide(.approve, on: approval.key ?? "", from: exchange.peer) == .allowed
    }

    /// Looking at what others ask for is counted as deciding it is, where the caller may decide.
    fileprivate func countLooking(at key: String?) throws(CallError) {
        guard let role = exchange.principal?.role else { return }
        let decision = role.decide(.approve, on: key, from: exchange.peer)
        exchange.rate = role.terms(of: .approve, on: key, from: exchange.peer, decided: decision).rate
        try exchange.countRate()
    }
}

extension JSONWriter {
    fileprivate mutating func approval(_ approval: ApprovalRecord) {
        beginObject()
        name("id")
        string(approval.id)
        name("state")
        string(approval.state.rawValue)
        name("operation")
        string(approval.operation)
        if let key = approval.key {
            name("key")
            string(key)
        }
        if let subject = approval.subject {
            name("subject")
            string(subject)
        }
        name("request")
        string(approval.request)
        name("body_sha256")
        string(hexadecimal(approval.bodyDigest))
        name("requested_by")
        beginObject()
        party(approval.asker)
        endObject()
        name("needed")
        integer(approval.needed)
        if approval.approvalsBy != .token {
            name("approvals_by")
            string(approval.approvalsBy.rawValue)
        }
        name("decisions")
        beginArray()
        for decision in approval.decisions {
            beginObject()
            name("decision")
            string(decision.approves ? "approve" : "deny")
            party(decision.party)
            name("decided_at")
            string(Timestamp.rfc3339(decision.decidedAt))
            endObject()
        }
        endArray()
        name("created_at")
        string(Timestamp.rfc3339(approval.createdAt))
        name("expires_at")
        string(Timestamp.rfc3339(approval.expiresAt))
        endObject()
    }
}

extension JSONWriter {
    /// The members that say whose token it was.
    fileprivate mutating func party(_ party: ApprovalParty) {
        name("token_id")
        string(party.token)
        roles(party.roles)
        guard let identity = party.identity else { return }
        name("identity")
        string(identity)
    }

    /// A token's role, and all of them where it has several.
    mutating func roles(_ roles: [String]) {
        name("role")
        string(roles.first ?? "")
        guard roles.count > 1 else { return }
        name("roles")
        beginArray()
        for role in roles { string(role) }
        endArray()
    }
}

/// As `sha256sum` prints it, to be compared with.
private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
