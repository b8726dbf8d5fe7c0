// The audit trail of the built service, and the commands that look at it: through crashes, exchanged root keys and attacks.

import Foundation
import Glibc
import TestKit
import Testing
import Threading

@Suite struct AuditCommandTests {
    @Test("verify finds a trail sound, export writes it out, and both say what is wrong with one that is not")
    func commands() throws {
        let folder = try TemporaryFolder()
        let data = folder.file("data")
        let service = try Service(in: folder)
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
        for _ in 0..<5 { #expect(try client.encrypt("text", with: "orders") != nil) }
        let refused = try command(["audit", "verify", "--data", data])
        #expect(refused.status == 1 && refused.error.contains("in use"), "\(refused.error)")
        #expect(try service.stop() == 0)
        let anchor = try #require(service.log.last { $0.contains("\"anchor\":\"") })
        let text = try #require(anchor.components(separatedBy: "\"anchor\":\"").last?.prefix { $0 != "\"" })

        let sound = try command(["audit", "verify", "--data", data, "--anchor", String(text)])
        #expect(sound.status == 0, "\(sound.error)\(sound.output)")
        #expect(sound.output.contains("7 records (1 to 7) in 1 files") && sound.output.contains("sound"))
        #expect(sound.output.contains("ends with \(text)"))
        let exported = try command(["audit", "export", "--data", data, "--after", "2"])
        #expect(exported.status == 0 && exported.output.split(separator: "\n").count == 5)
        for line in exported.output.split(separator: "\n") {
            let record = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(record?["operation"] as? String == "encrypt" && record?["key"] as? String == "orders")
        }
        // After another root key the trail of before it is still the same chain.
        #expect(try command(["rotate-root", "--data", data]).status == 0)
        #expect(try command(["audit", "verify", "--data", data]).status == 0)

        let file = data + "/audit/00000000000000000001.jsonl"
        let lines = String(decoding: try readFile(file), as: UTF8.self)
        try writeFile(file, Array(lines.replacing("\"orders\"", with: "\"others\"").utf8))
        let altered = try command(["audit", "verify", "--data", data])
        #expect(altered.status == 2 && altered.output.contains("record 2 was altered"), "\(altered.output)")
        let unread = try command(["audit", "export", "--data", data])
        #expect(unread.status == 1 && unread.error.contains("was altered"))

        let short = lines.split(separator: "\n").dropLast(2).joined(separator: "\n") + "\n"
        try writeFile(file, Array(short.utf8))
        let truncated = try command(["audit", "verify", "--data", data])
        #expect(truncated.status == 2 && truncated.output.contains("records 6 to 7 are missing"))
        let bad = try command(["audit", "verify", "--data", data, "--anchor", "7:12"])
        #expect(bad.status == 64 && bad.error.contains("SEQUENCE:MAC"))
        // The service goes on, and says so in log and trail.
        let again = try Service(in: folder)
        #expect(again.log.contains { $0.contains("\"critical\"") && $0.contains("records 6 to 7 are missing") })
        #expect(try again.stop() == 0)
        let after = try command(["audit", "export", "--data", data, "--after", "7"])
        #expect(after.output.contains("findBrokenAudit"))
    }

    @Test("kill -9 under load leaves a sound trail with a record of everything that was answered")
    func killed() throws {
        let folder = try TemporaryFolder()
        let ids = Locked<[String]>([])
        for round in 1...3 {
            let service = try Service(in: folder, arguments: ["--audit-file-size", "8"])
            let (port, token) = (service.port, try service.token)
            if round == 1 {
                #expect(try service.client().send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
            }
            let threads = try (0..<8).map { _ in
                try Threading.Thread(name: "client") {
                    // Ends when the server does.
                    guard let connection = try? TestConnection(port: port) else { return }
                    while let answer = try? connection.request(
                        "POST", "/v1/keys/orders/encrypt",
                        headers: [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")],
                        body: Array(#"{"plaintext":"YQ=="}"#.utf8)), answer.status == 200
                    {
                        if let id = answer["x-request-id"] { ids.withLock { $0.append(id) } }
                    }
                }
            }
            #expect(eventually(within: 20) { ids.withLock { $0.count } >= 200 * round })
            service.process.signal(SIGKILL)
            #expect(try service.process.wait() == -SIGKILL)
            for thread in threads { thread.join() }
        }
        let data = folder.file("data")
        let service = try Service(in: folder)
        #expect(try service.stop() == 0)
        let verified = try command(["audit", "verify", "--data", data])
        #expect(verified.status == 0, "\(verified.output)\(verified.error)")
        let exported = try command(["audit", "export", "--data", data]).output
        var recorded: [String: Int] = [:]
        for line in exported.split(separator: "\n") {
            if let id = line.range(of: "\"request_id\":\"") {
                recorded[String(line[id.upperBound...].prefix(32)), default: 0] += 1
            }
        }
        let answered = ids.withLock { $0 }
        #expect(answered.count >= 600)
        #expect(answered.allSatisfy { recorded[$0] == 1 })
    }

    @Test("without an audit trail the log says so, and nothing is recorded")
    func off() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, arguments: ["--audit", "off"])
        #expect(service.log.contains { $0.contains("requests leave no record") })
        #expect(try service.client().send("GET", "/v1/audit").status == 404)
        #expect(try service.stop() == 0)
        #expect(access(folder.file("data/audit"), F_OK) != 0)
        let bestEffort = try Service(in: folder, arguments: ["--audit", "best-effort"])
        #expect(bestEffort.log.contains { $0.contains("goes on when requests cannot be recorded") })
        #expect(try bestEffort.stop() == 0)
    }
}
