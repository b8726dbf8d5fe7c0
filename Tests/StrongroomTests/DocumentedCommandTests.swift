// The examples of the guide, run as they stand there: the commands of its console blocks, each with what it prints.

import Foundation
import TestKit
import Testing

@Suite struct DocumentedCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("every example of docs/cli.md does what it says there")
    func examples() throws {
        try writeFile(
            folder.file("logins.json"),
            Array("{\"peer\":[{\"role\":\"administrator\",\"uid\":\(getuid())}]}".utf8))
        let socket = folder.file("socket")
        let service = try Launch(
            in: folder,
            ["--data", folder.file("data"), "--listen", "unix:\(socket)", "--logins", folder.file("logins.json")],
            environment: ["STRONGROOM_CHECK_ANSWERS": "true"])
        try #require(eventually(within: 20) { service.log.contains { $0.contains("serving") } })
        let token = String(decoding: try readFile(folder.file("data/admin-token")), as: UTF8.self).filter { $0 != "\n" }
        try run(
            Guide.examples(of: "docs/cli.md"),
            environment: [
                "STRONGROOM_ADDR": "unix:\(socket)", "STRONGROOM_TOKEN": token,
                "SERVICE": "\(service.process.identifier)",
            ])
        #expect(try service.process.wait(timeout: 30) == 0)
    }

    @Test("the first production set-up of docs/operations.md works as it stands there")
    func production() throws {
        _ = try Certificates(in: folder)
        for name in ["etc", "var"] { #expect(mkdir(folder.file(name), 0o700) == 0) }
        for (from, to) in [("server.pem", "server.pem"), ("server.key", "server.key"), ("authority.pem", "ca.pem")] {
            try writeFile(folder.file("etc/\(to)"), try readFile(folder.file(from)))
        }
        let port = try freePort()
        let places = [
            ("/etc/strongroom", folder.file("etc")), ("/var/lib/strongroom", folder.file("var")),
            ("0.0.0.0:8200", "127.0.0.1:\(port)"), ("keys.example.com:8200", "localhost:\(port)"),
        ]
        func here(_ text: String) -> String { places.reduce(text) { $0.replacing($1.0, with: $1.1) } }
        for (index, name) in ["strongroom.json", "operator.json"].enumerated() {
            try writeFile(
                folder.file("etc/\(name)"), Array(here(try Guide.blocks(of: "docs/operations.md")[index]).utf8))
        }
        var examples = try Guide.examples(of: "docs/operations.md").map {
            Example(command: here($0.command), output: here($0.output))
        }
        #expect(examples.count == 10)
        // Until it listens; and no longer than the test.
        let start = try #require(examples.firstIndex { $0.command.hasSuffix("&") })
        examples.insert(Example(command: "sleep 2"), at: start + 1)
        examples.append(Example(command: "kill %1; wait"))
        try run(examples, environment: [:])
    }

    @Test(
        "README, the tutorials and the how-to do what they say",
        arguments: ["README.md", "docs/backup.md", "docs/encrypt-fields.md", "docs/sign-releases.md"])
    func guides(page: String) throws { try follow(page) }

    @Test("the tutorial on envelope encryption does what it says", .enabled(if: Guide.hasCryptography))
    func envelope() throws { try follow("docs/envelope-encryption.md") }

    /// Runs a page's examples in a folder that holds the `data` of a running service.
    private func follow(_ page: String) throws {
        let service = try Service(in: folder)
        for program in try Guide.programs(of: page) {
            try writeFile(folder.file(program.name), Array(program.text.utf8))
        }
        let address = "http://127.0.0.1:\(service.port)"
        let examples = try Guide.examples(of: page, below: page == "README.md" ? "## Five minutes" : nil).map {
            Example(
                command: $0.command.replacing("http://127.0.0.1:8200", with: address), output: Guide.masked($0.output))
        }
        #expect(examples.count > 10)
        try run(examples, environment: ["STRONGROOM_ADDR": address, "STRONGROOM_TOKEN": try service.token])
        #expect(try service.stop() == 0)
    }

    /// One that was free just now.
    private func freePort() throws -> UInt16 {
        let found = try ChildProcess(
            "/usr/bin/python3",
            ["-c", "import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); print(s.getsockname()[1])"])
        let line = try found.readLine(from: .output)
        return try #require(line.flatMap { UInt16($0) })
    }

    @Test("every command has an example in docs/cli.md, and says what it takes")
    func whole() throws {
        let examples = try Guide.examples(of: "docs/cli.md").map(\.command)
        let commands = try Guide.commands()
        #expect(commands.count > 40)
        for name in commands {
            #expect(
                examples.contains { " \($0) ".contains("strongroom \(name) ") || $0.contains("strongroom \(name);") },
                "there is no example of strongroom \(name)")
            let help = try command(name.split(separator: " ").map(String.init) + ["--help"])
            #expect(help.status == 0 && help.output.contains("OVERVIEW: ") && help.error.isEmpty, "\(name)")
        }
    }

    /// Runs examples one after the other in one shell, with both outputs as one.
    private func run(
        _ examples: [Example], environment: [String: String], at location: SourceLocation = #_sourceLocation
    ) throws {
        let mark = "\u{1}example"
        var script = "cd \"$WORK\"; exec 2>&1\n"
        for example in examples { script += "\(example.command)\nprintf '\\n\(mark)\\n'\n" }
        let product = try builtProduct("strongroom")
        var all = environment
        all["WORK"] = folder.path
        all["HOME"] = folder.file("home")
        all["PATH"] = strongroomFolder(product) + ":\(Guide.pythonFolder):/usr/local/bin:/usr/bin:/bin"
        #expect(mkdir(folder.file("home"), 0o700) == 0)
        let shell = try ChildProcess("/bin/bash", ["-c", script], environment: all)
        let outputs = try shell.readToEnd(of: .output, timeout: 120).components(separatedBy: "\n\(mark)\n")
        _ = try shell.wait(timeout: 10)
        try #require(outputs.count == examples.count + 1, "\(outputs.last ?? "")", sourceLocation: location)
        for (example, output) in zip(examples, outputs) {
            #expect(
                try example.isShown(by: output), "$ \(example.command)\n\(output)\nand not\n\(example.output)",
                sourceLocation: location)
        }
    }

    private func strongroomFolder(_ product: String) -> String { (product as NSString).deletingLastPathComponent }
}

