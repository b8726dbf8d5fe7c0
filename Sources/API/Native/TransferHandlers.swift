// Keys that come in and leave: the import key, imports, exports, backups and restoring.

internal import Bytes
internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import Observability
internal import OpenAPI
internal import Storage

extension NativeAPI {
    func getImportKey(_ call: Call) throws(CallError) -> Response {
        // One in a while has to be made, and others wait for it.
        try call.needs(.of(.generate, with: .rsa4096))
        let key = try call.run { service throws(ServiceError) in try service.importKey() }
        return try Call.json(capacity: 1024) { writer throws(CallError) in
            writer.beginObject()
            writer.name("public_key")
            key.publicKey.withUnsafeBytes { writer.base64($0) }
            writer.name("id")
            writer.string(key.id.uuid)
            writer.name("expires_at")
            writer.string(Timestamp.rfc3339(key.expiresAt))
            writer.endObject()
        }
    }

    func importKey(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        let new = try newKey(body, named: try call.key, call)
        let importKey = try call.required(body.string("import_key_id").flatMap { KeyID(uuid: $0) })
        let wrapped = try call.required(body.base64("wrapped"))
        let hash = try hash(body) ?? .sha256
        return try created(
            call.run { service throws(ServiceError) in
                try service.importKey(
                    new, wrapped: wrapped, hash: hash, to: importKey, ifStill: { call.exchange.isSettled })
            })
    }

    func exportKey(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        let name = try call.key
        let publicKey = try call.required(body.base64("wrapping_public_key"))
        let hash = try hash(body) ?? .sha256
        let exported = try call.run { service throws(ServiceError) in
            try service.exportKey(name, version: body.integer("version"), to: publicKey, hash: hash)
        }
        return try Call.json(capacity: 64 + Base64.encodedLength(of: exported.wrapped.count)) {
            writer throws(CallError) in
            writer.beginObject()
            writer.name("wrapped")
            exported.wrapped.withUnsafeBytes { writer.base64($0) }
            writer.name("version")
            writer.integer(exported.version)
            writer.endObject()
        }
    }

    func backUpKey(_ call: Call) throws(CallError) -> Response {
        let name = try call.key
        let backup = try call.run { service throws(ServiceError) in
            try service.backUpKey(name, describe: BackupDescription.write)
        }
        return try Call.json(capacity: 32 + Base64.encodedLength(of: backup.count)) { writer throws(CallError) in
            writer.beginObject()
            writer.name("backup")
            backup.withUnsafeBytes { writer.base64($0) }
            writer.endObject()
        }
    }

    func restoreKey(_ call: Call) throws(CallError) -> Response {
        let backup = try call.required(try call.body.base64("backup"))
        let owner = try call.required(call.exchange.principal?.owner)
        var refusal: CallError?
        do throws(CallError) {
            return try created(
                call.run { service throws(ServiceError) in
                    try service.restoreKey(backup, owner: owner, read: BackupDescription.read) { name in
                        call.exchange.key = name
                        do throws(CallError) { try call.authorise(.restore, on: name) } catch { refusal = error }
                        return refusal == nil
                    }
                })
        } catch {
            throw refusal ?? error
        }
    }
}
