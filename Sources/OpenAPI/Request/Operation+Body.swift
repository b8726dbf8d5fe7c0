// Checking a request's body: flat where that is possible, by way of a tree where it is not.

public import Bytes
internal import JSON

extension Operation {
    /// Whether a body of this Content-Type can be taken. Without a Content-Type it cannot.
    public func accepts(contentType: UnsafeRawBufferPointer?) -> Bool {
        guard let contentType else { return false }
        // As nearly every client sends it.
        let json: StaticString = "application/json"
        if takesJSON, same(contentType, UnsafeRawBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount)) {
            return true
        }
        return requestBody?.content.contains { $0.matches(contentType) } ?? false
    }

    /// Checks a body against the schema for its Content-Type (or the document's first one). On success the body's buffer
    /// belongs to the answer: base64 in it may have been decoded in place. On failure it is as it was.
    public func check(
        body: ByteBuffer, contentType: UnsafeRawBufferPointer? = nil
    ) throws(BodyError) -> CheckedBody {
        if contentType == nil, body.count > 0, !flatPlans.isEmpty, let object = flatPlans[0]?.read(body) {
            return CheckedBody(object)
        }
        guard let requestBody else {
            guard body.count == 0 else {
                throw .violations([SchemaViolation(pointer: "", keyword: "requestBody", detail: "must be empty")])
            }
            return .absent
        }
        if body.count == 0, !requestBody.isRequired { return .absent }
        var position = 0
        if let contentType {
            position = requestBody.content.firstIndex { $0.matches(contentType) } ?? 0
        }
        let media = requestBody.content[position]
        guard media.isJSON else { return CheckedBody(opaque: body) }
        if let object = flatPlans[position]?.read(body) { return CheckedBody(object) }
        return CheckedBody(try parse(body, media))
    }

    /// The way that decides and explains.
    func parse(_ body: ByteBuffer, _ media: MediaType) throws(BodyError) -> TreeBody {
        let tree: JSONDocument
        do {
            tree = try JSONDocument.parse(body.bytes, maximumValues: media.maximumValues)
        } catch {
            throw .json(error)
        }
        let schema = media.schema.map(self.schema)
        let violations = schema?.violations(of: tree.root) ?? []
        guard violations.isEmpty else { throw .violations(violations) }
        return TreeBody(tree, schema: schema, length: body.count)
    }
}
