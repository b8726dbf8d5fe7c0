// Reading JSON: what is read, is the same when it was written and read again.

import Bytes
import JSON

func fuzzJSON(_ data: UnsafePointer<UInt8>?, _ length: Int) -> Int32 {
    let bytes = UnsafeRawBufferPointer(start: data, count: length)
    guard let document = try? JSONDocument.parse(bytes, maximumDepth: 32, maximumValues: 10_000) else { return 0 }
    let buffer = ByteBuffer()
    var writer = JSONWriter(buffer)
    guard write(document.root, to: &writer) else { return 0 }
    guard let again = try? JSONDocument.parse(buffer.bytes) else {
        hold(false, "what was written is not read")
        return 0
    }
    hold(again.root == document.root, "what was written is not what was read")
    withExtendedLifetime((document, again)) {}
    return 0
}

/// False where there is a number that is not an integer, for which the writer has no way, as no answer has one.
private func write(_ value: JSONValue, to writer: inout JSONWriter) -> Bool {
    switch value.kind {
    case .null: return false
    case .real: return false
    case .boolean: writer.boolean(value.boolean ?? false)
    case .integer: writer.integer(value.integer ?? 0)
    case .string: writer.string(value.stringBytes)
    case .array:
        writer.beginArray()
        for index in 0..<value.count {
            guard let element = value.element(at: index), write(element, to: &writer) else { return false }
        }
        writer.endArray()
    case .object:
        writer.beginObject()
        var isWhole = true
        value.forEachMember { name, member in
            guard isWhole else { return }
            writer.name(escaping: String(decoding: name, as: UTF8.self))
            isWhole = write(member, to: &writer)
        }
        guard isWhole else { return false }
        writer.endObject()
    }
    return true
}
