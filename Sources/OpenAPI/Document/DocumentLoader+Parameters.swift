// Reads parameters and response headers: values that come as text, of a type that text can be read as.

internal import JSON

extension DocumentLoader {
    mutating func parameter(_ reference: DocumentValue) throws(DocumentError) -> Parameter {
        let value = try resolved(reference)
        let name = try value.required("name").string()
        let place = try value.required("in")
        switch try place.string() {
        case "path": return try parameter(value, name: name, place: .path)
        case "query": return try parameter(value, name: name, place: .query)
        case "header":
            guard !["accept", "content-type", "authorization"].contains(name.lowercased()) else {
                throw value.error("OpenAPI ignores a parameter for this header")
            }
            return try parameter(value, name: name, place: .header)
        default: throw place.error("only parameters in path, query and header are supported")
        }
    }

    mutating func parameter(
        _ value: DocumentValue, name: String, place: Parameter.Place
    ) throws(DocumentError) -> Parameter {
        for (field, value) in try fields(
            of: value, ["name", "in", "description", "deprecated", "example", "examples", "required", "schema"])
        {
            switch field {
            case "style":
                guard try value.string() == (place == .query ? "form" : "simple") else {
                    throw value.error("only the default style is supported")
                }
            case "explode":
                guard try value.boolean() == (place == .query) else {
                    throw value.error("only the default is supported")
                }
            default: throw value.error("this field is not supported")
            }
        }
        let isRequired = try value.member("required")?.boolean() ?? false
        guard place != .path || isRequired else { throw value.error("a parameter in the path must be required") }
        let schema = try value.required("schema")
        guard let kind = try kind(of: schema, depth: 0) else {
            throw schema.error("must have one type: string, integer or boolean")
        }
        return Parameter(
            name: name, place: place, isRequired: isRequired, kind: kind, schema: try compiler.compile(schema))
    }

    private func kind(of schema: DocumentValue, depth: Int) throws(DocumentError) -> Parameter.Kind? {
        switch schema.member("type")?.value.string {
        case "string": return .string
        case "integer": return .integer
        case "boolean": return .boolean
        default:
            guard depth < 8, let reference = schema.member("$ref") else { return nil }
            return try kind(of: try root.resolve(reference), depth: depth + 1)
        }
    }
}
