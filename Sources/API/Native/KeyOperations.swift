// What the operations with keys beside encryption have in common: one request or a batch of them, the key, the hash.

internal import Bytes
internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI

/// Reads one request and writes its answer, an object.
typealias KeyOperation = (CheckedBody, Call, inout JSONWriter) throws(CallError) -> Void

extension NativeAPI {
    func single(_ call: Call, capacity: Int, _ operation: KeyOperation) throws(CallError) -> Response {
        let body = try call.body
        return try Call.json(capacity: capacity) { writer throws(CallError) in try operation(body, call, &writer) }
    }

    /// Up to 1,000 requests. An item that fails has an error of its own; the others are done.
    func batch(_ call: Call, itemCapacity: Int, _ operation: KeyOperation) throws(CallError) -> Response {
        let body = try call.body
        let count = body.items("items")?.count ?? 0
        return try Call.json(capacity: 64 + count * (64 + itemCapacity)) { writer throws(CallError) in
            writer.beginObject()
            writer.name("items")
            writer.beginArray()
            try body.forEachItem("items") { _, item throws(CallError) in
                let before = (writer, writer.buffer.count)
                do throws(CallError) {
                    try operation(item, call, &writer)
                } catch .problem(let problem) where problem.belongsToItem || problem.code.belongsToItem {
                    // Nothing stays of what was written of its answer.
                    writer = before.0
                    writer.buffer.truncate(to: before.1)
                    problem.code.writeAsItem(&writer)
                }
            }
            writer.endArray()
            writer.endObject()
        }
    }

    /// The version of the path's key that a request asks for.
    func keyToUse(_ body: CheckedBody, _ call: Call) throws(CallError) -> KeyInUse {
        let name = try call.key
        return try call.run { service throws(ServiceError) in
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
