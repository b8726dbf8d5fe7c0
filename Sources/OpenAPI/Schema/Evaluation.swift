// Holding a value against a schema. The first run only answers yes or no, and allocates nothing; only when the answer is
// no does a second one collect what is wrong and where.

internal import Bytes
internal import JSON

struct Evaluation {
    let nodes: [SchemaNode]
    /// Whether violations are wanted; without them, the first one ends the run.
    private(set) var collects: Bool
    private(set) var violations: [SchemaViolation] = []
    /// A bound was reached, of this evaluation or of a pattern: whatever hangs on it, the value does not pass.
    private(set) var isExhausted = false
    private var path: [Step] = []
    private var depth = 0
    private var steps = 0

    /// How many schemas may be at work within each other: each takes a few hundred bytes of stack.
    static let maximumDepth = 1024
    /// How many times a schema may be held against a value in all. Schemas that offer choices within choices could
    /// otherwise keep a small value busy for years.
    static let maximumSteps = 1 << 21

    private enum Step {
        case index(Int)
        case name(UnsafeRawBufferPointer)
        case named(String)
    }

    init(nodes: [SchemaNode], collects: Bool) {
        self.nodes = nodes
        self.collects = collects
    }

    /// Nothing more can be learned.
    var isDone: Bool {
        isExhausted || (collects && violations.count >= SchemaViolation.limit)
    }

    mutating func check(_ instance: Instance, _ node: NodeIndex) -> Bool {
        steps &+= 1
        guard depth < Self.maximumDepth, steps <= Self.maximumSteps else {
            isExhausted = true
            return false
        }
        depth &+= 1
        defer { depth &-= 1 }
        var isValid = true
        for keyword in nodes[node].keywords {
            // What a schema that failed has said of a value's parts does not count, so there is nothing to ask.
            if !isValid, keyword.asksWhatWasEvaluated { break }
            guard !check(instance, keyword, of: node) else { continue }
            isValid = false
            // What is too large is not gone through: nobody wants to read of each of a million elements.
            if !collects || isDone || keyword.boundsSize { return false }
        }
        return isValid && !isExhausted
    }

    /// Whether `instance` fits, without reporting anything.
    mutating func fits(_ instance: Instance, _ node: NodeIndex) -> Bool {
        let wasCollecting = collects
        collects = false
        defer { collects = wasCollecting }
        return check(instance, node)
    }

    private mutating func check(_ instance: Instance, _ keyword: Keyword, of node: NodeIndex) -> Bool {
        switch keyword {
        case .nothing: return fail("false", "is not allowed")
        case .types(let types):
            if !types.isDisjoint(with: instance.types) { return true }
            return fail("type", Wording.types(types))
        case .values(let values, let detail, let keyword):
            for value in values where instance.equals(value) { return true }
            return fail(keyword, detail)
        case .reference(let node): return check(instance, node)

        case .minLength, .maxLength, .pattern, .format, .base64:
            return checkString(instance, keyword)
        case .minimum, .exclusiveMinimum, .maximum, .exclusiveMaximum, .multipleOf:
            return instance.number.map { checkNumber($0, keyword) } ?? true
        case .members, .required, .minProperties, .maxProperties, .propertyNames, .dependentRequired,
            .dependentSchemas:
            return instance.object.map { checkObject($0, keyword) } ?? true
        case .elements, .contains, .minItems, .maxItems, .uniqueItems:
            return instance.array.map { checkArray($0, keyword) } ?? true

        case .allOf(let nodes):
            var isValid = true
            for node in nodes where !check(instance, node) {
                isValid = false
                if !collects || isDone { return false }
            }
            return isValid
        case .anyOf(let nodes):
            for node in nodes where fits(instance, node) { return true }
            return fail("anyOf", "must have one of the forms allowed here")
        case .oneOf(let nodes):
            var fitting = 0
            for node in nodes where fits(instance, node) { fitting += 1 }
            if fitting == 1 { return true }
            return fail(
                "oneOf",
                fitting == 0
                    ? "must have one of the forms allowed here" : "must have only one of the forms allowed here")
        case .not(let node):
            return fits(instance, node) ? fail("not", "must not have this form") : !isExhausted
        case .conditional(let condition, let then, let otherwise):
            guard let next = fits(instance, condition) ? then : otherwise else { return !isExhausted }
            return check(instance, next)

        case .unevaluatedMembers(let schema):
            return instance.object.map { checkUnevaluated(membersOf: $0, schema, of: node) } ?? true
        case .unevaluatedElements(let schema):
            return instance.array.map { checkUnevaluated(elementsOf: $0, schema, of: node) } ?? true
        }
    }

