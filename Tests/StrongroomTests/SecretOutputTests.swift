// Secrets that the commands print or write: whole and kept, or the command fails and nothing has changed.

import Foundation
import TestKit
import Testing

@Suite struct SecretOutputTests {
    private let folder: TemporaryFolder
    /// Where a standard output leads that takes nothing, and what runs the command so.
    private static let lost = [
        "full": "\"$@\" > /dev/full", "closed": "\"$@\" >&-", "a reader that left": "set -o pipefail; \"$@\" | true",
    ]

    init() throws { folder = try TemporaryFolder() }

    /// Runs the executable under a script of bash's, as `"$@"`.
    private func run(
        _ arguments: [String], under script: String, environment: [String: String] = [:]
    ) throws -> Outcome {
        let process = try ChildProcess(
            "/bin/bash", ["-c", script, "bash", try builtProduct("strongroom")] + arguments, environment: environment)
        let output = try process.readToEnd(of: .output, timeout: 60)
        let error = try process.readToEnd(of: .error, timeout: 60)
        return Outcome(status: try process.wait(), output: output, error: error)
    }

    private let shares = ["--unseal-by", "shares", "--shares", "3", "--threshold", "2"]

    @Test("rekey whose shares cannot be written changes nothing")
    func rekey() throws {
        let service = try Service(in: folder)
        try service.stop()
        let key = try readFile(service.data + "/root.key")
        for (name, script) in Self.lost.merging(["nothing": "\"$@\" > /dev/null"], uniquingKeysWith: { $1 }) {
            // So many shares that a pipe does not take them unread.
            let many = ["--unseal-by", "shares", "--shares", "32", "--threshold", "2"]
            let failed = try run(
                ["rekey", "--data", service.data] + many,
                under: name == "a reader that left" ? "set -o pipefail; \"$@\" | false" : script)
            #expect(failed.status == 1, "\(name): \(failed.error)")
            #expect(failed.error.contains("standard output"), "\(name): \(failed.error)")
            #expect(!failed.error.contains("unseal nothing"), "\(name): \(failed.error)")
        }
        #expect(try readFile(service.data + "/root.key") == key)
        #expect(try Service(in: folder).stop() == 0)
    }

    @Test("init whose shares cannot be written leaves no installation")
    func initialise() throws {
        for (name, script) in ["full": "\"$@\" > /dev/full", "closed": "\"$@\" >&-", "nothing": "\"$@\" > /dev/null"] {
            let failed = try run(["init", "--data", folder.file("data")] + shares, under: script)
            #expect(failed.status == 1 && failed.error.contains("standard output"), "\(name): \(failed.error)")
            #expect(access(folder.file("data/admin-token"), F_OK) != 0)
        }
        let made = try run(
            ["init", "--data", folder.file("data")] + shares, under: "\"$@\" > \"$OUT\"",
            environment: ["OUT": folder.file("shares")])
        #expect(made.status == 0, "\(made.error)")
        #expect(try mode(of: folder.file("data/admin-token")) == 0o600)
    }

    @Test("shares that are read back have to open the root key before rekey changes anything")
    func confirmedFromFile() throws {
        let service = try Service(in: folder)
        try service.stop()
        let key = try readFile(service.data + "/root.key")
        let rekey = ["rekey", "--data", service.data, "--confirm-file", folder.file("shares")] + shares
        let foreign = try run(["init", "--data", folder.file("other")] + shares, under: "\"$@\"")
        let others = foreign.output.split(separator: "\n").map(String.init)
        for (given, reason) in [
            (others, "another set"), ([], "more shares"), (["srs_nothing"], "no share, or one mistyped"),
        ] {
            try writeFile(folder.file("shares"), Array(given.joined(separator: "\n").utf8))
            let failed = try command(rekey)
            #expect(failed.status == 1 && failed.error.contains(reason), "\(failed.error)")
            #expect(try readFile(service.data + "/root.key") == key)
        }
        // Those that were just written.
        try writeFile(folder.file("shares"), [])
        let done = try run(rekey, under: "\"$@\" > \"$OUT\"", environment: ["OUT": folder.file("shares")])
        #expect(done.status == 0, "\(done.error)")
        #expect(access(service.data + "/root.key", F_OK) != 0)
    }

