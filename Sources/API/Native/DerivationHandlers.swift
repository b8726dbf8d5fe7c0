// agree, derive and hash: bytes that are made of keys and messages.

internal import Bytes
internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI

extension NativeAPI {
    func agree(_ call: Call) throws(CallError) -> Response {
        try single(call, capacity: 256, agree)
    }

    func agreeBatch(_ call: Call) throws(CallError) -> Response {
        try batch(call) { body, storage throws(CallError) in
            let key = try keyToUse(body, call)
            let kdf = try call.required(body.nested("kdf"))
            let info = storage.range(of: try call.required(kdf.base64("info")))
            let publicKey = storage.range(of: try call.required(body.base64("public_key")))
            let hash = try call.required(try self.hash(kdf))
            let bytes = try derivedLength(kdf, hash, call)
            return PreparedItem(
                .agree(
                    key.handle, with: publicKey, bytes: bytes, hash: hash, salt: storage.range(of: kdf.base64("salt")),
                    info: info),
                with: key, .agree, bytes: info.count, and: .of(.derive(bytes: bytes), with: key.handle.algorithm))
        } answer: {
            $0.write("shared_secret", of: $1)
        }
    }

    func derive(_ call: Call) throws(CallError) -> Response {
        try single(call, capacity: 256, derive)
    }

    func deriveBatch(_ call: Call) throws(CallError) -> Response {
        try batch(call) { body, storage throws(CallError) in
            let key = try keyToUse(body, call)
            let info = storage.range(of: try call.required(body.base64("info")))
            let bytes = try call.required(body.integer("bytes"))
            return PreparedItem(
                .derive(key.handle, bytes: bytes, salt: storage.range(of: body.base64("salt")), info: info), with: key,
                .derive(bytes: bytes), bytes: info.count)
        } answer: {
            $0.write("derived", of: $1)
        }
    }

    func hash(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        let hash = try hash(body) ?? .sha256
        let message = try call.required(body.base64("message"))
        return try Call.json(capacity: 192) { writer throws(CallError) in
            writer.beginObject()
            writer.name("digest")
            try core { () throws(CoreError) in
                try writer.base64(capacity: hash.digestBytes) { room throws(CoreError) in
                    try cryptography.hash(message, with: hash, into: room)
                }
            }
            writer.endObject()
        }
    }

    private func agree(_ body: CheckedBody, _ call: Call, _ writer: inout JSONWriter) throws(CallError) {
        let key = try keyToUse(body, call)
        let kdf = try call.required(body.nested("kdf"))
        let hash = try call.required(try self.hash(kdf))
        let bytes = try derivedLength(kdf, hash, call)
        let info = try call.required(kdf.base64("info"))
        let publicKey = try call.required(body.base64("public_key"))
        try call.needs(.of(.agree, with: key.handle.algorithm))
        try write("shared_secret", bytes, key, &writer) { room throws(CoreError) in
            try key.handle.agree(
                with: publicKey, hash: hash, salt: kdf.base64("salt") ?? .empty, info: info, into: room)
        }
    }

    private func derive(_ body: CheckedBody, _ call: Call, _ writer: inout JSONWriter) throws(CallError) {
        let key = try keyToUse(body, call)
        let bytes = try call.required(body.integer("bytes"))
        let info = try call.required(body.base64("info"))
        try write("derived", bytes, key, &writer) { room throws(CoreError) in
            try key.handle.derive(salt: body.base64("salt") ?? .empty, info: info, into: room)
        }
    }

    /// How many bytes HKDF is asked for, which is at most 255 digests (RFC 5869, 2.3): the schema knows the most of any hash.
    private func derivedLength(_ kdf: CheckedBody, _ hash: Hash, _ call: Call) throws(CallError) -> Int {
        let bytes = try call.required(kdf.integer("bytes"))
        guard bytes <= 255 * hash.digestBytes else {
            throw CallError(unfit: "/kdf/bytes", "is more than 255 digests of the hash")
        }
        return bytes
    }

    /// What HKDF gives, as much as was asked for.
    private func write(
        _ name: StaticString, _ bytes: Int, _ key: KeyInUse, _ writer: inout JSONWriter,
        _ fill: (UnsafeMutableRawBufferPointer) throws(CoreError) -> Void
    ) throws(CallError) {
        writer.beginObject()
        writer.name(name)
        try core { () throws(CoreError) in
            try writer.base64(capacity: bytes) { room throws(CoreError) in
                try fill(room)
                return room.count
            }
        }
        writer.name("version")
        writer.integer(key.version)
        writer.endObject()
    }
}
