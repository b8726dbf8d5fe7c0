// The official JSON Schema test suite (draft 2020-12): its files, the documents that it refers to, and how one is run.

import Foundation
import TestKit

@testable import JSON
@testable import OpenAPI

enum SchemaSuite {
    /// What came of a file.
    struct Tally {
        var right = 0
        var wrong: [String] = []
        /// Cases of schemas that were refused, by the reason.
        var refused: [String: Int] = [:]

        var count: Int { right + wrong.count + refused.values.reduce(0, +) }
    }

    private static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Nil where there are no vectors.
    static var directory: URL? { get throws { try Vectors.folder("json-schema") } }

    static var tests: URL? { get throws { try directory?.appendingPathComponent("tests/draft2020-12") } }

    /// The names of the suite's files in a folder below the tests.
    static func files(in folder: String = "") throws -> [String] {
        guard let tests = try tests else { return [] }
        let names = try FileManager.default.contentsOfDirectory(atPath: tests.appendingPathComponent(folder).path)
        return names.filter { $0.hasSuffix(".json") }.sorted()
    }

    /// The meta-schemas, by their URIs.
    static func metaSchemas() throws -> [String: JSONDocument] {
        let folder = project.appendingPathComponent("Tests/MetaSchemas")
        var documents: [String: JSONDocument] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".json") {
            let document = try parse(folder.appendingPathComponent(name))
            if let uri = document.root.member("$id" as String)?.string { documents[uri] = document }
        }
        return documents
    }

    /// What the suite's schemas may refer to: the meta-schemas and the suite's `remotes`.
    static func library() throws -> [String: JSONDocument] {
        var documents = try metaSchemas()
        guard let remotes = try directory?.appendingPathComponent("remotes") else { return documents }
        for case let path as String in FileManager.default.enumerator(atPath: remotes.path) ?? .init()
        where path.hasSuffix(".json") {
            documents["http://localhost:1234/" + path] = try parse(remotes.appendingPathComponent(path))
        }
        return documents
    }

    static func parse(_ file: URL) throws -> JSONDocument {
        // Some strings of the suite have a NUL in them.
        try Data(contentsOf: file).withUnsafeBytes { (bytes) throws(JSONError) in
            try JSONDocument.parse(bytes, maximumDepth: 64, allowsNul: true)
        }
    }

    /// Runs every case of a file in both ways of an evaluation, which must agree.
    static func run(_ file: URL, rules: SchemaRules, library: [String: JSONDocument], _ tally: inout Tally) throws {
        let document = try parse(file)
        for index in 0..<document.root.count {
            guard let group = document.root.element(at: index), let schema = group.member("schema" as String),
                let tests = group.member("tests" as String)
            else { throw TestError("\(file.lastPathComponent) is not a file of the suite") }
            let name = "\(file.lastPathComponent): \(group.member("description" as String)?.string ?? "")"
            let compiled: CompiledSchema
            do throws(DocumentError) {
                compiled = try CompiledSchema.compile(schema, of: document, rules: rules, library: library)
            } catch {
                tally.refused["\(name): \(error.pointer): \(error.reason)", default: 0] += tests.count
                continue
            }
            tests.forEachElement { _, test in
                let expected = test.member("valid" as String)?.boolean
                let value = test.member("data" as String)
                let accepts = value.map { compiled.accepts($0) }
                let isWithout = value.map { compiled.violations(of: $0).isEmpty }
                if accepts == expected, isWithout == expected, expected != nil {
                    tally.right += 1
                } else {
                    tally.wrong.append("\(name): \(test.member("description" as String)?.string ?? "")")
                }
            }
        }
        withExtendedLifetime(document) {}
    }
}
