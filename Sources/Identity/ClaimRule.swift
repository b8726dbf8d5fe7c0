// A rule for JSON Web Tokens: claims that have to be there, with values that patterns fit.

internal import JSON
internal import KeyService

struct ClaimRule: Sendable {
    let given: Given
    private let conditions: [(path: [String], patterns: [NamePattern])]

    init(_ value: JSONValue) {
        given = Given(value)
        var conditions: [(path: [String], patterns: [NamePattern])] = []
        value.member("claims")?.forEachMember { name, value in
            conditions.append((Self.path(String(decoding: name, as: UTF8.self)), value.strings.map { NamePattern($0) }))
        }
        self.conditions = conditions
    }

    /// Whether every condition holds. One on an array holds where it does for an element.
    func holds(for claims: JSONValue) -> Bool {
        conditions.allSatisfy { condition in
            var value: JSONValue? = claims
            for name in condition.path { value = value?.member(name) }
            guard let value else { return false }
            var holds = condition.patterns.contains { $0.fits(value) }
            value.forEachElement { _, element in
                holds = holds || condition.patterns.contains { $0.fits(element) }
            }
            return holds
        }
    }

    /// A claim's name as it is, or the way to one inside another as a JSON Pointer (RFC 6901).
    private static func path(_ name: String) -> [String] {
        guard name.hasPrefix("/") else { return [name] }
        return name.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }
}

extension NamePattern {
    fileprivate func fits(_ value: JSONValue) -> Bool {
        switch value.kind {
        case .string: value.string.map(matches) ?? false
        case .boolean: matches(value.boolean == true ? "true" : "false")
        case .integer: value.integer.map { matches("\($0)") } ?? false
        // In the shortest way, and where it has no fraction without one too.
        case .real: value.real.map { matches("\($0)") } ?? false || value.integer.map { matches("\($0)") } ?? false
        default: false
        }
    }
}
