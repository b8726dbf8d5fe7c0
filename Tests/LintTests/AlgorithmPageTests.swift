// The table of docs/algorithms.md, which the core's tests hold to the core, is Swift's too, and the API's document has its
// names.

import CoreBridge
import Foundation
import Testing

@Suite struct AlgorithmPageTests {
    @Test("every algorithm is on the page as Swift has it, and the page has no other")
    func table() throws {
        let rows = try Tree.text("docs/algorithms.md").lines.compactMap { line -> [String]? in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmed }
            return cells.count > 8 && Int(cells[1]) != nil ? cells : nil
        }
        #expect(rows.count == Algorithm.allCases.count)
        for row in rows {
            let number = try #require(UInt32(row[1]))
            let algorithm = try #require(Algorithm(rawValue: number))
            #expect(row[2] == "`\(algorithm.name)`")
            #expect(row[6].replacing("_", with: "-").split(separator: " ").map(String.init) == algorithm.usages.names)
            if !algorithm.isPair { #expect(row[4].split(separator: " ").first == "\(algorithm.keyBytes)") }
            let overhead = row[5].split(separator: ",").compactMap { Int(String($0).trimmed) }.reduce(0, +)
            #expect(overhead == algorithm.ciphertextOverhead)
            #expect(row[7].hasPrefix("2^32") == (algorithm.useLimit == 1 << 32))
            #expect(algorithm.usages.isSuperset(of: algorithm.defaultUsages) && !algorithm.defaultUsages.isEmpty)
        }
    }

    @Test("the API's document names every algorithm, usage and hash, and no other")
    func document() throws {
        let text = try Tree.text("openapi/strongroom.json")
        func names(of schema: String) throws -> Set<String> {
            let start = try #require(text.range(of: "      \"\(schema)\": {\n        \"type\": \"string\",\n"))
            let rest = text[start.upperBound...]
            let list = rest[..<(try #require(rest.range(of: "]"))).lowerBound]
            return Set(list.split(separator: "\"").map(String.init).filter { !$0.contains { " :,[\n".contains($0) } })
                .subtracting(["enum"])
        }
        #expect(try names(of: "Algorithm") == Set(Algorithm.allCases.map(\.name)))
        #expect(try names(of: "Usage") == Set(Usages(rawValue: .max).names))
        #expect(try names(of: "Hash") == Set(Hash.allCases.map(\.name)))
    }

    @Test("algorithms of JSON Web Signatures have the header's numbers and no other")
    func webSignatures() throws {
        let prefix = "#define SR_JWS_"
        let lines = try Tree.text("rust-core/ffi/include/strongroom/values.h").lines.filter { $0.hasPrefix(prefix) }
        let names = JWSAlgorithm.allCases.map { "\(prefix)\($0.name.uppercased()) \($0.rawValue)u" }
        #expect(lines == names)
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
