// Plain patterns as tables, held against PCRE2: on every text both must say the same.

import Bytes
import TestKit
import Testing

@testable import OpenAPI

@Suite("Automatons")
struct AutomatonTests {
    @Test("on random patterns and texts, a table and PCRE2 agree", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func agreement(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var compared = 0
        var found = 0
        for _ in 0..<400 {
            let source = pattern(&random)
            let pattern = try #require(RegexPattern(source), "seed \(seed): \(source)")
            // The odd one has too many states.
            guard pattern.isPlain else { continue }
            for _ in 0..<50 {
                let text = text(&random)
                let (table, library) = text.withBytes { (pattern.match($0), pattern.matchByLibrary($0)) }
                guard library != .exhausted else { continue }
                #expect(table == library, "seed \(seed): \(source) on \(text)")
                compared += 1
                if library == .match { found += 1 }
            }
        }
        #expect(compared > 15_000)
        #expect(found > 2_000 && compared - found > 2_000, "\(found) of \(compared) matched")
    }

    @Test(
        "what is not plain is left to PCRE2",
        arguments: [
            "^[^a]$", ".", "^a$|^b$", "a|b$", "(?=a)b", "(?i)a", "a*?", "a*+", "a{1}{2}", #"\bword"#, #"\s"#, #"\p{L}"#,
            "é",
            "[[:alpha:]]", "a^b", "a$b", #"[\d-z]"#, "(a{1000}){1000}", "[ab]*a[ab]{12}",
        ])
    func notPlain(source: String) {
        #expect(Automaton(source) == nil)
    }

    @Test("in the embedded document, a key's name is checked by a table wherever a path has one")
    func embedded() throws {
        let document = try OpenAPIDocument.load(OpenAPIDocument.embedded)
        var names = 0
        for operation in document.operations {
            for index in operation.parameters.indices where operation.parameters[index].name == "key" {
                #expect(operation.plainTexts[index] != nil, "\(operation.id)")
                names += 1
            }
        }
        #expect(names > 10)
    }

    private func pattern(_ random: inout SeededGenerator) -> String {
        (Bool.random(using: &random) ? "^" : "") + sequence(&random, depth: 0)
            + (Bool.random(using: &random) ? "$" : "")
    }

    private func sequence(_ random: inout SeededGenerator, depth: Int) -> String {
        (0..<Int.random(in: 1...4, using: &random)).map { _ in item(&random, depth: depth) }.joined()
    }

    private func item(_ random: inout SeededGenerator, depth: Int) -> String {
        let atoms = ["a", "b", "-", "9", "[a-c]", "[ab9]", "[b-]", "[_a-b9]", #"\d"#, #"\w"#, #"\."#, #"[\]a]"#]
        var atom = atoms.randomElement(using: &random) ?? "a"
        if depth < 2, Int.random(in: 0..<4, using: &random) == 0 {
            let inside = (0..<Int.random(in: 1...3, using: &random)).map { _ in sequence(&random, depth: depth + 1) }
            atom = (Bool.random(using: &random) ? "(" : "(?:") + inside.joined(separator: "|") + ")"
        }
        let repetitions = ["", "", "", "*", "+", "?", "{2}", "{0,3}", "{1,}", "{2,4}", "{0}"]
        return atom + (repetitions.randomElement(using: &random) ?? "")
    }

    private func text(_ random: inout SeededGenerator) -> String {
        let characters = ["a", "a", "b", "b", "c", "-", "9", "_", ".", "]", "\n", "é"]
        return (0..<Int.random(in: 0...9, using: &random)).map { _ in characters.randomElement(using: &random) ?? "a" }
            .joined()
    }
}
