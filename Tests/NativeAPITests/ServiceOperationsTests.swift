// The service itself: status, health, metrics, and the document.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct ServiceOperationsTests {
    @Test("the status says what runs")
    func status() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        _ = try fixture.encrypt("", with: "orders")
        fixture.clock.withLock { $0 += 61 }
        let answer = try fixture.send("GET", "/v1/status")
        #expect(answer.status == 200)
        #expect(answer["version"].string == "0.1.0")
        #expect(answer["seal"].string == "unsealed")
        #expect(answer["stopping"].boolean == false)
        #expect(answer["abi"]["fingerprint"].string == Core.abi.fingerprintText)
        let algorithms = answer["algorithms"].elements.compactMap(\.string)
        #expect(algorithms == TestCore.shared.algorithms.map(\.name))
        #expect(algorithms.count >= 23 && algorithms.contains("ecdsa-secp256k1"))
        #expect(answer["uptime_seconds"].integer == 61)
        #expect(answer["started_at"].string == "2023-11-14T22:13:20Z")
        #expect(answer["pool"]["open"].integer == 1)
        #expect(answer["pool"]["borrowed"].integer == 0)
        let memory = answer["secret_memory"]
        #expect((memory["used_bytes"].integer ?? 0) > 0)
        let (capacity, used) = (memory["key_capacity_bytes"].integer ?? 0, memory["key_used_bytes"].integer ?? 0)
        #expect(used > 0 && used < capacity && capacity < memory["capacity_bytes"].integer ?? 0)
        let (largest, smallest) = (memory["fitting_keys"]["largest"], memory["fitting_keys"]["smallest"])
        let hasMLDSA = algorithms.contains("ml-dsa-87")
        #expect(largest["algorithm"].string == (hasMLDSA ? "ml-dsa-87" : "rsa-4096"))
        #expect(smallest["bytes"].integer == 48)
        let keys = largest["keys"].integer ?? 0
        #expect(keys > 10 && keys * (largest["bytes"].integer ?? 0) < capacity)
        #expect((smallest["keys"].integer ?? 0) > 10 * keys)
    }

    @Test("health is told without a token: live while it runs, ready while it can serve")
    func health() throws {
        let fixture = try Fixture()
        for path in ["/v1/health/live", "/v1/health/ready"] {
            let answer = try fixture.send("GET", path, headers: [("Authorization", "")])
            #expect(answer.status == 200)
            #expect(answer["status"].string == "ok")
        }
        fixture.stopping.withLock { $0 = true }
        let stopping = try fixture.send("GET", "/v1/health/ready")
        #expect((stopping.status, stopping["reason"].string) == (503, "stopping"))
        #expect(try fixture.send("GET", "/v1/health/live").status == 200)
        fixture.stopping.withLock { $0 = false }
        try fixture.store.close()
        #expect(eventually { (try? fixture.send("GET", "/v1/health/ready"))?["reason"].string == "store" })
        let answer = try fixture.send("GET", "/v1/health/ready")
        #expect(answer.status == 503)
        #expect(answer["status"].string == "unavailable")
    }

    @Test("a store that fails is 503, and what is in memory still works")
    func storeFails() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let ciphertext = try fixture.encrypt("YQ==", with: "orders")
        try fixture.store.close()
        for (method, path, body) in [
            ("GET", "/v1/keys", nil), ("GET", "/v1/keys/none", nil), ("POST", "/v1/keys", #"{"name":"a"}"#),
            ("POST", "/v1/keys/orders/rotate", nil), ("POST", "/v1/keys/none/encrypt", #"{"plaintext":""}"#),
        ] as [(String, String, String?)] {
            let answer = try fixture.send(method, path, body)
            #expect((answer.status, answer.code) == (503, "store_unavailable"), "\(method) \(path)")
        }
        let answer = try fixture.send("POST", "/v1/keys/orders/decrypt", "{\"ciphertext\":\"\(ciphertext)\"}")
        #expect(answer["plaintext"].string == "YQ==")
    }

    @Test("metrics count requests by operation and status, without a token")
    func metrics() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        for _ in 0..<3 { _ = try fixture.encrypt("", with: "orders") }
        try fixture.send("POST", "/v1/keys/none/encrypt", #"{"plaintext":""}"#)
        try fixture.send("GET", "/nowhere")
        // A request is counted when its answer is on its way, which may be after the client has read it.
        var lines: Set<String> = []
        let counted = eventually {
            let answer = try? fixture.send("GET", "/metrics", headers: [("Authorization", "")])
            lines = Set((answer?.response.text ?? "").split(separator: "\n").map(String.init))
            return lines.contains { $0.contains("operation=\"unmatched\"") && $0.contains("4xx") && $0.hasSuffix(" 1") }
        }
        #expect(counted, "\(lines.sorted().joined(separator: "\n"))")
        #expect(lines.contains { $0.contains("operation=\"encrypt\"") && $0.contains("2xx") && $0.hasSuffix(" 3") })
        #expect(lines.contains { $0.contains("operation=\"encrypt\"") && $0.contains("4xx") && $0.hasSuffix(" 1") })
        #expect(lines.contains { $0.contains("operation=\"createKey\"") && $0.contains("2xx") && $0.hasSuffix(" 1") })
    }

    @Test("the document is served as it is checked against")
    func document() throws {
        let answer = try Fixture().send("GET", "/openapi.json", headers: [("Authorization", "")])
        #expect(answer.status == 200)
        #expect(answer["openapi"].string == "3.1.0")
        #expect(answer["paths"]["/v1/keys"].names == ["get", "post"])
    }

    @Test("HEAD is answered as GET is, without the body")
    func head() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let connection = try fixture.connect()
        for path in ["/v1/keys/orders", "/v1/keys", "/v1/status", "/v1/health/live", "/openapi.json", "/v1/keys/none"] {
            let get = try fixture.send("GET", path, on: connection)
            let head = try fixture.send("HEAD", path, on: connection)
            #expect(head.status == get.status, "\(path)")
            #expect(head.response.body.isEmpty)
            if path != "/v1/status" { #expect(head.response["Content-Length"] == get.response["Content-Length"]) }
        }
    }

    @Test("a caller's trace is in the line of the request, refused or not; what is no traceparent, or two, is in none")
    func traces() throws {
        let fixture = try Fixture()
        let connection = try fixture.connect()
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        for headers in [
            [("Traceparent", parent)], [("traceparent", parent), ("Authorization", "")], [("Traceparent", "canary")],
            [("Traceparent", parent), ("Traceparent", parent)],
        ] {
            try fixture.send("GET", "/v1/keys", headers: headers, on: connection)
        }
        var lines: [String] = []
        #expect(
            eventually {
                lines = (try? fixture.logLines()) ?? []
                return lines.count == 4
            })
        let entries = lines.map { JSONTree(Array($0.utf8)) }
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        #expect(entries.map { $0["trace"].string } == [trace, trace, nil, nil])
        #expect(entries.map { $0["span"].string } == ["00f067aa0ba902b7", "00f067aa0ba902b7", nil, nil])
        #expect(entries.map { $0["status"].integer } == [200, 401, 200, 200])
    }

    @Test("each request leaves one line in the log, which names no key and holds no value")
    func accessLog() throws {
        let fixture = try Fixture()
        // One connection, so one event loop: the lines have the order of the requests.
        let connection = try fixture.connect()
        try fixture.send("POST", "/v1/keys", #"{"name":"canary-orders"}"#, on: connection)
        try fixture.send(
            "POST", "/v1/keys/canary-orders/encrypt", #"{"plaintext":"c2VjcmV0cGxhaW4="}"#, on: connection)
        let refused = try fixture.send("GET", "/v1/keys/canary-none", on: connection)
        try fixture.send("GET", "/canary-path?canary=canary", on: connection)
        var lines: [String] = []
        let written = eventually {
            lines = (try? fixture.logLines()) ?? []
            return lines.count == 4
        }
        #expect(written)
        for secret in ["canary", "c2VjcmV0", fixture.token, "sr:1:"] {
            #expect(!lines.joined().contains(secret), "\(secret)")
        }
        let entries = lines.map { JSONTree(Array($0.utf8)) }
        #expect(entries.map { $0["operation"].string } == ["createKey", "encrypt", "getKey", nil])
        #expect(entries.map { $0["status"].integer } == [201, 200, 404, 404])
        #expect(entries.map { $0["code"].string } == [nil, nil, "key_not_found", "not_found"])
        #expect(entries.map { $0["token"].string } == ["tester", "tester", "tester", nil])
        #expect(entries.allSatisfy { $0["peer"].string == "127.0.0.1" })
        #expect(entries[2]["request"].string == refused["request_id"].string)
        #expect((entries[1]["request_bytes"].integer ?? 0) == #"{"plaintext":"c2VjcmV0cGxhaW4="}"#.utf8.count)
    }
}
