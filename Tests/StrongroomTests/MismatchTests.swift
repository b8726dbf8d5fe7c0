// A server that was linked with a core it was not built for: it says both and does not start.

import Foundation
import TestKit
import Testing

@Suite struct MismatchTests {
    @Test(
        "a core of another version or fingerprint is refused with both named, before anything is made",
        arguments: ["strongroom-other-version", "strongroom-other-fingerprint"])
    func refused(server: String) throws {
        let folder = try TemporaryFolder()
        let expected = try identity(of: "strongroom")
        let found = try identity(of: server)
        #expect(expected != found)
        let launch = try Launch(
            in: folder, ["--data", folder.file("data"), "--listen", "127.0.0.1:0", "--log-format", "json"],
            server: server)
        #expect(try launch.process.wait() == 1)
        let log = launch.log
        try #require(log.count == 1, "\(log.joined(separator: "\n"))")
        #expect(log[0].contains("expected ABI \(expected), found \(found)"), "\(log[0])")
        #expect(access(folder.file("data"), F_OK) != 0)
    }

    /// As `version` prints it, `1.0 (0123456789abcdef)`: what the linked core says of itself.
    private func identity(of server: String) throws -> String {
        let process = try ChildProcess(try builtProduct(server), ["version"])
        let lines = try process.readToEnd(of: .output).split(separator: "\n").map(String.init)
        #expect(try process.wait() == 0)
        let line = try #require(lines.first { $0.hasPrefix("core ABI ") })
        return String(line.dropFirst("core ABI ".count))
    }
}
