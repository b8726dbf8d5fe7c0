// The first start, later starts, and the starts that are refused.

import Foundation
import TestKit
import Testing

@Suite struct StartTests {
    @Test("the first start makes everything for its owner's eyes only, and shows the token once")
    func firstStart() throws {
        let folder = try TemporaryFolder()
        let first = try Service(in: folder)
        let token = try first.token
        #expect(token.hasPrefix("srt_"))
        #expect(token.count == 63)
        #expect(try mode(of: first.data) == 0o700)
        for file in ["root.key", "admin-token", "strongroom.db"] {
            #expect(try mode(of: first.data + "/" + file) == 0o600)
        }
        #expect(eventually { first.log.count { $0.contains(token) } == 1 })
        #expect(first.log.contains { $0.trimmingCharacters(in: .whitespaces) == token })
        let client = try first.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
        let ciphertext = try #require(try client.encrypt("text", with: "orders"))
        #expect(try first.stop() == 0)

        let second = try Service(in: folder)
        #expect(try second.token == token)
        #expect(try second.client().decrypt(ciphertext, with: "orders") == "text")
        #expect(try second.stop() == 0)
        #expect(!second.log.joined().contains("srt_"))
    }

    @Test("the token's file may be taken away")
    func tokenTaken() throws {
        let folder = try TemporaryFolder()
        let first = try Service(in: folder)
        let token = try first.token
        try first.stop()
        unlink(first.data + "/admin-token")
        let second = try Service(in: folder)
        #expect(access(second.data + "/admin-token", F_OK) != 0)
        #expect(try Client(port: second.port, token: token).send("GET", "/v1/keys").status == 200)
        try second.stop()
    }

    @Test("a root key that the operator brings is used, and kept apart from the data")
    func ownRootKey() throws {
        let folder = try TemporaryFolder()
        let donor = try Service(in: folder, data: "donor")
        try donor.stop()
        rename(donor.data + "/root.key", folder.file("root"))
        let service = try Service(in: folder, arguments: ["--root-key-file", folder.file("root")])
        #expect(access(service.data + "/root.key", F_OK) != 0)
        #expect(try service.client().send("POST", "/v1/keys", #"{"name":"a"}"#).status == 201)
        #expect(try service.stop() == 0)
    }

    @Test("a root key that others can read is refused", arguments: [0o644, 0o640, 0o660, 0o604] as [mode_t])
    func readableRootKey(mode: mode_t) throws {
        let (folder, data) = try installation()
        chmod(data + "/root.key", mode)
        let reason = try refusal(folder, ["--data", data])
        #expect(reason.contains("root.key can be read by others"))
        #expect(reason.contains("mode \(String(mode, radix: 8))"))
    }

    @Test("a root key that is missing is asked for, and no other is made in its place")
    func missingRootKey() throws {
        let (folder, data) = try installation()
        rename(data + "/root.key", folder.file("away"))
        #expect(try refusal(folder, ["--data", data]).contains("root.key is missing"))
        #expect(access(data + "/root.key", F_OK) != 0)
        rename(folder.file("away"), data + "/root.key")
        #expect(try Service(in: folder).stop() == 0)
    }

    @Test("a key file that an operator has put there serves a first start, and init makes none in its place")
    func givenKeyFile() throws {
        let folder = try TemporaryFolder()
        let key = ["--root-key-file", folder.file("given.key")]
        #expect(try command(["init", "--data", folder.file("once")] + key).status == 0)
        let bytes = try readFile(folder.file("given.key"))
        let again = try command(["init", "--data", folder.file("twice")] + key)
        #expect(again.status == 1 && again.error.contains("given.key is there already"), "\(again.error)")
        let service = try Service(in: folder, arguments: key)
        #expect(try service.client().send("GET", "/v1/keys").status == 200)
        #expect(try service.stop() == 0)
        #expect(try readFile(folder.file("given.key")) == bytes)
        #expect(try Service(in: folder, arguments: key).stop() == 0)
    }

    @Test("another installation's root key is refused")
    func otherRootKey() throws {
        let (folder, data) = try installation()
        let (_, other) = try installation(in: folder, "other")
        let reason = try refusal(folder, ["--data", data, "--root-key-file", other + "/root.key"])
        #expect(reason.contains("is not the root key that this data folder is sealed under"))
    }

    @Test("a damaged root key is refused", arguments: ["empty", "short", "long", "changed"])
    func damagedRootKey(how: String) throws {
        let (folder, data) = try installation()
        var bytes = try readFile(data + "/root.key")
        switch how {
        case "empty": bytes = []
        case "short": bytes.removeLast()
        case "long": bytes.append(0)
        default: bytes[bytes.count / 2] ^= 1
        }
        try writeFile(data + "/root.key", bytes)
        #expect(try refusal(folder, ["--data", data]).contains("root.key is not a root key file, or is damaged"))
    }

    @Test("a port that is in use is refused")
    func portInUse() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder)
        let reason = try refusal(folder, ["--data", folder.file("other"), "--listen", "127.0.0.1:\(service.port)"])
        #expect(reason.lowercased().contains("in use"))
        #expect(try service.client().send("GET", "/v1/keys").status == 200)
        try service.stop()
    }

    @Test("a data folder that another server uses is refused, and that server goes on")
    func folderInUse() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder)
        let reason = try refusal(folder, ["--data", service.data, "--listen", "127.0.0.1:0"])
        #expect(reason.contains("in use"))
        #expect(try service.client().send("POST", "/v1/keys", #"{"name":"a"}"#).status == 201)
        #expect(try service.stop() == 0)
    }

    @Test("a data folder that is no folder, or in one that is not there, is refused")
    func badFolder() throws {
        let folder = try TemporaryFolder()
        try writeFile(folder.file("file"), [])
        for path in ["file", "none/data"] {
            #expect(try refusal(folder, ["--data", folder.file(path)]).contains("the data folder cannot be used"))
        }
    }

    @Test("`version` says what the binary is")
    func version() throws {
        let process = try ChildProcess(try builtProduct("strongroom"), ["version"])
        let text = try process.readToEnd(of: .output)
        #expect(try process.wait() == 0)
        let lines = text.split(separator: "\n").map(String.init)
        try #require(lines.count == 3)
        #expect(lines[0].wholeMatch(of: /strongroom [0-9]+\.[0-9]+\.[0-9]+/) != nil)
        #expect(lines[1].wholeMatch(of: /core ABI [0-9]+\.[0-9]+ \([0-9a-f]{16}\)/) != nil)
        #expect(lines[2].hasPrefix("features: "))
    }

    /// A data folder that was started once.
    private func installation(
        in folder: TemporaryFolder? = nil, _ name: String = "data"
    ) throws -> (TemporaryFolder, data: String) {
        let folder = try folder ?? TemporaryFolder()
        let service = try Service(in: folder, data: name)
        try service.stop()
        return (folder, service.data)
    }

    /// The one line with which a start is refused.
    private func refusal(
        _ folder: TemporaryFolder, _ arguments: [String], at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let listen = arguments.contains("--listen") ? [] : ["--listen", "127.0.0.1:0"]
        let launch = try Launch(in: folder, arguments + listen + ["--log-format", "json"])
        #expect(try launch.process.wait() == 1, sourceLocation: location)
        let lines = launch.log
        try #require(lines.count == 1, "\(lines.joined(separator: "\n"))", sourceLocation: location)
        let members = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
        #expect(members?["message"] as? String == "not started", sourceLocation: location)
        return try #require((members?["metadata"] as? [String: String])?["reason"], sourceLocation: location)
    }
}
