// sign and verify, one at a time and in batches.

internal import Bytes
internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI

extension NativeAPI {
    func sign(_ call: Call) throws(CallError) -> Response {
        try single(call, capacity: 1024, sign)
    }

    func signBatch(_ call: Call) throws(CallError) -> Response {
        try batch(call) { body, storage throws(CallError) in
            let key = try keyToUse(body, call)
            let scheme = try scheme(body, key.handle.algorithm, for: .sign, of: key.handle)
            let input = try call.required(body.base64("message") ?? body.base64("digest"))
            return PreparedItem(
                .sign(key.handle, storage.range(of: input), scheme: scheme), with: key, .sign, bytes: input.count)
        } answer: { writer, result in
            writer.write("signature", of: result)
            writer.name("algorithm")
            writer.string(result.key.handle.algorithm.name)
        }
    }

    func verify(_ call: Call) throws(CallError) -> Response {
        try single(call, capacity: 64, verify)
    }

    func verifyBatch(_ call: Call) throws(CallError) -> Response {
        try batch(call) { body, storage throws(CallError) in
            let key = try keyToUse(body, call)
            let scheme = try scheme(body, key.handle.algorithm, for: .verify, of: key.handle)
            let input = try call.required(body.base64("message") ?? body.base64("digest"))
            let signature = try call.required(body.base64("signature"))
            return PreparedItem(
                .verify(key.handle, storage.range(of: signature), of: storage.range(of: input), scheme: scheme),
                with: key, .verify, bytes: input.count)
        } answer: {
            $0.write(validOf: $1)
        }
    }

    private func sign(_ body: CheckedBody, _ call: Call, _ writer: inout JSONWriter) throws(CallError) {
        let key = try keyToUse(body, call)
        let handle = key.handle
        let scheme = try scheme(body, handle.algorithm, for: .sign, of: handle)
        try call.needs(.of(.sign, with: handle.algorithm))
        let input = try call.required(body.base64("message") ?? body.base64("digest"))
        writer.beginObject()
        writer.name("signature")
        try core { () throws(CoreError) in
            try writer.base64(capacity: handle.algorithm.signatureBytes) { room throws(CoreError) in
                try handle.sign(input, scheme: scheme, into: room)
            }
        }
        writer.name("version")
        writer.integer(key.version)
        writer.name("algorithm")
        writer.string(handle.algorithm.name)
        writer.endObject()
    }

    private func verify(_ body: CheckedBody, _ call: Call, _ writer: inout JSONWriter) throws(CallError) {
        let handle = try keyToUse(body, call).handle
        let scheme = try scheme(body, handle.algorithm, for: .verify, of: handle)
        let input = try call.required(body.base64("message") ?? body.base64("digest"))
        let signature = try call.required(body.base64("signature"))
        try call.needs(.of(.verify, with: handle.algorithm))
        let valid = try core { () throws(CoreError) in
            try handle.verify(signature, of: input, scheme: scheme)
        }
        writer.beginObject()
        writer.name("valid")
        writer.boolean(valid)
        writer.endObject()
    }

    /// What the request asks for, of a key of this algorithm. Members that belong to other algorithms are refused: what was
    /// signed must not differ from what was asked for.
    private func scheme(
        _ body: CheckedBody, _ algorithm: Algorithm, for usage: Usages, of handle: KeyHandle
    ) throws(CallError) -> SignatureScheme {
        guard handle.usages.contains(usage) else { throw CallError(.usageNotAllowed) }
        let hash = try hash(body)
        let isRSA = algorithm.signatures == .rsa
        let isECDSA = algorithm.signatures == .ecdsa
        if !isRSA, body.has("padding") || body.has("salt_length") { throw CallError(.schemeNotOfKey) }
        if !isECDSA, body.has("encoding") { throw CallError(.schemeNotOfKey) }
        let kind: SignatureScheme.Kind
        switch algorithm.signatures {
        case .ed25519:
            switch hash {
            case nil: kind = .ed25519
            case .sha512: kind = .ed25519ph
            default: throw CallError(.schemeNotOfKey)
            }
        case .ecdsa:
            let encoding: SignatureScheme.Encoding = (body.string("encoding") ?? "der") == "der" ? .der : .p1363
            kind = .ecdsa(hash ?? algorithm.signatureHash, encoding)
        case .rsa:
            let hash = hash ?? algorithm.signatureHash
            if body.string("padding") == "pkcs1v15" {
                if body.has("salt_length") { throw CallError(.schemeNotOfKey) }
                kind = .rsaPKCS1(hash)
            } else {
                kind = .rsaPSS(hash, try saltLength(body, hash, algorithm))
            }
        case .mlDSA:
            if hash != nil { throw CallError(.schemeNotOfKey) }
            kind = .mlDSA
        case nil: throw CallError(.schemeNotOfKey)
        }
        return SignatureScheme(kind, prehashed: body.has("digest"))
    }

    private func saltLength(
        _ body: CheckedBody, _ hash: Hash, _ algorithm: Algorithm
    ) throws(CallError) -> SignatureScheme.SaltLength {
        if let bytes = body.integer("salt_length") {
            // RFC 8017, 9.1.1: the encoded message has the salt, the digest and two bytes more.
            guard bytes <= algorithm.signatureBytes - hash.digestBytes - 2 else {
                throw CallError(unfit: "/salt_length", "does not fit the key")
            }
            return .bytes(UInt16(clamping: bytes))
        }
        return body.string("salt_length") == "auto" ? .auto : .digest
    }
}
