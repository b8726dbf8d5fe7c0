// The same operations on up to 1,000 items, in one call over the boundary. An item that fails has an error of its own;
// the others are done.

internal import Bytes
internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI

/// An item of a batch that is ready to run, and the key whose version answers for it.
struct PreparedItem {
    let item: BatchItem
    let key: KeyInUse

    init(_ item: BatchItem, with key: KeyInUse) {
        self.item = item
        self.key = key
    }
}

/// What an item gave, to be written as the members of its answer.
struct ItemResult {
    let done: Batch.Done
    let key: KeyInUse
    /// The batch's output.
    let output: UnsafeRawBufferPointer

    /// What the operation gives.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: output[done.output]) }
    var dataKey: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: output[done.dataKey]) }
    var publicKey: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: output[done.publicKey]) }
}

extension NativeAPI {
    func encryptBatch(_ call: Call) throws(CallError) -> Response {
        try batch(call) { body, storage throws(CallError) in
            let key = try keyToEncrypt(body, call)
            let plaintext = storage.range(of: try call.required(body.base64("plaintext")))
            return PreparedItem(
                .seal(key.handle, plaintext, associatedData: storage.range(of: body.base64("associated_data"))),
                with: key)
        } answer: {
            $0.write(ciphertextOf: $1)
        }
    }

    func decryptBatch(_ call: Call) throws(CallError) -> Response {
        try batch(call) { body, storage throws(CallError) in
            let source = try ciphertext(of: body, for: call)
            let bytes = storage.range(of: source.bytes)
            return PreparedItem(
                .unseal(
                    source.key.handle, bytes, associatedData: storage.range(of: body.base64("associated_data"))),
                with: source.key)
        } answer: {
            $0.write("plaintext", of: $1)
        }
    }

    func reencryptBatch(_ call: Call) throws(CallError) -> Response {
        try call.authoriseMoves()
        return try batch(call) { body, storage throws(CallError) in
            let target = try self.target(of: body, for: call)
            let source = try ciphertext(of: body, for: call)
            let associatedData = storage.range(of: body.base64("associated_data"))
            let newAssociatedData = body.base64("new_associated_data").map { storage.range(of: $0) }
            return PreparedItem(
                .reencrypt(
                    source.key.handle, storage.range(of: source.bytes), associatedData: associatedData,
                    to: target.handle, newAssociatedData: newAssociatedData ?? associatedData),
                with: target)
        } answer: {
            $0.write(ciphertextOf: $1)
        }
    }

    func createDataKeyBatch(_ call: Call) throws(CallError) -> Response {
        try batch(call) { body, storage throws(CallError) in
            let algorithm = try dataKeyAlgorithm(body)
            // Making a pair takes up to seconds.
            if algorithm?.isPair == true { try call.needsWorker() }
            let key = try keyToEncrypt(body, call)
            let wanted = body.boolean("plaintext") ?? true
            let associatedData = storage.range(of: body.base64("associated_data"))
            if let algorithm, algorithm.isPair {
                return PreparedItem(
                    .dataKeyPair(key.handle, algorithm, associatedData: associatedData, privateKey: wanted), with: key)
            }
            let bytes = algorithm?.keyBytes ?? body.integer("bytes") ?? 32
            return PreparedItem(
                .dataKey(key.handle, bytes: bytes, associatedData: associatedData, plaintext: wanted), with: key)
        } answer: {
            $0.write(ciphertextOf: $1)
        }
    }

