// What a schema is held against: a value in a JSON document, or a scalar that came another way, such as a parameter's
// text or a member that the flat scanner read.

internal import JSON

enum Instance {
    case value(JSONValue)
    /// UTF-8.
    case text(UnsafeRawBufferPointer)
    case integer(Int)
    case boolean(Bool)

    var types: TypeSet {
        switch self {
        case .text: .string
        case .integer: [.integer, .number]
        case .boolean: .boolean
        case .value(let value):
            switch value.kind {
            case .null: .null
            case .boolean: .boolean
            case .integer: [.integer, .number]
            case .real: value.integer == nil ? .number : [.integer, .number]
            case .string: .string
            case .array: .array
            case .object: .object
            }
        }
    }

    /// A string's UTF-8; nil for any other kind.
    var text: UnsafeRawBufferPointer? {
        switch self {
        case .text(let bytes): bytes
        case .value(let value): value.kind == .string ? value.stringBytes : nil
        case .integer, .boolean: nil
        }
    }

    var number: Number? {
        switch self {
        case .integer(let integer): .integer(integer)
        case .value(let value): Number(value)
        case .text, .boolean: nil
        }
    }

    var array: JSONValue? {
        if case .value(let value) = self, value.kind == .array { return value }
        return nil
    }

    var object: JSONValue? {
        if case .value(let value) = self, value.kind == .object { return value }
        return nil
    }

    func equals(_ other: JSONValue) -> Bool {
        switch self {
        case .value(let value): value == other
        case .integer(let integer): other.integer == integer
        case .boolean(let boolean): other.boolean == boolean
        case .text(let bytes): other.kind == .string && other.stringBytes.elementsEqual(bytes)
        }
    }
}

/// JSON Schema's types. An integer is also a number.
struct TypeSet: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = TypeSet(rawValue: 1)
    static let boolean = TypeSet(rawValue: 2)
    static let integer = TypeSet(rawValue: 4)
    static let number = TypeSet(rawValue: 8)
    static let string = TypeSet(rawValue: 16)
    static let array = TypeSet(rawValue: 32)
    static let object = TypeSet(rawValue: 64)

    private static let named: [(String, TypeSet)] = [
        ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .number), ("string", .string),
        ("array", .array), ("object", .object),
    ]

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init?(name: String) {
        guard let known = Self.named.first(where: { $0.0 == name }) else { return nil }
        self = known.1
    }

    var names: [String] {
        Self.named.filter { contains($0.1) }.map(\.0)
    }
}
