// Which requests can be read without a tree, and what is left to check of them: worked out from the schema at load.

internal import Bytes
internal import JSON

final class FlatPlan: Sendable {
    let shape: FlatShape
    /// The properties, by their positions in the shape, whose values are to be held against a schema, because the
    /// shape's bounds and types do not say it all.
    private let checks: [(property: Int, schema: NodeIndex)]
    private let rule: PresenceRule?
    private let set: SchemaSet

    /// Nil where the schema describes neither a flat object with known members only, nor an object with one array of
    /// such. Members of other kinds are left out of the shape: a request that has them is read the other way.
    init?(schema: NodeIndex, in set: SchemaSet) {
        self.set = set
        if let object = FlatObjectPlan(schema, in: set.nodes), let shape = FlatShape(properties: object.properties) {
            self.shape = shape
            checks = object.checks
            rule = object.rule
        } else if let (batch, item) = Self.batch(schema, in: set.nodes),
            let object = FlatObjectPlan(item, in: set.nodes),
            let shape = FlatShape(properties: object.properties, batch: batch)
        {
            self.shape = shape
            checks = object.checks
            rule = object.rule
        } else {
            return nil
        }
    }

    /// Reads `body` if it is flat and fits its schema, changing nothing; nil says only that the other way is needed.
    func read(_ body: ByteBuffer) -> FlatObject? {
        guard let object = FlatObject.scan(body, as: shape) else { return nil }
        if rule == nil, checks.isEmpty { return object }
        for row in 0..<object.rows {
            if let rule, !rule.holds(object.presence(row: row)) { return nil }
            for (property, schema) in checks {
                guard let instance = instance(property, row: row, of: object) else { continue }
                var evaluation = Evaluation(nodes: set.nodes, collects: false)
                guard evaluation.check(instance, schema) else { return nil }
            }
        }
        return object
    }

    private func instance(_ property: Int, row: Int, of object: FlatObject) -> Instance? {
        if let text = object.text(property, row: row) ?? object.base64(property, row: row) { return .text(text) }
        if let integer = object.integer(property, row: row) { return .integer(integer) }
        return object.boolean(property, row: row).map { .boolean($0) }
    }

    /// The array and its elements' schema, where a schema says: one closed object with one required array in it.
    private static func batch(_ schema: NodeIndex, in nodes: [SchemaNode]) -> (FlatShape.Batch, NodeIndex)? {
        var array: (name: String, schema: NodeIndex)?
        var required: Set<String> = []
        for keyword in nodes.keywords(of: schema) {
            switch keyword {
            case .types(.object): continue
            case .members(let members):
                guard array == nil, members.isClosed, members.patterns.isEmpty, members.named.count == 1 else {
                    return nil
                }
                array = members.named.first
            case .required(let names): required.formUnion(names)
            default: return nil
            }
        }
        guard let array, required == [array.name] else { return nil }
        var batch = FlatShape.Batch(name: array.name)
        var item: NodeIndex?
        for keyword in nodes.keywords(of: array.schema) {
            switch keyword {
            case .types(.array): continue
            case .elements(let first, let rest):
                guard first.isEmpty, item == nil else { return nil }
                item = rest
            case .minItems(let bound): batch.minimumItems = max(batch.minimumItems, bound)
            case .maxItems(let bound): batch.maximumItems = min(batch.maximumItems, bound)
            default: return nil
            }
        }
        return item.map { (batch, $0) }
    }
}

/// A flat object's part of the plan.
private struct FlatObjectPlan {
    var properties: [FlatShape.Property] = []
    var checks: [(property: Int, schema: NodeIndex)] = []
    /// Nil where the shape's required properties say it all.
    var rule: PresenceRule?

    init?(_ schema: NodeIndex, in nodes: [SchemaNode]) {
        let keywords = nodes.keywords(of: schema)
        var isObject = false
        var isClosed = false
        for keyword in keywords {
            switch keyword {
            case .types(.object): isObject = true
            case .members(let members):
                // Two sets of members would each speak of the other's: leave that to the full way.
                guard members.isClosed, members.patterns.isEmpty, !isClosed else { return nil }
                isClosed = true
                for (name, schema) in members.named {
                    guard let property = FlatPropertyPlan(name: name, schema, in: nodes) else { continue }
                    if property.needsSchema { checks.append((properties.count, schema)) }
                    properties.append(property.property)
                }
            default: continue
            }
        }
        guard isObject, isClosed, properties.count <= 64 else { return nil }
        var bits: [String: UInt64] = [:]
        for (index, property) in properties.enumerated() { bits[property.name] = 1 << UInt64(index) }
        var rules: [PresenceRule] = []
        for keyword in keywords {
            switch keyword {
            case .members, .types(.object): continue
            case .required(let names):
                // Where a request must have a member that is never flat, the plan would only cost.
                guard names.allSatisfy({ bits[$0] != nil }) else { return nil }
                for index in properties.indices where names.contains(properties[index].name) {
                    properties[index].isRequired = true
                }
            default:
                guard let rule = PresenceRule(keyword, in: nodes, bits: bits) else { return nil }
                rules.append(rule)
            }
        }
        rule = rules.isEmpty ? nil : .all(rules)
    }
}

private struct FlatPropertyPlan {
    var property: FlatShape.Property
    var needsSchema = false

    /// Nil where the schema allows anything but one of the kinds that the scanner knows.
    init?(name: String, _ schema: NodeIndex, in nodes: [SchemaNode]) {
        var kind: FlatShape.Kind?
        var bounds: (minimum: Int, maximum: Int) = (.min, .max)
        for keyword in nodes.keywords(of: schema) {
            switch keyword {
            case .types(.string) where kind == nil: kind = .string
            case .types(.integer) where kind == nil: kind = .integer
            case .types(.boolean) where kind == nil: kind = .boolean
            case .base64 where kind == .string || kind == .base64: kind = .base64
            // The scanner takes ASCII only: bytes are characters.
            case .minLength(let bound) where kind == .string || kind == .base64:
                bounds.minimum = max(bounds.minimum, bound)
            case .maxLength(let bound) where kind == .string || kind == .base64:
                bounds.maximum = min(bounds.maximum, bound)
            case .minimum(.integer(let bound)) where kind == .integer: bounds.minimum = max(bounds.minimum, bound)
            case .maximum(.integer(let bound)) where kind == .integer: bounds.maximum = min(bounds.maximum, bound)
            default: needsSchema = true
            }
        }
        guard let kind else { return nil }
        property = .init(name: name, kind: kind, minimum: bounds.minimum, maximum: bounds.maximum)
    }
}

extension [SchemaNode] {
    /// A schema's keywords, types first, with those of the schemas that it refers to in place of the references.
    func keywords(of node: NodeIndex) -> [Keyword] {
        var found: [Keyword] = []
        for keyword in self[node].keywords {
            if case .reference(let next) = keyword { found += keywords(of: next) } else { found.append(keyword) }
        }
        let types = found.filter { if case .types = $0 { true } else { false } }
        return types + found.filter { if case .types = $0 { false } else { true } }
    }
}
