// Compact JSON written straight into a response's buffer: no tree, no copies, no allocation beyond the buffer's own.

public import Bytes

/// Writes JSON (RFC 8259). It puts the commas; that calls are balanced and names are given inside objects is its
/// caller's business. One user at a time.
public struct JSONWriter {
    public let buffer: ByteBuffer
    private var needsComma = false

    /// Appends to `buffer`, which the writer keeps alive.
    public init(_ buffer: ByteBuffer) {
        self.buffer = buffer
    }

    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// A member's name, which must need no escaping: it is written as it stands.
    public mutating func name(_ name: StaticString) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        buffer.append(name)
        buffer.append("\":")
        needsComma = false
    }

    /// A member's name, escaped. Labelled, because a literal would otherwise be taken for a `String`.
    public mutating func name(escaping name: String) {
        string(name)
        buffer.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func string(_ value: String) {
        var value = value
        value.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }

    /// `value` must be UTF-8.
    public mutating func string(_ value: UnsafeRawBufferPointer) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        escape(value)
        buffer.append(UInt8(ascii: "\""))
        needsComma = true
    }

    public mutating func integer(_ value: Int) {
        separate()
        buffer.append(decimal: value)
        needsComma = true
    }

    public mutating func boolean(_ value: Bool) {
        raw(value ? "true" : "false")
    }

    public mutating func null() {
        raw("null")
    }

    /// A string that is the base64 of `bytes`, after what `prefix` appends, which must need no escaping.
    public mutating func base64(_ bytes: UnsafeRawBufferPointer, prefix: (ByteBuffer) -> Void = { _ in }) {
        beginBase64(prefix)
        buffer.append(room: Base64.encodedLength(of: bytes.count)) { Base64.encode(bytes, into: $0) }
        endBase64()
    }

    /// A string that is the base64 of bytes which `fill` writes into room for at most `capacity` of them, answering how
    /// many: they are encoded where they stand. When `fill` throws, the text so far is not JSON; drop it.
    public mutating func base64<Failure: Error>(
        capacity: Int, prefix: (ByteBuffer) -> Void = { _ in },
        _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        beginBase64(prefix)
        let capacity = max(capacity, 0)
        let length = Base64.encodedLength(of: capacity)
        try buffer.append(room: length) { room throws(Failure) in
            let filled = try fill(UnsafeMutableRawBufferPointer(rebasing: room[(length - capacity)...]))
            let count = min(max(filled, 0), capacity)
            // Fewer bytes than there was room for: to the end of the shorter text's place.
            let text = UnsafeMutableRawBufferPointer(rebasing: room[..<Base64.encodedLength(of: count)])
            let source = UnsafeMutableRawBufferPointer(rebasing: text[(text.count - count)...])
            if count < capacity {
                source.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: room[(length - capacity)..<(length - capacity + count)]))
            }
            return Base64.encode(UnsafeRawBufferPointer(source), into: text)
        }
        endBase64()
    }

    /// A parsed value, whole. A number is written to the precision of a double.
    public mutating func value(_ value: JSONValue) {
        switch value.kind {
        case .null: null()
        case .boolean: boolean(value.boolean == true)
        case .integer: integer(value.integer ?? 0)
        case .real:
            var text = "\(value.real ?? 0)"
            text.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
        case .string: string(value.stringBytes)
        case .array:
            beginArray()
            value.forEachElement { _, element in self.value(element) }
            endArray()
        case .object:
            beginObject()
            value.forEachMember { name, member in
                self.name(escaping: String(decoding: name, as: UTF8.self))
                self.value(member)
            }
            endObject()
        }
    }

    /// A value that is JSON already.
    public mutating func raw(_ json: UnsafeRawBufferPointer) {
        separate()
        buffer.append(json)
        needsComma = true
    }

    public mutating func raw(_ json: StaticString) {
        separate()
        buffer.append(json)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { buffer.append(UInt8(ascii: ",")) }
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        buffer.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        buffer.append(bracket)
        needsComma = true
    }

    private mutating func beginBase64(_ prefix: (ByteBuffer) -> Void) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        prefix(buffer)
    }

    private mutating func endBase64() {
        buffer.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private func escape(_ value: UnsafeRawBufferPointer) {
        var rest = value
        while true {
            let plain = StringText.plainPrefix(of: rest, asciiOnly: false)
            buffer.append(UnsafeRawBufferPointer(rebasing: rest[..<plain]))
            guard plain < rest.count else { return }
            switch rest[plain] {
            case UInt8(ascii: "\""): buffer.append("\\\"")
            case UInt8(ascii: "\\"): buffer.append("\\\\")
            case 0x08: buffer.append("\\b")
            case 0x09: buffer.append("\\t")
            case 0x0A: buffer.append("\\n")
            case 0x0C: buffer.append("\\f")
            case 0x0D: buffer.append("\\r")
            case let control:
                buffer.append("\\u00")
                buffer.append(UInt8(ascii: "0") + control >> 4)
                buffer.append(
                    control & 15 < 10 ? UInt8(ascii: "0") + control & 15 : UInt8(ascii: "a") + control & 15 - 10)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[(plain + 1)...])
        }
    }
}
