// A value of a document together with its place in it, so that every complaint can say where.

internal import JSON

struct DocumentValue {
    let value: JSONValue
    let pointer: String

    func error(_ reason: String) -> DocumentError {
        DocumentError(pointer: pointer, reason: reason)
    }

    func object() throws(DocumentError) -> [(name: String, value: DocumentValue)] {
        guard value.kind == .object else { throw error("must be an object") }
        var members: [(name: String, value: DocumentValue)] = []
        value.forEachMember { name, value in
            let name = String(decoding: name, as: UTF8.self)
            members.append((name, DocumentValue(value: value, pointer: pointer + "/" + Self.escaped(name))))
        }
        return members
    }

    func array() throws(DocumentError) -> [DocumentValue] {
        guard value.kind == .array else { throw error("must be an array") }
        var elements: [DocumentValue] = []
        value.forEachElement { index, value in
            elements.append(DocumentValue(value: value, pointer: pointer + "/\(index)"))
        }
        return elements
    }

    func string() throws(DocumentError) -> String {
        guard let string = value.string else { throw error("must be a string") }
        return string
    }

    func strings() throws(DocumentError) -> [String] {
        var strings: [String] = []
        for element in try array() { strings.append(try element.string()) }
        return strings
    }

    func boolean() throws(DocumentError) -> Bool {
        guard let boolean = value.boolean else { throw error("must be true or false") }
        return boolean
    }

    /// A count: an integer from 0 on.
    func count() throws(DocumentError) -> Int {
        guard let count = value.integer, count >= 0 else { throw error("must be an integer from 0 on") }
        return count
    }

    func member(_ name: String) -> DocumentValue? {
        value.member(name).map { DocumentValue(value: $0, pointer: pointer + "/" + Self.escaped(name)) }
    }

    func required(_ name: String) throws(DocumentError) -> DocumentValue {
        guard value.kind == .object else { throw error("must be an object") }
        guard let member = member(name) else { throw error("must have \(name)") }
        return member
    }

    /// Resolves `#…`, a reference into the same document; `self` must be its root.
    func resolve(_ reference: DocumentValue) throws(DocumentError) -> DocumentValue {
        let text = try reference.string()
        guard text.hasPrefix("#"), let fragment = PercentEncoding.decoded(String(text.dropFirst())) else {
            throw reference.error("only references into this document are supported (#/…)")
        }
        guard !fragment.isEmpty else { return self }
        guard fragment.hasPrefix("/") else { throw reference.error("only references by JSON Pointer are supported") }
        var place = self
        for name in Self.tokens(of: fragment) {
            guard let next = place.child(name) else { throw reference.error("refers to nothing") }
            place = next
        }
        return place
    }

    /// The reference tokens of a JSON Pointer that is not empty, unescaped.
    static func tokens(of pointer: String) -> [String] {
        pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { unescaped($0) }
    }

    /// The member, or the element, that a reference token names.
    func child(_ token: String) -> DocumentValue? {
        guard value.kind == .array else { return member(token) }
        guard let index = Int(token), let element = value.element(at: index) else { return nil }
        return DocumentValue(value: element, pointer: pointer + "/\(index)")
    }

    private static func escaped(_ name: String) -> String {
        // Nearly always there is nothing to do, and loading happens at every start.
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        var text = ""
        for character in name.unicodeScalars {
            switch character {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }

    private static func unescaped(_ token: Substring) -> String {
        guard token.utf8.contains(UInt8(ascii: "~")) else { return String(token) }
        var text = ""
        var scalars = token.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "~", let code = scalars.next() else {
                text.unicodeScalars.append(scalar)
                continue
            }
            text.unicodeScalars.append(code == "1" ? "/" : "~")
        }
        return text
    }
}
