// The same operations on up to 1,000 items. An item that fails has an error of its own; the others are done.

internal import Bytes
internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI

extension NativeAPI {
    func encryptBatch(_ call: Call) throws(CallError) -> Response {
        try batch(call) { body, storage throws(CallError) in
            let key = try keyToEncrypt(body, call)
            let plaintext = storage.range(of: try call.required(body.base64("plaintext")))
            return PreparedItem(
                .seal(key.handle, plaintext, associatedData: storage.range(of: body.base64("associated_data"))),
                with: key, .encrypt, bytes: plaintext.count)
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
                with: source.key, .decrypt, bytes: bytes.count)
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
                with: target, .encrypt, bytes: source.bytes.count, and: .of(.decrypt, with: source.key.handle.algorithm)
            )
        } answer: {
            $0.write(ciphertextOf: $1)
        }
    }

    func createDataKeyBatch(_ call: Call) throws(CallError) -> Response {
        try batch(call) { body, storage throws(CallError) in
            let algorithm = try dataKeyAlgorithm(body)
            // How long it takes in all is known when all items are.
            if algorithm?.isPair == true { try call.needs(.data) }
            let key = try keyToEncrypt(body, call)
            let wanted = body.boolean("plaintext") ?? true
            let associatedData = storage.range(of: body.base64("associated_data"))
            if let algorithm, algorithm.isPair {
                return PreparedItem(
                    .dataKeyPair(key.handle, algorithm, associatedData: associatedData, privateKey: wanted),
                    with: key, .encrypt, and: .of(.generate, with: algorithm))
            }
            let bytes = algorithm?.keyBytes ?? body.integer("bytes") ?? 32
            return PreparedItem(
                .dataKey(key.handle, bytes: bytes, associatedData: associatedData, plaintext: wanted), with: key,
                .encrypt,
                bytes: bytes)
        } answer: {
            $0.write(ciphertextOf: $1)
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
