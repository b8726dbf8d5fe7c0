// Reads an OpenAPI 3.1 document object by object. Every field is either enforced, known to be a mere description, or
// refused.

internal import JSON

struct DocumentLoader {
    var compiler: SchemaCompiler
    let root: DocumentValue

    init(_ document: JSONDocument) {
        root = DocumentValue(value: document.root, pointer: "")
        compiler = SchemaCompiler(root: root, of: document, rules: .strict)
    }

    mutating func load() throws(DocumentError) -> [OperationDraft] {
        let version = try root.required("openapi")
        guard try version.string().hasPrefix("3.1.") else { throw version.error("only OpenAPI 3.1 is understood") }
        var needsToken = false
        for (name, value) in try fields(of: root, ["openapi", "info", "tags", "servers", "externalDocs", "paths"]) {
            switch name {
            case "jsonSchemaDialect":
                guard try value.string() == OpenAPIDocument.dialect else {
                    throw value.error("only 2020-12 is understood")
                }
            case "components": try loadComponents(value)
            case "security": continue
            default: throw value.error("this field is not supported")
            }
        }
        if let security = root.member("security") { needsToken = try self.needsToken(security) }

        var drafts: [OperationDraft] = []
        for (template, item) in try root.required("paths").object() {
            let path = try PathTemplate(template, at: item)
            let shared = if let list = item.member("parameters") { try parameters(list) } else { [Parameter]() }
            let descriptions = ["summary", "description", "parameters"]
            for (name, value) in try fields(of: item, descriptions) {
                guard let method = OperationMethod(documentName: name) else {
                    throw value.error("this field or method is not supported")
                }
                drafts.append(try operation(value, method, path, shared: shared, needsToken: needsToken))
            }
        }
        var seen: Set<String> = []
        for draft in drafts where !seen.insert(draft.id).inserted {
            throw DocumentError(pointer: draft.pointer, reason: "its operationId is used twice")
        }
        return drafts
    }

    /// The members of an object but those that are handled elsewhere or only describe, and extensions (`x-…`).
    func fields(
        of value: DocumentValue, _ known: [String]
    ) throws(DocumentError) -> [(name: String, value: DocumentValue)] {
        try value.object().filter { !known.contains($0.name) && !$0.name.hasPrefix("x-") }
    }

    /// What a `$ref` in place of an object leads to, or the object itself.
    func resolved(_ value: DocumentValue) throws(DocumentError) -> DocumentValue {
        guard let reference = value.member("$ref") else { return value }
        if let (_, field) = try fields(of: value, ["$ref", "summary", "description"]).first {
            throw field.error("has no effect beside a reference")
        }
        let target = try root.resolve(reference)
        guard target.member("$ref") == nil else { throw reference.error("leads to another reference") }
        return target
    }

    private mutating func loadComponents(_ components: DocumentValue) throws(DocumentError) {
        for (name, group) in try fields(of: components, []) {
            for (key, value) in try group.object() {
                switch name {
                case "headers": _ = try parameter(value, name: key, place: .header)
                case "schemas": _ = try compiler.compile(value)
                case "parameters": _ = try parameter(value)
                case "responses": _ = try response(value, status: .any)
                case "requestBodies": _ = try requestBody(value)
                case "securitySchemes": try checkSecurityScheme(value)
                default: throw group.error("these components are not supported")
                }
            }
        }
    }

    private func checkSecurityScheme(_ scheme: DocumentValue) throws(DocumentError) {
        guard try scheme.required("type").string() == "http", try scheme.required("scheme").string() == "bearer" else {
            throw scheme.error("only bearer tokens are supported")
        }
        for (_, value) in try fields(of: scheme, ["type", "scheme", "bearerFormat", "description"]) {
            throw value.error("this field is not supported")
        }
    }

    /// `security`: none, or the one scheme that there is.
    private func needsToken(_ security: DocumentValue) throws(DocumentError) -> Bool {
        let requirements = try security.array()
        for requirement in requirements {
            let schemes = try requirement.object()
            guard schemes.count == 1, let scheme = schemes.first else {
                throw requirement.error("must name one security scheme")
            }
            guard root.member("components")?.member("securitySchemes")?.member(scheme.name) != nil else {
                throw scheme.value.error("this security scheme is not defined")
            }
            guard try scheme.value.array().isEmpty else { throw scheme.value.error("scopes are not supported") }
        }
        guard requirements.count < 2 else { throw security.error("alternatives are not supported") }
        return !requirements.isEmpty
    }

    private mutating func operation(
        _ value: DocumentValue, _ method: OperationMethod, _ path: PathTemplate, shared: [Parameter], needsToken: Bool
    ) throws(DocumentError) -> OperationDraft {
        var draft = OperationDraft(
            id: try value.required("operationId").string(), method: method, path: path, needsToken: needsToken,
            pointer: value.pointer)
        var own: [Parameter] = []
        for (name, value) in try fields(
            of: value, ["operationId", "summary", "description", "tags", "externalDocs", "deprecated"])
        {
            switch name {
            case "parameters": own = try parameters(value)
            case "requestBody": draft.requestBody = try requestBody(value)
            case "responses":
                for (status, value) in try fields(of: value, []) {
                    guard let status = ResponseStatus(status) else { throw value.error("is not a status") }
                    draft.responses.append(try response(value, status: status))
                }
            case "security": draft.needsToken = try self.needsToken(value)
            default: throw value.error("this field is not supported")
            }
        }
        guard !draft.responses.isEmpty else { throw value.error("must have responses") }
        // An operation's own parameter takes the place of the path's of the same name.
        draft.parameters = own + shared.filter { one in !own.contains { $0.name == one.name && $0.place == one.place } }
        try draft.checkParameters(at: value)
        return draft
    }

    private mutating func parameters(_ list: DocumentValue) throws(DocumentError) -> [Parameter] {
        var parameters: [Parameter] = []
        for value in try list.array() { parameters.append(try parameter(value)) }
        return parameters
    }

    private mutating func requestBody(_ reference: DocumentValue) throws(DocumentError) -> RequestBody {
        let value = try resolved(reference)
        for (_, field) in try fields(of: value, ["description", "required", "content"]) {
            throw field.error("this field is not supported")
        }
        let content = try self.content(try value.required("content"))
        guard !content.isEmpty else { throw value.error("must have content") }
        return RequestBody(isRequired: try value.member("required")?.boolean() ?? false, content: content)
    }

    private mutating func response(
        _ reference: DocumentValue, status: ResponseStatus
    ) throws(DocumentError) -> ResponseDescription {
        let value = try resolved(reference)
        _ = try value.required("description")
        var response = ResponseDescription(status: status)
        for (name, field) in try fields(of: value, ["description"]) {
            switch name {
            case "content": response.content = try content(field)
            case "headers":
                for (name, header) in try field.object() {
                    response.headers.append(try parameter(resolved(header), name: name, place: .header))
                }
            default: throw field.error("this field is not supported")
            }
        }
        return response
    }

    private mutating func content(_ value: DocumentValue) throws(DocumentError) -> [MediaType] {
        var content: [MediaType] = []
        for (name, value) in try value.object() {
            for (_, field) in try fields(of: value, ["schema", "example", "examples"]) {
                throw field.error("this field is not supported")
            }
            var media = MediaType(name: name)
            if let schema = value.member("schema") { media.schema = try compiler.compile(schema) }
            guard !media.isJSON || media.schema != nil else { throw value.error("JSON must have a schema") }
            content.append(media)
        }
        return content
    }
}