    @Test("on a terminal a threshold of the shares is typed back before anything is changed")
    func confirmedOnTerminal() throws {
        let service = try Service(in: folder)
        try service.stop()
        let script = """
            import os, pty, re, sys, time
            def rekey(type_back):
                child, terminal = pty.fork()
                if child == 0:
                    os.execv(sys.argv[1], [sys.argv[1], "rekey", "--data", sys.argv[2], "--unseal-by", "shares",
                        "--shares", "3", "--threshold", "2"])
                seen, given = b"", 0
                while True:
                    try: piece = os.read(terminal, 4096)
                    except OSError: break
                    if not piece: break
                    seen += piece
                    if seen.count(b" of 2: ") > given:
                        given += 1
                        time.sleep(0.2)
                        shares = re.findall(rb"srs_[0-9a-z]+", seen)
                        answer = type_back(shares, given)
                        if answer is None: os.write(terminal, b"\\x04")
                        else: os.write(terminal, answer + b"\\n")
                return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen
            root = sys.argv[2] + "/root.key"
            code, seen = rekey(lambda shares, given: None)
            assert code == 1 and os.path.exists(root), (code, seen)
            code, seen = rekey(lambda shares, given: b"srs_nothing")
            assert code == 1 and os.path.exists(root), (code, seen)
            # One share twice, then one that is mistyped, then another.
            code, seen = rekey(lambda shares, given: [shares[2], shares[2], b"x", shares[0]][given - 1])
            assert code == 0 and not os.path.exists(root), (code, seen)
            """
        try python(script, try builtProduct("strongroom"), service.data)
    }

    @Test("what a service gives out and standard output does not take fails the command, and a token is revoked")
    func given() throws {
        let socket = folder.file("socket")
        try writeFile(
            folder.file("logins.json"), Array("{\"peer\":[{\"role\":\"administrator\",\"uid\":\(getuid())}]}".utf8))
        let launch = try Launch(
            in: folder,
            ["--data", folder.file("data"), "--listen", "unix:\(socket)", "--logins", folder.file("logins.json")])
        #expect(eventually(within: 20) { launch.log.contains { $0.contains("serving") } })
        let token = String(decoding: try readFile(folder.file("data/admin-token")), as: UTF8.self).filter { $0 != "\n" }
        let environment = ["STRONGROOM_ADDR": "unix:\(socket)", "STRONGROOM_TOKEN": token]
        func ask(_ arguments: [String]) throws -> Outcome {
            try run(arguments, under: "\"$@\"", environment: environment)
        }
        #expect(try ask(["key", "create", "orders"]).status == 0)
        try Data(repeating: 7, count: 200_000).write(to: URL(fileURLWithPath: folder.file("data.bin")))
        #expect(try ask(["encrypt", "orders", folder.file("data.bin"), "-o", folder.file("data.enc")]).status == 0)
        for arguments in [
            ["token", "create", "--role", "administrator", "--name", "lost"],
            ["token", "create", "--role", "administrator", "--name", "lost", "--json"],
            ["login", "peer", "--role", "administrator", "--print"],
            ["login", "peer", "--role", "administrator", "--json"],
            ["random", "65536"], ["random", "65536", "--format", "hex"], ["random", "65536", "--format", "raw"],
            ["random", "65536", "--json"],
            ["encrypt", "orders", folder.file("data.bin")], ["decrypt", "orders", folder.file("data.enc")],
            ["decrypt", "orders", folder.file("data.enc"), "--json"],
        ] {
            for (name, script) in Self.lost {
                // A token fits into a pipe before its reader leaves.
                if name == "a reader that left", arguments[0] == "token" || arguments[0] == "login" { continue }
                let failed = try run(arguments, under: script, environment: environment)
                #expect(failed.status == 1, "\(arguments) \(name): \(failed.error)")
                #expect(failed.error.contains("standard output: "), "\(arguments) \(name): \(failed.error)")
                let wasToken = ["token", "login"].contains(arguments[0])
                #expect(failed.error.contains("The new token was revoked") == wasToken, "\(failed.error)")
            }
        }
        // The administrator's own, and nobody else's.
        #expect(try ask(["token", "list"]).output.split(separator: "\n").count == 2)
        // What is only to be looked at may be left.
        #expect(
            try run(["key", "list"], under: "set -o pipefail; \"$@\" | true", environment: environment).status == 0)
        launch.process.signal(SIGTERM)
        #expect(try launch.process.wait(timeout: 30) == 0)
    }
}
