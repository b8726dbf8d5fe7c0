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
        // The ciphertext is not much longer than its plaintext; under RSA the buffer grows.
        return try Call.json(capacity: call.request.body.count + 160) { writer throws(CallError) in
            try encrypt(body, call, &writer)
        }
    }

    func decrypt(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        return try Call.json(capacity: call.request.body.count + 64) { writer throws(CallError) in
            try decrypt(body, call, &writer)
        }
    }

    func reencrypt(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        try call.authoriseMoves()
        return try Call.json(capacity: call.request.body.count + 160) { writer throws(CallError) in
            try reencrypt(body, call, &writer)
        }
    }

    func createDataKey(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        return try Call.json(capacity: 2048) { writer throws(CallError) in
            try createDataKey(body, call, &writer)
        }
    }

    func random(_ call: Call) throws(CallError) -> Response {
        let count = try call.required(try call.body.integer("bytes"))
        try call.reserve(Base64.encodedLength(of: count))
        return try Call.json(capacity: 64 + Base64.encodedLength(of: count)) { writer throws(CallError) in
            writer.beginObject()
            writer.name("random")
            try call.run { service throws(ServiceError) in
                try writer.base64(capacity: count) { room throws(ServiceError) in
                    try service.random(into: room)
                    return room.count
                }
            }
            writer.endObject()
        }
    }

    // MARK: One request's answer

    private func encrypt(_ body: CheckedBody, _ call: Call, _ writer: inout JSONWriter) throws(CallError) {
        let key = try keyToEncrypt(body, call)
        let plaintext = try call.required(body.base64("plaintext"))
        try write(ciphertextOf: key, capacity: key.handle.sealedCapacity(plaintext.count), &writer) {
            room throws(CoreError) in
            try key.handle.seal(plaintext, associatedData: body.base64("associated_data") ?? .empty, into: room)
        }
    }

    private func decrypt(_ body: CheckedBody, _ call: Call, _ writer: inout JSONWriter) throws(CallError) {
        let source = try ciphertext(of: body, for: call)
        writer.beginObject()
        writer.name("plaintext")
        try core { () throws(CoreError) in
            try writer.base64(capacity: source.key.handle.openedCapacity(source.bytes.count)) {
                room throws(CoreError) in
                try source.key.handle.unseal(
                    source.bytes, associatedData: body.base64("associated_data") ?? .empty, into: room)
            }
        }
        writer.name("version")
        writer.integer(source.key.version)
        writer.endObject()
    }

    private func reencrypt(_ body: CheckedBody, _ call: Call, _ writer: inout JSONWriter) throws(CallError) {
        let target = try target(of: body, for: call)
        let source = try ciphertext(of: body, for: call)
        let associatedData = body.base64("associated_data") ?? .empty
        let newAssociatedData = body.base64("new_associated_data") ?? associatedData
        try write(ciphertextOf: target, capacity: target.handle.sealedCapacity(source.bytes.count), &writer) {
            room throws(CoreError) in
            try source.key.handle.reencrypt(
                source.bytes, associatedData: associatedData, to: target.handle,
                newAssociatedData: newAssociatedData, into: room)
        }
    }

    private func createDataKey(_ body: CheckedBody, _ call: Call, _ writer: inout JSONWriter) throws(CallError) {
        let algorithm = try dataKeyAlgorithm(body)
        if let algorithm, algorithm.isPair { return try createPair(algorithm, body, call, &writer) }
        let key = try keyToEncrypt(body, call)
        let length = algorithm?.keyBytes ?? body.integer("bytes") ?? 32
        let wanted = body.boolean("plaintext") ?? true
        let associatedData = body.base64("associated_data") ?? .empty
        // The plaintext lies here until it is encoded; the buffer is wiped when it goes.
        let plaintext = ByteBuffer(minimumCapacity: length)
        writer.beginObject()
        writer.name("ciphertext")
        try core(using: key) { () throws(CoreError) in
            try plaintext.append(room: wanted ? length : 0) { secret throws(CoreError) in
                try writer.base64(
                    capacity: length + key.handle.ciphertextOverhead,
                    prefix: { CiphertextText.appendPrefix(version: key.version, to: $0) }
                ) { room throws(CoreError) in
                    try key.handle.dataKey(
                        bytes: length, associatedData: associatedData, plaintext: wanted ? secret : nil, into: room)
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

    /// A data key that is a pair.
    private func createPair(
        _ algorithm: Algorithm, _ body: CheckedBody, _ call: Call, _ writer: inout JSONWriter
    ) throws(CallError) {
        try call.needs(.of(.generate, with: algorithm))
        let key = try keyToEncrypt(body, call)
        let wanted = body.boolean("plaintext") ?? true
        let longest = KeyHandle.maximumPrivateKey
        let privateKey = ByteBuffer(minimumCapacity: wanted ? longest : 0)
        let ciphertext = ByteBuffer(minimumCapacity: longest + key.handle.ciphertextOverhead)
        var publicKey: [UInt8] = []
        try core(using: key) { () throws(CoreError) in
            try privateKey.append(room: wanted ? longest : 0) { secret throws(CoreError) in
                var secretLength = 0
                try ciphertext.append(room: longest + key.handle.ciphertextOverhead) { room throws(CoreError) in
                    let pair = try key.handle.dataKeyPair(
                        algorithm, associatedData: body.base64("associated_data") ?? .empty,
                        privateKey: wanted ? secret : nil, into: room)
                    publicKey = pair.publicKey
                    secretLength = pair.privateKeyLength
                    return pair.ciphertextLength
                }
                return wanted ? secretLength : 0
            }
        }
        writer.beginObject()
        writer.name("ciphertext")
        writer.base64(ciphertext.bytes, prefix: { CiphertextText.appendPrefix(version: key.version, to: $0) })
        writer.name("public_key")
        publicKey.withUnsafeBytes { writer.base64($0) }
        if wanted {
            writer.name("plaintext")
            writer.base64(privateKey.bytes)
        }
        writer.name("version")
        writer.integer(key.version)
        writer.endObject()
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
        let key = try call.use { service throws(ServiceError) in
            try service.keyToDecrypt(
                name, version: parsed.version, context: body.base64("context"), waiting: call.waiting)
        }
        if key.handle.algorithm.isRSA { try call.needs(.of(.decrypt, with: key.handle.algorithm)) }
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
        let context = body.base64("new_context") ?? (to == nil ? body.base64("context") : nil)
        let named = to?.member("key")?.string
        do throws(CallError) {
            return try call.run { service throws(ServiceError) in
                try service.keyToEncrypt(
                    named ?? name, version: to?.member("version")?.integer, context: context, waiting: call.waiting)
            }
        } catch .problem(var problem) {
            // In a batch, a key that only the item names is the item's concern, as the path's is the batch's.
            if problem.code == .keyNotFound || problem.code == .keyPendingDeletion, let named, named != name {
                problem.belongsToItem = true
            }
            throw .problem(problem)
        }
    }

    /// The algorithm that a data key is asked to be of.
    func dataKeyAlgorithm(_ body: CheckedBody) throws(CallError) -> Algorithm? {
        guard let name = body.string("algorithm") else { return nil }
        guard let algorithm = Algorithm(name: name) else { throw CallError(.algorithmUnavailable) }
        return algorithm
    }

    /// The version of the path's key that a request encrypts with.
    func keyToEncrypt(_ body: CheckedBody, _ call: Call) throws(CallError) -> KeyInUse {
        let name = try call.key
        return try call.use { service throws(ServiceError) in
            try service.keyToEncrypt(
                name, version: body.integer("version"), context: body.base64("context"), waiting: call.waiting)
        }
    }

    /// Runs a function of the core, and puts its error as the API answers it.
    func core<Value>(_ work: () throws(CoreError) -> Value) throws(CallError) -> Value {
        do { return try work() } catch {
            recover(from: error)
            throw CallError(ServiceError.core(error))
        }
    }

    /// The same, for an encryption with `key`, whose reserved uses may be used up.
    func core<Value>(using key: KeyInUse, _ work: () throws(CoreError) -> Value) throws(CallError) -> Value {
        do { return try work() } catch {
            if error.code == .usesNotReserved { throw .needsUses(key) }
            recover(from: error)
            throw CallError(ServiceError.core(error))
        }
    }

    /// After a panic of the core: what it left unusable is let go of.
    func recover(from error: CoreError) {
        seal.current?.service.recover(from: error)
    }

    private func write(
        ciphertextOf key: KeyInUse, capacity: Int, _ writer: inout JSONWriter,
        _ encrypt: (UnsafeMutableRawBufferPointer) throws(CoreError) -> Int
    ) throws(CallError) {
        writer.beginObject()
        writer.name("ciphertext")
        try core(using: key) { () throws(CoreError) in
            try writer.base64(
                capacity: capacity, prefix: { CiphertextText.appendPrefix(version: key.version, to: $0) }, encrypt)
        }
        writer.name("version")
        writer.integer(key.version)
        writer.endObject()
    }
}

extension UnsafeRawBufferPointer {
    static var empty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
}