    /// Has `prepare` make an item of each object of the body, runs them all, and has `answer` write what each gave.
    /// - Parameter prepare: given an item's object, and the region that the batch's input is.
    func batch(
        _ call: Call, _ prepare: (CheckedBody, UnsafeRawBufferPointer) throws(CallError) -> PreparedItem,
        answer: (inout JSONWriter, ItemResult) -> Void
    ) throws(CallError) -> Response {
        let body = try call.body
        let storage = body.storage
        var batch = Batch()
        // By the item's place in the batch.
        var keys: [KeyInUse] = []
        // By the item's place in the body: why it was not run.
        var refusals: [ProblemCode?] = []
        try body.forEachItem("items") { _, item throws(CallError) in
            do throws(CallError) {
                let prepared = try prepare(item, storage)
                batch.append(prepared.item)
                keys.append(prepared.key)
                refusals.append(nil)
            } catch .problem(let problem) where problem.belongsToItem || problem.code.belongsToItem {
                refusals.append(problem.code)
            }
        }
        let capacity = 64 + refusals.count * 96 + Base64.encodedLength(of: batch.outputLength)
        try call.reserve(batch.outputLength + capacity)
        let output = ByteBuffer(minimumCapacity: batch.outputLength)
        if batch.count > 0 {
            try core { () throws(CoreError) in
                try output.append(room: batch.outputLength) { room throws(CoreError) in
                    // Not `storage`: what preparing has decoded lies in it too by now.
                    try batch.run(input: body.storage, output: room)
                    return room.count
                }
            }
        }
        for (index, key) in keys.enumerated() {
            guard case .failed(let error) = batch.outcome(at: index), error.code == .usesNotReserved else { continue }
            throw .needsUses(key)
        }
        return try Call.json(capacity: capacity) { writer throws(CallError) in
            writer.beginObject()
            writer.name("items")
            writer.beginArray()
            var index = 0
            for refusal in refusals {
                if let refusal {
                    refusal.writeAsItem(&writer)
                    continue
                }
                switch batch.outcome(at: index) {
                case .failed(let error):
                    recover(from: error)
                    ProblemCode(error.code).writeAsItem(&writer)
                case .done(let done):
                    writer.beginObject()
                    answer(&writer, ItemResult(done: done, key: keys[index], output: output.bytes))
                    writer.endObject()
                }
                index += 1
            }
            writer.endArray()
            writer.endObject()
        }
    }
}

extension JSONWriter {
    /// What an item gave, and the version that it was done with.
    mutating func write(_ name: StaticString, of result: ItemResult) {
        self.name(name)
        base64(result.bytes)
        self.name("version")
        integer(result.key.version)
    }

    fileprivate mutating func write(ciphertextOf result: ItemResult) {
        name("ciphertext")
        base64(result.bytes, prefix: { CiphertextText.appendPrefix(version: result.key.version, to: $0) })
        if !result.done.publicKey.isEmpty {
            name("public_key")
            base64(result.publicKey)
        }
        if !result.done.dataKey.isEmpty {
            name("plaintext")
            base64(result.dataKey)
        }
        name("version")
        integer(result.key.version)
    }

    /// Whether an item's signature or MAC is valid.
    mutating func write(validOf result: ItemResult) {
        name("valid")
        boolean(result.done.valid)
    }
}

extension ProblemCode {
    /// Whether one item's refusal leaves the others be. What concerns the key of the whole batch, or the server, does not.
    var belongsToItem: Bool {
        switch self {
        case .versionNotFound, .versionDisabled, .versionDestroyed, .versionTooOld, .noEnabledVersion, .usageNotAllowed,
            .decryptionFailed, .malformedCiphertext, .messageTooLong, .rotationRequired, .contextMismatch,
            .schemeNotOfKey,
            .digestLength, .publicKeyInvalid, .keyMaterialInvalid, .algorithmUnavailable, .featureNotBuilt,
            .featureNotAllowed:
            true
        default: false
        }
    }

    func writeAsItem(_ writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("error")
        writer.beginObject()
        writer.name("code")
        writer.string(rawValue)
        writer.name("status")
        writer.integer(status)
        writer.name("detail")
        writer.string(detail)
        writer.endObject()
        writer.endObject()
    }
}

extension UnsafeRawBufferPointer {
    /// Where a part of these bytes lies in them; empty for a part that is absent.
    func range(of part: UnsafeRawBufferPointer?) -> Range<Int> {
        guard let part, let start = part.baseAddress, let base = baseAddress, part.count > 0 else { return 0..<0 }
        let offset = start - base
        return offset..<offset + part.count
    }
}
