// The same operations on up to 1,000 items, in one call over the boundary. An item that fails has an error of its own;
// the others are done.

internal import Bytes
internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI

extension NativeAPI {
    func encryptBatch(_ call: Call) throws(CallError) -> Response {
        if try isRSA(call) { return try batch(call, itemCapacity: 1024, encrypt) }
        return try batch(.encrypt, call) { body, storage throws(CallError) in
            let key = try keyToEncrypt(body, call)
            var item = Batch.Item(key: key.handle)
            item.input = storage.range(of: try call.required(body.base64("plaintext")))
            item.associatedData = storage.range(of: body.base64("associated_data"))
            item.outputCapacity = item.input.count + key.handle.ciphertextOverhead
            return Prepared(item: item, key: key)
        }
    }

    func decryptBatch(_ call: Call) throws(CallError) -> Response {
        if try isRSA(call) { return try batch(call, itemCapacity: 1024, decrypt) }
        return try batch(.decrypt, call) { body, storage throws(CallError) in
            let source = try ciphertext(of: body, for: call)
            var item = Batch.Item(key: source.key.handle)
            item.input = storage.range(of: source.bytes)
            item.associatedData = storage.range(of: body.base64("associated_data"))
            item.outputCapacity = item.input.count
            return Prepared(item: item, key: source.key)
        }
    }

    func reencryptBatch(_ call: Call) throws(CallError) -> Response {
        if try movesRSA(call) { return try batch(call, itemCapacity: 1024, reencrypt) }
        return try batch(.reencrypt, call) { body, storage throws(CallError) in
            let target = try self.target(of: body, for: call)
            let source = try ciphertext(of: body, for: call)
            var item = Batch.Item(key: source.key.handle)
            item.target = target.handle
            item.input = storage.range(of: source.bytes)
            item.associatedData = storage.range(of: body.base64("associated_data"))
            item.newAssociatedData =
                body.base64("new_associated_data").map { storage.range(of: $0) } ?? item.associatedData
            item.outputCapacity = item.input.count + target.handle.ciphertextOverhead
            return Prepared(item: item, key: target, also: source.key)
        }
    }

    func createDataKeyBatch(_ call: Call) throws(CallError) -> Response {
        var pairs = false
        try call.body.forEachItem("items") { _, item throws(CallError) in
            if try dataKeyAlgorithm(item)?.isPair == true { pairs = true }
        }
        if pairs { return try batch(call, itemCapacity: 1024, createDataKey) }
        return try batch(.dataKey, call) { body, storage throws(CallError) in
            let key = try keyToEncrypt(body, call)
            var item = Batch.Item(key: key.handle)
            item.dataKeyBytes = try dataKeyAlgorithm(body)?.keyBytes ?? body.integer("bytes") ?? 32
            item.dataKeyPlaintext = body.boolean("plaintext") ?? true
            item.associatedData = storage.range(of: body.base64("associated_data"))
            item.outputCapacity = item.dataKeyBytes + key.handle.ciphertextOverhead
            return Prepared(item: item, key: key)
        }
    }

    /// Whether the path's key is one that batches of the core do not know.
    private func isRSA(_ call: Call) throws(CallError) -> Bool {
        let name = try call.key
        return try call.run { service throws(ServiceError) in
            try service.algorithm(of: name, waiting: call.waiting)
        }?.isRSA ?? false
    }

    /// Whether a batch moves ciphertexts from or to such a key.
    private func movesRSA(_ call: Call) throws(CallError) -> Bool {
        if try isRSA(call) { return true }
        var found = false
        try call.body.forEachItem("items") { _, item throws(CallError) in
            guard !found, let name = item.object("to")?.member("key")?.string else { return }
            found = try call.run { service throws(ServiceError) in
                do throws(ServiceError) {
                    return try service.algorithm(of: name, waiting: call.waiting)?.isRSA == true
                } catch .keyNotFound {
                    // The item's own error, when its turn comes.
                    return false
                }
            }
        }
        return found
    }

    /// An item that is ready to run, and the keys borrowed for it.
    private struct Prepared {
        var item: Batch.Item
        var key: KeyInUse
        var also: KeyInUse?
    }

    /// What is to be answered for an item.
    private enum Slot {
        case run(index: Int, version: Int)
        case refused(ProblemCode)
    }

    private func batch(
        _ operation: Batch.Operation, _ call: Call,
        _ prepare: (CheckedBody, UnsafeRawBufferPointer) throws(CallError) -> Prepared
    ) throws(CallError) -> Response {
        let body = try call.body
        let storage = body.storage
        var batch = Batch(operation)
        var slots: [Slot] = []
        // By the item's place in the batch: the key that it encrypts with, where it does.
        var encrypting: [KeyInUse] = []
        var borrowed: [KeyInUse] = []
        try body.forEachItem("items") { _, item throws(CallError) in
            do throws(CallError) {
                let prepared = try prepare(item, storage)
                slots.append(.run(index: batch.count, version: prepared.key.version))
                batch.append(prepared.item)
                encrypting.append(prepared.key)
                if let also = prepared.also { borrowed.append(also) }
            } catch .problem(let problem) where problem.belongsToItem || problem.code.belongsToItem {
                slots.append(.refused(problem.code))
            }
        }
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
        for slot in slots {
            guard case .run(let index, _) = slot, case .failed(let error) = batch.outcome(at: index),
                error.code == .usesNotReserved
            else { continue }
            throw .needsUses(encrypting[index])
        }
        return try answer(operation, slots, batch, output.bytes)
    }

    private func answer(
        _ operation: Batch.Operation, _ slots: [Slot], _ batch: borrowing Batch, _ output: UnsafeRawBufferPointer
    ) throws(CallError) -> Response {
        let capacity = 64 + slots.count * 96 + Base64.encodedLength(of: output.count)
        let body = ByteBuffer(minimumCapacity: capacity)
        var writer = JSONWriter(body)
        writer.beginObject()
        writer.name("items")
        writer.beginArray()
        for slot in slots {
            switch slot {
            case .refused(let code): code.writeAsItem(&writer)
            case .run(let index, let version):
                switch batch.outcome(at: index) {
                case .failed(let error):
                    recover(from: error)
                    ProblemCode(error.code).writeAsItem(&writer)
                case .done(let range, let dataKey):
                    writer.beginObject()
                    if operation == .decrypt {
                        writer.name("plaintext")
                        writer.base64(UnsafeRawBufferPointer(rebasing: output[range]))
                    } else {
                        writer.name("ciphertext")
                        writer.base64(
                            UnsafeRawBufferPointer(rebasing: output[range]),
                            prefix: { CiphertextText.appendPrefix(version: version, to: $0) })
                    }
                    if !dataKey.isEmpty {
                        writer.name("plaintext")
                        writer.base64(UnsafeRawBufferPointer(rebasing: output[dataKey]))
                    }
                    writer.name("version")
                    writer.integer(version)
                    writer.endObject()
                }
            }
        }
        writer.endArray()
        writer.endObject()
        body.append(UInt8(ascii: "\n"))
        return Response(status: 200, contentType: "application/json", body: body)
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
    fileprivate func range(of part: UnsafeRawBufferPointer?) -> Range<Int> {
        guard let part, let start = part.baseAddress, let base = baseAddress, part.count > 0 else { return 0..<0 }
        let offset = start - base
        return offset..<offset + part.count
    }
}
