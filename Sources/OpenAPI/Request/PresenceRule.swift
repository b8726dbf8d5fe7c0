// Rules that depend only on which members an object has (`required`, and combinations of it), so that a flat request can
// be held to them by its presence bits.

indirect enum PresenceRule: Sendable {
    case all([PresenceRule])
    case any([PresenceRule])
    case one([PresenceRule])
    case not(PresenceRule)
    case has(UInt64)
    case count(atLeast: Int, atMost: Int)
    /// Asks for a member that a flat request never has.
    case never

    func holds(_ presence: UInt64) -> Bool {
        switch self {
        case .all(let rules): rules.allSatisfy { $0.holds(presence) }
        case .any(let rules): rules.contains { $0.holds(presence) }
        case .one(let rules): rules.reduce(0) { $0 + ($1.holds(presence) ? 1 : 0) } == 1
        case .not(let rule): !rule.holds(presence)
        case .has(let members): presence & members == members
        case .count(let least, let most): presence.nonzeroBitCount >= least && presence.nonzeroBitCount <= most
        case .never: false
        }
    }

    /// The rule that a schema comes to for an object, or nil where it looks at more than presence.
    init?(_ node: NodeIndex, in nodes: [SchemaNode], bits: [String: UInt64]) {
        var rules: [PresenceRule] = []
        for keyword in nodes[node].keywords {
            guard let rule = PresenceRule(keyword, in: nodes, bits: bits) else { return nil }
            rules.append(rule)
        }
        self = .all(rules)
    }

    init?(_ keyword: Keyword, in nodes: [SchemaNode], bits: [String: UInt64]) {
        func rules(_ indices: [NodeIndex]) -> [PresenceRule]? {
            let rules = indices.compactMap { PresenceRule($0, in: nodes, bits: bits) }
            return rules.count == indices.count ? rules : nil
        }
        func has(_ names: [String]) -> PresenceRule {
            .all(names.map { name in bits[name].map { .has($0) } ?? .never })
        }
        switch keyword {
        case .nothing: self = .never
        case .types(let types): self = types.contains(.object) ? .all([]) : .never
        case .required(let names): self = has(names)
        case .minProperties(let count): self = .count(atLeast: count, atMost: .max)
        case .maxProperties(let count): self = .count(atLeast: 0, atMost: count)
        case .dependentRequired(let dependencies):
            self = .all(dependencies.map { .any([.not(has([$0.name])), has($0.needs)]) })
        case .reference(let node): self.init(node, in: nodes, bits: bits)
        case .allOf(let indices):
            guard let rules = rules(indices) else { return nil }
            self = .all(rules)
        case .anyOf(let indices):
            guard let rules = rules(indices) else { return nil }
            self = .any(rules)
        case .oneOf(let indices):
            guard let rules = rules(indices) else { return nil }
            self = .one(rules)
        case .not(let node):
            guard let rule = PresenceRule(node, in: nodes, bits: bits) else { return nil }
            self = .not(rule)
        case .conditional(let condition, let then, let otherwise):
            guard let condition = PresenceRule(condition, in: nodes, bits: bits),
                let branches = rules([then, otherwise].compactMap { $0 })
            else { return nil }
            var remaining = branches[...]
            let then = then == nil ? .all([]) : remaining.removeFirst()
            let otherwise = otherwise == nil ? .all([]) : remaining.removeFirst()
            self = .any([.all([condition, then]), .all([.not(condition), otherwise])])
        default: return nil
        }
    }
}
