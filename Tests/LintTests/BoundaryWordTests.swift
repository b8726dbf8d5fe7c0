// Words that step outside what the compiler checks: only in the folders named here, and each with its reason above it.

import Testing

@Suite struct BoundaryWordTests {
    static let words = ["@unchecked Sendable", "Unmanaged", "OpaquePointer", "nonisolated(unsafe)", "unsafeBitCast"]
    static let folders = [
        "Sources/Bytes/", "Sources/Threading/", "Sources/CoreBridge/", "Sources/JSON/", "Sources/HTTPServer/",
        "Sources/TLS/", "Sources/OpenAPI/Regex/",
    ]

    @Test("boundary words stand only in the boundary's folders")
    func confinement() throws {
        for file in try Tree.files("Sources", ["swift"]) where !Self.folders.contains(where: file.path.hasPrefix) {
            for (number, line) in file.lines.enumerated() {
                for word in Self.words where line.contains(word) {
                    Issue.record("\(file.path):\(number + 1) says \(word)")
                }
            }
        }
    }

    @Test("a type that promises to be Sendable, and a pointer made unmanaged, say why just above")
    func reasons() throws {
        for file in try Tree.files("Sources", ["swift"]) {
            for (number, line) in file.lines.enumerated() where Self.needsReason(line) {
                let above = file.lines[max(0, number - 12)..<number].reversed()
                let reason = above.prefix { $0.contains("//") || $0.contains("@") || Self.needsReason($0) }
                    .contains { $0.contains("SAFETY:") }
                #expect(reason, "\(file.path):\(number + 1) has no SAFETY line above it")
            }
        }
    }

    @Test("nothing that stops the process stands where a request can come")
    func noTraps() throws {
        for file in try Tree.files("Sources", ["swift"]) {
            for (number, line) in file.lines.enumerated() {
                for word in ["fatalError(", "try!", "preconditionFailure(", "TODO", "FIXME"] where line.contains(word) {
                    Issue.record("\(file.path):\(number + 1) says \(word)")
                }
            }
        }
    }

    @Test("a source file is at most 400 lines, and opens by saying what it is for")
    func shape() throws {
        for file in try Tree.files("Sources", ["swift", "c", "h"]) + Tree.files("rust-core", ["rs"]) {
            #expect(file.lines.count <= 401, "\(file.path) has \(file.lines.count) lines")
            let first = file.lines.first ?? ""
            #expect(first.hasPrefix("//") || first.hasPrefix("/*"), "\(file.path) does not say what it is for")
        }
    }

    private static func needsReason(_ line: String) -> Bool {
        let code = line.split(separator: "//", omittingEmptySubsequences: false).first ?? ""
        return code.contains("@unchecked Sendable") || code.contains("Unmanaged.pass")
            || code.contains("Unmanaged<") || code.contains("nonisolated(unsafe)")
    }
}
