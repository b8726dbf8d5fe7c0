// One value in a parsed document: a pointer with typed accessors, cheap enough to pass everywhere.

internal import CJansson
internal import Glibc

/// A value in a `JSONDocument`. It keeps nothing alive: it is valid while its document lives, so the document must be
/// held in a variable, or by whatever holds the value; `parse(…).root` alone is gone at once.
// SAFETY: points into a tree that is never changed after parsing; jansson's reading functions are thread-safe.
public struct JSONValue: @unchecked Sendable {
    let node: UnsafeMutablePointer<json_t>

    init(_ node: UnsafeMutablePointer<json_t>) {
        self.node = node
    }

    private init?(_ node: UnsafeMutablePointer<json_t>?) {
        guard let node else { return nil }
        self.node = node
    }

    public enum Kind: Sendable {
        case null, boolean, integer, real, string, array, object
    }

    public var kind: Kind {
        switch cjansson_type(node) {
        case JSON_OBJECT: .object
        case JSON_ARRAY: .array
        case JSON_STRING: .string
        case JSON_INTEGER: .integer
        case JSON_REAL: .real
        case JSON_TRUE, JSON_FALSE: .boolean
        default: .null
        }
    }

    /// Tells apart any two strings, arrays or objects of a document, by place and not by value.
    public var identity: UInt { UInt(bitPattern: node) }

    /// A string's UTF-8, escapes resolved; empty for any other kind. Valid while the document lives.
    public var stringBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: json_string_value(node), count: json_string_length(node))
    }

    /// Nil for any other kind.
    public var string: String? {
        kind == .string ? String(decoding: stringBytes, as: UTF8.self) : nil
    }

    /// An integer, also where it was written with a fraction of zero (`1.0`), as JSON Schema has it. Nil for anything
    /// else, and for reals outside 64 bits.
    public var integer: Int? {
        switch kind {
        case .integer: Int(json_integer_value(node))
        case .real: Int(exactly: json_real_value(node))
        default: nil
        }
    }

    /// A number as a double, which is not exact for integers over 2^53. Nil for any other kind.
    public var real: Double? {
        switch kind {
        case .integer, .real: json_number_value(node)
        default: nil
        }
    }

    public var boolean: Bool? {
        switch cjansson_type(node) {
        case JSON_TRUE: true
        case JSON_FALSE: false
        default: nil
        }
    }

    /// How many elements an array or members an object has; 0 for any other kind.
    public var count: Int {
        switch kind {
        case .array: json_array_size(node)
        case .object: json_object_size(node)
        default: 0
        }
    }

    /// Nil past the end, and for anything but an array.
    public func element(at index: Int) -> JSONValue? {
        index >= 0 ? JSONValue(json_array_get(node, index)) : nil
    }

    /// Nil where there is no such member, and for anything but an object. The name is compared byte by byte.
    public func member(_ name: UnsafeRawBufferPointer) -> JSONValue? {
        guard let start = name.baseAddress else { return member("" as StaticString) }
        return JSONValue(json_object_getn(node, start.assumingMemoryBound(to: CChar.self), name.count))
    }

    public func member(_ name: StaticString) -> JSONValue? {
        name.withUTF8Buffer {
            $0.withMemoryRebound(to: CChar.self) {
                JSONValue(json_object_getn(node, $0.baseAddress, $0.count))
            }
        }
    }

    public func member(_ name: String) -> JSONValue? {
        var name = name
        return name.withUTF8 { member(UnsafeRawBufferPointer($0)) }
    }

    /// Calls `body` for each member, in the order they were written; nothing for any other kind.
    public func forEachMember<Failure: Error>(
        _ body: (_ name: UnsafeRawBufferPointer, _ value: JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        var iterator = json_object_iter(node)
        while let current = iterator {
            let name = UnsafeRawBufferPointer(
                start: json_object_iter_key(current), count: json_object_iter_key_len(current))
            if let value = JSONValue(json_object_iter_value(current)) { try body(name, value) }
            iterator = json_object_iter_next(node, current)
        }
    }

    /// Calls `body` for each element of an array; nothing for any other kind.
    public func forEachElement<Failure: Error>(
        _ body: (_ index: Int, _ value: JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        for index in 0..<json_array_size(node) {
            if let value = element(at: index) { try body(index, value) }
        }
    }
}
