// JSON as tests walk it, by a parser that is not the server's own.

import Foundation

/// A JSON value; what is absent or of another kind is nil.
struct JSONTree {
    private let value: Any?

    private init(value: Any?) {
        self.value = value
    }

    init(_ bytes: [UInt8]) {
        value = try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
    }

    subscript(name: String) -> JSONTree { JSONTree(value: (value as? [String: Any])?[name]) }
    subscript(index: Int) -> JSONTree {
        let array = value as? [Any] ?? []
        return JSONTree(value: array.indices.contains(index) ? array[index] : nil)
    }

    var string: String? { value as? String }
    var integer: Int? { value as? Int }
    var boolean: Bool? { value as? Bool }
    var members: [(String, JSONTree)] {
        (value as? [String: Any] ?? [:]).map { ($0.key, JSONTree(value: $0.value)) }
    }
    var elements: [JSONTree] { (value as? [Any] ?? []).map { JSONTree(value: $0) } }
    var names: [String] { (value as? [String: Any] ?? [:]).keys.sorted() }
    var isAbsent: Bool { value == nil }
}

/// What base64 stands for; nil where it is none.
func decoded(_ base64: String?) -> [UInt8]? {
    base64.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
}

func base64(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }
func base64(_ text: String) -> String { base64(text.utf8) }
