// The commands around sealing, on the built executable: a data folder made, unsealed, sealed, rekeyed and rotated.

import Foundation
import TestKit
import Testing
import Threading

@Suite struct SealCommandTests {
    @Test("a folder made with shares starts sealed, is unsealed by them, sealed, and unsealed again")
    func shares() throws {
        let folder = try TemporaryFolder()
        let shares = try initialise(folder, ["--unseal-by", "shares", "--shares", "4", "--threshold", "2"])
        #expect(shares.count == 4)
        #expect(shares.allSatisfy { $0.hasPrefix("srs_") && $0.count == 81 })
        #expect(access(folder.file("data/root.key"), F_OK) != 0)
        let service = try Service(in: folder)
        let client = try service.client()
        #expect(try client.send("GET", "/v1/keys").status == 503)
        #expect(try unseal(service, [shares[3]], in: folder).error.contains("1 of 2 shares"))
        #expect(try client.send("GET", "/v1/keys").status == 503)
        #expect(try unseal(service, [shares[0]], in: folder).error.contains("Unsealed."))
        #expect(try client.send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
        let ciphertext = try #require(try client.encrypt("text", with: "orders"))

        let sealed = try command(["seal", "--address", address(service), "--token-file", service.data + "/admin-token"])
        #expect(sealed.status == 0, "\(sealed.error)")
        #expect(try client.send("GET", "/v1/keys").status == 503)
        #expect(try unseal(service, shares, in: folder).status == 0)
        #expect(try client.decrypt(ciphertext, with: "orders") == "text")
        #expect(try service.stop() == 0)
        #expect(!service.log.joined().contains("srs_"))
    }

    @Test("a share of another set is refused by name")
    func foreignShare() throws {
        let folder = try TemporaryFolder()
        let options = ["--unseal-by", "shares", "--shares", "2", "--threshold", "2"]
        _ = try initialise(folder, options)
        let others = try initialise(folder, options, data: "other")
        let service = try Service(in: folder)
        let refused = try unseal(service, [others[0]], in: folder)
        #expect(refused.status != 0)
        #expect(refused.error.contains("belongs to another set"))
        #expect(try service.stop() == 0)
    }

    @Test("a folder made with a passphrase is unsealed by it, and by no other")
    func passphrase() throws {
        let folder = try TemporaryFolder()
        try writeFile(folder.file("secret"), Array("correct horse battery staple\n".utf8))
        _ = try initialise(
            folder,
            ["--unseal-by", "passphrase", "--scrypt-cost", "14", "--new-passphrase-file", folder.file("secret")])
        let service = try Service(in: folder, arguments: ["--scrypt-cost", "14"])
        #expect(try unseal(service, ["correct horse battery stable"], in: folder).error.contains("not the right ones"))
        #expect(try unseal(service, ["correct horse battery staple"], in: folder).status == 0)
        #expect(try service.client().send("GET", "/v1/keys").status == 200)
        #expect(try niceness(ofThread: "rotation", of: service) == niceness(ofThread: "control-0", of: service) + 10)
        #expect(try service.stop() == 0)
        #expect(!service.log.joined().contains("horse"))
    }

