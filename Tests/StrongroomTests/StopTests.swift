// Stopping: what is in flight is finished, everything is given back, and whoever insists is obeyed.

import Foundation
import TestKit
import Testing
import Threading

@Suite struct StopTests {
    @Test(
        "a stop signal under load lets requests in flight finish, and leaves no handle", arguments: [SIGTERM, SIGINT])
    func underLoad(signal: Int32) throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, arguments: ["--event-loops", "2"])
        let (port, token) = (service.port, try service.token)
        for name in ["a", "b"] {
            #expect(try service.client().send("POST", "/v1/keys", "{\"name\":\"\(name)\"}").status == 201)
        }
        // Idle, on each loop one at least: a loop that closes its own has seen that it is to stop.
        let idle = try (0..<4).map { _ in try TestConnection(port: port) }
        // In flight for certain: its body lacks the last bytes when the signal comes.
        let held = try TestConnection(port: port)
        let body = Array(#"{"plaintext":"YQ=="}"#.utf8)
        try held.send(
            "POST /v1/keys/a/encrypt HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n")
        try held.send(Array(body.dropLast(2)))

        let faults = Locked<[String]>([])
        let answered = Locked(0)
        var threads: [Threading.Thread] = []
        for index in 0..<4 {
            threads.append(
                try Threading.Thread(name: "client-\(index)") {
                    guard let client = try? Client(port: port, token: token) else { return }
                    while true {
                        do {
                            let text = "text \(index)"
                            let key = index % 2 == 0 ? "a" : "b"
                            if index == 3 {
                                let status = try client.send("POST", "/v1/keys/b/rotate").status
                                if status != 200 { faults.withLock { $0.append("rotate: \(status)") } }
                            }
                            guard let ciphertext = try client.encrypt(text, with: key),
                                try client.decrypt(ciphertext, with: key) == text
                            else {
                                faults.withLock { $0.append("a wrong answer") }
                                return
                            }
                            answered.withLock { $0 += 1 }
                        } catch {
                            // Closed between two requests; an answer that broke off would be a fault.
                            if "\(error)".contains("body") { faults.withLock { $0.append("\(error)") } }
                            return
                        }
                    }
                })
        }
        #expect(eventually { answered.withLock { $0 } > 50 })
        service.process.signal(signal)
        #expect(eventually { service.log.contains { $0.contains("stopping") } })
        for connection in idle { #expect(connection.isClosed(within: 20)) }
        try held.send(Array(body.suffix(2)))
        let response = try held.readResponse()
        #expect(response.status == 200)
        #expect(response["Connection"] == "close")
        #expect(try service.process.wait(timeout: 30) == 0)
        for thread in threads { thread.join() }
        #expect(faults.withLock { $0 } == [])
        let log = service.log
        #expect(log.contains { $0.contains("drained") && $0.contains("\"connections_cut\":\"0\"") }, "\(log.suffix(3))")
        #expect(log.last?.contains("\"live_handles\":\"0\"") == true, "\(log.last ?? "")")
    }

    @Test("a second signal ends it at once")
    func secondSignal() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder)
        // Keeps it draining.
        let held = try TestConnection(port: service.port)
        try held.send(
            "POST /v1/random HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(try service.token)\r\n"
                + "Content-Type: application/json\r\nContent-Length: 11\r\n\r\n{")
        usleep(100_000)
        service.process.signal(SIGTERM)
        #expect(eventually { service.log.contains { $0.contains("stopping") } })
        usleep(100_000)
        #expect((try? service.process.wait(timeout: 0)) == nil)
        let began = now()
        service.process.signal(SIGTERM)
        #expect(try service.process.wait(timeout: 5) == 128 + SIGTERM)
        #expect(now() - began < 1)
        // What it left behind is as good as after any crash.
        #expect(try Service(in: folder).stop() == 0)
    }

    @Test("requests that outlast the time for draining are cut, and the rest still ends well")
    func drainTime() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, arguments: ["--drain-seconds", "1"])
        let held = try TestConnection(port: service.port)
        try held.send(
            "POST /v1/random HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(try service.token)\r\n"
                + "Content-Type: application/json\r\nContent-Length: 11\r\n\r\n{")
        usleep(100_000)
        let began = now()
        #expect(try service.stop() == 0)
        #expect((0.8..<5).contains(now() - began))
        #expect(service.log.contains { $0.contains("drained") && $0.contains("\"connections_cut\":\"1\"") })
        #expect(held.isClosed(within: 1))
    }

    @Test("an RSA key that is being made is given up where there is no time to finish it")
    func keysBeingMade() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, arguments: ["--drain-seconds", "1"])
        let client = try service.client()
        let (port, token) = (service.port, try service.token)
        // Each makes one after the other, so that one is being made when the signal comes.
        let threads = try (0..<4).map { index in
            try Threading.Thread(name: "client-\(index)") {
                guard let client = try? Client(port: port, token: token) else { return }
                for number in 0... {
                    let body = #"{"name":"k-\#(index)-\#(number)","algorithm":"rsa-4096"}"#
                    guard (try? client.send("POST", "/v1/keys", body)) != nil else { return }
                }
            }
        }
        #expect(
            eventually {
                let text = (try? client.text("/metrics")) ?? ""
                return text.contains(#"worker_queue{lane="long"} 3"#)
            })
        let began = now()
        service.process.signal(SIGTERM)
        #expect(try service.process.wait(timeout: 30) == 0)
        #expect(now() - began < 5)
        for thread in threads { thread.join() }
        #expect(service.log.last?.contains("\"live_handles\":\"0\"") == true)
    }

    @Test("slow work, under way and waiting, keeps no service from stopping in its time")
    func slowWork() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, arguments: ["--drain-seconds", "12"])
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
        // Making it takes seconds, and many more beside other tests.
        let patient = try TestConnection(port: service.port, timeout: 60)
        let made = try patient.request(
            "POST", "/v1/keys",
            headers: [("Authorization", "Bearer \(try service.token)"), ("Content-Type", "application/json")],
            body: Array(#"{"name":"signing","algorithm":"rsa-4096"}"#.utf8))
        #expect(made.status == 201)
        let requests = [
            ("signing/sign", #"{"message":"AAAA"}"#, 1000), ("orders/data-key", #"{"algorithm":"rsa-2048"}"#, 40),
        ]
        var connections: [TestConnection] = []
        for (operation, item, count) in requests {
            let body = "{\"items\":[\(Array(repeating: item, count: count).joined(separator: ","))]}"
            for _ in 0..<6 {
                let connection = try TestConnection(port: service.port)
                try connection.sendRequest(
                    "POST", "/v1/keys/\(operation)/batch",
                    headers: [
                        ("Authorization", "Bearer \(try service.token)"), ("Content-Type", "application/json"),
                    ], body: Array(body.utf8))
                connections.append(connection)
            }
        }
        #expect(
            eventually {
                let text = (try? client.text("/metrics")) ?? ""
                return ["data", "long"].allSatisfy { lane in
                    text.contains("worker_queue{lane=\"\(lane)\"} ")
                        && !text.contains("worker_queue{lane=\"\(lane)\"} 0")
                }
            })
        let began = now()
        service.process.signal(SIGTERM)
        #expect(try service.process.wait(timeout: 30) == 0)
        #expect(now() - began < 15)
        #expect(service.log.last?.contains("\"live_handles\":\"0\"") == true, "\(service.log.last ?? "")")
    }
}
