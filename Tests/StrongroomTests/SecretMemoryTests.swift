// Secret memory that does not suffice for all keys: each is served all the same, whoever made the others.

import Foundation
import Glibc
import TestKit
import Testing
import Threading

/// Foundation has one too.
private typealias Thread = Threading.Thread

@Suite struct SecretMemoryTests {
    @Test("keys that a token with few rights makes and uses close no other key for good")
    func manyKeys() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, arguments: ["--secret-memory", "1024"])
        let client = try service.client()
        let honest = (0..<8).map { "honest-\($0)" }
        for name in honest { #expect(try client.send("POST", "/v1/keys", "{\"name\":\"\(name)\"}").status == 201) }
        let role = #"{"name":"signer","grants":[{"operations":["create","sign"],"keys":"own-*"}]}"#
        #expect(try client.send("POST", "/v1/roles", role).status == 201)
        let made = try client.send("POST", "/v1/tokens", #"{"name":"signer","role":"signer"}"#)
        let attacker = try Client(port: service.port, token: try #require(made.members["token"] as? String))
        for number in 0..<309 {
            let body = #"{"name":"own-\#(number)","algorithm":"ecdsa-p521"}"#
            #expect(try attacker.send("POST", "/v1/keys", body).status == 201)
            let signed = try attacker.send("POST", "/v1/keys/own-\(number)/sign", #"{"message":"YQ=="}"#)
            #expect(signed.status == 200, "\(number)")
        }
        for name in honest { #expect(try client.encrypt("text", with: name) != nil, "\(name)") }
        for algorithm in ["rsa-2048", "ecdh-p521"] {
            let body = #"{"name":"\#(algorithm)","algorithm":"\#(algorithm)"}"#
            #expect(try client.send("POST", "/v1/keys", body).status == 201)
        }
        let metrics = try client.text("/metrics")
        #expect(value("strongroom_open_keys_memory_evictions_total", in: metrics) > 50)
        #expect(value("strongroom_secret_memory_refused_total", in: metrics) == 0)
        #expect(try client.send("GET", "/v1/health/ready").status == 200)
        #expect(try service.stop() == 0)
    }

    @Test("threads that use three times the keys that fit all get served, and leave no key open")
    func threads() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, arguments: ["--secret-memory", "80", "--workers", "32"])
        let client = try service.client()
        let threads = 32
        for number in 0..<threads {
            let body = #"{"name":"key-\#(number)","algorithm":"ecdsa-p521"}"#
            #expect(try client.send("POST", "/v1/keys", body).status == 201)
        }
        let others = Locked<[Int]>([])
        let (port, token) = (service.port, try service.token)
        @Sendable func use(_ number: Int) {
            guard let client = try? Client(port: port, token: token) else { return others.withLock { $0.append(0) } }
            var served = 0
            // Where all that are open are in use at once, one more is refused, and asks again.
            for _ in 0..<2000 where served < 10 {
                let answer = try? client.send("POST", "/v1/keys/key-\(number)/sign", #"{"message":"YQ=="}"#)
                switch answer?.status {
                case 200: served += 1
                case 503: usleep(5000)
                case let other: others.withLock { $0.append(other ?? 0) }
                }
            }
            if served < 10 { others.withLock { $0.append(served) } }
        }
        let running = try (0..<threads).map { number in try Thread(name: "client-\(number)") { use(number) } }
        for thread in running { thread.join() }
        // The first connection was idle meanwhile.
        let after = try service.client()
        #expect(others.withLock { $0 } == [])
        for number in 0..<threads {
            let answer = try after.send("POST", "/v1/keys/key-\(number)/sign", #"{"message":"YQ=="}"#)
            #expect(answer.status == 200, "\(number)")
        }
        #expect(value("strongroom_open_keys_memory_evictions_total", in: try after.text("/metrics")) > threads)
        #expect(value("strongroom_open_keys", in: try after.text("/metrics")) < threads)
        #expect(try service.stop() == 0)
    }

    @Test(
        "a call that finds no secret memory is made again when a key was closed for it, and refused where none can be")
    func lending() throws {
        let folder = try TemporaryFolder()
        // Encrypting, a batch, and making a key.
        let plan = "26:600:3:2,30:600:1,20:600:4"
        let service = try Service(
            in: folder, arguments: ["--allow", "fault-injection"], environment: ["STRONGROOM_FAULTS": plan],
            server: "strongroom-faults")
        let client = try service.client()
        for name in ["a", "b", "c"] {
            #expect(try client.send("POST", "/v1/keys", "{\"name\":\"\(name)\"}").status == 201)
        }
        func open() throws -> Int { value("strongroom_open_keys", in: try client.text("/metrics")) }
        #expect(try client.encrypt("text", with: "a") != nil)
        #expect(try client.encrypt("text", with: "b") != nil)
        let before = try open()
        #expect(before >= 2)
        // The first attempt closes every other key, and the second finds none that it could.
        #expect(try client.send("POST", "/v1/keys/a/encrypt", #"{"plaintext":"AAAA"}"#).status == 503)
        #expect(try open() == 1)
        #expect(try client.send("GET", "/v1/health/ready").status == 200)
        #expect(try client.encrypt("text", with: "b") != nil)
        #expect(try client.encrypt("text", with: "c") != nil)
        let batch = #"{"items":[{"plaintext":"AAAA"}]}"#
        #expect(try client.send("POST", "/v1/keys/a/encrypt/batch", batch).status == 200)
        #expect(try open() == 1)
        #expect(try client.send("POST", "/v1/keys", #"{"name":"d"}"#).status == 201)
        let metrics = try client.text("/metrics")
        #expect(value("strongroom_secret_memory_exhausted_total", in: metrics) == 3)
        #expect(value("strongroom_secret_memory_refused_total", in: metrics) == 1)
        #expect(try service.stop() == 0)
    }

    @Test("an item of a batch that finds no secret memory is run again when keys were closed for it")
    func batchItems() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, arguments: ["--secret-memory", "64"])
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"wrapping"}"#).status == 201)
        // So many that none is left for what a pair takes beyond the reserve.
        for number in 0..<300 {
            let body = #"{"name":"key-\#(number)","algorithm":"hmac-sha512"}"#
            #expect(try client.send("POST", "/v1/keys", body).status == 201)
            let answer = try client.send("POST", "/v1/keys/key-\(number)/mac", #"{"message":"YQ=="}"#)
            #expect(answer.status == 200)
        }
        let item = #"{"algorithm":"rsa-2048"}"#
        let answer = try client.send("POST", "/v1/keys/wrapping/data-key/batch", "{\"items\":[\(item),\(item)]}")
        let items = answer.members["items"] as? [[String: Any]] ?? []
        #expect(items.count == 2)
        for item in items { #expect(item["public_key"] is String, "\(item)") }
        #expect(Set(items.compactMap { $0["ciphertext"] as? String }).count == 2)
        #expect(value("strongroom_secret_memory_exhausted_total", in: try client.text("/metrics")) > 0)
        #expect(try service.stop() == 0)
    }

    @Test("readiness fails while requests hold all of secret memory, says why, and recovers")
    func readiness() throws {
        let folder = try TemporaryFolder()
        let holders = 40
        let service = try Service(in: folder, arguments: ["--secret-memory", "80", "--data-workers", "\(holders)"])
        let client = try service.client()
        for number in 0..<holders {
            let body = #"{"name":"key-\#(number)","algorithm":"ecdsa-p521"}"#
            #expect(try client.send("POST", "/v1/keys", body).status == 201)
        }
        // Each batch holds one key while it is worked at: more keys than fit, and none that could be closed.
        let items = Array(repeating: "{\"message\":\"YQ==\"}", count: 50).joined(separator: ",")
        let reason = Locked<String?>(nil)
        let statuses = Locked<Set<Int>>([])
        let isOver = Locked(false)
        let (port, token) = (service.port, try service.token)
        let senders = try (0..<holders).map { number in
            try Thread(name: "sender-\(number)") {
                guard let client = try? Client(port: port, token: token) else { return }
                while !isOver.withLock({ $0 }) {
                    let answer = try? client.send("POST", "/v1/keys/key-\(number)/sign/batch", "{\"items\":[\(items)]}")
                    statuses.withLock { _ = $0.insert(answer?.status ?? 0) }
                }
            }
        }
        let found = eventually(within: 60) {
            let answer = try? client.send("GET", "/v1/health/ready")
            if answer?.status == 503 { reason.withLock { $0 = answer?.members["reason"] as? String } }
            return answer?.status == 503
        }
        isOver.withLock { $0 = true }
        for sender in senders { sender.join() }
        #expect(found)
        #expect(reason.withLock { $0 } == "secret_memory")
        #expect(statuses.withLock { $0 } == [200, 503])
        #expect(try client.send("GET", "/v1/health/ready").status == 200)
        #expect(try client.send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
        #expect(try client.encrypt("text", with: "orders") != nil)
        #expect(try service.stop() == 0)
    }

    @Test(
        "where nothing is said, as much memory is taken as may be locked less 1 MiB, and at most room for 1,000 RSA keys"
    )
    func size() throws {
        let folder = try TemporaryFolder()
        func fitting(_ host: Host, _ name: String) throws -> (capacity: Int, keys: Int) {
            let service = try Service(in: folder, data: name, host: host)
            let status = try service.client().send("GET", "/v1/status").members
            #expect(try service.stop() == 0)
            let memory = status["secret_memory"] as? [String: Any]
            let fitting = memory?["fitting_keys"] as? [String: [String: Any]]
            let largest = fitting?["largest"]
            let bytes = (largest?["keys"] as? Int ?? 0) * (largest?["bytes"] as? Int ?? 0)
            return (memory?["capacity_bytes"] as? Int ?? 0, bytes / 12_544)
        }
        #expect(try fitting(.ordinaryUser("ulimit -l 4096"), "a").capacity == 3 << 20)
        #expect(try fitting(.ordinaryUser("ulimit -l 1536"), "b").capacity == 1 << 20)
        // CAP_IPC_LOCK lifts the limit, and is root's outside of most containers.
        guard try fitting(.asItIs, "c").capacity == 16 << 20 else {
            print("skipped: this process may not lock 16 MiB")
            return
        }
        #expect(try fitting(.asItIs, "d").keys >= 1000)
    }

    private func value(_ name: String, in metrics: String) -> Int {
        let line = metrics.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { Int($0.dropFirst(name.count + 1)) } ?? -1
    }
}