    /// As `/proc/PID/task/TID/stat` tells it: the 17th field after the name.
    private func niceness(ofThread name: String, of service: Service) throws -> Int {
        let tasks = "/proc/\(service.process.identifier)/task"
        let thread = try #require(
            try FileManager.default.contentsOfDirectory(atPath: tasks).first {
                String(decoding: try readFile("\(tasks)/\($0)/comm"), as: UTF8.self) == name + "\n"
            })
        let text = String(decoding: try readFile("\(tasks)/\(thread)/stat"), as: UTF8.self)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        return try #require(fields.count > 16 ? Int(fields[16]) : nil)
    }

    @Test("a right passphrase unseals while others flood from there and elsewhere")
    func flooded() throws {
        let folder = try TemporaryFolder()
        try writeFile(folder.file("secret"), Array("correct horse battery staple\n".utf8))
        _ = try initialise(
            folder,
            ["--unseal-by", "passphrase", "--scrypt-cost", "16", "--new-passphrase-file", folder.file("secret")])
        let service = try Service(in: folder, arguments: ["--scrypt-cost", "16", "--workers", "2"])
        let isOver = Locked(false)
        let codes = Locked<[Int: Int]>([:])
        let port = service.port
        // Passphrases from many addresses, and shares from the operator's own.
        let attacks = (0..<40).map { ("127.1.\($0 % 8).\($0)", #"{"passphrase":"a wrong passphrase"}"#) }
        let threads = try (attacks + [("127.0.0.1", #"{"share":"x"}"#)]).map { source, body in
            try Threading.Thread(name: "attacker") {
                while !isOver.withLock({ $0 }) {
                    guard let connection = try? TestConnection(port: port, from: source, timeout: 60) else { continue }
                    defer { connection.close() }
                    while !isOver.withLock({ $0 }) {
                        guard
                            let answer = try? connection.request(
                                "POST", "/v1/unseal", headers: [("Content-Type", "application/json")],
                                body: Array(body.utf8))
                        else { break }
                        codes.withLock { $0[answer.status, default: 0] += 1 }
                        if answer.status == 429 { usleep(10_000) }
                    }
                }
            }
        }
        #expect(eventually(within: 30) { codes.withLock { ($0[422] ?? 0) >= 3 && ($0[409] ?? 0) >= 100 } })
        #expect(try command(["health", "--live", "--address", address(service)]).status == 0)
        let tried = codes.withLock { $0[422] ?? 0 }
        #expect(try unseal(service, ["correct horse battery staple"], in: folder).status == 0)
        // Eight networks take turns with its own: one of each is tried before it, and perhaps again while it unseals.
        let before = codes.withLock { $0[422] ?? 0 } - tried
        #expect(before <= 16, "\(before)")
        isOver.withLock { $0 = true }
        for thread in threads { thread.join() }
        #expect(try service.client().send("GET", "/v1/keys").status == 200)
        #expect(try service.stop() == 0)
    }

    @Test("a service that is stopped while passphrases wait turns them away and ends well")
    func stoppedWhileWaiting() throws {
        let folder = try TemporaryFolder()
        try writeFile(folder.file("secret"), Array("correct horse battery staple\n".utf8))
        _ = try initialise(
            folder,
            ["--unseal-by", "passphrase", "--scrypt-cost", "16", "--new-passphrase-file", folder.file("secret")])
        let service = try Service(in: folder, arguments: ["--scrypt-cost", "16"])
        let body = Array(#"{"passphrase":"a wrong passphrase"}"#.utf8)
        let clients = try (0..<30).map { index in
            let client = try TestConnection(port: service.port, from: "127.0.\(index).2", timeout: 30)
            try client.sendRequest("POST", "/v1/unseal", headers: [("Content-Type", "application/json")], body: body)
            return client
        }
        // The first has been tried, so the others wait.
        #expect(try clients[0].readResponse().status == 422)
        #expect(try service.stop() == 0, "\(service.log.suffix(3))")
        let codes = try clients.dropFirst().map { try $0.readResponse().status }
        #expect(codes.contains(503) && codes.allSatisfy { $0 == 503 || $0 == 422 }, "\(codes)")
    }

    @Test("rekeying from a key file to shares and back keeps every key, and ends the old way in")
    func rekey() throws {
        let folder = try TemporaryFolder()
        let first = try Service(in: folder)
        _ = try first.client().send("POST", "/v1/keys", #"{"name":"orders"}"#)
        let ciphertext = try #require(try first.client().encrypt("text", with: "orders"))
        try first.stop()
        let old = try readFile(first.data + "/root.key")

        let split = try command(
            ["rekey", "--data", first.data, "--unseal-by", "shares", "--shares", "3", "--threshold", "2"])
        #expect(split.status == 0, "\(split.error)")
        let shares = split.output.split(separator: "\n").map(String.init)
        #expect(shares.count == 3)
        #expect(access(first.data + "/root.key", F_OK) != 0)
        let second = try Service(in: folder)
        #expect(try unseal(second, Array(shares[1...]), in: folder).status == 0)
        #expect(try second.client().decrypt(ciphertext, with: "orders") == "text")
        try second.stop()

        // The old key file, put back, is of no use.
        try writeFile(first.data + "/root.key", old)
        try writeFile(folder.file("shares"), Array(shares.joined(separator: "\n").utf8))
        let back = try command(
            ["rekey", "--data", first.data, "--secrets-file", folder.file("shares"), "--unseal-by", "file"])
        #expect(back.status == 0, "\(back.error)")
        #expect(try readFile(first.data + "/root.key") != old)
        let third = try Service(in: folder)
        #expect(try third.client().decrypt(ciphertext, with: "orders") == "text")
        #expect(try third.stop() == 0)
        try writeFile(first.data + "/root.key", old)
        let launch = try Launch(in: folder, ["--data", first.data, "--listen", "127.0.0.1:0"])
        #expect(try launch.process.wait() == 1)
        #expect(launch.log.joined().contains("is not the root key that this data folder is sealed under"))
    }

    @Test("rotate-root, killed at any point, goes on where it was, and loses no key and no token")
    func rotateRoot() throws {
        let folder = try TemporaryFolder()
        let first = try Service(in: folder)
        let client = try first.client()
        var ciphertexts: [String: String] = [:]
        for index in 0..<40 {
            let name = "key-\(index)"
            #expect(try client.send("POST", "/v1/keys", "{\"name\":\"\(name)\"}").status == 201)
            for _ in 0..<4 { _ = try client.send("POST", "/v1/keys/\(name)/rotate") }
            ciphertexts[name] = try client.encrypt(name, with: name)
        }
        try first.stop()
        var killed = 0
        for round in 0..<12 {
            let process = try ChildProcess(builtProduct("strongroom"), ["rotate-root", "--data", first.data])
            usleep(UInt32(4_000 + 6_000 * round))
            process.signal(SIGKILL)
            if try process.wait() != 0 { killed += 1 }
        }
        #expect(killed > 0)
        let last = try command(["rotate-root", "--data", first.data])
        #expect(last.status == 0, "\(last.error)")
        let second = try Service(in: folder)
        let again = try second.client()
        for (name, ciphertext) in ciphertexts {
            #expect(try again.decrypt(ciphertext, with: name) == name)
            #expect(try again.send("POST", "/v1/keys/\(name)/rotate").status == 200)
        }
        #expect(try second.stop() == 0, "\(second.log.suffix(3))")
    }

    @Test("a rotation that was cut short stops the start until it is finished")
    func unfinished() throws {
        let folder = try TemporaryFolder()
        let first = try Service(in: folder)
        try first.stop()
        try python(
            """
            import sqlite3, sys
            with sqlite3.connect(sys.argv[1] + "/strongroom.db") as database:
                database.execute(
                    "UPDATE installation SET next_wrapped_root = wrapped_root, next_root_identity = root_identity")
            """, first.data)
        let launch = try Launch(in: folder, ["--data", first.data, "--listen", "127.0.0.1:0"])
        #expect(try launch.process.wait() == 1)
        #expect(launch.log.joined().contains("finish it with `strongroom rotate-root`"))
        #expect(try command(["rotate-root", "--data", first.data]).status == 0)
        #expect(try Service(in: folder).stop() == 0)
    }

    @Test("a folder of an earlier build is refused in words")
    func earlier() throws {
        let folder = try TemporaryFolder()
        let first = try Service(in: folder)
        try first.stop()
        try python(
            """
            import sqlite3, sys
            with sqlite3.connect(sys.argv[1] + "/strongroom.db") as database:
                database.execute("UPDATE grdb_migrations SET identifier = 'v7'")
            """, first.data)
        let launch = try Launch(in: folder, ["--data", first.data, "--listen", "127.0.0.1:0"])
        #expect(try launch.process.wait(timeout: 20) == 1)
        #expect(launch.log.joined().contains("an earlier build made the database"), "\(launch.log)")
        let refused = try command(["rotate-root", "--data", first.data])
        #expect(refused.status == 1 && refused.error.contains("an earlier build made the database"))
    }

    @Test("a command on a folder that a service has, or on none, is refused in words")
    func refused() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder)
        for name in ["rekey", "rotate-root", "init"] {
            let refused = try command([name, "--data", service.data])
            #expect(refused.status != 0)
            #expect(refused.error.contains("in use"), "\(name): \(refused.error)")
        }
        #expect(try service.stop() == 0)
        let again = try command(["init", "--data", service.data])
        #expect(again.error.contains("holds an installation already"))
        let nowhere = try command(["rotate-root", "--data", folder.file("nowhere")])
        #expect(nowhere.status != 0)
        #expect(nowhere.error.contains("there is no installation"))
        #expect(access(folder.file("nowhere"), F_OK) != 0)
        let secret = folder.file("open")
        try writeFile(secret, Array("srs_\n".utf8), mode: 0o644)
        let readable = try command(["seal", "--address", "http://127.0.0.1:1", "--token-file", secret])
        #expect(readable.error.contains("is open to others"))
    }

    // MARK: -

    /// Makes a data folder, and gives its shares.
    private func initialise(
        _ folder: TemporaryFolder, _ options: [String], data: String = "data"
    ) throws -> [String] {
        let made = try command(["init", "--data", folder.file(data)] + options)
        #expect(made.status == 0, "\(made.error)")
        return made.output.split(separator: "\n").map(String.init)
    }

    private func unseal(_ service: Service, _ secrets: [String], in folder: TemporaryFolder) throws -> Outcome {
        let file = folder.file("secrets")
        try writeFile(file, Array(secrets.joined(separator: "\n").utf8))
        return try command(["unseal", "--address", address(service), "--secrets-file", file])
    }

    private func address(_ service: Service) -> String { "http://127.0.0.1:\(service.port)" }
}