    private mutating func checkString(_ instance: Instance, _ keyword: Keyword) -> Bool {
        if case .format(let format) = keyword {
            switch format.check(instance) {
            case .fits: return true
            case .doesNotFit: return fail("format", format.detail)
            case .exhausted:
                isExhausted = true
                return false
            }
        }
        guard let text = instance.text else { return true }
        switch keyword {
        case .minLength(let bound):
            // A code point is four bytes at most: long texts need no counting.
            return text.count / 4 >= bound || Self.codePoints(in: text) >= bound
                || fail("minLength", "must be at least \(Wording.count(bound, "character"))")
        case .maxLength(let bound):
            // No text has more code points than bytes.
            return text.count <= bound || Self.codePoints(in: text) <= bound
                || fail("maxLength", "must be at most \(Wording.count(bound, "character"))")
        case .pattern(let pattern):
            return matches(pattern, text) || fail("pattern", "must match the pattern \(pattern.source)")
        case .base64:
            return Base64.isValid(text)
                || fail("contentEncoding", "must be padded standard base64 (RFC 4648 section 4)")
        default: return true
        }
    }

    private mutating func checkNumber(_ number: Number, _ keyword: Keyword) -> Bool {
        switch keyword {
        case .minimum(let bound):
            return bound.isAtMost(number) || fail("minimum", "must be at least \(bound)")
        case .exclusiveMinimum(let bound):
            return bound < number || fail("exclusiveMinimum", "must be over \(bound)")
        case .maximum(let bound):
            return number.isAtMost(bound) || fail("maximum", "must be at most \(bound)")
        case .exclusiveMaximum(let bound):
            return number < bound || fail("exclusiveMaximum", "must be below \(bound)")
        case .multipleOf(let divisor):
            return number.isMultiple(of: divisor) || fail("multipleOf", "must be a multiple of \(divisor)")
        default: return true
        }
    }

    mutating func matches(_ pattern: RegexPattern, _ text: UnsafeRawBufferPointer) -> Bool {
        switch pattern.match(text) {
        case .match: return true
        case .noMatch: return false
        case .exhausted:
            isExhausted = true
            return false
        }
    }

    private static func codePoints(in text: UnsafeRawBufferPointer) -> Int {
        var count = 0
        for byte in text where byte & 0xC0 != 0x80 { count &+= 1 }
        return count
    }

    // MARK: Where the evaluation stands

    mutating func check(_ instance: Instance, _ node: NodeIndex, at index: Int) -> Bool {
        guard collects else { return check(instance, node) }
        path.append(.index(index))
        defer { path.removeLast() }
        return check(instance, node)
    }

    mutating func check(_ instance: Instance, _ node: NodeIndex, at name: UnsafeRawBufferPointer) -> Bool {
        guard collects else { return check(instance, node) }
        path.append(.name(name))
        defer { path.removeLast() }
        return check(instance, node)
    }

    mutating func check(_ instance: Instance, _ node: NodeIndex, at name: String) -> Bool {
        guard collects else { return check(instance, node) }
        path.append(.named(name))
        defer { path.removeLast() }
        return check(instance, node)
    }

    /// Always false, and reports if reports are wanted.
    mutating func fail(_ keyword: String, _ detail: @autoclosure () -> String) -> Bool {
        if collects, !isDone {
            violations.append(SchemaViolation(pointer: pointer().text, keyword: keyword, detail: detail()))
        }
        return false
    }

    /// As `fail`, for a member of the value at hand that is missing or should be.
    mutating func fail(_ keyword: String, member name: String, _ detail: @autoclosure () -> String) -> Bool {
        guard collects else { return false }
        path.append(.named(name))
        defer { path.removeLast() }
        return fail(keyword, detail())
    }

    mutating func fail(
        _ keyword: String, member name: UnsafeRawBufferPointer, _ detail: @autoclosure () -> String
    ) -> Bool {
        guard collects else { return false }
        path.append(.name(name))
        defer { path.removeLast() }
        return fail(keyword, detail())
    }

    /// As `fail`, for an element.
    mutating func fail(_ keyword: String, element index: Int, _ detail: @autoclosure () -> String) -> Bool {
        guard collects else { return false }
        path.append(.index(index))
        defer { path.removeLast() }
        return fail(keyword, detail())
    }

    private func pointer() -> JSONPointer {
        var pointer = JSONPointer()
        for step in path {
            switch step {
            case .index(let index): pointer.append(index: index)
            case .name(let name): pointer.append(name: name)
            case .named(let name): pointer.append(name: name)
            }
        }
        return pointer
    }
}
