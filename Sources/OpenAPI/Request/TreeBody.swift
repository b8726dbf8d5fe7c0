// A body that was parsed to a tree, with everything in it that is base64 decoded beside it.

internal import Bytes
internal import JSON

/// One thread at a time, as the request it belongs to.
final class TreeBody {
    let document: JSONDocument
    /// What all base64 members stand for, one after the other. Wiped with the body.
    let decoded: ByteBuffer
    /// Where a string, by its identity, lies in `decoded`.
    private var places: [UInt: Range<Int>] = [:]
    /// The same, for strings that are base64 after a prefix.
    private var suffixes: [UInt: Range<Int>] = [:]

    /// `document` must fit `schema`; `length` is that of its text.
    init(_ document: JSONDocument, schema: CompiledSchema?, length: Int) {
        self.document = document
        // What is decoded is shorter than its text, so the buffer never moves.
        let buffer = ByteBuffer(minimumCapacity: length)
        decoded = buffer
        schema?.forEachBase64(in: document.root) { value in
            if places[value.identity] == nil { places[value.identity] = decode(value, from: 0) }
        }
    }

    /// What a string that the schema says is base64 stands for.
    func base64(_ value: JSONValue) -> UnsafeRawBufferPointer? {
        places[value.identity].map { UnsafeRawBufferPointer(rebasing: decoded.bytes[$0]) }
    }

    /// What a string stands for from `offset` on; decoded once, and remembered. Nil where that is not base64.
    func base64(_ value: JSONValue, from offset: Int) -> UnsafeRawBufferPointer? {
        if suffixes[value.identity] == nil { suffixes[value.identity] = decode(value, from: offset) }
        return suffixes[value.identity].map { UnsafeRawBufferPointer(rebasing: decoded.bytes[$0]) }
    }

    private func decode(_ value: JSONValue, from offset: Int) -> Range<Int>? {
        guard value.kind == .string, offset <= value.stringBytes.count else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: value.stringBytes[offset...])
        guard let length = Base64.decodedLength(of: text), length <= decoded.capacity - decoded.count else {
            return nil
        }
        let start = decoded.count
        var isBase64 = false
        decoded.append(room: length) { room in
            let length = Base64.decode(text, into: room)
            isBase64 = length != nil
            return length ?? 0
        }
        return isBase64 ? start..<decoded.count : nil
    }
}

extension CompiledSchema {
    /// Calls `body` for each string in `value` that its schema says is base64. `value` must fit.
    func forEachBase64(in value: JSONValue, _ body: (JSONValue) -> Void) {
        forEachBase64(in: value, root, body)
    }

    private func forEachBase64(in value: JSONValue, _ node: NodeIndex, _ body: (JSONValue) -> Void) {
        func fits(_ node: NodeIndex) -> Bool {
            var evaluation = Evaluation(nodes: set.nodes, collects: false)
            return evaluation.check(.value(value), node)
        }
        for keyword in set.nodes[node].keywords {
            switch keyword {
            case .base64: if value.kind == .string { body(value) }
            case .reference(let next): forEachBase64(in: value, next, body)
            case .allOf(let nodes): for next in nodes { forEachBase64(in: value, next, body) }
            case .anyOf(let nodes), .oneOf(let nodes):
                for next in nodes where fits(next) { forEachBase64(in: value, next, body) }
            case .conditional(let condition, let then, let otherwise):
                if let next = fits(condition) ? then : otherwise { forEachBase64(in: value, next, body) }
            case .dependentSchemas(let dependencies):
                for dependency in dependencies where value.member(dependency.name) != nil {
                    forEachBase64(in: value, dependency.schema, body)
                }
            case .members(let members): forEachBase64(inMembersOf: value, members, body)
            case .elements(let first, let rest):
                value.forEachElement { index, element in
                    guard let next = index < first.count ? first[index] : rest else { return }
                    forEachBase64(in: element, next, body)
                }
            case .unevaluatedMembers(let next):
                var evaluation = Evaluation(nodes: set.nodes, collects: false)
                evaluation.forEachUnevaluated(memberOf: value, of: node) { forEachBase64(in: $0, next, body) }
            case .unevaluatedElements(let next):
                var evaluation = Evaluation(nodes: set.nodes, collects: false)
                evaluation.forEachUnevaluated(elementOf: value, of: node) { forEachBase64(in: $0, next, body) }
            default: continue
            }
        }
    }

    private func forEachBase64(inMembersOf object: JSONValue, _ members: Members, _ body: (JSONValue) -> Void) {
        var known: Set<UInt> = []
        for (name, schema) in members.named {
            guard let value = object.member(name) else { continue }
            known.insert(value.identity)
            forEachBase64(in: value, schema, body)
        }
        guard !members.patterns.isEmpty || members.others != nil else { return }
        object.forEachMember { name, value in
            var isKnown = known.contains(value.identity)
            for (pattern, schema) in members.patterns where pattern.match(name) == .match {
                isKnown = true
                forEachBase64(in: value, schema, body)
            }
            if !isKnown, let others = members.others { forEachBase64(in: value, others, body) }
        }
    }
}
