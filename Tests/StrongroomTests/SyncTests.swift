// What is acknowledged is on disk: each sync that this takes is made, and where it fails nothing is acknowledged.

import Foundation
import TestKit
import Testing
import Threading

@Suite(.enabled(if: SyncWatch.canFollow)) struct SyncTests {
    @Test("a first start syncs key file, token and trail, and is refused where it cannot")
    func firstStart() throws {
        let folder = try TemporaryFolder()
        let watch = try SyncWatch(in: folder)
        let service = try Service(in: folder, host: .watched(by: watch))
        #expect(try service.stop() == 0)
        let data = folder.file("data")
        let paths = watch.paths
        #expect(paths.first == folder.path, "the data folder's entry")
        let keyFile = try #require(paths.firstIndex { $0.hasPrefix(data + "/.strongroom-root-key.") })
        #expect(paths[keyFile + 1] == data)
        let token = try #require(paths[(keyFile + 2)...].firstIndex { $0.hasPrefix(data + "/.strongroom-") })
        #expect(paths[token + 1] == data)
        #expect(paths[token + 2] == data + "/strongroom.db-wal", "the installation")
        let trail = try #require(paths.firstIndex(of: data + "/audit/00000000000000000001.jsonl"))
        #expect(paths[trail - 1] == data + "/audit")

        for number in [0] + Array(keyFile...trail) {
            let folder = try TemporaryFolder()
            let watch = try SyncWatch(in: folder)
            try watch.fail("\(number + 1)")
            let launch = try Launch(
                in: folder, ["--data", folder.file("data"), "--listen", "127.0.0.1:0"], host: .watched(by: watch))
            let status = try? launch.process.wait(timeout: 20)
            #expect(status == 1, "sync \(number + 1), of \(paths[number])")
            #expect(launch.log.joined().contains("not started"))
        }
    }

    @Test("a new folder of the trail is synced with its own entry, wherever it is")
    func trailFolder() throws {
        let folder = try TemporaryFolder()
        let watch = try SyncWatch(in: folder)
        let elsewhere = folder.file("elsewhere")
        mkdir(elsewhere, 0o700)
        let arguments = ["--audit-folder", elsewhere + "/audit"]
        let service = try Service(in: folder, arguments: arguments, host: .watched(by: watch))
        #expect(try service.stop() == 0)
        #expect(watch.paths.contains(elsewhere))
        #expect(watch.paths.contains(elsewhere + "/audit"))

        // Failing to make it leaves none that the next start would believe to be on disk.
        let again = try SyncWatch(in: folder, "again")
        let other = folder.file("other")
        mkdir(other, 0o700)
        try again.fail(other)
        let launch = try Launch(
            in: folder,
            ["--data", folder.file("data"), "--listen", "127.0.0.1:0", "--audit-folder", other + "/audit"],
            host: .watched(by: again))
        #expect((try? launch.process.wait(timeout: 20)) == 1)
        #expect(access(other + "/audit", F_OK) != 0)
    }

    @Test("every change is synced before it is answered, and every answer's record too")
    func changes() throws {
        let folder = try TemporaryFolder()
        let watch = try SyncWatch(in: folder)
        let service = try Service(in: folder, host: .watched(by: watch))
        let client = try service.client()
        let changes: [(String, String, String?, Int)] = [
            ("POST", "/v1/keys", #"{"name":"k"}"#, 201), ("PATCH", "/v1/keys/k", #"{"labels":{"a":"b"}}"#, 200),
            ("POST", "/v1/keys/k/rotate", nil, 200),
            ("PATCH", "/v1/keys/k/versions/1", #"{"state":"disabled"}"#, 200),
            ("PATCH", "/v1/keys/k/versions/1", #"{"state":"enabled"}"#, 200),
            ("PATCH", "/v1/keys/k/versions/1", #"{"state":"destroyed"}"#, 200),
            ("PATCH", "/v1/keys/k", #"{"deletion_protected":false}"#, 200), ("DELETE", "/v1/keys/k", nil, 202),
            ("POST", "/v1/keys/k/cancel-deletion", nil, 200),
            ("POST", "/v1/roles", #"{"name":"r","grants":[{"operations":["encrypt"]}]}"#, 201),
            ("PUT", "/v1/roles/r", #"{"grants":[{"operations":["decrypt"]}]}"#, 200),
            ("POST", "/v1/tokens", #"{"name":"t","role":"r"}"#, 201), ("DELETE", "/v1/tokens/ID", nil, 204),
            ("DELETE", "/v1/roles/r", nil, 204),
        ]
        var id = ""
        for (method, path, body, status) in changes {
            let (database, trail) = (watch.count("strongroom.db-wal"), watch.count(".jsonl"))
            let answer = try client.send(method, path.replacing("ID", with: id), body)
            #expect(answer.status == status, "\(method) \(path): \(answer)")
            #expect(watch.count("strongroom.db-wal") > database, "\(method) \(path)")
            #expect(watch.count(".jsonl") > trail, "\(method) \(path)")
            id = answer.members["id"] as? String ?? id
        }
        let trail = watch.count(".jsonl")
        #expect(try client.send("GET", "/v1/keys/k").status == 200)
        #expect(watch.count(".jsonl") > trail)
        #expect(try service.stop() == 0)
    }

    @Test("requests are answered 503 when the trail's sync fails, those queued behind too")
    func trail() throws {
        let folder = try TemporaryFolder()
        let watch = try SyncWatch(in: folder)
        let service = try Service(in: folder, host: .watched(by: watch))
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
        let before = watch.count(".jsonl")
        try watch.hold()
        let answers = Locked<[(status: Int, code: String)]>([])
        let (port, token) = (service.port, try service.token)
        func begin(_ path: String, _ body: String?) throws -> Threading.Thread {
            try Threading.Thread(name: "client") {
                let answer = try? Client(port: port, token: token).send("POST", path, body)
                answers.withLock { $0.append((answer?.status ?? 0, answer?.members["code"] as? String ?? "")) }
            }
        }
        let encrypt = ("/v1/keys/orders/encrypt", #"{"plaintext":"YQ=="}"#)
        var threads = try [begin(encrypt.0, encrypt.1)]
        // Its record is being synced. Those of the others are for the next batch: two that are awaited before an answer is sent, and
        // one before the service is sealed.
        #expect(eventually { watch.count(".jsonl") == before + 1 })
        for _ in 0..<2 { threads.append(try begin(encrypt.0, encrypt.1)) }
        #expect(eventually { waiting(client) == 3 })
        threads.append(try begin("/v1/seal", nil))
        #expect(eventually { waiting(client) == 4 })
        #expect(answers.withLock { $0.isEmpty })
        try watch.fail(".jsonl")
        watch.release()
        for thread in threads { thread.join() }
        for answer in answers.withLock({ $0 }) { #expect(answer == (503, "audit_unavailable")) }
        #expect(try client.send("POST", "/v1/keys", #"{"name":"other"}"#).status == 503)

        try watch.fail(nil)
        #expect(eventually { (try? client.send("GET", "/v1/keys/orders").status) == 200 })
        #expect(try client.send("GET", "/v1/keys/other").status == 404)
        let records = try client.send("GET", "/v1/audit?limit=1000").members["records"] as? [[String: Any]] ?? []
        #expect(records.allSatisfy { $0["operation"] as? String != "encrypt" })
        let resumed = records.first { $0["operation"] as? String == "resumeAudit" }
        #expect((resumed?["count"] as? Int ?? 0) >= 4)
        #expect(try service.stop() == 0)
    }

    @Test("a change that the database cannot sync is answered 503 and is not made")
    func database() throws {
        let folder = try TemporaryFolder()
        let watch = try SyncWatch(in: folder)
        let service = try Service(in: folder, host: .watched(by: watch))
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
        try watch.fail("strongroom.db")
        for (method, path, body) in [
            ("POST", "/v1/keys", #"{"name":"other"}"#), ("POST", "/v1/keys/orders/rotate", nil),
            ("PATCH", "/v1/keys/orders", #"{"labels":{"a":"b"}}"#),
            ("POST", "/v1/tokens", #"{"name":"t","role":"administrator"}"#),
        ] {
            let refused = try client.send(method, path, body)
            #expect((refused.status, refused.members["code"] as? String) == (503, "store_unavailable"), "\(path)")
        }
        try watch.fail(nil)
        let check = { (client: Client) throws in
            #expect(try client.send("GET", "/v1/keys/other").status == 404)
            let key = try client.send("GET", "/v1/keys/orders").members
            #expect(key["latest_version"] as? Int == 1 && (key["labels"] as? [String: Any])?.isEmpty != false)
        }
        try check(client)
        #expect(try client.send("POST", "/v1/keys/orders/rotate").status == 200)
        #expect(try service.stop() == 0)
        let again = try Service(in: folder)
        #expect(try again.client().send("GET", "/v1/keys/other").status == 404)
        #expect(try again.stop() == 0)
    }

    @Test("rekey fails where a new key file cannot be synced, and the folder still opens")
    func rekey() throws {
        let folder = try TemporaryFolder()
        let data = folder.file("data")
        #expect(try command(["init", "--data", data]).status == 0)
        let watch = try SyncWatch(in: folder)
        #expect(try watch.command(["rekey", "--data", data]).status == 0)
        let paths = watch.paths
        let keyFile = try #require(paths.firstIndex { $0.hasPrefix(data + "/.strongroom-root-key.") })
        #expect(paths[keyFile + 1] == data)
        let stored = try #require(paths[(keyFile + 2)...].firstIndex(of: data + "/strongroom.db-wal"))
        #expect(paths[(stored + 1)...].contains(data), "the new key file under its name")
        for number in paths.indices.dropFirst(keyFile) {
            let watch = try SyncWatch(in: folder, "sync-\(number)")
            try watch.fail("\(number + 1)")
            let outcome = try watch.command(["rekey", "--data", data])
            if number <= stored { #expect(outcome.status == 1, "sync \(number + 1), of \(paths[number])") }
            let service = try Service(in: folder)
            #expect(try service.client().send("GET", "/v1/keys").status == 200, "after sync \(number + 1)")
            #expect(try service.stop() == 0)
        }
    }

    private func waiting(_ client: Client) -> Int {
        let line = try? client.text("/metrics").split(separator: "\n").first {
            $0.hasPrefix("strongroom_audit_waiting ")
        }
        return line.flatMap { Int($0.split(separator: " ")[1]) } ?? -1
    }
}
