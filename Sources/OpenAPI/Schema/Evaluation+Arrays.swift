// The keywords that speak of arrays.

internal import JSON

extension Evaluation {
    mutating func checkArray(_ array: JSONValue, _ keyword: Keyword) -> Bool {
        switch keyword {
        case .elements(let first, let rest):
            var isValid = true
            array.forEachElement { index, value in
                guard isValid || (collects && !isDone) else { return }
                guard let schema = index < first.count ? first[index] : rest else { return }
                if !check(.value(value), schema, at: index) { isValid = false }
            }
            return isValid
        case .contains(let node, let minimum, let maximum):
            var fitting = 0
            array.forEachElement { _, value in
                if fits(.value(value), node) { fitting += 1 }
            }
            guard fitting >= minimum else {
                return fail("contains", "must hold at least \(minimum) of the elements asked for")
            }
            guard let maximum, fitting > maximum else { return !isExhausted }
            return fail("contains", "must hold at most \(maximum) of the elements asked for")
        case .minItems(let bound):
            return array.count >= bound || fail("minItems", "must have at least \(Wording.count(bound, "element"))")
        case .maxItems(let bound):
            return array.count <= bound || fail("maxItems", "must have at most \(Wording.count(bound, "element"))")
        case .uniqueItems:
            return Self.areUnique(array) || fail("uniqueItems", "must not have the same element twice")
        default: return true
        }
    }

    private static func areUnique(_ array: JSONValue) -> Bool {
        let count = array.count
        guard count <= 16 else {
            // The standard library's hashes are seeded: nobody can choose elements that collide.
            var seen = Set<JSONValue>(minimumCapacity: count)
            var areUnique = true
            array.forEachElement { _, value in
                if areUnique { areUnique = seen.insert(value).inserted }
            }
            return areUnique
        }
        for index in 1..<max(count, 1) {
            for earlier in 0..<index where array.element(at: index) == array.element(at: earlier) { return false }
        }
        return true
    }
}
