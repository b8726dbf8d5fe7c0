// Many large requests at once, from clients that read slowly or not at all: the service lives within what it was given, refuses
// what is too much, and serves others meanwhile.

import Glibc
import TestKit
import Testing
import Threading

@Suite struct RequestMemoryTests {
    /// Answers by status, as clients in threads of their own got them.
    private final class Outcomes: Sendable {
        let statuses = Locked<[Int]>([])
        let faults = Locked<[String]>([])
    }

    /// As much of the memory as 31 MiB are of a small container's; a debug build takes a second for each MiB.
    private let bodyBytes = 31 << 17

    /// What the service has ever had in memory at once.
    private func highWaterMebibytes(_ service: Service) throws -> Int {
        let status = String(decoding: try readFile("/proc/\(service.process.identifier)/status"), as: UTF8.self)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.filter(\.isNumber))) >> 10
    }

    /// Uploads at once, each on a connection of its own that reads nothing before `reading` says so.
    private func upload(
        _ count: Int, _ body: [UInt8], to service: Service, token: String, path: String, _ outcomes: Outcomes,
        while reading: @escaping @Sendable () -> Bool
    ) throws -> [Threading.Thread] {
        let port = service.port
        return try (0..<count).map { index in
            try Threading.Thread(name: "upload-\(index)") {
                do {
                    let connection = try TestConnection(port: port, timeout: 60, receiveBuffer: 4096)
                    try? connection.sendRequest(
                        "POST", path,
                        headers: [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")],
                        body: body)
                    _ = eventually(within: 60) { reading() }
                    let response = try connection.readResponse()
                    if response.status >= 400, response["Retry-After"] == nil {
                        outcomes.faults.withLock { $0.append("\(response.status) without Retry-After") }
                    }
                    outcomes.statuses.withLock { $0.append(response.status) }
                } catch {
                    outcomes.faults.withLock { $0.append("\(error)") }
                }
            }
        }
    }

    /// - Parameter escaped: whether the body leaves the flat scanner.
    @Test(
        "seven large uploads to slow readers leave the service alive, small and serving", arguments: [false, true])
    func uploads(escaped: Bool) throws {
        let folder = try TemporaryFolder()
        let mebibytes = escaped ? 32 : 16
        let service = try Service(in: folder, arguments: ["--request-memory", "\(mebibytes)"])
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"a"}"#).status == 201)
        let text = (escaped ? "QQ\\/B" : "QQ/B") + String(repeating: "QUJD", count: bodyBytes / 4)
        let body = Array("{\"plaintext\":\"\(text)\"}".utf8)
        let outcomes = Outcomes()
        let mayRead = Locked(false)
        let threads = try upload(
            7, body, to: service, token: try service.token, path: "/v1/keys/a/encrypt", outcomes
        ) { mayRead.withLock { $0 } }
        // Small requests of another client go on, all the while.
        let before = try highWaterMebibytes(service)
        #expect(
            try client.send(
                "POST", "/v1/roles", #"{"name":"app","grants":[{"operations":["encrypt","decrypt"],"keys":"a"}]}"#
            ).status == 201)
        let made = try client.send("POST", "/v1/tokens", #"{"name":"an app","role":"app"}"#)
        let other = try Client(port: service.port, token: try #require(made.members["token"] as? String))
        for _ in 0..<50 {
            let ciphertext = try #require(try other.encrypt("text", with: "a"))
            #expect(try other.decrypt(ciphertext, with: "a") == "text")
        }
        mayRead.withLock { $0 = true }
        for thread in threads { thread.join() }
        let statuses = outcomes.statuses.withLock { $0 }
        // A refusal in the middle of an upload may be lost to a client that goes on sending.
        #expect(statuses.allSatisfy { [200, 413, 429, 503].contains($0) }, "\(statuses)")
        #expect(statuses.contains(429))
        #expect(outcomes.faults.withLock { $0 }.isEmpty, "\(outcomes.faults.withLock { $0 })")
        if !escaped { #expect(statuses.contains(200)) }
        #expect(
            eventually { (try? client.text("/metrics").contains("strongroom_http_request_memory_bytes 0\n")) == true })
        #expect(try highWaterMebibytes(service) < before + mebibytes + 16)
        #expect(try service.stop() == 0)
    }

    @Test("the largest body follows the memory that there is, and status and log say so")
    func reduced() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, arguments: ["--request-memory", "16"])
        let client = try service.client()
        #expect(service.log.contains { $0.contains("serving") && $0.contains("\"largest_body\":\"4194304\"") })
        let memory = try #require(try client.send("GET", "/v1/status").members["request_memory"] as? [String: Any])
        #expect(memory["capacity_bytes"] as? Int == 16 << 20)
        #expect(memory["largest_body_bytes"] as? Int == 4 << 20)
        #expect(try client.send("POST", "/v1/keys", #"{"name":"a"}"#).status == 201)
        let large = "{\"plaintext\":\"" + String(repeating: "QUJD", count: 7 << 18) + "\"}"
        let refused = try client.send("POST", "/v1/keys/a/encrypt", large)
        #expect(refused.status == 413 && refused.members["code"] as? String == "body_too_large")
        let small = "{\"plaintext\":\"" + String(repeating: "QUJD", count: 1 << 18) + "\"}"
        #expect(try service.client().send("POST", "/v1/keys/a/encrypt", small).status == 200)
        #expect(try service.stop() == 0)
    }

    @Test("more for requests than the machine has is said not to fit")
    func tooMuch() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, arguments: ["--request-memory", "1048576"])
        #expect(service.log.contains { $0.contains("does not fit into the memory limit") })
        #expect(try service.stop() == 0)
    }
}
