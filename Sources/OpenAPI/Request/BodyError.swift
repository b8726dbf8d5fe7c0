// Why a request's body is refused.

public import JSON

public enum BodyError: Error, Equatable, Sendable {
    /// It is no JSON that is accepted here. A duplicate member belongs with the violations (it has a pointer), the rest
    /// with what could not be read at all.
    case json(JSONError)
    /// It is JSON, but not what the operation takes. Never empty.
    case violations([SchemaViolation])
    /// It would have to be parsed, and there is no room for that.
    case noRoom
}
