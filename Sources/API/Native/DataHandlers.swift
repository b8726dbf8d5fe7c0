// encrypt, decrypt, reencrypt, data-key and random, one at a time: the hot path. Plaintext goes from the request's
// buffer through the core into the answer's, and nowhere else.

internal import Bytes
internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI

extension NativeAPI {
    func encrypt(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        let name = try call.key
        let key = try call.run { () throws(ServiceError) in
            try service.keyToEncrypt(name, version: body.integer("version"), waiting: call.waiting)
        }
        let plaintext = try call.required(body.base64("plaintext"))
        return try encryptedAnswer(key, length: plaintext.count) { room throws(CoreError) in
            try key.handle.encrypt(plaintext, associatedData: body.base64("associated_data") ?? .empty, into: room)
        }
    }

    func decrypt(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        let source = try ciphertext(of: body, for: call)
        let associatedData = body.base64("associated_data") ?? .empty
        return try Call.json(capacity: 64 + Base64.encodedLength(of: source.bytes.count)) {
            writer throws(CallError) in
            writer.beginObject()
            writer.name("plaintext")
            try core { () throws(CoreError) in
                try writer.base64(capacity: source.bytes.count) { room throws(CoreError) in
                    try source.key.handle.decrypt(source.bytes, associatedData: associatedData, into: room)
                }
            }
            writer.name("version")
            writer.integer(source.key.version)
            writer.endObject()
        }
    }

    func reencrypt(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        let target = try target(of: body, for: call)
        let source = try ciphertext(of: body, for: call)
        let associatedData = body.base64("associated_data") ?? .empty
        let newAssociatedData = body.base64("new_associated_data") ?? associatedData
        return try encryptedAnswer(target, length: source.bytes.count) { room throws(CoreError) in
            try source.key.handle.reencrypt(
                source.bytes, associatedData: associatedData, to: target.handle,
                newAssociatedData: newAssociatedData, into: room)
        }
    }

    func createDataKey(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        let name = try call.key
        let key = try call.run { () throws(ServiceError) in
            try service.keyToEncrypt(name, version: body.integer("version"), waiting: call.waiting)
        }
        let length = try dataKeyLength(body)
        let wanted = body.boolean("plaintext") ?? true
        let associatedData = body.base64("associated_data") ?? .empty
        // The plaintext lies here until it is encoded; the buffer is wiped when it goes.
        let plaintext = ByteBuffer(minimumCapacity: length)
        return try Call.json(capacity: 2048) { writer throws(CallError) in
            writer.beginObject()
            writer.name("ciphertext")
            try core { () throws(CoreError) in
                try plaintext.append(room: wanted ? length : 0) { secret throws(CoreError) in
                    try writer.base64(
                        capacity: length + key.handle.ciphertextOverhead,
                        prefix: CiphertextText.prefix(version: key.version)
                    ) { room throws(CoreError) in
                        try key.handle.dataKey(
                            bytes: length, associatedData: associatedData, plaintext: wanted ? secret : nil,
                            into: room)
                    }
                    return secret.count
                }
            }
            if wanted {
                writer.name("plaintext")
                writer.base64(plaintext.bytes)
            }
            writer.name("version")
            writer.integer(key.version)
            writer.endObject()
        }
    }

    func random(_ call: Call) throws(CallError) -> Response {
        let count = try call.required(try call.body.integer("bytes"))
        return try Call.json(capacity: 64 + Base64.encodedLength(of: count)) { writer throws(CallError) in
            writer.beginObject()
            writer.name("random")
            try call.run { () throws(ServiceError) in
                try writer.base64(capacity: count) { room throws(ServiceError) in
                    try service.random(into: room)
                    return room.count
                }
            }
            writer.endObject()
        }
    }

    // MARK: Shared with the batches

    /// A request's ciphertext, decoded, and the key version that it names.
    struct Source {
        let key: KeyInUse
        let bytes: UnsafeRawBufferPointer
    }

    func ciphertext(of body: CheckedBody, for call: Call) throws(CallError) -> Source {
        let text = try call.required(body.bytes("ciphertext"))
        guard let parsed = CiphertextText.parse(text) else { throw CallError(.malformedCiphertext) }
        let name = try call.key
        let key = try call.run { () throws(ServiceError) in
            try service.keyToDecrypt(name, version: parsed.version, waiting: call.waiting)
        }
        // Last, because it changes the text: a call that would have to wait is made again from its beginning.
        guard let bytes = body.base64(in: "ciphertext", from: parsed.base64) else {
            throw CallError(.malformedCiphertext)
        }
        return Source(key: key, bytes: bytes)
    }

    /// The key version that `reencrypt` encrypts under.
    func target(of body: CheckedBody, for call: Call) throws(CallError) -> KeyInUse {
        let name = try call.key
        let to = body.object("to")
        return try call.run { () throws(ServiceError) in
            try service.keyToEncrypt(
                to?.member("key")?.string ?? name, version: to?.member("version")?.integer, waiting: call.waiting)
        }
    }

    /// How long a data key is to be: so many bytes, or as long as an algorithm's key.
    func dataKeyLength(_ body: CheckedBody) throws(CallError) -> Int {
        guard let name = body.string("algorithm") else { return body.integer("bytes") ?? 32 }
        guard let algorithm = Algorithm(name: name) else { throw CallError(.algorithmUnavailable) }
        return algorithm.keyBytes
    }

    /// Runs a function of the core, and puts its error as the API answers it.
    func core<Value>(_ work: () throws(CoreError) -> Value) throws(CallError) -> Value {
        do { return try work() } catch { throw CallError(ProblemCode(error.code)) }
    }

    private func encryptedAnswer(
        _ key: KeyInUse, length: Int, _ encrypt: (UnsafeMutableRawBufferPointer) throws(CoreError) -> Int
    ) throws(CallError) -> Response {
        let capacity = length + key.handle.ciphertextOverhead
        return try Call.json(capacity: 64 + Base64.encodedLength(of: capacity)) { writer throws(CallError) in
            writer.beginObject()
            writer.name("ciphertext")
            try core { () throws(CoreError) in
                try writer.base64(capacity: capacity, prefix: CiphertextText.prefix(version: key.version), encrypt)
            }
            writer.name("version")
            writer.integer(key.version)
            writer.endObject()
        }
    }
}

extension UnsafeRawBufferPointer {
    static var empty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
}
