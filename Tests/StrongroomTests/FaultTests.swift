// The server with a core that fails on purpose: what the core's worst does to those who ask, and to those who come after.

import CoreBridge
import Foundation
import TestKit
import Testing

@testable import NativeAPI

@Suite struct FaultTests {
    private func start(_ plan: String, in folder: TemporaryFolder, _ arguments: [String] = []) throws -> Service {
        try Service(
            in: folder, arguments: ["--allow", "fault-injection", "--log-format", "json"] + arguments,
            environment: ["STRONGROOM_FAULTS": plan], server: "strongroom-faults")
    }

    private let message = #"{"plaintext":"AAAA"}"#

    @Test("every code of the core is answered as the table says, and the server serves on")
    func everyCode() throws {
        let folder = try TemporaryFolder()
        let service = try start("26:each:1:1000", in: folder, ["--diagnostics", "100"])
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"a"}"#).status == 201)
        let codes = CoreError.Code.allCases.filter { $0 != .panic }
        // Encryptions that were reserved and are used up end no request: it has more reserved, and meets the next code.
        for code in codes where code != .usesNotReserved {
            let answer = try client.send("POST", "/v1/keys/a/encrypt", message)
            let problem = ProblemCode(code)
            #expect(answer.status == problem.status, "\(code)")
            #expect(answer.members["code"] as? String == problem.rawValue, "\(code)")
        }
        #expect(try client.send("POST", "/v1/keys/a/encrypt", message).status == 200)
        let records = try client.send("GET", "/v1/diagnostics").members["diagnostics"] as? [[String: Any]]
        #expect(records?.map { $0["error"] as? String } == codes.map(\.symbol))
        #expect(records?.allSatisfy { $0["function"] as? String == "sr_key_encrypt" } == true)
        #expect(try service.stop() == 0)
    }

    @Test("a panic is one request's failure: the key is opened again, and the log stays a log")
    func panic() throws {
        let folder = try TemporaryFolder()
        let service = try start("26:panic:3,30:panic:1", in: folder, ["--diagnostics", "10"])
        let client = try service.client()
        for name in ["a", "b"] { #expect(try client.send("POST", "/v1/keys", "{\"name\":\"\(name)\"}").status == 201) }
        let ciphertext = try #require(try client.encrypt("text", with: "a"))
        #expect(try client.encrypt("text", with: "b") != nil)
        let failed = try client.send("POST", "/v1/keys/a/encrypt", message)
        #expect(failed.status == 500)
        #expect(failed.members["code"] as? String == "core_fault")
        #expect(try client.decrypt(ciphertext, with: "a") == "text")
        #expect(try client.encrypt("text", with: "a") != nil)
        let batch = #"{"items":[{"plaintext":"AAAA"}]}"#
        #expect(try client.send("POST", "/v1/keys/b/encrypt/batch", batch).status == 500)
        #expect(try client.send("POST", "/v1/keys/b/encrypt/batch", batch).status == 200)
        let records = try client.send("GET", "/v1/diagnostics").members["diagnostics"] as? [[String: Any]]
        #expect(records?.map { $0["error"] as? String } == ["SR_E_PANIC", "SR_E_PANIC"])
        // Line and column, and no text.
        #expect((records?.first?["numbers"] as? [Int])?.allSatisfy { $0 > 0 } == true)
        #expect(try service.stop() == 0)
        for line in service.log where !line.contains("token") && !line.contains("srt_") {
            let isEntry = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil
            #expect(isEntry, "\(line)")
        }
    }

    @Test("a batch of any operation is one call of the core: none of it needs the function for a single message")
    func batches() throws {
        let folder = try TemporaryFolder()
        // Every function on data but `sr_key_batch` fails.
        let single = [26, 27, 28, 29, 42, 43, 44, 45, 48, 49, 50, 51, 52, 53, 58]
        let service = try start(single.map { "\($0):900:1:1000" }.joined(separator: ","), in: folder)
        let client = try service.client()
        for algorithm in ["xaes-256-gcm", "rsa-2048", "ed25519", "hmac-sha256", "aes-256-kwp", "hkdf-sha256", "x25519"]
        {
            let body = #"{"name":"\#(algorithm)","algorithm":"\#(algorithm)"}"#
            #expect(try client.send("POST", "/v1/keys", body).status == 201)
        }
        func item(_ key: String, _ operation: String, _ item: String) throws -> [String: Any] {
            let answer = try client.send("POST", "/v1/keys/\(key)/\(operation)/batch", "{\"items\":[\(item),\(item)]}")
            #expect(answer.status == 200, "\(operation) of \(key)")
            let items = answer.members["items"] as? [[String: Any]] ?? []
            #expect(items.count == 2 && items.allSatisfy { $0["error"] == nil }, "\(operation) of \(key): \(items)")
            return items.last ?? [:]
        }
        func text(_ members: [String: Any], _ name: String) throws -> String { try #require(members[name] as? String) }
        for key in ["xaes-256-gcm", "rsa-2048"] {
            let ciphertext = try text(item(key, "encrypt", #"{"plaintext":"YWJj"}"#), "ciphertext")
            let moved = try text(item(key, "reencrypt", #"{"ciphertext":"\#(ciphertext)"}"#), "ciphertext")
            #expect(moved != ciphertext)
            #expect(try text(item(key, "decrypt", #"{"ciphertext":"\#(moved)"}"#), "plaintext") == "YWJj")
        }
        #expect(try item("xaes-256-gcm", "data-key", #"{"bytes":16}"#).count == 3)
        #expect(try item("xaes-256-gcm", "data-key", #"{"algorithm":"ed25519"}"#).count == 4)
        let message = #""message":"YWJj""#
        let signature = try text(item("ed25519", "sign", "{\(message)}"), "signature")
        let signed = try item("ed25519", "verify", #"{\#(message),"signature":"\#(signature)"}"#)
        #expect(signed["valid"] as? Bool == true)
        let mac = try text(item("hmac-sha256", "mac", "{\(message)}"), "mac")
        #expect(try item("hmac-sha256", "verify-mac", #"{\#(message),"mac":"\#(mac)"}"#)["valid"] as? Bool == true)
        let wrapped = try text(item("aes-256-kwp", "wrap", #"{"key_material":"YWJj"}"#), "wrapped")
        let unwrapped = try item("aes-256-kwp", "unwrap", #"{"wrapped":"\#(wrapped)"}"#)
        #expect(unwrapped["key_material"] as? String == "YWJj")
        let derived = try text(item("hkdf-sha256", "derive", #"{"info":"YWJj","bytes":16}"#), "derived")
        #expect(derived.count == 24)
        let point = "BwaNCbp8iFBLvWzL/7I/cQH5mRcBrCFJZ/+kKcQOcEA="
        let kdf = #"{"hash":"sha256","info":"","bytes":16}"#
        let shared = try item("x25519", "agree", #"{"public_key":"\#(point)","kdf":\#(kdf)}"#)
        #expect((shared["shared_secret"] as? String)?.count == 24)
        #expect(try client.send("POST", "/v1/keys/xaes-256-gcm/encrypt", self.message).status == 500)
        #expect(try service.stop() == 0)
    }

    @Test("a root key that panicked is unusable: requests are failures, the process lives, and readiness says so")
    func root() throws {
        let folder = try TemporaryFolder()
        let service = try start("15:panic:3", in: folder)
        let client = try service.client()
        #expect(try client.send("GET", "/v1/keys").status == 200)
        #expect(try client.send("GET", "/v1/health/ready").status == 200)
        let after = try (0..<3).map { _ in try client.send("GET", "/v1/keys").status }
        // Without the root key nothing can be recorded either.
        #expect(after == [503, 503, 503])
        #expect(try client.send("GET", "/v1/health/live").status == 200)
        #expect(try client.send("GET", "/v1/health/ready").status == 503)
        #expect(try service.stop() == 0)
    }

    @Test(
        "what is not given back is named at the stop, and the exit says so",
        arguments: [("25", "keys"), ("13", "roots")])
    func leak(operation: String, what: String) throws {
        let folder = try TemporaryFolder()
        let service = try start("\(operation):900:1", in: folder)
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"a"}"#).status == 201)
        #expect(try client.encrypt("text", with: "a") != nil)
        #expect(try service.stop() == 3)
        let line = try #require(service.log.last)
        let members = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(members?["message"] as? String == "the core was not given everything back")
        let metadata = members?["metadata"] as? [String: String]
        #expect(metadata?[what] == "1")
        #expect(Int(metadata?[what == "keys" ? "key_bytes" : "root_bytes"] ?? "0") ?? 0 >= 64)
        #expect(metadata?[what == "keys" ? "roots" : "keys"] == "0")
    }

    @Test("a plan of failures is dead until the configuration allows it")
    func notAllowed() throws {
        let folder = try TemporaryFolder()
        let service = try Service(
            in: folder, environment: ["STRONGROOM_FAULTS": "26:900:1:1000"], server: "strongroom-faults")
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"a"}"#).status == 201)
        #expect(try client.encrypt("text", with: "a") != nil)
        let status = try client.send("GET", "/v1/status").members
        #expect(status["features"] as? [String] == ["fault-injection"])
        #expect(status["allowed_features"] as? [String] == [])
        #expect(try service.stop() == 0)
    }
}
