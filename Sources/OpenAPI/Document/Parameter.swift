// What a document says of values beside the body: parameters, media types, responses.

public struct Parameter: Sendable {
    public enum Place: String, Sendable {
        case path, query, header
    }

    public enum Kind: Sendable {
        case string, integer, boolean
    }

    public let name: String
    public let place: Place
    public let isRequired: Bool
    public let kind: Kind
    let schema: NodeIndex
    private let nameBytes: [UInt8]

    init(name: String, place: Place, isRequired: Bool, kind: Kind, schema: NodeIndex) {
        self.name = name
        self.place = place
        self.isRequired = isRequired
        self.kind = kind
        self.schema = schema
        nameBytes = Array(name.utf8)
    }

    func isNamed(_ name: UnsafeRawBufferPointer) -> Bool {
        nameBytes.withUnsafeBytes { same($0, name) }
    }
}

public struct RequestBody: Sendable {
    public let isRequired: Bool
    public internal(set) var content: [MediaType]

    /// With the bounds on bodies that follow from their schemas.
    func bounded(by schemas: SchemaSet) -> RequestBody {
        var body = self
        var bound = ValueBound(nodes: schemas.nodes)
        for index in content.indices {
            guard let schema = content[index].schema else { continue }
            body.content[index].maximumValues = bound.bound(of: schema) + 128
        }
        return body
    }
}

public struct MediaType: Sendable {
    /// As the document writes it, such as `application/json`.
    public let name: String
    /// Whether a body of this type is JSON by its name: `…/json` or `…+json`.
    public let isJSON: Bool
    var schema: NodeIndex?
    /// How many values a body is parsed with: what its schema allows, and some more, so that a client whose body has a few
    /// members too many is told which.
    var maximumValues = ValueBound.unbounded

    init(name: String) {
        self.name = name
        let lowercased = name.lowercased()
        isJSON = lowercased.hasSuffix("/json") || lowercased.hasSuffix("+json")
    }

    /// Whether a Content-Type names this type; its parameters do not matter.
    func matches(_ contentType: UnsafeRawBufferPointer) -> Bool {
        let essence = contentType.prefix { $0 != UInt8(ascii: ";") }
        let trimmed = essence.drop { $0 == 0x20 || $0 == 0x09 }
        var end = trimmed.endIndex
        while end > trimmed.startIndex, trimmed[end - 1] == 0x20 || trimmed[end - 1] == 0x09 { end -= 1 }
        return trimmed[..<end].elementsEqual(name.utf8) { Self.lowercased($0) == Self.lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}

/// What a document says of one status.
public struct ResponseDescription: Sendable {
    public let status: ResponseStatus
    public internal(set) var headers: [Parameter] = []
    public internal(set) var content: [MediaType] = []

    init(status: ResponseStatus) {
        self.status = status
    }
}

public enum ResponseStatus: Equatable, Sendable {
    case exactly(Int)
    /// `4XX`: of this hundred, where no response says it exactly.
    case hundred(Int)
    /// `default`: where nothing else says it.
    case any

    init?(_ text: String) {
        if text == "default" {
            self = .any
        } else if text.utf8.count == 3, let status = Int(text), status >= 100, status < 600 {
            self = .exactly(status)
        } else if text.utf8.count == 3, text.hasSuffix("XX"), let hundred = Int(text.prefix(1)),
            (1...5).contains(hundred)
        {
            self = .hundred(hundred)
        } else {
            return nil
        }
    }
}
