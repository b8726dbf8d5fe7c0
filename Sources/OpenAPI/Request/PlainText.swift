// The commonest schema of a parameter, such as a key's name: a string with bounds and a plain pattern. It is checked
// without following the schema, and without counting references that all threads share.

struct PlainText: Sendable {
    private var minimum = 0
    private var maximum = Int.max
    private let table: AutomatonTable

    /// Nil where the schema is not of this form. Valid while the schema's nodes are.
    init?(_ schema: NodeIndex, in nodes: [SchemaNode]) {
        var isString = false
        var found: AutomatonTable?
        for keyword in nodes.keywords(of: schema) {
            switch keyword {
            case .types(.string): isString = true
            case .minLength(let bound): minimum = max(minimum, bound)
            case .maxLength(let bound): maximum = min(maximum, bound)
            case .pattern(let pattern):
                // Anchored at both ends, so that what matches is ASCII, and a byte is a character.
                guard found == nil, let table = pattern.automaton?.table, table.isAnchoredAtStart,
                    table.isAnchoredAtEnd
                else { return nil }
                found = table
            default: return nil
            }
        }
        guard isString, let found else { return nil }
        table = found
    }

    /// True means that the schema accepts the text; false only that the schema is to be asked.
    func accepts(_ text: UnsafeRawBufferPointer) -> Bool {
        text.count >= minimum && text.count <= maximum && table.matches(text)
    }
}
