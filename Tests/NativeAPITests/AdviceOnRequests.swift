// How advice about requests, and about what waits or is unsealed, is followed.

import HTTPServer
import TestKit
import Testing
import Threading

@testable import NativeAPI

extension AdviceTests {
    static let headersShortened: Scenario = {
        let fixture = try Fixture()
        func list(_ length: Int) throws -> Answer {
            try fixture.send("GET", "/v1/keys", headers: [("X-Long", String(repeating: "a", count: length))])
        }
        return Advised(refused: try list(4500), after: try list(45))
    }

    static let queryShortened: Scenario = {
        let fixture = try Fixture()
        func list(_ length: Int) throws -> Answer {
            try fixture.send("GET", "/v1/keys?label=a=" + String(repeating: "b", count: length))
        }
        return Advised(refused: try list(4300), after: try list(50))
    }

    static let typeSent: Scenario = {
        try random([("Content-Type", "text/plain")], then: [("Content-Type", "application/json")])
    }

    static let encodingLeftOut: Scenario = {
        try random([("Content-Type", "application/json"), ("Content-Encoding", "identity")], then: [])
    }

    private static func random(_ before: [(String, String)], then after: [(String, String)]) throws -> Advised {
        let fixture = try Fixture()
        return Advised(
            refused: try fixture.send("POST", "/v1/random", #"{"bytes":16}"#, headers: before),
            after: try fixture.send("POST", "/v1/random", #"{"bytes":16}"#, headers: after))
    }

    private static let passphrase = "correct horse battery staple"

    private static func unseal(_ fixture: Fixture, _ passphrase: String) throws -> Answer {
        try fixture.send("POST", "/v1/unseal", "{\"passphrase\":\"\(passphrase)\"}", headers: [("Authorization", "")])
    }

    static let rightPassphraseGiven: Scenario = {
        let fixture = try Fixture(passphrase: passphrase)
        #expect(try fixture.send("POST", "/v1/seal").status == 200)
        return Advised(refused: try unseal(fixture, "a wrong passphrase"), after: try unseal(fixture, passphrase))
    }

    static let attemptsWaitedFor: Scenario = {
        let fixture = try Fixture(passphrase: passphrase)
        #expect(try fixture.send("POST", "/v1/seal").status == 200)
        var refused = try unseal(fixture, "a wrong passphrase")
        for _ in 0..<16 where refused.status != 429 { refused = try unseal(fixture, "a wrong passphrase") }
        try fixture.wait(for: refused)
        return Advised(refused: refused, after: try unseal(fixture, passphrase))
    }

    static let answersWaitedFor: Scenario = {
        let fixture = try Fixture {
            $0.lanes = NativeAPI.lanes(workers: 1, queue: 8)
            $0.eventLoops = 1
        }
        try fixture.create("orders")
        let path = "/v1/keys/orders/rotate"
        let connections = try (0..<24).map { _ in try fixture.connect() }
        for connection in connections {
            try connection.sendRequest("POST", path, headers: [("Authorization", "Bearer \(fixture.token)")])
        }
        let answers = try connections.map { try fixture.read($0, answering: "POST", path) }
        let index = try #require(answers.firstIndex { $0.status == 429 })
        return Advised(refused: answers[index], after: try fixture.send("POST", path, on: connections[index]))
    }

    static let answersRead: Scenario = {
        let fixture = try Fixture {
            $0.requestMemory = 8 << 20
            $0.largestRequest = 4 << 20
        }
        try fixture.create("orders")
        let path = "/v1/keys/orders/encrypt"
        let body = Array("{\"plaintext\":\"\(String(repeating: "QUJD", count: 3 << 17))\"}".utf8)
        let first = try fixture.connect()
        try first.send(
            """
            POST \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(fixture.token)\r
            Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n
            """)
        #expect(eventually { fixture.server.statistics().requestMemory >= body.count })
        let second = try fixture.connect()
        let refused = try fixture.send("POST", path, bytes: body, on: second)
        try first.send(body)
        #expect(try fixture.read(first, answering: "POST", path).status == 200)
        #expect(eventually { fixture.server.statistics().requestMemory < body.count })
        let again = try fixture.connect()
        return Advised(refused: refused, after: try fixture.send("POST", path, bytes: body, on: again))
    }
}
