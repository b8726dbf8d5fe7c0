// The tree of routes: grown while a document is loaded, then laid flat for matching.

/// Where to go from a segment. -1 where there is no such way.
struct RouteNode: Sendable {
    /// Positions in the table of literals.
    var literals: Range<Int>
    /// The node behind a parameter.
    var parameter: Int
    /// The position of its operations, where a path may end here.
    var operations: Int
}

struct RouteLiteral: Sendable {
    /// Where its text stands in the table of text.
    var text: Range<Int>
    var node: Int
}

/// The tree as it grows.
final class RouteBuilder {
    var literals: [(text: [UInt8], node: RouteBuilder)] = []
    var parameter: RouteBuilder?
    var operations: [OperationMethod: Operation] = [:]

    func child(_ segment: PathTemplate.Segment) -> RouteBuilder {
        switch segment {
        case .literal(let text):
            if let known = literals.first(where: { $0.text == text }) { return known.node }
            let node = RouteBuilder()
            literals.append((text, node))
            return node
        case .parameter:
            let node = parameter ?? RouteBuilder()
            parameter = node
            return node
        }
    }
}

/// The tree laid flat.
struct RouteTables {
    var nodes: [RouteNode] = []
    var literals: [RouteLiteral] = []
    var text: [UInt8] = []
    /// A row of all methods for each node where a path may end.
    var operations: [Operation?] = []
    var allow: [String] = []

    /// Adds a node with all behind it, and answers its position.
    mutating func add(_ builder: RouteBuilder) -> Int {
        let index = nodes.count
        nodes.append(RouteNode(literals: 0..<0, parameter: -1, operations: -1))
        // A node's literals stand together, so those behind them come first.
        let children = builder.literals.map { (text: $0.text, node: add($0.node)) }
        let first = literals.count
        for child in children {
            literals.append(RouteLiteral(text: text.count..<text.count + child.text.count, node: child.node))
            text += child.text
        }
        nodes[index].literals = first..<literals.count
        if let parameter = builder.parameter { nodes[index].parameter = add(parameter) }
        if !builder.operations.isEmpty { nodes[index].operations = add(builder.operations) }
        return index
    }

    private mutating func add(_ found: [OperationMethod: Operation]) -> Int {
        operations += OperationMethod.allCases.map { found[$0] }
        allow.append(Self.allow { found[$0] != nil })
        return allow.count - 1
    }

    /// The value of an Allow header. HEAD is answered where GET is.
    static func allow(_ has: (OperationMethod) -> Bool) -> String {
        OperationMethod.allCases.filter { has($0 == .head ? .get : $0) }.map(\.name).joined(separator: ", ")
    }
}
