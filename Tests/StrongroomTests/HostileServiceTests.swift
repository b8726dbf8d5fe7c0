// The client's commands against a service that means them ill, and against places that are not what they seem.

import Foundation
import TestKit
import Testing

@Suite struct HostileServiceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Outcome {
        let clean = ["HOME": folder.path, "XDG_CONFIG_HOME": "", "STRONGROOM_TOKEN": "srt_x"]
        let process = try ChildProcess(
            builtProduct("strongroom"), arguments, environment: clean.merging(environment) { $1 })
        let output = try process.readToEnd(of: .output, timeout: 60)
        let error = try process.readToEnd(of: .error, timeout: 60)
        return Outcome(status: try process.wait(), output: output, error: error)
    }

    /// A service that answers every request as `script` has it: what is called `answer(method, path)` there gives a status and JSON.
    private func serve(_ script: String) throws -> (process: ChildProcess, address: String) {
        let program = """
            import http.server, json, sys
            EVIL = "a\\x1b]0;x\\x07\\x1b[2J\\u009b31m\\u202eb\\u2066c\\u200bd\\ufeffe\\u2028f\\U000e0041g\\r\\nh"
            count = 0
            \(script)
            class Handler(http.server.BaseHTTPRequestHandler):
                def do(self):
                    body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                    status, text = answer(self.command, self.path)
                    text = text if isinstance(text, bytes) else json.dumps(text, ensure_ascii=False).encode()
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do
                def log_message(self, *_): pass
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            print(server.server_port, flush=True)
            server.serve_forever()
            """
        let process = try ChildProcess("/usr/bin/python3", ["-c", program])
        let line = try process.readLine(from: .output)
        return (process, "http://127.0.0.1:\(try #require(line))")
    }

    private func steers(_ text: String) -> Bool {
        text.unicodeScalars.contains { scalar in
            scalar != "\n"
                && (scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                    || scalar.properties.generalCategory == .lineSeparator)
        }
    }

    @Test("nothing that a service says steers the terminal, whichever command shows it")
    func terminal() throws {
        // Every member that a command looks at, in one object; raw in JSON where JSON allows that.
        let (process, address) = try serve(
            """
            def evil():
                texts = {name: EVIL for name in ["name", "algorithm", "state", "created_at", "id", "role", "identity", "expires_at",
                    "last_used_at", "request", "version", "started_at", "code", "outcome", "operation", "time", "token_id", "key",
                    "subject", "effect", "keys", "parent", "deletion_at", "approvals_by", "next_rotation_at", "body_sha256",
                    "decided_at", "title", "detail", "method", "public_key", "token", "ciphertext", "signature", "mac", "random",
                    "wrapped", "protection", "mode", EVIL]}
                return texts
            def answer(method, path):
                if "status" in path and "refuse" in path: return 500, evil()
                whole = evil()
                whole.update(labels={EVIL: EVIL}, versions=[evil()], usages=[EVIL], grants=[evil() | {"operations": [EVIL],
                    "networks": [EVIL], "associated_data": EVIL}], decisions=[evil()], requested_by=evil(), sealed=False,
                    roles=[evil() | {"grants": []}], tokens=[evil()], approvals=[evil() | {"requested_by": evil()}],
                    records=[evil()], secret_memory=evil(), audit=evil() | {"recording": True}, protections={EVIL: EVIL},
                    features=[EVIL], algorithms=[EVIL], pool=evil(), request_memory=evil(), valid=True, shares=evil())
                if path.startswith("/v1/keys?"): whole["keys"] = [evil() | {"labels": {EVIL: EVIL}}]
                return 200, whole
            """)
        defer { process.signal(SIGKILL) }
        try writeFile(folder.file("grants.json"), Array(#"{"grants":[]}"#.utf8))
        try writeFile(folder.file("data"), Array("data".utf8))
        let commands = [
            ["key", "list"], ["key", "show", "k"], ["key", "create", "k"], ["key", "rotate", "k"],
            ["key", "version", "k", "1", "enabled"], ["key", "update", "k"], ["key", "delete", "k"],
            ["key", "cancel-deletion", "k"], ["key", "public-key", "k"], ["key", "public-key", "k", "--format", "jwk"],
            ["token", "list"], ["token", "show"], ["token", "renew"],
            ["token", "create", "--role", "r", "--name", "n"],
            ["role", "list"], ["role", "show", "r"], ["role", "put", "r", folder.file("grants.json")],
            ["approval", "list"], ["approval", "show", "a"], ["approval", "approve", "a"], ["audit", "list"],
            ["status"], ["encrypt", "k", folder.file("data")], ["sign", "k", folder.file("data")],
            ["mac", "k", folder.file("data")], ["random", "16"], ["import-key"], ["login", "peer", "--role", "r"],
            ["login", "peer", "--role", "r", "--print"], ["verify-mac", "k", folder.file("data"), "--mac", "AA=="],
            ["backup", "--all", "--folder", folder.path], ["unseal"],
        ]
        for command in commands {
            for more in [[], ["--json"]] {
                if more == ["--json"], command == ["unseal"] { continue }
                let outcome = try run(command + more + ["--address", address])
                #expect(outcome.status != 64, "\(command): \(outcome.error)")
                #expect(!steers(outcome.output), "\(command + more): \(outcome.output.debugDescription)")
                #expect(!steers(outcome.error), "\(command + more): \(outcome.error.debugDescription)")
            }
        }
        // What was shown can be told from what was sent.
        #expect(try run(["key", "show", "k", "--address", address]).output.contains("a\\u{1b}]0;x\\u{7}"))
        let listed = try run(["key", "list", "--json", "--address", address]).output
        let members = try JSONSerialization.jsonObject(with: Data(listed.utf8)) as? [String: Any]
        let name = ((members?["keys"] as? [[String: Any]])?.first?["name"] as? String) ?? ""
        #expect(name.contains("\u{202E}b\u{2066}c") && name.unicodeScalars.contains("\u{E0041}"))
    }

    @Test("nothing of a refusal steers the terminal, and no line of it passes for the command's own")
    func refusals() throws {
        let (process, address) = try serve(
            """
            def answer(method, path):
                return 403, {"title": EVIL, "detail": EVIL + "\\nLogged in.", "code": EVIL, "status": 403,
                    "errors": [{"pointer": EVIL, "detail": EVIL}], "approval": {"id": "x; touch /tmp/owned " + EVIL}}
            """)
        defer { process.signal(SIGKILL) }
        for command in [["key", "list"], ["status"], ["login", "peer", "--role", "r"], ["unseal"], ["health"]] {
            let outcome = try run(command + ["--address", address])
            #expect(outcome.status != 0 && !steers(outcome.error), "\(outcome.error.debugDescription)")
            #expect(!outcome.error.contains("\nLogged in."), "\(outcome.error)")
            #expect(!outcome.error.contains("touch"), "\(outcome.error)")
        }
    }

    @Test("backup --all writes nothing where a service's names point to, and a listing that never ends is given up")
    func names() throws {
        let place = folder.file("backups")
        #expect(mkdir(place, 0o700) == 0 && mkdir(place + "/a", 0o700) == 0)
        for name in ["../escaped", "a/b", "/tmp/escaped", "..", ".", "", ".hidden", "a:", "r:../b", "é", "a\u{202E}b"] {
            let (process, address) = try serve(
                """
                def answer(method, path):
                    if path.startswith("/v1/keys?"): return 200, {"keys": [{"name": "good"}, {"name": sys.argv[1]}]}
                    return 200, {"backup": "AAAA"}
                """.replacing("sys.argv[1]", with: "\"\(name)\""))
            defer { process.signal(SIGKILL) }
            let outcome = try run(["backup", "--all", "--folder", place, "--address", address])
            #expect(
                outcome.status == 1 && outcome.error.contains("a name that no key has"), "\(name): \(outcome.error)")
        }
        #expect(try FileManager.default.subpathsOfDirectory(atPath: place) == ["a"])
        #expect(access(folder.file("escaped.backup"), F_OK) != 0)
        for next in ["\"same\"", "\"z\" if count % 2 else \"y\""] {
            let (process, address) = try serve(
                """
                def answer(method, path):
                    global count
                    count += 1
                    return 200, {"keys": [{"name": "k"}], "tokens": [], "next": \(next)}
                """)
            defer { process.signal(SIGKILL) }
            for command in [["key", "list"], ["token", "list"], ["backup", "--all", "--folder", place]] {
                let outcome = try run(command + ["--address", address])
                #expect(outcome.status == 1 && outcome.error.contains("does not come to an end"), "\(outcome.error)")
            }
        }
    }

    @Test("plain HTTP is for numeric loopback addresses and localhost, unless it is asked for")
    func plain() throws {
        let elsewhere = [
            "http://10.255.255.1:1", "http://127.evil.example:1", "http://127.0.0.1.evil.example:1",
            "http://[2001:db8::1]:1",
            "http://localhost.evil.example:1", "http://0.0.0.0:1", "http://127.1:1", "http://2130706433:1",
            "http://[::ffff:10.0.0.1]:1", "http://example.com",
        ]
        try writeFile(folder.file("shares"), Array("srs_x".utf8))
        for address in elsewhere {
            for command in [
                ["key", "list"], ["unseal", "--secrets-file", folder.file("shares")], ["login", "peer", "--role", "r"],
            ] {
                let outcome = try run(command + ["--address", address])
                #expect(outcome.status == 1 && outcome.error.contains("--plain-http"), "\(address): \(outcome.error)")
            }
        }
        for address in ["http://127.0.0.1:1", "http://127.9.9.9:1", "http://[::1]:1", "http://localhost:1"] {
            #expect(try !run(["key", "list", "--address", address]).error.contains("--plain-http"), "\(address)")
        }
        let asked = try run(["key", "list", "--address", "http://0.0.0.0:1", "--plain-http"])
        #expect(asked.status == 1 && asked.error.contains("Connection refused"), "\(asked.error)")
    }

    @Test("a token that has the end of a line in it is not sent")
    func token() throws {
        let (process, address) = try serve("def answer(method, path): return 200, {\"keys\": []}")
        defer { process.signal(SIGKILL) }
        for token in ["srt_x\r\nX-Other: y", "srt_x\n", "srt_x\r", "srt x", "srt_\u{7F}", "srt_é"] {
            let outcome = try run(["key", "list", "--address", address], ["STRONGROOM_TOKEN": token])
            #expect(outcome.status == 1 && outcome.error.contains("characters that no token has"), "\(outcome.error)")
            #expect(!outcome.error.contains("X-Other"))
        }
    }

    @Test("an output file is a new one of mode 0600, whatever was there, and nothing is written through a link")
    func outputFiles() throws {
        let (process, address) = try serve(
            "def answer(method, path): return 200, {\"token\": \"srt_new\", \"id\": \"i\"}")
        defer { process.signal(SIGKILL) }
        func create(_ file: String) throws -> Outcome {
            try run(["token", "create", "--role", "r", "--name", "n", "-o", file, "--address", address])
        }
        let file = folder.file("token")
        try writeFile(file, Array("old".utf8), mode: 0o666)
        let old = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
        #expect(try create(file).status == 0)
        #expect(try mode(of: file) == 0o600)
        #expect(try readFile(file) == Array("srt_new\n".utf8))
        // Who had the old one open reads nothing of the new.
        #expect(try old.readToEnd() == Data("old".utf8))
        try writeFile(folder.file("target"), Array("kept".utf8), mode: 0o644)
        let link = folder.file("link")
        #expect(symlink(folder.file("target"), link) == 0)
        #expect(try create(link).status == 0)
        #expect(try readFile(folder.file("target")) == Array("kept".utf8))
        #expect(try readFile(link) == Array("srt_new\n".utf8))
        #expect(try mode(of: link) == 0o600)
        #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
        #expect(try create(folder.file("pipe")).status == 1)
        #expect(try create(folder.file("none/token")).status == 1)
        #expect(try create("/dev/stdout").output == "srt_new\n")
        // Nothing is left of those that failed.
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
            $0.hasPrefix(".strongroom")
        }
        #expect(left.isEmpty)
    }

    @Test("labels and names that steer a terminal are refused where they would be stored")
    func stored() throws {
        let service = try Service(in: folder)
        let client = try service.client()
        let bad = [
            "\\u0007", "\\u001b", "\\u007f", "\\u0085", "\\u009b", "\\u009f", "\\u00ad", "\\u061c", "\\u180e",
            "\\u200b",
            "\\u200e", "\\u200f", "\\u2028", "\\u2029", "\\u202a", "\\u202e", "\\u2060", "\\u2066", "\\u2069",
            "\\u206f",
            "\\ufeff", "\\ufff9", "\\ufffb", "\\udb40\\udc00", "\\udb40\\udc41", "\\udb43\\udfff", "\u{202E}",
            "\u{E0041}",
        ]
        for text in bad {
            let key = try client.send("POST", "/v1/keys", #"{"name":"k","labels":{"a":"x\#(text)y"}}"#)
            #expect(key.status == 422, "\(text)")
            let token = try client.send("POST", "/v1/tokens", #"{"role":"administrator","name":"x\#(text)y"}"#)
            #expect(token.status == 422, "\(text)")
        }
        let good = [
            "\\u0020", "\\u00a0", "\\u00e9", "e\\u0301", "\\u200c", "\\u200d", "\\u202f", "\\u05d0", "\\ud83d\\udd11",
        ]
        for (index, text) in good.enumerated() {
            let key = try client.send("POST", "/v1/keys", #"{"name":"k\#(index)","labels":{"a":"x\#(text)y"}}"#)
            #expect(key.status == 201, "\(text)")
            let token = try client.send("POST", "/v1/tokens", #"{"role":"administrator","name":"x\#(text)y"}"#)
            #expect(token.status == 201, "\(text)")
        }
        #expect(try client.send("PATCH", "/v1/keys/k0", #"{"labels":{"a":"\u202e"}}"#).status == 422)
        #expect(try service.stop() == 0)
    }
}
