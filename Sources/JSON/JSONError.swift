// Why a text is not acceptable JSON. Only positions and member names are told, never a value.

public enum JSONError: Error, Equatable, Sendable {
    /// Not JSON (RFC 8259), not UTF-8, or with bytes after the value; `offset` bytes had been read.
    case malformed(offset: Int)
    /// Arrays and objects stand inside each other more deeply than allowed.
    case tooDeep
    /// There are more values than allowed.
    case tooManyValues
    /// An object has two members of one name; `pointer` is the second one's place (RFC 6901), as `JSONPointer` writes it.
    case duplicateMember(pointer: String)
    /// An integer outside 64 bits, or a number too large for a double.
    case numberOutOfRange
    case outOfMemory
}
