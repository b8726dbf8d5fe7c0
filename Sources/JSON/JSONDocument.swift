// Strict JSON, parsed by jansson into a tree that is wiped when it goes. Anything lenient about JSON is refused here.

internal import CJansson

/// A parsed JSON text. It owns the tree that its `JSONValue`s point into, and wipes it at the end of its life.
// SAFETY: the tree is never changed after parsing, and jansson's reading functions are safe from several threads.
public final class JSONDocument: @unchecked Sendable {
    /// The whole text's value. Valid while the document lives.
    public let root: JSONValue

    /// Parses one JSON text (RFC 8259): any kind of value, UTF-8, no trailing bytes, no duplicate members, no `\u0000`,
    /// integers in 64 bits, arrays and objects at most `maximumDepth` deep, and at most `maximumValues` values. Any thread.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, maximumDepth: Int = 32, maximumValues: Int = .max
    ) throws(JSONError) -> JSONDocument {
        try parse(bytes, maximumDepth: maximumDepth, maximumValues: maximumValues, allowsNul: false)
    }

    static func parse(
        _ bytes: UnsafeRawBufferPointer, maximumDepth: Int, maximumValues: Int = .max, allowsNul: Bool
    ) throws(JSONError) -> JSONDocument {
        guard let start = bytes.baseAddress, bytes.count > 0, bytes.count < Int(Int32.max) else {
            throw .malformed(offset: 0)
        }
        // jansson recurses: what it is given must not be deeper than its caller's stack was planned for.
        switch JSONText.extent(of: bytes, depth: min(maximumDepth, 512), values: maximumValues) {
        case .within: break
        case .tooDeep: throw .tooDeep
        case .tooMany: throw .tooManyValues
        case .malformed(let offset): throw .malformed(offset: offset)
        }
        var failure = CJANSSON_MALFORMED
        var position = 0
        let value = cjansson_parse(
            start.assumingMemoryBound(to: CChar.self), bytes.count, allowsNul, &failure, &position)
        if let value { return JSONDocument(root: JSONValue(value)) }
        position = min(position, bytes.count)
        switch failure {
        case CJANSSON_DUPLICATE_MEMBER:
            throw .duplicateMember(pointer: JSONText.pointer(toMemberEndingAt: position, in: bytes))
        case CJANSSON_NUMBER_OUT_OF_RANGE: throw .numberOutOfRange
        case CJANSSON_OUT_OF_MEMORY: throw .outOfMemory
        default: throw .malformed(offset: position)
        }
    }

    private init(root: JSONValue) {
        self.root = root
    }

    deinit {
        cjansson_release(root.node)
    }
}
