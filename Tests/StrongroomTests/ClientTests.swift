// The client's commands against what is not as it should be: exit codes, settings, secrets and terminals.

import Foundation
import TestKit
import Testing

@Suite struct ClientTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        #expect(mkdir(folder.file("home"), 0o700) == 0)
    }

    /// Runs the executable with nothing of this environment's that it would look at.
    private func run(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Outcome {
        let clean = ["HOME": folder.file("home"), "XDG_CONFIG_HOME": "", "STRONGROOM_TOKEN": ""]
        let process = try ChildProcess(
            builtProduct("strongroom"), arguments, environment: clean.merging(environment) { $1 })
        let output = try process.readToEnd(of: .output, timeout: 60)
        let error = try process.readToEnd(of: .error, timeout: 60)
        return Outcome(status: try process.wait(), output: output, error: error)
    }

    private func address(_ service: Service) -> String { "http://127.0.0.1:\(service.port)" }

    private func writeSettings(_ text: String) throws {
        for path in ["home/.config", "home/.config/strongroom"] { _ = mkdir(folder.file(path), 0o700) }
        try writeFile(folder.file("home/.config/strongroom/client.json"), Array(text.utf8))
    }

    @Test("each way to fail has its exit code, and says what to do")
    func exitCodes() throws {
        let service = try Service(in: folder)
        let at = ["--address", address(service), "--token-file", service.data + "/admin-token"]
        #expect(try run(["key", "list"] + at).status == 0)
        let gone = try run(["key", "show", "nobody"] + at)
        #expect(gone.status == 2 && gone.error.contains("No such key") && gone.output.isEmpty)
        let unfit = try run(["key", "create", "Bad Name"] + at)
        #expect(unfit.status == 2 && unfit.error.contains("\n  /name "), "\(unfit.error)")
        #expect(try run(["random", "x"] + at).status == 64)
        #expect(try run(["key", "creat", "orders"]).status == 64)
        let nobody = try run(["key", "list", "--address", "http://127.0.0.1:1", "--token-file", at[3]])
        #expect(nobody.status == 1 && nobody.error.contains("http://127.0.0.1:1: Connection refused"))
        #expect(try run(["seal"] + at).status == 0)
        #expect(try run(["status"] + at).status == 3)
        let sealed = try run(["key", "list"] + at)
        #expect(sealed.status == 3 && sealed.error.contains("The service is sealed"))
        #expect(try service.stop() == 0)
    }

    @Test("a label finds its keys, whatever its value begins with")
    func labels() throws {
        let service = try Service(in: folder)
        let at = ["--address", address(service), "--token-file", service.data + "/admin-token"]
        let values = ["", "=", "a=b", "\u{301}x", "x\u{301}", "&limit=1", "%41", "+", "#", " ", "\u{1F3FD}\u{200D}"]
        for (index, value) in values.enumerated() {
            let made = try run(["key", "create", "k-\(index)", "--label", "team=\(value)"] + at)
            #expect(made.status == 0, "\(made.error)")
        }
        for (index, value) in values.enumerated() {
            let listed = try run(["key", "list", "--label", "team=\(value)"] + at)
            let names = listed.output.split(separator: "\n").filter { $0.hasPrefix("k-") }.map {
                $0.prefix { $0 != " " }
            }
            #expect(names == ["k-\(index)"], "\(listed.output)\(listed.error)")
        }
        #expect(try service.stop() == 0)
    }

    @Test("flag, environment and file say where the service is and whose token is used, in this order")
    func settings() throws {
        let service = try Service(in: folder)
        let token = try service.token
        try writeFile(folder.file("token"), Array(token.utf8))
        try writeSettings("{\"address\":\"\(address(service))\",\"token_file\":\"\(folder.file("token"))\"}")
        #expect(try run(["token", "show"]).output.contains("administrator"))
        // What is nearer wins, also where it is wrong.
        #expect(try run(["token", "show"], ["STRONGROOM_ADDR": "http://127.0.0.1:1"]).status == 1)
        #expect(try run(["token", "show"], ["STRONGROOM_TOKEN": "srt_x"]).error.contains("No valid token"))
        let flags = ["--address", address(service), "--token-file", folder.file("token")]
        let environment = ["STRONGROOM_ADDR": "http://127.0.0.1:1", "STRONGROOM_TOKEN": "srt_x"]
        #expect(try run(["token", "show"] + flags, environment).status == 0)
        try writeSettings(#"{"adress":"http://127.0.0.1:1"}"#)
        #expect(try run(["token", "show"]).error.contains("adress: is address meant?"))
        try writeSettings(#"{"address":1}"#)
        #expect(try run(["token", "show"]).error.contains("address must be a string"))
        try writeSettings("{")
        #expect(try run(["token", "show"]).error.contains("is not a JSON object"))
        #expect(
            try run(["token", "show"], ["STRONGROOM_CLIENT_CONFIG": folder.file("none")]).error.contains("No such file")
        )
        #expect(try service.stop() == 0)
    }

    @Test("a token that others could read is not used, and none is shown, whatever goes wrong")
    func tokens() throws {
        let service = try Service(in: folder)
        let token = try service.token
        try writeFile(folder.file("open"), Array(token.utf8), mode: 0o644)
        let open = try run(["key", "list", "--address", address(service), "--token-file", folder.file("open")])
        #expect(open.status != 0 && open.error.contains("is open to others"))
        let command = try builtProduct("strongroom")
        try writeFile(folder.file("closed"), Array(token.utf8))
        // By a descriptor, as a supervisor gives it.
        let script = "exec 3< \"$1\"; \"$2\" token show --address \"$3\" --token-file /dev/fd/3"
        let process = try ChildProcess(
            "/bin/bash", ["-c", script, "bash", folder.file("closed"), command, address(service)])
        #expect(try process.readToEnd(of: .output).contains("administrator"))
        for arguments in [
            ["key", "show", "nobody"], ["key", "create", "Bad Name"], ["login", "peer", "--role", "app"],
            ["token", "list", "--json"], ["status"],
        ] {
            let found = try run(arguments + ["--address", address(service)], ["STRONGROOM_TOKEN": token])
            #expect(!(found.output + found.error).contains(token), "\(arguments)")
        }
        #expect(try service.stop() == 0)
    }

    @Test(
        "data of many megabytes goes through a pipe and comes back as it was; more than a request takes is refused here"
    )
    func large() throws {
        let service = try Service(in: folder)
        let environment = ["STRONGROOM_ADDR": address(service), "STRONGROOM_TOKEN": try service.token]
        #expect(try run(["key", "create", "orders"], environment).status == 0)
        let data = (0..<4 << 20).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        try Data(data).write(to: URL(fileURLWithPath: folder.file("data.bin")))
        let script = "\"$1\" encrypt orders < \"$2\" | \"$1\" decrypt orders -o \"$3\""
        let process = try ChildProcess(
            "/bin/bash",
            ["-c", script, "bash", try builtProduct("strongroom"), folder.file("data.bin"), folder.file("back.bin")],
            environment: environment)
        let error = try process.readToEnd(of: .error, timeout: 60)
        #expect(try process.wait(timeout: 60) == 0, "\(error)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("back.bin"))) == Data(data))
        #expect(try mode(of: folder.file("back.bin")) == 0o600)
        #expect(truncate(folder.file("data.bin"), 25 << 20) == 0)
        let much = try run(["encrypt", "orders", folder.file("data.bin")], environment)
        #expect(much.status == 1 && much.error.contains("is longer than"))
        #expect(try service.stop() == 0)
    }

    @Test("colour is for terminals, and only for those that want it; a reader that goes away is no failure")
    func terminals() throws {
        let service = try Service(in: folder)
        let environment = ["STRONGROOM_ADDR": address(service), "STRONGROOM_TOKEN": try service.token, "TERM": "xterm"]
        let escape = "\u{1B}["
        #expect(try !run(["key", "list"], environment).output.contains(escape))
        func onTerminal(_ more: [String: String]) throws -> String {
            let script = "import pty, sys; pty.spawn(sys.argv[1:])"
            let process = try ChildProcess(
                "/usr/bin/python3", ["-c", script, try builtProduct("strongroom"), "key", "list"],
                environment: environment.merging(more) { $1 })
            return try process.readToEnd(of: .output, timeout: 20)
        }
        #expect(try onTerminal([:]).contains(escape + "1mNAME"))
        #expect(try !onTerminal(["NO_COLOR": "1"]).contains(escape))
        #expect(try !onTerminal(["TERM": "dumb"]).contains(escape))
        let process = try ChildProcess(
            "/bin/bash", ["-c", "set -o pipefail; \"$1\" key list | true", "bash", try builtProduct("strongroom")],
            environment: environment)
        #expect(try process.readToEnd(of: .error).isEmpty)
        #expect(try process.wait() == 0)
        #expect(try service.stop() == 0)
    }

    @Test("more than a page of keys is listed whole, and backed up and restored one after the other")
    func pages() throws {
        let service = try Service(in: folder)
        let environment = ["STRONGROOM_ADDR": address(service), "STRONGROOM_TOKEN": try service.token]
        let client = try service.client()
        for number in 0..<1005 {
            #expect(try client.send("POST", "/v1/keys", "{\"name\":\"key-\(number)\"}").status == 201)
        }
        let listed = try run(["key", "list", "--json"], environment).output
        let members = try JSONSerialization.jsonObject(with: Data(listed.utf8)) as? [String: Any]
        #expect((members?["keys"] as? [Any])?.count == 1005)
        #expect(try run(["key", "list"], environment).output.split(separator: "\n").count == 1006)
        #expect(mkdir(folder.file("backups"), 0o700) == 0)
        let saved = try run(["backup", "--all", "--folder", folder.file("backups")], environment)
        #expect(saved.status == 0 && saved.error.contains("1005 backed up"), "\(saved.error)")
        _ = try client.send("PATCH", "/v1/keys/key-7", #"{"deletion_protected":false}"#)
        _ = try client.send("DELETE", "/v1/keys/key-7", #"{"after_days":0}"#)
        let files = ["key-7", "key-8"].map { folder.file("backups/\($0).backup") }
        #expect(
            eventually(within: 30) {
                let found = try? run(["restore"] + files, environment)
                return found?.error.contains("1 restored.") == true && found?.status == 2
            })
        #expect(try run(["key", "show", "key-7"], environment).status == 0)
        #expect(try service.stop() == 0)
    }

    @Test("the manual page has every command, and groff nothing to say to it")
    func manual() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".ci/man.py").path
        let process = try ChildProcess(
            "/bin/bash",
            [
                "-c", "python3 \"$1\" \"$2\" | tee \"$3\" | groff -man -Tutf8 -ww | col -bx", "bash", script,
                try builtProduct("strongroom"), folder.file("page"),
            ])
        let page = try process.readToEnd(of: .output, timeout: 30)
        let complaints = try process.readToEnd(of: .error)
        #expect(complaints.isEmpty, "\(complaints)")
        for name in try Guide.commands() { #expect(page.contains("strongroom \(name)"), "\(name)") }
    }

    @Test("there are completions for bash, zsh and fish, and bash's complete a command")
    func completions() throws {
        for shell in ["bash", "zsh", "fish"] {
            let script = try run(["--generate-completion-script", shell])
            #expect(script.status == 0 && script.output.contains("rotate-root") && script.output.contains("verify-mac"))
        }
        try writeFile(folder.file("complete"), Array(try run(["--generate-completion-script", "bash"]).output.utf8))
        let asked = """
            . "$1"; COMP_WORDS=(strongroom key ro); COMP_CWORD=2; COMP_LINE="strongroom key ro"; COMP_POINT=${#COMP_LINE}
            $(complete -p strongroom | sed -E 's/.*-F ([^ ]+).*/\\1/') strongroom ro key; echo "${COMPREPLY[@]}"
            """
        let process = try ChildProcess("/bin/bash", ["-c", asked, "bash", folder.file("complete")])
        #expect(try process.readToEnd(of: .output).trimmingCharacters(in: .whitespacesAndNewlines) == "rotate")
    }
}
