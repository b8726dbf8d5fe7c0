// How violations are worded, where it takes more than a literal.

internal import JSON

enum Wording {
    static func count(_ count: Int, _ noun: String) -> String {
        count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
    }

    static func types(_ types: TypeSet) -> String {
        let names = types.names
        guard names.count == 1, let name = names.first else {
            return "must be one of: \(names.joined(separator: ", "))"
        }
        return switch name {
        case "null": "must be null"
        case "array", "integer", "object": "must be an \(name)"
        default: "must be a \(name)"
        }
    }

    /// The schema's own values are named where they are few and short.
    static func values(_ values: [JSONValue]) -> String {
        var names: [String] = []
        for value in values {
            if let string = value.string {
                names.append(string)
            } else if let integer = value.integer {
                names.append(String(integer))
            } else {
                return "must be one of the values allowed here"
            }
        }
        let list = names.joined(separator: ", ")
        guard list.utf8.count <= 400 else { return "must be one of the values allowed here" }
        return names.count == 1 ? "must be \(list)" : "must be one of: \(list)"
    }
}
