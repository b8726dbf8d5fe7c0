// Roles: what tokens grant.

internal import Bytes
internal import HTTPServer
internal import JSON
internal import KeyService
internal import Observability
internal import OpenAPI
internal import Storage

extension NativeAPI {
    func listRoles(_ call: Call) throws(CallError) -> Response {
        let roles = try call.runTokens { tokens in tokens.roles() }
        return try Call.json(capacity: 256 + roles.count * 512) { writer throws(CallError) in
            writer.beginObject()
            writer.name("roles")
            writer.beginArray()
            for role in roles { writer.role(role) }
            writer.endArray()
            writer.endObject()
        }
    }

    func createRole(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        let name = try call.required(body.string("name"))
        call.exchange.subject = name
        let role = RoleRecord(
            name: name, grants: try grants(of: body, call), createdAt: 0)
        let stored = try call.runTokens { tokens throws(ServiceError) in
            try tokens.putRole(role, ifRevision: nil, by: call.exchange.principal)
        }
        return try answer(stored, status: 201, headers: [Response.Header("Location", "/v1/roles/\(stored.name)")])
    }

    func getRole(_ call: Call) throws(CallError) -> Response {
        let name = try call.role
        let role = try call.runTokens { tokens throws(ServiceError) in try tokens.role(named: name) }
        let tag = Response.Header("ETag", role.entityTag)
        if let answer = try call.conditional(tag.value, headers: [tag]) { return answer }
        return try answer(role)
    }

    func replaceRole(_ call: Call) throws(CallError) -> Response {
        let role = RoleRecord(name: try call.role, grants: try grants(of: try call.body, call), createdAt: 0)
        return try answer(
            call.runTokens { tokens throws(ServiceError) in
                try tokens.replaceRole(role, if: call.roleCondition, by: call.exchange.principal)
            })
    }

    func deleteRole(_ call: Call) throws(CallError) -> Response {
        let name = try call.role
        try call.runTokens { tokens throws(ServiceError) in
            try tokens.deleteRole(named: name, if: call.roleCondition, by: call.exchange.principal)
        }
        return Response(status: 204, body: ByteBuffer())
    }

    private func grants(of body: CheckedBody, _ call: Call) throws(CallError) -> [GrantRecord] {
        var grants: [GrantRecord] = []
        try body.forEachItem("grants") { _, grant throws(CallError) in
            grants.append(
                GrantRecord(
                    allows: grant.string("effect") != "deny",
                    operations: try call.required(grant.object("operations")).strings,
                    names: grant.string("keys") ?? grant.string("roles") ?? "*",
                    needsAssociatedData: grant.string("associated_data") == "required",
                    networks: grant.object("networks")?.strings ?? [], rate: rate(of: grant),
                    approvals: grant.integer("approvals") ?? 0))
        }
        return grants
    }

    private func rate(of grant: CheckedBody) -> RateRecord? {
        guard let rate = grant.object("rate"), let requests = rate.member("requests")?.integer,
            let seconds = rate.member("seconds")?.integer
        else { return nil }
        return RateRecord(requests: Int64(requests), seconds: Int64(seconds))
    }

    private func answer(
        _ role: RoleRecord, status: Int = 200, headers: [Response.Header] = []
    ) throws(CallError) -> Response {
        let headers = headers + [Response.Header("ETag", role.entityTag)]
        return try Call.json(status: status, headers: headers, capacity: 1024) { writer throws(CallError) in
            writer.role(role)
        }
    }
}

extension Call {
    /// The path's role name.
    fileprivate var role: String { get throws(CallError) { try required(parameters.string("role")) } }
}

extension JSONWriter {
    fileprivate mutating func role(_ role: RoleRecord) {
        beginObject()
        name("name")
        string(role.name)
        name("grants")
        beginArray()
        for grant in role.grants {
            beginObject()
            name("effect")
            string(grant.allows ? "allow" : "deny")
            name("operations")
            strings(grant.operations)
            // Where the grant is of tokens, its pattern is one of roles.
            name(grant.operations == [Permission.tokens.rawValue] ? "roles" : "keys")
            string(grant.names)
            if grant.needsAssociatedData {
                name("associated_data")
                string("required")
            }
            if let rate = grant.rate {
                name("rate")
                beginObject()
                name("requests")
                integer(Int(rate.requests))
                name("seconds")
                integer(Int(rate.seconds))
                endObject()
            }
            if grant.approvals > 0 {
                name("approvals")
                integer(grant.approvals)
            }
            if !grant.networks.isEmpty {
                name("networks")
                strings(grant.networks)
            }
            endObject()
        }
        endArray()
        name("created_at")
        string(Timestamp.rfc3339(role.createdAt))
        endObject()
    }

    private mutating func strings(_ strings: [String]) {
        beginArray()
        for string in strings { self.string(string) }
        endArray()
    }
}
