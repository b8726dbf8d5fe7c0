// The keywords that speak of objects.

internal import Glibc
internal import JSON

extension Evaluation {
    mutating func checkObject(_ object: JSONValue, _ keyword: Keyword) -> Bool {
        switch keyword {
        case .members(let members): return checkMembers(of: object, members)
        case .required(let names):
            var isValid = true
            for name in names where object.member(name) == nil {
                isValid = fail("required", member: name, "is required")
                if !collects || isDone { return false }
            }
            return isValid
        case .minProperties(let bound):
            return object.count >= bound
                || fail("minProperties", "must have at least \(Wording.count(bound, "member"))")
        case .maxProperties(let bound):
            return object.count <= bound || fail("maxProperties", "must have at most \(Wording.count(bound, "member"))")
        case .propertyNames(let node):
            var isValid = true
            object.forEachMember { name, _ in
                guard isValid || (collects && !isDone) else { return }
                if !fits(.text(name), node) {
                    isValid = fail("propertyNames", member: name, "is not a name allowed here")
                }
            }
            return isValid
        case .dependentRequired(let dependencies):
            var isValid = true
            for dependency in dependencies where object.member(dependency.name) != nil {
                for name in dependency.needs where object.member(name) == nil {
                    isValid = fail("dependentRequired", member: name, "is required beside \(dependency.name)")
                    if !collects || isDone { return false }
                }
            }
            return isValid
        case .dependentSchemas(let dependencies):
            var isValid = true
            for dependency in dependencies where object.member(dependency.name) != nil {
                if !check(.value(object), dependency.schema) { isValid = false }
                if !isValid, !collects || isDone { return false }
            }
            return isValid
        default: return true
        }
    }

    private mutating func checkMembers(of object: JSONValue, _ members: Members) -> Bool {
        var isValid = true
        var known = 0
        for (name, schema) in members.named {
            guard let value = object.member(name) else { continue }
            known += 1
            if !check(.value(value), schema, at: name) { isValid = false }
            if !isValid, !collects || isDone { return false }
        }
        // Members without a name of their own need a look only where something is said of them.
        guard known < object.count || !members.patterns.isEmpty else { return isValid }
        guard !members.patterns.isEmpty || members.others ?? .anything != .anything else { return isValid }
        object.forEachMember { name, value in
            guard isValid || (collects && !isDone) else { return }
            if !checkMember(name, value, members) { isValid = false }
        }
        return isValid && !isExhausted
    }

    /// What is said of a member by its name's pattern, or for want of any.
    private mutating func checkMember(_ name: UnsafeRawBufferPointer, _ value: JSONValue, _ members: Members) -> Bool {
        var isValid = true
        var isKnown = false
        for (pattern, schema) in members.patterns where matches(pattern, name) {
            isKnown = true
            if !check(.value(value), schema, at: name) { isValid = false }
            if !isValid, !collects || isDone { return false }
        }
        if isKnown || members.named.contains(where: { Self.same($0.name, name) }) { return isValid }
        if members.isClosed { return fail("additionalProperties", member: name, "is not a known member") }
        guard let others = members.others else { return isValid }
        return check(.value(value), others, at: name)
    }

    static func same(_ text: String, _ bytes: UnsafeRawBufferPointer) -> Bool {
        var text = text
        return text.withUTF8 { text in
            guard text.count == bytes.count else { return false }
            guard let one = text.baseAddress, let other = bytes.baseAddress else { return true }
            return memcmp(one, other, text.count) == 0
        }
    }
}
