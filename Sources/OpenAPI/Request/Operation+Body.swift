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
    /// - Parameter mayParse: asked before a tree is made of the body, with the bytes that may take.
    public func check(
        body: ByteBuffer, contentType: UnsafeRawBufferPointer? = nil, mayParse: (_ bytes: Int) -> Bool = { _ in true }
    ) throws(BodyError) -> CheckedBody {
        if contentType == nil, body.count > 0, !flatPlans.isEmpty, let object = flatPlans[0]?.read(body) {
            return CheckedBody(object)
        }
        guard let requestBody else {
            guard body.count == 0 || isEmptyObject(body.bytes) else {
                throw .violations([.unexpectedBody])
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
        guard mayParse(Self.treeBytes(of: body.count, media)) else { throw .noRoom }
        return CheckedBody(try parse(body, media))
    }

    /// Whether a body says as little as none: an object without members.
    private func isEmptyObject(_ body: UnsafeRawBufferPointer) -> Bool {
        let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        let text = body.prefix(64).filter { !blanks.contains($0) }
        return body.count <= 64 && text.elementsEqual([UInt8(ascii: "{"), UInt8(ascii: "}")])
    }

    /// What parsing a text of this length takes at most: jansson's copy of a string while it reads that, which is as large as its
    /// buffer and the string together, what is decoded, and a node for each value.
    private static func treeBytes(of length: Int, _ media: MediaType) -> Int {
        3 * length + 160 * min(length / 2 + 1, media.maximumValues)
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
