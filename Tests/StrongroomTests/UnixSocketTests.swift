// A service on a Unix socket: for one user, with the kernel's word for who asks.

import Foundation
import TestKit
import Testing

@Suite struct UnixSocketTests {
    private let folder: TemporaryFolder
    private var socket: String { folder.file("run/socket") }

    init() throws {
        folder = try TemporaryFolder()
        try #require(mkdir(folder.file("run"), 0o700) == 0)
    }

    private func launch(data: String = "data", _ arguments: [String] = []) throws -> Launch {
        try Launch(in: folder, ["--data", folder.file(data), "--listen", "unix:\(socket)"] + arguments)
    }

    private func serve(_ arguments: [String] = []) throws -> Launch {
        let launch = try launch(arguments)
        #expect(eventually(within: 20) { launch.log.contains { $0.contains("serving") && $0.contains("unix:") } })
        return launch
    }

    private func curl(_ path: String, _ arguments: [String] = []) throws -> String {
        let process = try ChildProcess(
            "/usr/bin/curl",
            ["-sS", "--max-time", "20", "--unix-socket", socket] + arguments + ["http://localhost" + path])
        return try process.readToEnd(of: .output, timeout: 30)
    }

    private func health() throws -> Outcome { try command(["health", "--address", "unix:\(socket)"]) }

    @Test("it serves its own user on a socket that is closed to others, which goes with it, and records who asked")
    func serving() throws {
        let service = try serve()
        #expect(try mode(of: socket) == 0o600)
        let token = String(decoding: try readFile(folder.file("data/admin-token")), as: UTF8.self).filter { $0 != "\n" }
        #expect(try curl("/v1/status", ["-H", "Authorization: Bearer \(token)"]).contains("\"seal\":\"unsealed\""))
        #expect(try health().output == "ok\n")
        service.process.signal(SIGTERM)
        #expect(try service.process.wait(timeout: 30) == 0)
        #expect(access(socket, F_OK) != 0)
        #expect(service.log.contains { $0.contains("getStatus") && $0.contains("\"peer\":\"uid:\(getuid())\"") })
        let exported = try command(["audit", "export", "--data", folder.file("data")])
        #expect(exported.output.contains("\"peer\":\"uid:\(getuid())\""), "\(exported.error)")
    }

    @Test("a socket that a killed service left is taken over, one that is in use or is no socket is not")
    func takenOver() throws {
        let killed = try serve()
        killed.process.signal(SIGKILL)
        _ = try killed.process.wait(timeout: 30)
        #expect(access(socket, F_OK) == 0)
        #expect(try health().status == 1)
        let service = try serve()
        #expect(try health().status == 0)
        let second = try launch(data: "other")
        #expect(try second.process.wait(timeout: 30) == 1)
        #expect(second.log.contains { $0.contains("the address to listen on is in use") })
        #expect(try health().status == 0)
        service.process.signal(SIGTERM)
        #expect(try service.process.wait(timeout: 30) == 0)
        try writeFile(socket, Array("kept".utf8))
        let refused = try launch()
        #expect(try refused.process.wait(timeout: 30) == 1)
        #expect(try readFile(socket) == Array("kept".utf8))
    }

    @Test("the socket has the mode and the group that it is told")
    func rights() throws {
        let group = getuid() == 0 ? 12_345 : getgid()
        let service = try serve(["--socket-mode", "0660", "--socket-group", "\(group)"])
        #expect(try mode(of: socket) == 0o660)
        let owner = try FileManager.default.attributesOfItem(atPath: socket)[.groupOwnerAccountID] as? Int
        #expect(owner == Int(group))
        service.process.signal(SIGTERM)
        #expect(try service.process.wait(timeout: 30) == 0)
        for (arguments, reason) in [
            (["--socket-mode", "0777"], "octal mode"), (["--socket-mode", "0060"], "octal mode"),
            (["--socket-mode", "04600"], "octal mode"), (["--socket-group", "no such group"], "must be a group"),
            (["--socket-mode", "0660", "--listen", "127.0.0.1:0"], "must come with a Unix socket"),
        ] {
            let given = arguments.contains("--listen") ? [] : ["--listen", "unix:\(socket)"]
            let outcome = try command(["serve", "--data", folder.file("data")] + arguments + given)
            #expect(outcome.status == 64 && outcome.error.contains(reason), "\(outcome.error)")
        }
    }

    @Test("a user that the service's user namespace has no number for is nobody, and does not log in")
    func namespace() throws {
        try writeFile(folder.file("logins.json"), Array(#"{"peer":[{"role":"administrator","uid":65534}]}"#.utf8))
        // The service in a namespace in which only its own user has a number; this test is outside of it.
        let wrapper = Host.inUserNamespace
        guard try ChildProcess("/bin/sh", ["-c", "unshare --user --map-root-user true"]).wait() == 0, getuid() == 0
        else {
            return
        }
        let launch = try Launch(
            in: folder,
            [
                "--data", folder.file("data"), "--listen", "unix:\(socket)", "--logins", folder.file("logins.json"),
                "--socket-mode", "0666", "--secret-memory", "1024",
            ],
            host: wrapper)
        #expect(eventually(within: 20) { launch.log.contains { $0.contains("serving") } }, "\(launch.log)")
        #expect(chmod(folder.path, 0o755) == 0 && chmod(folder.file("run"), 0o755) == 0)
        let asked = try ChildProcess(
            "/usr/bin/setpriv",
            [
                "--reuid=1234", "--regid=1234", "--clear-groups", "/usr/bin/curl", "-sS", "--max-time", "20",
                "--unix-socket", socket, "-H", "Content-Type: application/json", "-d", #"{"role":"administrator"}"#,
                "http://localhost/v1/login/peer",
            ])
        let answer = try asked.readToEnd(of: .output, timeout: 30)
        #expect(answer.contains(#""reason":"unknown_user""#), "\(answer)")
        launch.process.signal(SIGTERM)
        #expect(try launch.process.wait(timeout: 30) == 0)
    }

    @Test("a path that is not absolute or too long, and TLS over it, are refused by name")
    func refused() throws {
        for arguments in [
            ["--listen", "unix:socket"], ["--listen", "unix:/" + String(repeating: "a", count: 100)],
            ["--listen", "unix:\(socket)", "--tls-certificate", "a", "--tls-key", "b"],
        ] {
            let outcome = try command(["serve", "--data", folder.file("data")] + arguments)
            #expect(outcome.status == 64 && outcome.error.contains("listen"), "\(outcome.error)")
        }
    }
}
