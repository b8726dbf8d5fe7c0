// How schemas are held against one and the same value within each other: it must come to an end, and how much it comes to
// bounds what an evaluation needs.

struct InPlaceNesting {
    private let nodes: [SchemaNode]
    private var depths: [Visit]

    private enum Visit {
        case new, open
        case closed(Int)
    }

    init(nodes: [SchemaNode]) {
        self.nodes = nodes
        depths = Array(repeating: .new, count: nodes.count)
    }

    /// How many schemas stand in each other at most, from this one on. Nil where it is without end, or nearly so.
    mutating func depth(of node: NodeIndex) -> Int? {
        depth(of: node, within: SchemaCompiler.maximumNesting)
    }

    private mutating func depth(of node: NodeIndex, within limit: Int) -> Int? {
        switch depths[node] {
        case .closed(let depth): return depth <= limit ? depth : nil
        case .open: return nil
        case .new: break
        }
        guard limit > 0 else { return nil }
        depths[node] = .open
        var deepest = 0
        for keyword in nodes[node].keywords {
            for next in keyword.inPlace {
                guard let depth = depth(of: next, within: limit - 1) else { return nil }
                deepest = max(deepest, depth)
            }
        }
        depths[node] = .closed(deepest + 1)
        return deepest + 1
    }

    /// How many different schemas a value can be held against in place by a schema that asks what they have said
    /// (`unevaluated…`); 0 for one that does not ask.
    func reach(of node: NodeIndex) -> Int {
        guard nodes[node].keywords.contains(where: \.asksWhatWasEvaluated) else { return 0 }
        var seen: Set<NodeIndex> = [node]
        var waiting = [node]
        while let next = waiting.popLast() {
            for keyword in nodes[next].keywords {
                for found in keyword.inPlace where seen.insert(found).inserted { waiting.append(found) }
            }
        }
        return seen.count
    }
}
