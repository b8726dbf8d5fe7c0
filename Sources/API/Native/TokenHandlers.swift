// Tokens: made with a role, shown once, and ended by their time or by hand.

internal import Bytes
internal import HTTPServer
internal import JSON
internal import KeyService
internal import Observability
internal import OpenAPI
internal import Storage

extension NativeAPI {
    func createToken(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        let role = try call.required(body.string("role"))
        let new = NewToken(
            name: try call.required(body.string("name")), roles: [role],
            timeToLive: body.integer("ttl").map { Int64($0) }, isOrphan: body.boolean("orphan") ?? false)
        try call.authorise(.tokens, on: role)
        // What outlives its maker takes one who may do everything anyway.
        if new.isOrphan { try call.authorise(.roles, on: role) }
        let principal = try call.required(call.exchange.principal)
        let (text, record) = try call.runTokens { tokens throws(ServiceError) in
            try tokens.createToken(new, with: principal)
        }
        call.exchange.subject = record.id
        return try call.shown(text, record)
    }

    func listTokens(_ call: Call) throws(CallError) -> Response {
        // Tokens of roles that the caller may not give are not his to see.
        let page = try Page(
            limit: call.parameters.integer("limit") ?? 100, after: call.parameters.string("after"),
            read: { after, limit throws(CallError) in
                try call.runTokens { tokens throws(ServiceError) in try tokens.tokens(after: after, limit: limit) }
            },
            name: { $0.id }, isVisible: { $0.roles.allSatisfy { call.maySee($0, for: .tokens) } })
        return try Call.json(capacity: 256 + page.records.count * 256) { writer throws(CallError) in
            writer.beginObject()
            writer.name("tokens")
            writer.beginArray()
            for token in page.records {
                writer.beginObject()
                writer.members(of: token)
                writer.endObject()
            }
            writer.endArray()
            writer.next(of: page)
            writer.endObject()
        }
    }

    func revokeToken(_ call: Call) throws(CallError) -> Response {
        let id = try call.required(call.parameters.string("id"))
        let roles = try call.runTokens { tokens throws(ServiceError) in try tokens.token(id: id).roles }
        let role = try call.required(call.exchange.principal).role
        // One that is not the caller's to see is none.
        guard roles.allSatisfy({ role.decide(.tokens, on: $0, from: call.exchange.peer) == .allowed }) else {
            throw CallError(ProblemCode.tokenNotFound)
        }
        for role in roles { try call.authorise(.tokens, on: role) }
        try revoke(id, call)
        return Response(status: 204, body: ByteBuffer())
    }

    func getOwnToken(_ call: Call) throws(CallError) -> Response {
        let id = try call.required(call.exchange.principal?.tokenID)
        return try answer(call.runTokens { tokens throws(ServiceError) in try tokens.token(id: id) })
    }

    func renewOwnToken(_ call: Call) throws(CallError) -> Response {
        let id = try call.required(call.exchange.principal?.tokenID)
        return try answer(
            call.runTokens { tokens throws(ServiceError) in
                try tokens.renewToken(id: id, by: call.exchange.principal)
            })
    }

    func revokeOwnToken(_ call: Call) throws(CallError) -> Response {
        let id = try call.required(call.exchange.principal?.tokenID)
        try revoke(id, call)
        return Response(status: 204, body: ByteBuffer())
    }

    private func revoke(_ id: String, _ call: Call) throws(CallError) {
        try call.runTokens { tokens throws(ServiceError) in
            try tokens.revokeToken(id: id, by: call.exchange.principal)
        }
    }

    private func answer(_ token: TokenRecord) throws(CallError) -> Response {
        try Call.json { writer throws(CallError) in
            writer.beginObject()
            writer.members(of: token)
            writer.endObject()
        }
    }
}

extension Call {
    /// A token, this once.
    func shown(_ text: TokenText, _ record: TokenRecord) throws(CallError) -> Response {
        try Self.json(status: 201, capacity: 1024) { writer throws(CallError) in
            writer.beginObject()
            writer.name("token")
            text.withBytes { writer.string($0) }
            writer.members(of: record)
            writer.endObject()
        }
    }
}

extension JSONWriter {
    /// What is told of a token: never what it is known by.
    mutating func members(of token: TokenRecord) {
        name("id")
        string(token.id)
        name("name")
        string(token.name)
        roles(token.roles)
        if let parent = token.parent {
            name("parent")
            string(parent)
        }
        if let identity = token.identity {
            name("identity")
            string(identity)
        }
        name("created_at")
        string(Timestamp.rfc3339(token.createdAt))
        if let ttl = token.timeToLive {
            name("ttl")
            integer(Int(clamping: ttl))
        }
        if let expiry = token.expiresAt {
            name("expires_at")
            string(Timestamp.rfc3339(expiry))
        }
        if let used = token.lastUsedAt, used > 0 {
            name("last_used_at")
            string(Timestamp.rfc3339(used))
        }
    }
}
