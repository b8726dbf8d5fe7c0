// The public half of a pair, in the formats that others read.

internal import Bytes
internal import CoreBridge
internal import HTTPServer
internal import KeyService
internal import OpenAPI

extension NativeAPI {
    func getPublicKey(_ call: Call) throws(CallError) -> Response {
        let name = try call.key
        let format = call.parameters.string("format") ?? "pem"
        let context = try context(call)
        let key = try call.use { service throws(ServiceError) in
            try service.keyToUse(
                name, version: call.parameters.integer("version"), context: context?.bytes, waiting: call.waiting)
        }
        guard let (wanted, contentType) = Self.formats[format] else { throw CallError(.internalError) }
        let bytes = try core { () throws(CoreError) in try key.handle.publicKey(wanted) }
        let body = ByteBuffer(minimumCapacity: bytes.count)
        bytes.withUnsafeBytes { body.append($0) }
        let tag = try entityTag(body.bytes)
        let headers = [Response.Header("ETag", tag), Response.Header("Cache-Control", "private, no-cache")]
        if let answer = try call.conditional(tag, headers: headers) { return answer }
        return Response(status: 200, contentType: contentType, headers: headers, body: body)
    }

    /// Of the answer's bytes, so that it changes with them alone.
    private func entityTag(_ bytes: UnsafeRawBufferPointer) throws(CallError) -> String {
        let digest = ByteBuffer(minimumCapacity: Hash.sha256.digestBytes)
        try core { () throws(CoreError) in
            try digest.append(room: Hash.sha256.digestBytes) { room throws(CoreError) in
                try cryptography.hash(bytes, with: .sha256, into: room)
            }
        }
        let text = digest.bytes.prefix(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        return "\"\(text.joined())\""
    }

    private static let formats: [String: (PublicKeyFormat, StaticString)] = [
        "pem": (.pem, "application/x-pem-file"),
        "der": (.der, "application/octet-stream"),
        "jwk": (.jwk, "application/jwk+json"),
        "raw": (.raw, "application/octet-stream"),
    ]

    private func context(_ call: Call) throws(CallError) -> ByteBuffer? {
        guard let text = call.parameters.string("context") else { return nil }
        // base64url (RFC 4648, section 5) without padding, as queries carry it; the document's pattern lets nothing else in.
        var standard = ""
        for character in text { standard.append(character == "-" ? "+" : character == "_" ? "/" : character) }
        standard += String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        let bytes = ByteBuffer(minimumCapacity: standard.utf8.count)
        var decoded = false
        standard.withUTF8 { text in
            bytes.append(room: text.count) { room in
                let length = Base64.decode(UnsafeRawBufferPointer(text), into: room)
                decoded = length != nil
                return length ?? 0
            }
        }
        guard decoded else { throw CallError(.internalError) }
        return bytes
    }
}
