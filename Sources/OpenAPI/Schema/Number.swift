// JSON numbers compared as what they are mathematically: 64-bit integers exactly, everything else as doubles.

internal import JSON

enum Number: Sendable, CustomStringConvertible {
    case integer(Int)
    /// Never integral within 64 bits.
    case real(Double)

    init?(_ value: JSONValue) {
        if let integer = value.integer {
            self = .integer(integer)
        } else if let real = value.real {
            self = .real(real)
        } else {
            return nil
        }
    }

    static func < (left: Number, right: Number) -> Bool {
        switch (left, right) {
        case (.integer(let one), .integer(let other)): one < other
        case (.real(let one), .real(let other)): one < other
        case (.integer(let one), .real(let other)): isLess(one, other)
        case (.real(let one), .integer(let other)): !isLess(other, one)
        }
    }

    func isAtMost(_ bound: Number) -> Bool { !(bound < self) }

    /// Whether dividing by `divisor`, which is over zero, leaves nothing. Fractions are not exact in binary: a quotient
    /// within four units in the last place of an integer counts as one.
    func isMultiple(of divisor: Number) -> Bool {
        if case .integer(let one) = self, case .integer(let other) = divisor { return one % other == 0 }
        let quotient = asDouble / divisor.asDouble
        guard quotient.isFinite else { return false }
        return (quotient - quotient.rounded()).magnitude <= 4 * quotient.ulp && quotient.magnitude >= 0.5
            || asDouble == 0
    }

    /// Exact: `other` is never the same number as an integer, so what lies below it is what its floor reaches.
    private static func isLess(_ one: Int, _ other: Double) -> Bool {
        if let floor = Int(exactly: other.rounded(.down)) { return one <= floor }
        return other > 0
    }

    var asDouble: Double {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        }
    }

    var description: String {
        switch self {
        case .integer(let value): String(value)
        case .real(let value): String(value)
        }
    }
}
