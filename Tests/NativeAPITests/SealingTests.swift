// Sealing and unsealing over HTTP: what a sealed service answers, and to whom.

import HTTPServer
import KeyService
import NativeAPI
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct SealingTests {
    @Test("a sealed service refuses everything that needs a token, and says that it is sealed")
    func sealed() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let ciphertext = try fixture.encrypt("aGVsbG8=", with: "orders")
        #expect(try fixture.send("GET", "/v1/unseal", headers: [("Authorization", "")])["sealed"].boolean == false)
        let answer = try fixture.send("POST", "/v1/seal")
        #expect(answer.status == 200)
        #expect(answer["sealed"].boolean == true)
        for (method, path, body) in [
            ("GET", "/v1/keys", nil), ("GET", "/v1/status", nil), ("POST", "/v1/seal", nil),
            ("POST", "/v1/keys", #"{"name":"b"}"#), ("POST", "/v1/random", #"{"bytes":16}"#),
            ("POST", "/v1/keys/orders/encrypt", #"{"plaintext":"aGVsbG8="}"#),
            ("POST", "/v1/keys/orders/decrypt", "{\"ciphertext\":\"\(ciphertext)\"}"),
        ] as [(String, String, String?)] {
            let refusal = try fixture.send(method, path, body)
            #expect(refusal.status == 503, "\(path)")
            #expect(refusal["code"].string == "sealed", "\(path)")
            #expect(refusal.response["Retry-After"] != nil)
        }
        let ready = try fixture.send("GET", "/v1/health/ready")
        #expect(ready.status == 503)
        #expect(ready["status"].string == "sealed")
        #expect(try fixture.send("GET", "/v1/health/live").status == 200)
        #expect(try fixture.send("GET", "/metrics").status == 200)
        #expect(try fixture.send("GET", "/v1/unseal", headers: [("Authorization", "")])["sealed"].boolean == true)
    }

    @Test("unsealing takes one secret, of the method that the root key has, and repeats none")
    func refusals() throws {
        let fixture = try Fixture()
        let open = try fixture.send("POST", "/v1/unseal", #"{"share":"srs_x"}"#)
        #expect(open.status == 409)
        #expect(open["code"].string == "already_unsealed")
        try fixture.send("POST", "/v1/seal")
        for body in [#"{"share":"srs_x"}"#, #"{"passphrase":"correct horse battery"}"#] {
            let answer = try fixture.send("POST", "/v1/unseal", body, headers: [("Authorization", "")])
            #expect(answer.status == 409)
            #expect(answer["code"].string == "unseal_method_wrong")
            #expect(!answer.response.text.contains("horse"))
        }
        for body in ["{}", #"{"share":"a","passphrase":"b"}"#, #"{"share":""}"#, #"{"share":1}"#, #"{"key":"a"}"#] {
            #expect(try fixture.send("POST", "/v1/unseal", body).status == 422, "\(body)")
        }
    }

    @Test("sealing needs a token")
    func tokenNeeded() throws {
        let fixture = try Fixture()
        #expect(try fixture.send("POST", "/v1/seal", headers: [("Authorization", "")]).status == 401)
        #expect(fixture.seal.current != nil)
    }

    private static let passphrase = "correct horse battery staple"
    private static let nobody = [("Authorization", "")]

    /// A service that a passphrase unseals, sealed.
    private func sealedFixture() throws -> Fixture {
        let fixture = try Fixture(passphrase: Self.passphrase)
        #expect(try fixture.send("POST", "/v1/seal").status == 200)
        return fixture
    }

    private func body(_ passphrase: String) -> String { "{\"passphrase\":\"\(passphrase)\"}" }

    @Test("passphrases past a source's limit answer 429, and other sources' are tried")
    func limited() throws {
        let fixture = try sealedFixture()
        let attacker = try TestConnection(port: fixture.server.port, from: "127.0.0.2")
        func attack() throws -> Answer {
            try fixture.send("POST", "/v1/unseal", body("a wrong passphrase"), headers: Self.nobody, on: attacker)
        }
        for _ in 0..<5 { #expect(try attack().code == "unseal_key_wrong") }
        fixture.clock.withLock { $0 += 7 }
        let refused = try attack()
        #expect(refused.status == 429 && refused.code == "too_many_attempts")
        #expect(refused.response["Retry-After"] == "5")
        let opened = try fixture.send("POST", "/v1/unseal", body(Self.passphrase), headers: Self.nobody)
        #expect(opened.status == 200 && opened["sealed"].boolean == false)
        // What a wrong passphrase was is nowhere; that it unsealed is on record, before its answer.
        let records = try fixture.auditRecords()
        #expect(records.last?["operation"].string == "unseal" && records.last?["outcome"].string == "done")
    }

    @Test("malformed attempts and shares keep no passphrase of their address out")
    func costNothing() throws {
        let fixture = try sealedFixture()
        let connection = try fixture.connect()
        for _ in 0..<100 {
            let share = try fixture.send("POST", "/v1/unseal", #"{"share":"x"}"#, headers: Self.nobody, on: connection)
            #expect(share.status == 409 && share.code == "unseal_method_wrong")
            #expect(try fixture.send("POST", "/v1/unseal", "{", headers: Self.nobody, on: connection).status == 400)
        }
        #expect(try fixture.send("POST", "/v1/unseal", body(Self.passphrase), headers: Self.nobody).status == 200)
    }

    @Test("while passphrases wait the service answers all else, also with one worker")
    func waiting() throws {
        let fixture = try Fixture(passphrase: Self.passphrase) {
            $0.lanes = NativeAPI.lanes(workers: 1, dataWorkers: 1, longWorkers: 1)
        }
        #expect(try fixture.send("POST", "/v1/seal").status == 200)
        var connections: [TestConnection] = []
        for index in 2..<42 {
            let connection = try TestConnection(port: fixture.server.port, from: "127.0.\(index).1")
            connections.append(connection)
            try connection.sendRequest(
                "POST", "/v1/unseal", headers: [("Content-Type", "application/json")],
                body: Array(body("a wrong passphrase").utf8))
        }
        let right = try TestConnection(port: fixture.server.port, from: "127.0.42.1")
        try right.sendRequest(
            "POST", "/v1/unseal", headers: [("Content-Type", "application/json")],
            body: Array(body(Self.passphrase).utf8))
        // On a worker.
        #expect(try fixture.send("GET", "/v1/health/ready").status == 503)
        #expect(try fixture.send("GET", "/v1/unseal", headers: Self.nobody)["sealed"].boolean == true)
        var codes: [String: Int] = [:]
        for connection in connections {
            codes[try fixture.read(connection, answering: "POST", "/v1/unseal").code ?? "none", default: 0] += 1
        }
        // Any may have been overtaken by the right one: the line knows them from when their requests were read.
        #expect((codes["unseal_key_wrong"] ?? 0) + (codes["already_unsealed"] ?? 0) == 40, "\(codes)")
        #expect((codes["unseal_key_wrong"] ?? 0) > 0, "\(codes)")
        #expect(try fixture.read(right, answering: "POST", "/v1/unseal").status == 200)
    }

    @Test("a client that leaves while its passphrase waits harms nobody")
    func left() throws {
        let fixture = try sealedFixture()
        let headers = [("Content-Type", "application/json")]
        let first = try TestConnection(port: fixture.server.port, from: "127.0.2.1")
        for index in 2..<20 {
            let other = try TestConnection(port: fixture.server.port, from: "127.0.\(index).1")
            try other.sendRequest("POST", "/v1/unseal", headers: headers, body: Array(body("wrong, and gone").utf8))
            if index % 2 == 0 { other.reset() } else { other.close() }
        }
        try first.sendRequest("GET", "/v1/unseal")
        #expect(try first.readResponse().status == 200)
        #expect(try fixture.send("POST", "/v1/unseal", body(Self.passphrase), headers: Self.nobody).status == 200)
        #expect(try fixture.send("GET", "/v1/keys").status == 200)
    }
}
