// Short ways to documents and buffers, for tests.

import Bytes
import JSON

extension ByteBuffer {
    convenience init(_ bytes: some Collection<UInt8>) {
        self.init(minimumCapacity: bytes.count)
        Array(bytes).withUnsafeBytes { append($0) }
    }

    convenience init(text: String) {
        self.init(text.utf8)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

func parse(_ text: String, maximumDepth: Int = 32, maximumValues: Int = .max) throws(JSONError) -> JSONDocument {
    try parse(ByteBuffer(text: text), maximumDepth: maximumDepth, maximumValues: maximumValues)
}

func parse(bytes: [UInt8]) throws(JSONError) -> JSONDocument {
    try parse(ByteBuffer(bytes))
}

func parse(
    _ buffer: ByteBuffer, maximumDepth: Int = 32, maximumValues: Int = .max
) throws(JSONError) -> JSONDocument {
    defer { withExtendedLifetime(buffer) {} }
    return try JSONDocument.parse(buffer.bytes, maximumDepth: maximumDepth, maximumValues: maximumValues)
}

/// Calls `body` with the string's UTF-8.
func withBytes<Value>(of text: String, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    var text = text
    return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
}

/// What `body` reads from the value of a text, while its document lives.
func read<Value>(_ text: String, _ body: (JSONValue) -> Value) throws -> Value {
    let document = try parse(text)
    return withExtendedLifetime(document) { body(document.root) }
}
