// Strongroom against Python's `cryptography`, and a sample of Wycheproof, by HTTP: Tests/Interoperability does the asking.

import Foundation
import HTTPServer
import TestKit
import Testing

@Suite(.givesHandlesBack) struct InteroperabilityTests {
    @Test("what Strongroom makes another implementation takes, and the other way; and vectors say the same by HTTP")
    func cryptography() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let python = root.appendingPathComponent(".build/python/bin/python").path
        guard FileManager.default.isExecutableFile(atPath: python) else {
            print("Round trips with Python's cryptography: no virtual environment, all skipped")
            return
        }
        let vectors = try Vectors.folder("wycheproof")?.path
        let fixture = try Fixture()
        let script = root.appendingPathComponent("Tests/Interoperability/check.py").path
        let process = try ChildProcess(
            python, ["-B", script, "\(fixture.server.port)"] + [vectors].compactMap(\.self),
            environment: ["STRONGROOM_TOKEN": fixture.token])
        let output = try process.readToEnd(of: .output, timeout: 300)
        let error = try process.readToEnd(of: .error)
        print(output, terminator: "")
        if vectors == nil { print("Wycheproof by HTTP: no vectors, all skipped") }
        #expect(try process.wait() == 0, "\(output)\(error)")
        #expect(output.contains("round trips: "))
    }
}
