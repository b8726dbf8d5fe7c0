// wrap and unwrap, one at a time and in batches.

internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI

extension NativeAPI {
    func wrap(_ call: Call) throws(CallError) -> Response {
        try single(call, capacity: 1024, wrap)
    }

    func wrapBatch(_ call: Call) throws(CallError) -> Response {
        try batch(call) { body, storage throws(CallError) in
            let key = try keyToUse(body, call)
            let material = storage.range(of: try keyMaterial(body, call))
            return PreparedItem(.wrap(key.handle, material, scheme: .kwp), with: key, .wrap, bytes: material.count)
        } answer: {
            $0.write("wrapped", of: $1)
        }
    }

    func unwrap(_ call: Call) throws(CallError) -> Response {
        try single(call, capacity: 1024, unwrap)
    }

    func unwrapBatch(_ call: Call) throws(CallError) -> Response {
        try batch(call) { body, storage throws(CallError) in
            let key = try keyToUnwrap(body, call)
            let wrapped = storage.range(of: try call.required(body.base64("wrapped")))
            return PreparedItem(.unwrap(key.handle, wrapped, scheme: .kwp), with: key, .wrap, bytes: wrapped.count)
        } answer: {
            $0.write("key_material", of: $1)
        }
    }

    private func wrap(_ body: CheckedBody, _ call: Call, _ writer: inout JSONWriter) throws(CallError) {
        let key = try keyToUse(body, call)
        let material = try keyMaterial(body, call)
        writer.beginObject()
        writer.name("wrapped")
        try core { () throws(CoreError) in
            try writer.base64(capacity: KeyHandle.wrappedLength(of: material.count)) { room throws(CoreError) in
                try key.handle.wrap(material, scheme: .kwp, into: room)
            }
        }
        writer.name("version")
        writer.integer(key.version)
        writer.endObject()
    }

    private func unwrap(_ body: CheckedBody, _ call: Call, _ writer: inout JSONWriter) throws(CallError) {
        let key = try keyToUnwrap(body, call)
        let wrapped = try call.required(body.base64("wrapped"))
        writer.beginObject()
        writer.name("key_material")
        try core { () throws(CoreError) in
            try writer.base64(capacity: wrapped.count) { room throws(CoreError) in
                try key.handle.unwrap(wrapped, scheme: .kwp, into: room)
            }
        }
        writer.name("version")
        writer.integer(key.version)
        writer.endObject()
    }

    /// What is to be wrapped. The schema bounds its base64, which is as long for up to two bytes more.
    private func keyMaterial(_ body: CheckedBody, _ call: Call) throws(CallError) -> UnsafeRawBufferPointer {
        let material = try call.required(body.base64("key_material"))
        guard material.count <= KeyHandle.maximumWrapped else {
            throw CallError(unfit: "/key_material", "is longer than 65,536 bytes")
        }
        return material
    }

    private func keyToUnwrap(_ body: CheckedBody, _ call: Call) throws(CallError) -> KeyInUse {
        let key = try keyToUse(body, call)
        // RSA keys have this usage too, for the keys that they import.
        guard key.handle.algorithm == .aes256KWP else { throw CallError(.schemeNotOfKey) }
        return key
    }
}