/// A command of the guide and what it prints.
struct Example {
    let command: String
    var output = ""

    /// `…` stands for anything.
    func isShown(by found: String) throws -> Bool {
        let pattern = NSRegularExpression.escapedPattern(for: trimmed(output)).replacing("…", with: ".*")
        let expression = try NSRegularExpression(pattern: "\\A\(pattern)\\Z", options: .dotMatchesLineSeparators)
        let text = trimmed(found)
        return expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
    }

    /// Without spaces at the ends of lines, and lines without anything at its end.
    private func trimmed(_ text: String) -> String {
        text.components(separatedBy: "\n").map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n").trimmingCharacters(in: .newlines)
    }
}

enum Guide {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The environment that `make test` makes, with Python's `cryptography`. It is missing where it cannot be installed.
    static let pythonFolder = root.appendingPathComponent(".build/python/bin").path

    static var hasCryptography: Bool { FileManager.default.fileExists(atPath: pythonFolder + "/python3") }

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The Python programs of a page. The first line of each names its file.
    static func programs(of path: String) throws -> [(name: String, text: String)] {
        try text(path).components(separatedBy: "```python\n# ").dropFirst().map { block in
            let program = block.components(separatedBy: "```").first ?? ""
            return (name: program.components(separatedBy: "\n").first ?? "", text: "# " + program)
        }
    }

    /// An output with `…` in place of what differs each time: times, ciphertexts and ids.
    static func masked(_ output: String) -> String {
        let differing = [
            "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z", "(?<=sr:1:[0-9]:)[A-Za-z0-9+/=]{40,}",
            "[0-9a-f]{8}-[0-9a-f-]{20,}", "[0-9a-f]{32}",
        ]
        return differing.reduce(output) { $0.replacingOccurrences(of: $1, with: "…", options: .regularExpression) }
    }

    /// The JSON blocks of a page.
    static func blocks(of path: String) throws -> [String] {
        try text(path).components(separatedBy: "```json\n").dropFirst().map {
            $0.components(separatedBy: "```").first ?? ""
        }
    }

    /// - Parameter heading: only the examples below this heading of the second level.
    static func examples(of path: String, below heading: String? = nil) throws -> [Example] {
        var examples: [Example] = []
        var isInside = false
        var isBelow = heading == nil
        for line in try text(path).components(separatedBy: "\n") {
            if let heading, line.hasPrefix("## ") { isBelow = line == heading }
            if line.hasPrefix("```") {
                isInside = isBelow && line == "```console"
            } else if isInside, line.hasPrefix("$ ") {
                examples.append(Example(command: String(line.dropFirst(2))))
            } else if isInside, !examples.isEmpty {
                examples[examples.count - 1].output += line + "\n"
            }
        }
        return examples
    }

    /// Every command that there is, as the executable itself has them.
    static func commands() throws -> [String] {
        let dump = try command(["--experimental-dump-help"]).output
        let members = try JSONSerialization.jsonObject(with: Data(dump.utf8)) as? [String: Any]
        func names(_ command: [String: Any], _ before: [String]) -> [String] {
            let path = before + [command["commandName"] as? String ?? ""]
            let subcommands = (command["subcommands"] as? [[String: Any]] ?? []).filter {
                $0["commandName"] as? String != "help"
            }
            if subcommands.isEmpty { return [path.dropFirst().joined(separator: " ")] }
            return subcommands.flatMap { names($0, path) }
        }
        return names(try #require(members?["command"] as? [String: Any]), [])
    }
}
