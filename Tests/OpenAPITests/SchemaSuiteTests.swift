// The official JSON Schema test suite (draft 2020-12), for every schema of it that loads here. A schema that does not load
// is counted as skipped; one that loads and is wrong about a value fails.

import Bytes
import Foundation
import Testing

@testable import JSON
@testable import OpenAPI

@Suite("The JSON Schema test suite")
struct SchemaSuiteTests {
    /// Here `format` and `contentEncoding` are enforced, which the suite's main files ask not to be.
    static let excluded: Set<String> = ["format.json", "content.json"]
    static let formats = ["date-time.json", "date.json", "uuid.json"]

    static let directory: URL? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let vectors =
            ProcessInfo.processInfo.environment["STRONGROOM_VECTORS"].map { URL(fileURLWithPath: $0) }
            ?? root.deletingLastPathComponent().appendingPathComponent("shared/vectors")
        let tests = vectors.appendingPathComponent("json-schema/tests/draft2020-12")
        return FileManager.default.fileExists(atPath: tests.path) ? tests : nil
    }()

    @Test("every schema that loads is right about every value")
    func suite() throws {
        guard let directory = Self.directory else {
            print("JSON Schema suite: no vectors (STRONGROOM_VECTORS), all of its files skipped")
            return
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        let files = names.filter { $0.hasSuffix(".json") && !Self.excluded.contains($0) }
        var tally = Tally()
        for name in files { try run(directory.appendingPathComponent(name), &tally) }
        for name in Self.formats { try run(directory.appendingPathComponent("optional/format/" + name), &tally) }
        print(
            "JSON Schema suite: \(tally.passed) right, \(tally.wrong.count) wrong, \(tally.skipped) skipped in",
            "\(tally.reasons.values.reduce(0, +)) schemas that do not load",
            tally.reasons.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })
        #expect(tally.wrong.isEmpty, "\(tally.wrong)")
        #expect(tally.passed >= 940)
        // What may be skipped; anything else that does not load is a keyword that went missing.
        let unsupported: Set<String> = [
            "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$ref", "$schema", "unevaluatedItems",
            "unevaluatedProperties",
            // An `enum` of nothing, and property names of ECMA-262 that PCRE2 does not have (`\p{Letter}`).
            "enum", "pattern", #"^\p{Letter}+$"#,
        ]
        #expect(Set(tally.reasons.keys).isSubset(of: unsupported), "\(tally.reasons)")
    }

    private struct Tally {
        var passed = 0
        var skipped = 0
        var wrong: [String] = []
        /// How many schemas did not load, by the keyword that they were refused for.
        var reasons: [String: Int] = [:]
    }

    private func run(_ file: URL, _ tally: inout Tally) throws {
        let data = try Data(contentsOf: file)
        // Some strings of the suite have a NUL in them.
        let document = try data.withUnsafeBytes { (bytes) throws(JSONError) in
            try JSONDocument.parse(bytes, maximumDepth: 64, allowsNul: true)
        }
        document.root.forEachElement { _, group in
            guard let schema = group.member("schema" as String), let tests = group.member("tests" as String) else {
                return
            }
            let compiled: CompiledSchema
            do throws(DocumentError) {
                compiled = try CompiledSchema.compile(schema, of: document)
            } catch {
                tally.skipped += tests.count
                let keyword = error.pointer.split(separator: "/").last.map { String($0) } ?? ""
                tally.reasons[keyword, default: 0] += 1
                return
            }
            tests.forEachElement { _, test in
                guard let value = test.member("data" as String), let expected = test.member("valid" as String)?.boolean
                else { return }
                let violations = compiled.violations(of: value)
                // Both runs of an evaluation must agree.
                if compiled.accepts(value) == expected, violations.isEmpty == expected {
                    tally.passed += 1
                } else {
                    let about =
                        "\(group.member("description" as String)?.string ?? ""): \(test.member("description" as String)?.string ?? "")"
                    tally.wrong.append("\(file.lastPathComponent): \(about)")
                }
            }
        }
        withExtendedLifetime(document) {}
    }
}
