// Making keys and changing them.

internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI
internal import Storage

extension NativeAPI {
    func createKey(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        let name = try call.required(body.string("name"))
        call.exchange.key = name
        try call.authorise(.create, on: name)
        let new = try newKey(body, named: name, call)
        try call.needs(.of(.generate, with: new.algorithm))
        return try created(
            call.run { service throws(ServiceError) in
                try service.createKey(new, ifStill: { call.exchange.isSettled })
            })
    }

    /// A key to be made or imported, as the body describes it.
    func newKey(_ body: CheckedBody, named name: String, _ call: Call) throws(CallError) -> NewKey {
        guard let algorithm = Algorithm(name: body.string("algorithm") ?? Algorithm.xaes256GCM.name) else {
            throw CallError(.algorithmUnavailable)
        }
        var new = NewKey(name: name, algorithm: algorithm)
        if let names = body.object("usages") { new.usages = try call.required(Usages(names: names.strings)) }
        new.exportable = body.boolean("exportable") ?? false
        new.derived = body.boolean("derived") ?? false
        new.convergent = body.boolean("convergent") ?? false
        new.rotationPeriod = body.integer("rotation_period").map { Int64($0) }
        new.minApprovals = body.integer("min_approvals") ?? 0
        new.approvalsBy = body.string("approvals_by").flatMap { ApproverKind(rawValue: $0) } ?? .token
        new.owner = try call.required(call.exchange.principal?.owner)
        new.labels = body.object("labels")?.stringMembers ?? [:]
        return new
    }

    func created(_ key: StoredKey) throws(CallError) -> Response {
        try answer(
            key, status: 201,
            headers: [Response.Header("Location", "/v1/keys/" + key.key.fullName.replacing("/", with: "%2F"))])
    }

    func listKeys(_ call: Call) throws(CallError) -> Response {
        let parameters = call.parameters
        let limit = parameters.integer("limit") ?? 100
        var query = KeyQuery(ring: parameters.string("ring") ?? "", prefix: parameters.string("prefix") ?? "")
        // By scalars: a value may begin with a combining character, which makes one `Character` with the sign before it.
        if let label = parameters.string("label")?.unicodeScalars, let equals = label.firstIndex(of: "=") {
            query.label = KeyQuery.Label(
                name: String(label[..<equals]), value: String(label[label.index(after: equals)...]))
        }
        let page = try Page(
            limit: limit, after: parameters.string("after"),
            read: { after, limit throws(CallError) in
                (query.after, query.limit) = (after, limit)
                return try call.run { service throws(ServiceError) in try service.keys(query) }
            },
            name: { $0.name }, isVisible: { call.maySee($0.fullName) })
        return try Call.json(capacity: 256 + page.records.count * 384) { writer throws(CallError) in
            writer.beginObject()
            writer.name("keys")
            writer.beginArray()
            for key in page.records {
                writer.beginObject()
                writer.members(of: key)
                writer.endObject()
            }
            writer.endArray()
            writer.next(of: page)
            writer.endObject()
        }
    }

    func getKey(_ call: Call) throws(CallError) -> Response {
        let name = try call.key
        let key = try call.run { service throws(ServiceError) in try service.key(name) }
        let tag = Response.Header("ETag", key.key.entityTag)
        if let answer = try call.conditional(tag.value, headers: [tag]) { return answer }
        return try answer(key)
    }

    func updateKey(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        var change = KeyChange()
        change.minDecryptVersion = body.integer("min_decrypt_version")
        change.labels = body.object("labels")?.stringMembers
        change.deletionProtected = body.boolean("deletion_protected")
        if body.has("rotation_period") {
            change.rotationPeriod = body.integer("rotation_period").map { .seconds(Int64($0)) } ?? .never
        }
        let name = try call.key
        change.minApprovals = body.integer("min_approvals")
        change.approvalsBy = body.string("approvals_by").flatMap { ApproverKind(rawValue: $0) }
        if change.minApprovals != nil || change.approvalsBy != nil,
            let key = try call.run({ service throws(ServiceError) in try service.approvals(of: name, waiting: .allowed)
            })
        {
            // Asking less of those who approve takes as many of them as there have to be now.
            let asksFewer = change.minApprovals.map { $0 < key.needed } ?? false
            let asksOthers = change.approvalsBy == .token && key.by == .identity
            if asksFewer || asksOthers, key.needed > 0 {
                try call.takeApproval(key.needed, by: key.by, key: name, key.id)
                change.approvals = key.needed
            }
        }
        return try answer(
            call.run { service throws(ServiceError) in
                try service.changeKey(name, if: call.keyCondition, change)
            })
    }

