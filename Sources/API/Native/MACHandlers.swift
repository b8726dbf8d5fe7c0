// mac and verify-mac, one at a time and in batches.

internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI

extension NativeAPI {
    func mac(_ call: Call) throws(CallError) -> Response {
        try single(call, capacity: 192, mac)
    }

    func macBatch(_ call: Call) throws(CallError) -> Response {
        try batch(call) { body, storage throws(CallError) in
            let key = try keyToUse(body, call)
            let message = storage.range(of: try call.required(body.base64("message")))
            return PreparedItem(
                .mac(key.handle, message, hash: try hash(body)), with: key, .mac, bytes: message.count)
        } answer: {
            $0.write("mac", of: $1)
        }
    }

    func verifyMac(_ call: Call) throws(CallError) -> Response {
        try single(call, capacity: 64, verifyMac)
    }

    func verifyMacBatch(_ call: Call) throws(CallError) -> Response {
        try batch(call) { body, storage throws(CallError) in
            let key = try keyToUse(body, call)
            let message = storage.range(of: try call.required(body.base64("message")))
            let mac = storage.range(of: try call.required(body.base64("mac")))
            return PreparedItem(
                .verifyMAC(key.handle, mac, of: message, hash: try hash(body)), with: key, .mac, bytes: message.count)
        } answer: {
            $0.write(validOf: $1)
        }
    }

    private func mac(_ body: CheckedBody, _ call: Call, _ writer: inout JSONWriter) throws(CallError) {
        let key = try keyToUse(body, call)
        let hash = try hash(body)
        let message = try call.required(body.base64("message"))
        writer.beginObject()
        writer.name("mac")
        try core { () throws(CoreError) in
            try writer.base64(capacity: KeyHandle.maximumMAC) { room throws(CoreError) in
                try key.handle.mac(message, hash: hash, into: room)
            }
        }
        writer.name("version")
        writer.integer(key.version)
        writer.endObject()
    }

    private func verifyMac(_ body: CheckedBody, _ call: Call, _ writer: inout JSONWriter) throws(CallError) {
        let key = try keyToUse(body, call)
        let hash = try hash(body)
        let message = try call.required(body.base64("message"))
        let mac = try call.required(body.base64("mac"))
        let valid = try core { () throws(CoreError) in
            try key.handle.verifyMAC(mac, of: message, hash: hash)
        }
        writer.beginObject()
        writer.name("valid")
        writer.boolean(valid)
        writer.endObject()
    }
}
