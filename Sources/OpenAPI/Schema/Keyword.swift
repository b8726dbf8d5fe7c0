// A schema in the form in which it is evaluated: its keywords, with everything resolved that could be.

internal import JSON

/// The place of a schema in `SchemaSet.nodes`.
typealias NodeIndex = Int

struct SchemaNode: Sendable {
    var keywords: [Keyword]
    /// How many schemas an `unevaluated…` keyword in this one may have to ask.
    var reach = 0

    static let anything = SchemaNode(keywords: [])
}

enum Keyword: Sendable {
    /// The schema `false`.
    case nothing
    case types(TypeSet)
    /// `enum`, or `const` with its one value.
    case values([JSONValue], detail: String, keyword: String)
    case reference(NodeIndex)

    case minLength(Int)
    case maxLength(Int)
    case pattern(RegexPattern)
    case format(Format)
    case base64

    case minimum(Number)
    case exclusiveMinimum(Number)
    case maximum(Number)
    case exclusiveMaximum(Number)
    case multipleOf(Number)

    case members(Members)
    case required([String])
    case minProperties(Int)
    case maxProperties(Int)
    case propertyNames(NodeIndex)
    case dependentRequired([(name: String, needs: [String])])
    case dependentSchemas([(name: String, schema: NodeIndex)])

    /// `prefixItems` and `items`.
    case elements(first: [NodeIndex], rest: NodeIndex?)
    case contains(NodeIndex, minimum: Int, maximum: Int?)
    case minItems(Int)
    case maxItems(Int)
    case uniqueItems

    case allOf([NodeIndex])
    case anyOf([NodeIndex])
    case oneOf([NodeIndex])
    case not(NodeIndex)
    case conditional(NodeIndex, then: NodeIndex?, otherwise: NodeIndex?)

    /// For members and elements of which no other keyword beside this one, nor any schema in place, says anything.
    case unevaluatedMembers(NodeIndex)
    case unevaluatedElements(NodeIndex)

    /// Whether it says how large a value may be at most.
    var boundsSize: Bool {
        switch self {
        case .maxLength, .maxItems, .maxProperties: true
        default: false
        }
    }

    var asksWhatWasEvaluated: Bool {
        switch self {
        case .unevaluatedMembers, .unevaluatedElements: true
        default: false
        }
    }

    /// The schemas that are held against the same value as this one's.
    var inPlace: [NodeIndex] {
        switch self {
        case .reference(let node), .not(let node): [node]
        case .allOf(let nodes), .anyOf(let nodes), .oneOf(let nodes): nodes
        case .conditional(let condition, let then, let otherwise): [condition, then, otherwise].compactMap { $0 }
        case .dependentSchemas(let dependencies): dependencies.map(\.schema)
        default: []
        }
    }
}

/// `properties`, `patternProperties` and `additionalProperties`.
struct Members: Sendable {
    var named: [(name: String, schema: NodeIndex)] = []
    var patterns: [(pattern: RegexPattern, schema: NodeIndex)] = []
    /// What any other member is held against; nil where nothing is said of them.
    var others: NodeIndex?

    /// Whether there may be no other members at all.
    var isClosed: Bool { others == .nothing }
}
