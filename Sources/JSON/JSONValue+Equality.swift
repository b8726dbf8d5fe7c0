// When two JSON values are the same value, as JSON Schema defines it (2020-12, core, 4.2.2).

internal import Glibc

extension JSONValue: Hashable {
    /// Numbers are equal by mathematical value (`1` and `1.0`), strings code point by code point, objects in any order.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left.kind, right.kind) {
        case (.null, .null): return true
        case (.boolean, .boolean): return left.boolean == right.boolean
        case (.string, .string): return same(left.stringBytes, right.stringBytes)
        case (.array, .array):
            guard left.count == right.count else { return false }
            for index in 0..<left.count where left.element(at: index) != right.element(at: index) { return false }
            return true
        case (.object, .object):
            guard left.count == right.count else { return false }
            var equal = true
            left.forEachMember { name, value in
                if equal { equal = right.member(name) == value }
            }
            return equal
        case (.integer, .integer), (.integer, .real), (.real, .integer), (.real, .real):
            if let one = left.integer, let other = right.integer { return one == other }
            // Only one of them is an integer in 64 bits: then they cannot be the same number.
            if (left.integer == nil) != (right.integer == nil) { return false }
            return left.real == right.real
        default: return false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch kind {
        case .null: hasher.combine(0)
        case .boolean: hasher.combine(boolean)
        case .string: hasher.combine(bytes: stringBytes)
        case .integer, .real:
            if let integer { hasher.combine(integer) } else { hasher.combine(real) }
        case .array:
            hasher.combine(count)
            forEachElement { _, value in value.hash(into: &hasher) }
        case .object:
            // Members come in any order: their hashes are added up.
            var sum = 0
            forEachMember { name, value in
                var member = Hasher()
                member.combine(bytes: name)
                value.hash(into: &member)
                sum &+= member.finalize()
            }
            hasher.combine(sum)
        }
    }

    private static func same(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let one = left.baseAddress, let other = right.baseAddress else { return true }
        return memcmp(one, other, left.count) == 0
    }
}
