// What is told of a value that its schema does not allow.

/// One way in which a value does not fit. Holds no value that a client sent; of its text only member names, cut short.
public struct SchemaViolation: Error, Equatable, Sendable {
    /// Where: a JSON Pointer into the value (RFC 6901), as `JSONPointer` writes it.
    public let pointer: String
    /// The keyword of JSON Schema that is not met.
    public let keyword: String
    /// What is asked for, as the rest of a sentence that begins with the place: `must be at most 5 characters`.
    public let detail: String

    public init(pointer: String, keyword: String, detail: String) {
        self.pointer = pointer
        self.keyword = keyword
        self.detail = detail
    }

    /// A body where the operation has none.
    public static let unexpectedBody = SchemaViolation(pointer: "", keyword: "requestBody", detail: "must be empty")

    /// How many are told at most of one value.
    public static let limit = 16
}
