// Every required case of the JSON Schema test suite, and the optional ones with what is decided about them.

import Foundation
import JSON
import Testing

@testable import OpenAPI

@Suite("The JSON Schema test suite")
struct SchemaSuiteTests {
    @Test("every required case is right")
    func required() throws {
        guard let tests = try SchemaSuite.tests else {
            print("JSON Schema suite: no vectors (STRONGROOM_VECTORS), 1299 required cases skipped")
            return
        }
        let library = try SchemaSuite.library()
        var tally = SchemaSuite.Tally()
        for name in try SchemaSuite.files() {
            try SchemaSuite.run(tests.appendingPathComponent(name), rules: .standard, library: library, &tally)
        }
        print("JSON Schema suite: \(tally.right) of \(tally.count) required cases right")
        #expect(tally.wrong.isEmpty && tally.refused.isEmpty, "\(tally.wrong) \(tally.refused)")
        #expect(tally.right >= 1299)
    }

    /// How many cases of an optional file are not as the suite has them; docs/schema.md says why.
    static let decided = [
        "optional/cross-draft.json": 1, "optional/float-overflow.json": 1, "optional/format/ecmascript-regex.json": 1,
        "optional/format/hostname.json": 23, "optional/format/idn-hostname.json": 54,
    ]

    @Test("the optional cases are right, save those that are decided otherwise")
    func optional() throws {
        guard let tests = try SchemaSuite.tests else {
            print("JSON Schema suite: no vectors (STRONGROOM_VECTORS), 926 optional cases skipped")
            return
        }
        let library = try SchemaSuite.library()
        var right = 0
        var others: [String: Int] = [:]
        for (folder, rules) in [("optional/", SchemaRules.standard), ("optional/format/", .assertingFormat)] {
            // Its numbers are beyond what the reader takes, so there are no values to hold against its schemas.
            for name in try SchemaSuite.files(in: folder) where name != "bignum.json" {
                var tally = SchemaSuite.Tally()
                try SchemaSuite.run(tests.appendingPathComponent(folder + name), rules: rules, library: library, &tally)
                right += tally.right
                if tally.count > tally.right { others[folder + name] = tally.count - tally.right }
                if tally.count - tally.right != Self.decided[folder + name] ?? 0 {
                    Issue.record("\(folder + name): \(tally.wrong) \(tally.refused)")
                }
            }
        }
        let numbers = tests.appendingPathComponent("optional/bignum.json")
        #expect(throws: JSONError.numberOutOfRange) { try SchemaSuite.parse(numbers) }
        print(
            "JSON Schema suite: \(right) optional cases right, \(others.values.reduce(0, +)) decided otherwise,",
            "9 (bignum) not readable")
        #expect(others == Self.decided)
    }

    @Test("the meta-schema accepts every schema of the suite that is one, and itself")
    func metaSchema() throws {
        let library = try SchemaSuite.metaSchemas()
        let document = try #require(library[OpenAPIDocument.dialect])
        let metaSchema = try CompiledSchema.compile(document, rules: .standard, library: library)
        for (uri, one) in library { #expect(metaSchema.violations(of: one.root) == [], "\(uri)") }
        let wrong = try json(#"{"properties":{"a":{"minLength":"1","items":{"type":"text"}}}}"#)
        let violations = metaSchema.violations(of: wrong.root)
        #expect(violations.map(\.pointer) == ["/properties/a/items/type", "/properties/a/minLength"])
        #expect(violations.map(\.keyword) == ["anyOf", "type"])
    }
}
