// Random JSON for a schema of the OpenAPI document, read without the server's own engine: right, nearly right, and written in
// several ways.

public import Foundation

/// A JSON value that is yet to be written.
public indirect enum Sample: Sendable {
    /// A number, `true`, `false` or `null`, as it is written.
    case plain(String)
    case string(String)
    case array([Sample])
    case object([(name: String, value: Sample)])

    /// - Parameters:
    ///   - escapes: whether every string begins with an escape that it does not need.
    ///   - spaces: whether there is white space wherever it may be.
    public func text(escapes: Bool = false, spaces: Bool = false) -> String {
        let space = spaces ? " \n\t" : ""
        switch self {
        case .plain(let text): return text
        case .string(let text): return Self.quoted(text, escapes: escapes)
        case .array(let elements):
            let list = elements.map { $0.text(escapes: escapes, spaces: spaces) }
            return "[" + space + list.joined(separator: space + "," + space) + space + "]"
        case .object(let members):
            let list = members.map {
                Self.quoted($0.name, escapes: escapes) + space + ":" + space
                    + $0.value.text(escapes: escapes, spaces: spaces)
            }
            return "{" + space + list.joined(separator: space + "," + space) + space + "}"
        }
    }

    private static func quoted(_ text: String, escapes: Bool) -> String {
        var quoted = "\""
        for (position, scalar) in text.unicodeScalars.enumerated() {
            if scalar == "\"" || scalar == "\\" || scalar.value < 0x20 || (escapes && position == 0 && scalar.isASCII) {
                quoted += String(format: "\\u%04x", scalar.value)
            } else {
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

public struct SchemaSampler {
    /// Whether strings, arrays and objects are mostly as short or as long as they may be.
    public var isAtLimits = false
    /// Values that some members have half of the time, by their names.
    public var known: [String: [String]] = [:]
    private let document: [String: Any]
    private var random: SeededGenerator

    /// - Parameter document: an OpenAPI document's text.
    public init(document: Data, seed: UInt64) throws {
        guard let object = try JSONSerialization.jsonObject(with: document) as? [String: Any] else {
            throw TestError("the document is no object")
        }
        self.document = object
        random = SeededGenerator(seed: seed)
    }

    /// The schema of an operation's JSON body; nil where it takes none.
    public func body(of operation: String) -> [String: Any]? {
        let paths = document["paths"] as? [String: [String: Any]] ?? [:]
        for case let found as [String: Any] in paths.values.flatMap(\.values)
        where found["operationId"] as? String == operation {
            let body = found["requestBody"] as? [String: Any]
            let content = body?["content"] as? [String: [String: Any]]
            return content?["application/json"]?["schema"] as? [String: Any]
        }
        return nil
    }

    /// What an operation takes in its path and its query: the names, and the schemas.
    public func parameters(of operation: String) throws -> [(name: String, isInPath: Bool, schema: [String: Any])] {
        for case let item as [String: Any] in (document["paths"] as? [String: Any] ?? [:]).values {
            for case let found as [String: Any] in item.values where found["operationId"] as? String == operation {
                let all =
                    (item["parameters"] as? [[String: Any]] ?? []) + (found["parameters"] as? [[String: Any]] ?? [])
                return try all.compactMap { parameter in
                    let parameter = try resolved(parameter)
                    guard let name = parameter["name"] as? String, let place = parameter["in"] as? String,
                        place != "header", let schema = parameter["schema"] as? [String: Any]
                    else { return nil }
                    return (name, place == "path", schema)
                }
            }
        }
        return []
    }

    /// A value that fits, as far as single values and required members make it: combinations (`oneOf`, `not`) are left to
    /// chance.
    public mutating func value(of schema: [String: Any]) throws -> Sample {
        let schema = try resolved(schema)
        if let values = schema["enum"] as? [String], let one = values.randomElement(using: &random) {
            return .string(one)
        }
        if let choices = schema["anyOf"] as? [[String: Any]], let one = choices.randomElement(using: &random) {
            return try value(of: one)
        }
        switch schema["type"] as? String {
        case "null": return .plain("null")
        case "boolean": return .plain(Bool.random(using: &random) ? "true" : "false")
        case "integer":
            let least = schema["minimum"] as? Int ?? -5
            let most = schema["maximum"] as? Int ?? 1_000_000
            let near = Swift.min(least &+ 3, most)
            return .plain(
                "\([least, most, near, Int.random(in: least...near, using: &random)].randomElement(using: &random) ?? least)"
            )
        case "string": return .string(try string(schema))
        case "array":
            guard let items = schema["items"] as? [String: Any] else { return .array([]) }
            let least = schema["minItems"] as? Int ?? 0
            var count = Int.random(in: least...Swift.min(schema["maxItems"] as? Int ?? 3, least + 3), using: &random)
            // Of objects a few are enough: what is in them is long.
            if isAtLimits, try resolved(items)["type"] as? String == "string", Bool.random(using: &random) {
                count = schema["maxItems"] as? Int ?? count
            }
            var elements: [Sample] = []
            for _ in 0..<count { elements.append(try value(of: items)) }
            if schema["uniqueItems"] as? Bool == true {
                var seen: Set<String> = []
                elements = elements.filter { seen.insert($0.text()).inserted }
            }
            return .array(elements)
        case "object": return try object(schema)
        default: throw TestError("a schema of no known type: \(schema.keys.sorted())")
        }
    }

    /// The same with some things changed, so that it may fit no longer.
    public mutating func damaged(_ sample: Sample) -> Sample {
        if Int.random(in: 0..<6, using: &random) == 0 { return Self.odd.randomElement(using: &random) ?? sample }
        switch sample {
        case .plain, .string:
            return Bool.random(using: &random) ? sample : Self.odd.randomElement(using: &random) ?? sample
        case .array(var elements):
            if let index = elements.indices.randomElement(using: &random) { elements[index] = damaged(elements[index]) }
            return .array(elements)
        case .object(var members):
            switch Int.random(in: 0..<5, using: &random) {
            case 0: if !members.isEmpty { members.removeLast() }
            case 1: members.append(("x", .plain("1")))
            case 2: if let first = members.first { members.append(first) }
            default:
                if let index = members.indices.randomElement(using: &random) {
                    members[index].value = damaged(members[index].value)
                }
            }
            return .object(members)
        }
    }

    private static let odd: [Sample] = [
        .plain("null"), .plain("0"), .plain("-1"), .plain("1.0"), .plain("1.5"), .plain("2147483648"), .plain("1e3"),
        .plain("9223372036854775808"), .plain("true"), .string(""), .string("AA=="), .string("AB=="), .string("AAA"),
        .string("é"), .string("a\nb"), .string("sr:1:0:AA"), .string("sr:1:1:!"), .array([]), .array([.plain("1")]),
        .object([]), .object([("key", .string("orders"))]),
    ]

    private mutating func object(_ schema: [String: Any]) throws -> Sample {
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        let required = Set(schema["required"] as? [String] ?? [])
        var members: [(name: String, value: Sample)] = []
        for name in properties.keys.sorted() {
            guard required.contains(name) || Bool.random(using: &random), let schema = properties[name] else {
                continue
            }
            if let one = known[name]?.randomElement(using: &random), Bool.random(using: &random) {
                members.append((name, .string(one)))
            } else {
                members.append((name, try value(of: schema)))
            }
        }
        if isAtLimits, let others = schema["additionalProperties"] as? [String: Any],
            let most = schema["maxProperties"] as? Int, Bool.random(using: &random)
        {
            for number in 0..<most {
                let name = String(repeating: "a", count: 61) + "\(10 + number)"
                members.append((name, .string(Self.longest(others, among: &random))))
            }
        } else if let others = schema["additionalProperties"] as? [String: Any] {
            for name in ["team", "a/b", "x-1"] where Bool.random(using: &random) {
                members.append((name, try value(of: others)))
            }
        }
        if members.isEmpty, schema["minProperties"] != nil, let name = properties.keys.sorted().first,
            let schema = properties[name]
        {
            members.append((name, try value(of: schema)))
        }
        members.shuffle(using: &random)
        return .object(members)
    }

    /// A new pattern in the document needs a text here that it matches.
    private static let texts = [
        "orders", "a", "sr:1:1:AAAA", "sr:1:7:" + String(repeating: "QUJD", count: 12), "a.b-c_1", "1.2.3",
        "01234567-89ab-4cde-8f01-23456789abcd", "team=a",
    ]

    /// Longer ones are for tests that send nothing else.
    private static let mostCharacters = 100_000

    /// As many characters as there may be, of one, two or four bytes each, or such that JSON writes as six.
    private static func longest(_ schema: [String: Any], among random: inout SeededGenerator) -> String {
        let character = ["x", "é", "😀", "\u{1}"].randomElement(using: &random) ?? "x"
        return String(repeating: character, count: Swift.min(schema["maxLength"] as? Int ?? 10, mostCharacters))
    }

    /// A string at one of its limits; nil where that does not fit its pattern.
    private mutating func limit(_ schema: [String: Any]) throws -> String? {
        let least = schema["minLength"] as? Int ?? 0
        if schema["contentEncoding"] as? String == "base64" {
            // Base64 is as long for one, two or three bytes more.
            let most = Swift.min(schema["maxLength"] as? Int ?? 40, Self.mostCharacters) / 4 * 3
            let lengths = [least / 4, least / 4 * 3, most - 3, most - 2, most - 1, most]
            let length = Swift.max(0, lengths.randomElement(using: &random) ?? most)
            return Data(repeating: UInt8.random(in: 0...255, using: &random), count: length).base64EncodedString()
        }
        let text =
            Bool.random(using: &random) ? String(repeating: "x", count: least) : Self.longest(schema, among: &random)
        guard let pattern = schema["pattern"] as? String else { return text }
        let range = NSRange(location: 0, length: text.utf16.count)
        return try NSRegularExpression(pattern: pattern).firstMatch(in: text, range: range) == nil ? nil : text
    }

    private mutating func string(_ schema: [String: Any]) throws -> String {
        if isAtLimits, Int.random(in: 0..<4, using: &random) > 0, let text = try limit(schema) { return text }
        if schema["contentEncoding"] as? String == "base64" {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            return Data(bytes).base64EncodedString()
        }
        let least = schema["minLength"] as? Int ?? 0
        guard let pattern = schema["pattern"] as? String else {
            return String(repeating: "x", count: least)
                + (["", "é", "\"q\"", "plain text"].randomElement(using: &random) ?? "")
        }
        let expression = try NSRegularExpression(pattern: pattern)
        let fitting = Self.texts.filter {
            $0.utf8.count >= least
                && expression.firstMatch(in: $0, range: NSRange(location: 0, length: $0.utf16.count)) != nil
        }
        guard let text = fitting.randomElement(using: &random) else { throw TestError("no text matches \(pattern)") }
        return text
    }

    private func resolved(_ schema: [String: Any]) throws -> [String: Any] {
        guard let reference = schema["$ref"] as? String else { return schema }
        var place: Any = document
        for name in reference.dropFirst(2).split(separator: "/") {
            guard let next = (place as? [String: Any])?[String(name)] else {
                throw TestError("\(reference) leads nowhere")
            }
            place = next
        }
        return try resolved(place as? [String: Any] ?? [:])
    }
}
