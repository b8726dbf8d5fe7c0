// What the running service writes: one line a request, and nothing that was sent.

import Foundation
import TestKit
import Testing

@Suite struct LogTests {
    @Test("every request leaves one access line, and no line holds a secret or a name", arguments: ["json", "text"])
    func accessLines(format: String) throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, arguments: ["--log-format", format, "--log-level", "trace"])
        let token = try service.token
        let client = try service.client()
        var requests = 0
        func send(_ method: String, _ path: String, _ body: String? = nil) throws -> [String: Any] {
            requests += 1
            return try client.send(method, path, body).members
        }
        _ = try send("POST", "/v1/keys", #"{"name":"canary-key","labels":{"canary-label":"canary-value"}}"#)
        let plaintext = Data("canary plaintext".utf8).base64EncodedString()
        var secrets = [token, "canary", "srt_\(token.dropFirst(4).prefix(8))", plaintext]
        for _ in 0..<20 {
            let answer = try send(
                "POST", "/v1/keys/canary-key/encrypt",
                "{\"plaintext\":\"\(plaintext)\",\"associated_data\":\"Y2FuYXJ5\"}")
            let ciphertext = try #require(answer["ciphertext"] as? String)
            secrets.append(String(ciphertext.dropFirst(7)))
            _ = try send(
                "POST", "/v1/keys/canary-key/decrypt",
                "{\"ciphertext\":\"\(ciphertext)\",\"associated_data\":\"Y2FuYXJ5\"}")
        }
        _ = try send("GET", "/v1/keys/canary-none")
        _ = try send("GET", "/canary?canary=canary")
        _ = try send("POST", "/v1/keys", #"{"canary":"canary"}"#)
        let data = try send("POST", "/v1/keys/canary-key/data-key", "{}")
        secrets.append(try #require(data["plaintext"] as? String))
        #expect(try service.stop() == 0)

        let lines = service.log.filter { !$0.contains("administrator's token") && $0.trimmingCharacters(in: .whitespaces) != token }
        let access = lines.filter { $0.contains(format == "json" ? "\"logger\":\"access\"" : " access ") }
        #expect(access.count == requests, "\(lines.joined(separator: "\n"))")
        for secret in secrets { #expect(!lines.joined().contains(secret), "\(secret.prefix(12))") }
        if format == "json" {
            for line in lines {
                let members = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                #expect(members?["time"] is String && members?["level"] is String, "\(line)")
            }
            let names: Set = ["request", "method", "status", "microseconds", "request_bytes", "response_bytes", "peer"]
            for line in access {
                let members = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                #expect(names.isSubset(of: members.keys))
            }
        }
        #expect(lines.last?.contains("stopped") == true)
        #expect(lines.last?.contains("live_handles") == true)
    }

    @Test("the service is small when it is idle")
    func memory() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder)
        let client = try service.client()
        _ = try client.send("POST", "/v1/keys", #"{"name":"a"}"#)
        _ = try client.encrypt("text", with: "a")
        let status = String(decoding: try readFile("/proc/\(service.process.identifier)/status"), as: UTF8.self)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        let kilobytes = try #require(Int(line.filter(\.isNumber)))
        #if DEBUG
        print("resident when idle: \(kilobytes) KiB (a debug build; the bound of 25 MB is for release builds)")
        #expect(kilobytes > 0)
        #else
        print("resident when idle: \(kilobytes) KiB")
        #expect(kilobytes * 1024 < 25_000_000)
        #endif
        #expect(try service.stop() == 0)
    }
}