    func deleteKey(_ call: Call) throws(CallError) -> Response {
        let days = call.exchange.body?.integer("after_days") ?? 30
        let name = try call.key
        return try answer(
            call.run { service throws(ServiceError) in
                try service.deleteKey(name, if: call.keyCondition, afterDays: days)
            }, status: 202)
    }

    func cancelKeyDeletion(_ call: Call) throws(CallError) -> Response {
        let name = try call.key
        return try answer(
            call.run { service throws(ServiceError) in
                try service.cancelDeletion(of: name, if: call.keyCondition)
            })
    }

    func rotateKey(_ call: Call) throws(CallError) -> Response {
        let name = try call.key
        let algorithm = try call.run { service throws(ServiceError) in try service.algorithm(of: name) }
        if let algorithm { try call.needs(.of(.generate, with: algorithm)) }
        return try answer(
            call.run { service throws(ServiceError) in
                try service.rotateKey(name, if: call.keyCondition, ifStill: { call.exchange.isSettled })
            })
    }

    func updateKeyVersion(_ call: Call) throws(CallError) -> Response {
        let name = try call.key
        let number = try call.required(call.parameters.integer("version"))
        let state = try call.required(try call.body.string("state").flatMap { KeyVersionState(rawValue: $0) })
        if state == .destroyed { try call.authorise(.destroy, on: name) }
        let version = try call.run { service throws(ServiceError) in
            try service.setVersion(number, of: name, to: state, if: call.keyCondition)
        }
        return try Call.json { writer throws(CallError) in writer.version(version) }
    }

    private func answer(
        _ key: StoredKey, status: Int = 200, headers: [Response.Header] = []
    ) throws(CallError) -> Response {
        let headers = headers + [Response.Header("ETag", key.key.entityTag)]
        return try Call.json(status: status, headers: headers, capacity: 2048 + key.versions.count * 96) {
            writer throws(CallError) in
            writer.beginObject()
            writer.members(of: key.key)
            writer.name("versions")
            writer.beginArray()
            for version in key.versions {
                writer.version(version, publicKey: try publicKey(of: version, key))
            }
            writer.endArray()
            writer.endObject()
        }
    }
}

extension NativeAPI {
    /// The public half of an enabled version of a pair, if it is among the newest ten: each costs opening a key. Not of
    /// derived keys, which have one a context.
    private func publicKey(of version: KeyVersionRecord, _ key: StoredKey) throws(CallError) -> [UInt8]? {
        guard version.state == .enabled, version.version > key.key.latestVersion - 10, key.key.state == .enabled,
            !key.key.derived, Algorithm(name: key.key.algorithm)?.isPair == true
        else { return nil }
        guard let service = seal.current?.service else { throw CallError(.sealed) }
        let handle: KeyHandle
        do {
            handle = try service.open(version, of: key)
        } catch .core(let error) where error.code == .algorithmUnavailable {
            return nil
        } catch {
            throw CallError(error)
        }
        return try core { () throws(CoreError) in try handle.publicKey(.der) }
    }
}

extension JSONValue {
    var strings: [String] {
        var strings: [String] = []
        forEachElement { _, element in if let string = element.string { strings.append(string) } }
        return strings
    }

    var stringMembers: [String: String] {
        var members: [String: String] = [:]
        forEachMember { name, value in members[String(decoding: name, as: UTF8.self)] = value.string }
        return members
    }
}
