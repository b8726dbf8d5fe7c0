// What the operations with keys beside encryption have in common: the answer, the key, the hash.

internal import Bytes
internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI

extension NativeAPI {
    /// Reads the request's body and writes its answer, an object.
    func single(
        _ call: Call, capacity: Int,
        _ operation: (CheckedBody, Call, inout JSONWriter) throws(CallError) -> Void
    ) throws(CallError) -> Response {
        let body = try call.body
        return try Call.json(capacity: capacity) { writer throws(CallError) in try operation(body, call, &writer) }
    }

    /// The version of the path's key that a request asks for.
    func keyToUse(_ body: CheckedBody, _ call: Call) throws(CallError) -> KeyInUse {
        let name = try call.key
        return try call.use { service throws(ServiceError) in
            try service.keyToUse(
                name, version: body.integer("version"), context: body.base64("context"), waiting: call.waiting)
        }
    }

    /// The hash that a request asks for.
    func hash(_ body: CheckedBody) throws(CallError) -> Hash? {
        guard let name = body.string("hash") else { return nil }
        guard let hash = Hash(name: name) else { throw CallError(.internalError) }
        return hash
    }
}

extension CallError {
    /// A member whose value does not fit beside another member, or the key. In a batch it is its item's.
    init(unfit pointer: String, _ detail: String) {
        var problem = Problem(violations: [SchemaViolation(pointer: pointer, keyword: "strongroom", detail: detail)])
        problem.belongsToItem = true
        self = .problem(problem)
    }
}
