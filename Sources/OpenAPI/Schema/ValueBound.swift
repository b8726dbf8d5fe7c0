// How many values a schema lets a document have at most, so that one with far more can be refused by its text alone.

internal import JSON

struct ValueBound {
    /// Where a schema sets no bound, or none worth having.
    static let unbounded = 8192

    private let nodes: [SchemaNode]
    private var open: Set<NodeIndex> = []
    private var known: [NodeIndex: Int] = [:]

    init(nodes: [SchemaNode]) {
        self.nodes = nodes
    }

    /// At most this many, an array or object counted twice (as `JSONDocument` counts, at most). Never over `unbounded`.
    mutating func bound(of node: NodeIndex) -> Int {
        if let bound = known[node] { return bound }
        // A schema within itself: as deep as one likes.
        guard open.insert(node).inserted else { return Self.unbounded }
        defer { open.remove(node) }
        var bound = Self.unbounded
        var (members, elements) = (Self.unbounded, Self.unbounded)
        var (maximumMembers, maximumElements) = (Self.unbounded, Self.unbounded)
        for keyword in nodes[node].keywords {
            switch keyword {
            case .nothing: bound = min(bound, 1)
            case .values(let values, _, _):
                if values.allSatisfy({ $0.kind != .array && $0.kind != .object }) { bound = min(bound, 1) }
            case .types(let types):
                if types.isDisjoint(with: [.array, .object]) { bound = 1 }
                if !types.contains(.array) { elements = 0 }
                if !types.contains(.object) { members = 0 }
            case .reference(let next): bound = min(bound, self.bound(of: next))
            case .allOf(let all): for next in all { bound = min(bound, self.bound(of: next)) }
            case .anyOf(let any), .oneOf(let any):
                bound = min(bound, any.reduce(0) { max($0, self.bound(of: $1)) })
            case .maxProperties(let count): maximumMembers = min(maximumMembers, count)
            case .maxItems(let count): maximumElements = min(maximumElements, count)
            default: continue
            }
        }
        for keyword in nodes[node].keywords {
            switch keyword {
            case .members(let named): members = min(members, self.bound(of: named, atMost: maximumMembers))
            case .elements(let first, let rest):
                elements = min(elements, self.bound(of: first, rest, atMost: maximumElements))
            default: continue
            }
        }
        bound = min(bound, 2 + max(members, elements))
        known[node] = bound
        return bound
    }

    private mutating func bound(of members: Members, atMost count: Int) -> Int {
        var sum = members.named.reduce(0) { $0 + bound(of: $1.schema) }
        // Any number of these may come.
        for (_, schema) in members.patterns { sum += product(count, bound(of: schema)) }
        if !members.isClosed { sum += product(count, members.others.map { bound(of: $0) } ?? Self.unbounded) }
        return min(sum, Self.unbounded)
    }

    private mutating func bound(of first: [NodeIndex], _ rest: NodeIndex?, atMost count: Int) -> Int {
        let sum = first.reduce(0) { $0 + bound(of: $1) }
        let more = rest.map { $0 == .nothing ? 0 : product(count, bound(of: $0)) } ?? Self.unbounded
        return min(sum + more, Self.unbounded)
    }

    private func product(_ count: Int, _ bound: Int) -> Int {
        let (product, overflows) = count.multipliedReportingOverflow(by: bound)
        return overflows ? Self.unbounded : min(product, Self.unbounded)
    }
}
