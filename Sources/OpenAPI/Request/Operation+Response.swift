// Holding answers to what the document promises. For tests of the contract; the server does not check itself at work.

internal import JSON

extension Operation {
    /// What an answer has that the document does not promise, or lacks. `headers` are those of the operation's own: what
    /// every answer has beside them is not the document's concern.
    public func checkResponse(
        status: Int, headers: [(name: String, value: String)], body: UnsafeRawBufferPointer
    ) -> [SchemaViolation] {
        guard let response = response(for: status) else {
            return [SchemaViolation(pointer: "", keyword: "responses", detail: "status \(status) is not documented")]
        }
        var violations: [SchemaViolation] = []
        for parameter in response.headers {
            let name = parameter.name.lowercased()
            guard var text = headers.first(where: { $0.name.lowercased() == name })?.value else {
                if parameter.isRequired {
                    violations.append(parameter.violation(keyword: "required", "is required"))
                }
                continue
            }
            text.withUTF8 {
                violations += self.violations(of: parameter, text: UnsafeRawBufferPointer($0))
            }
        }
        var contentType: String?
        for (name, value) in headers {
            let name = name.lowercased()
            if name == "content-type" {
                contentType = value
            } else if !response.headers.contains(where: { $0.name.lowercased() == name }) {
                violations.append(
                    SchemaViolation(pointer: "/header/\(name)", keyword: "headers", detail: "is not documented"))
            }
        }
        guard !response.content.isEmpty else {
            if body.count > 0 {
                violations.append(SchemaViolation(pointer: "", keyword: "content", detail: "must be empty"))
            }
            return violations
        }
        var type = contentType ?? ""
        let media = type.withUTF8 { type in response.content.first { $0.matches(UnsafeRawBufferPointer(type)) } }
        guard let media else {
            return violations + [SchemaViolation(pointer: "", keyword: "content", detail: "has another media type")]
        }
        guard media.isJSON, let schema = media.schema else { return violations }
        guard let document = try? JSONDocument.parse(body) else {
            return violations + [SchemaViolation(pointer: "", keyword: "content", detail: "is not JSON")]
        }
        return violations + self.schema(schema).violations(of: document.root)
    }

    private func response(for status: Int) -> ResponseDescription? {
        responses.first { $0.status == .exactly(status) } ?? responses.first { $0.status == .hundred(status / 100) }
            ?? responses.first { $0.status == .any }
    }
}
