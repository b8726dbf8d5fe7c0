// `unevaluatedProperties` and `unevaluatedItems`: what is left of a value after everything else that a schema says, itself and
// by the schemas that it holds against the same value (JSON Schema 2020-12, core, section 11).

internal import JSON

extension Evaluation {
    /// Called when the rest of `node` has accepted `object`.
    mutating func checkUnevaluated(membersOf object: JSONValue, _ schema: NodeIndex, of node: NodeIndex) -> Bool {
        withUnsafeTemporaryAllocation(of: NodeIndex.self, capacity: nodes[node].reach) { room in
            var speakers = Speakers(room: room)
            gather(.value(object), node, &speakers)
            var isValid = true
            object.forEachMember { name, value in
                guard isValid || (collects && !isDone) else { return }
                if isEvaluated(name, by: speakers, asking: node) { return }
                if schema == .nothing {
                    isValid = fail("unevaluatedProperties", member: name, "is not a known member")
                } else if !check(.value(value), schema, at: name) {
                    isValid = false
                }
            }
            return isValid && !isExhausted
        }
    }

    /// Called when the rest of `node` has accepted `array`.
    mutating func checkUnevaluated(elementsOf array: JSONValue, _ schema: NodeIndex, of node: NodeIndex) -> Bool {
        withUnsafeTemporaryAllocation(of: NodeIndex.self, capacity: nodes[node].reach) { room in
            var speakers = Speakers(room: room)
            gather(.value(array), node, &speakers)
            let first = evaluatedPrefix(by: speakers, asking: node)
            var isValid = true
            array.forEachElement { index, value in
                guard index >= first, isValid || (collects && !isDone) else { return }
                if isContained(value, by: speakers) { return }
                if schema == .nothing {
                    isValid = fail("unevaluatedItems", element: index, "is not a known element")
                } else if !check(.value(value), schema, at: index) {
                    isValid = false
                }
            }
            return isValid && !isExhausted
        }
    }

    /// Calls `body` for the members that an `unevaluatedProperties` of `node` speaks of. `object` must fit `node`.
    mutating func forEachUnevaluated(
        memberOf object: JSONValue, of node: NodeIndex, _ body: (JSONValue) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: NodeIndex.self, capacity: nodes[node].reach) { room in
            var speakers = Speakers(room: room)
            gather(.value(object), node, &speakers)
            object.forEachMember { name, value in
                if !isEvaluated(name, by: speakers, asking: node) { body(value) }
            }
        }
    }

    /// Calls `body` for the elements that an `unevaluatedItems` of `node` speaks of. `array` must fit `node`.
    mutating func forEachUnevaluated(
        elementOf array: JSONValue, of node: NodeIndex, _ body: (JSONValue) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: NodeIndex.self, capacity: nodes[node].reach) { room in
            var speakers = Speakers(room: room)
            gather(.value(array), node, &speakers)
            let first = evaluatedPrefix(by: speakers, asking: node)
            array.forEachElement { index, value in
                if index >= first, !isContained(value, by: speakers) { body(value) }
            }
        }
    }

    /// The schemas that a value fits and that are held against it in place, each once.
    private struct Speakers {
        let room: UnsafeMutableBufferPointer<NodeIndex>
        private(set) var count = 0

        init(room: UnsafeMutableBufferPointer<NodeIndex>) {
            self.room = room
        }

        mutating func insert(_ node: NodeIndex) -> Bool {
            for index in 0..<count where room[index] == node { return false }
            guard count < room.count else { return false }
            room.initializeElement(at: count, to: node)
            count += 1
            return true
        }
    }

    /// Collects what speaks of `instance`, which fits `node`.
    private mutating func gather(_ instance: Instance, _ node: NodeIndex, _ speakers: inout Speakers) {
        guard speakers.insert(node) else { return }
        for keyword in nodes[node].keywords {
            switch keyword {
            case .reference(let next): gather(instance, next, &speakers)
            case .allOf(let nodes): for next in nodes { gather(instance, next, &speakers) }
            case .anyOf(let nodes), .oneOf(let nodes):
                for next in nodes where fits(instance, next) { gather(instance, next, &speakers) }
            case .conditional(let condition, let then, let otherwise):
                let fits = fits(instance, condition)
                if fits { gather(instance, condition, &speakers) }
                if let next = fits ? then : otherwise { gather(instance, next, &speakers) }
            case .dependentSchemas(let dependencies):
                guard let object = instance.object else { continue }
                for dependency in dependencies where object.member(dependency.name) != nil {
                    gather(instance, dependency.schema, &speakers)
                }
            default: continue
            }
        }
    }

    private mutating func isEvaluated(
        _ name: UnsafeRawBufferPointer, by speakers: Speakers, asking node: NodeIndex
    ) -> Bool {
        for index in 0..<speakers.count {
            for keyword in nodes[speakers.room[index]].keywords {
                switch keyword {
                case .members(let members):
                    if members.others != nil || members.named.contains(where: { Self.same($0.name, name) }) {
                        return true
                    }
                    for (pattern, _) in members.patterns where matches(pattern, name) { return true }
                case .unevaluatedMembers:
                    if speakers.room[index] != node { return true }
                default: continue
                }
            }
        }
        return false
    }

    /// How many elements from the first on are spoken of.
    private func evaluatedPrefix(by speakers: Speakers, asking node: NodeIndex) -> Int {
        var prefix = 0
        for index in 0..<speakers.count {
            for keyword in nodes[speakers.room[index]].keywords {
                switch keyword {
                case .elements(let first, let rest): prefix = max(prefix, rest == nil ? first.count : .max)
                case .unevaluatedElements: if speakers.room[index] != node { prefix = .max }
                default: continue
                }
            }
        }
        return prefix
    }

    private mutating func isContained(_ value: JSONValue, by speakers: Speakers) -> Bool {
        for index in 0..<speakers.count {
            for keyword in nodes[speakers.room[index]].keywords {
                if case .contains(let schema, _, _) = keyword, fits(.value(value), schema) { return true }
            }
        }
        return false
    }
}
