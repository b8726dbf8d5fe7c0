// The reader against Python's json, on 100,000 random texts: the same values, the same refusals, and only those differences that
// are listed here.

import Bytes
import Foundation
import JSON
import TestKit
import Testing

@Suite("The reader and Python's json")
struct PythonDifferentialTests {
    /// What Python takes and we refuse.
    static let stricter: Set = [
        "duplicate member", "NUL in a string", "integer beyond 64 bits", "number beyond a double", "NaN or Infinity",
        "lone surrogate", "too deep",
    ]

    @Test("they agree on random texts, save where we are stricter", arguments: [1, 2, 3, 4])
    func agree(seed: Int) throws {
        guard let lines = try Self.python(count: 25_000, seed: seed) else {
            print("The reader and Python's json: no python3, 25,000 texts skipped")
            return
        }
        var kinds: [String: Int] = [:]
        for line in lines {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, let data = Data(base64Encoded: parts[0]) else {
                Issue.record("not a line of the oracle: \(line)")
                return
            }
            let ours = Self.read(data)
            let kind = parts[1].hasPrefix("value ") ? "value" : parts[1]
            kinds[kind, default: 0] += 1
            let isRight = kind == "value" ? ours == String(parts[1].dropFirst(6)) : ours == nil
            if !isRight {
                Issue.record("\(parts[1]): \(ours ?? "refused") for \(String(decoding: data, as: UTF8.self))")
            }
        }
        #expect(lines.count == 25_000)
        #expect((kinds["value"] ?? 0) > 10_000 && (kinds["neither"] ?? 0) > 1000, "\(kinds)")
        #expect(Set(kinds.keys) == Set(Self.stricter.map { "stricter " + $0 }).union(["value", "neither"]))
    }

    /// The oracle's lines; nil where there is no Python.
    private static func python(count: Int, seed: Int) throws -> [String]? {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Oracles/json_documents.py")
        let process = try ChildProcess("/usr/bin/env", ["python3", script.path, "\(count)", "\(seed)"])
        let output = try process.readToEnd(of: .output, timeout: 120)
        let code = try process.wait()
        if code == 127 { return nil }
        guard code == 0 else { throw TestError("the oracle failed: \(try process.readToEnd(of: .error))") }
        return output.split(separator: "\n").map(String.init)
    }

    /// The canonical form of what our reader makes of a text; nil where it refuses.
    private static func read(_ data: Data) -> String? {
        let buffer = ByteBuffer(data)
        guard let document = try? JSONDocument.parse(buffer.bytes) else { return nil }
        defer { withExtendedLifetime(document) {} }
        var text = ""
        write(document.root, &text)
        return text
    }

    private static func write(_ value: JSONValue, _ text: inout String) {
        switch value.kind {
        case .null: text += "n"
        case .boolean: text += value.boolean == true ? "t" : "f"
        case .integer: text += "i\(value.integer ?? 0)"
        case .real:
            let bits = String(value.real?.bitPattern ?? 0, radix: 16)
            text += "r" + String(repeating: "0", count: 16 - bits.count) + bits
        case .string: text += "s" + hexadecimal(value.stringBytes)
        case .array:
            text += "["
            value.forEachElement { index, element in
                if index > 0 { text += "," }
                write(element, &text)
            }
            text += "]"
        case .object:
            text += "{"
            var isFirst = true
            value.forEachMember { name, member in
                text += (isFirst ? "" : ",") + hexadecimal(name) + ":"
                write(member, &text)
                isFirst = false
            }
            text += "}"
        }
    }

    private static func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
