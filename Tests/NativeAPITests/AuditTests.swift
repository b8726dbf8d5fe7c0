// Records of requests: what they say, that they are on disk before the answer, and what is answered when they cannot be.

import CoreBridge
import Foundation
import Glibc
import KeyService
import TestKit
import Testing
import Threading

@testable import NativeAPI

@Suite(.givesHandlesBack) struct AuditTests {
    @Test("a record says who did what with which version and how it ended")
    func record() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        try fixture.send("POST", "/v1/keys/orders/rotate")
        let old = try fixture.send("POST", "/v1/keys/orders/encrypt", #"{"plaintext":"YQ==","version":1}"#)
        let new = try fixture.send("POST", "/v1/keys/orders/encrypt", #"{"plaintext":"YQ=="}"#)
        let items = try [old, new].map { "{\"ciphertext\":\"\(try #require($0["ciphertext"].string))\"}" }
        let body = "{\"items\":[\(items.joined(separator: ","))]}"
        let batch = try fixture.send("POST", "/v1/keys/orders/decrypt/batch", body)
        #expect(batch.status == 200)
        let refused = try fixture.send("POST", "/v1/keys/nothing/encrypt", #"{"plaintext":"YQ=="}"#)
        let records = try fixture.auditRecords()
        #expect(
            records.map { $0["operation"].string } == [
                "openAudit", "createKey", "rotateKey", "encrypt", "encrypt", "decryptBatch", "encrypt",
            ])
        #expect(records[1]["key"].string == "orders")
        #expect([3, 4].map { records[$0]["version"].integer } == [1, 2])
        let last = records[5]
        #expect(last["request_id"].string == batch.response["x-request-id"])
        #expect(last["outcome"].string == "done" && last["status"].integer == 200)
        #expect(last["token_id"].string == "tester" && last["role"].string == "administrator")
        #expect(last["key"].string == "orders" && last["items"].integer == 2)
        #expect(last["version"].integer == 2 && last["lowest_version"].integer == 1)
        #expect(last["request_bytes"].integer == body.utf8.count)
        #expect(last["response_bytes"].integer == batch.response.body.count)
        #expect(last["peer"].string == "127.0.0.1")
        #expect(last["time"].string == "2023-11-14T22:13:20.000Z")
        let none = records[6]
        #expect(none["outcome"].string == "refused" && none["code"].string == "key_not_found")
        #expect(none["request_id"].string == refused.response["x-request-id"])
    }

    @Test("changes of roles and tokens name their subject")
    func subjects() throws {
        let fixture = try Fixture()
        try fixture.send("POST", "/v1/roles", #"{"name":"app","grants":[{"operations":["*"]}]}"#)
        let token = try fixture.send("POST", "/v1/tokens", #"{"name":"of a test","role":"app"}"#)
        let id = try #require(token["id"].string)
        try fixture.send("DELETE", "/v1/tokens/\(id)")
        let subjects = try fixture.auditRecords().dropFirst().map { $0["subject"].string }
        #expect(subjects == ["app", id, id])
        let audit = try fixture.send("GET", "/v1/status")["audit"]
        #expect(audit["mode"].string == "on" && audit["recording"].boolean == true && audit["sequence"].integer == 4)
        #expect(try Fixture(isAudited: false).send("GET", "/v1/status")["audit"]["mode"].string == "off")
    }

    @Test("what is refused by its head or its body leaves one record each")
    func refusals() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let path = "/v1/keys/orders/rotate"
        // Too large for the operation, and larger than what is read of a refused one: it is answered at once.
        for size in [70_000, 200_000] {
            let connection = try fixture.connect()
            defer { connection.close() }
            try connection.send(
                "PATCH /v1/keys/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(fixture.token)\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(size)\r\n\r\n"
                    + String(repeating: "a", count: size))
            #expect(try fixture.read(connection, answering: "PATCH", "/v1/keys/orders").status == 413)
        }
        // Without a token, with a body that is swallowed.
        #expect(try fixture.send("POST", path, "{}", headers: [("Authorization", "")]).status == 401)
        #expect(try fixture.send("POST", "/v1/keys/orders/encrypt", "{").status == 400)
        let codes = try fixture.auditRecords().suffix(4).map { $0["code"].string }
        #expect(codes == ["body_too_large", "body_too_large", "unauthenticated", "malformed_json"])
    }

    @Test("a name that is none is not recorded, however long it is or whatever is in it")
    func badNames() throws {
        let fixture = try Fixture()
        for name in ["-UPPER", "%22%7d", String(repeating: "a", count: 1500)] {
            #expect(try fixture.send("GET", "/v1/keys/\(name)").status == 422)
            #expect(try fixture.send("GET", "/v1/roles/\(name)").status == 422)
            #expect(try fixture.send("DELETE", "/v1/tokens/\(name)").status == 422)
        }
        let records = try fixture.auditRecords()
        #expect(records.count == 10)
        #expect(records.allSatisfy { $0["key"].isAbsent && $0["subject"].isAbsent })
        #expect(try fixture.send("GET", "/v1/audit").status == 200)
    }

    @Test("what needs no token leaves no record")
    func unaudited() throws {
        let fixture = try Fixture()
        for path in ["/v1/health/live", "/v1/health/ready", "/metrics", "/openapi.json", "/v1/unseal", "/nothing"] {
            try fixture.send("GET", path)
        }
        #expect(try fixture.auditRecords().map { $0["operation"].string } == ["openAudit"])
    }

    @Test("sealing is recorded before it is done and unsealing afterwards")
    func sealing() throws {
        let fixture = try Fixture()
        #expect(try fixture.send("POST", "/v1/seal").status == 200)
        #expect(try fixture.auditRecords().last?["operation"].string == "sealService")
        try fixture.seal.open(with: try UnsealKey.open(file: fixture.folder.file("unseal.key")))
        #expect(try fixture.send("POST", "/v1/unseal", #"{"passphrase":"of nothing"}"#).status == 409)
        let operations = try fixture.auditRecords().suffix(2).map { $0["operation"].string }
        #expect(operations == ["openAudit", "unseal"])
    }

    @Test("pages of the trail follow each other and need their permission")
    func pages() throws {
        let fixture = try Fixture(auditFileBytes: 2048)
        for index in 0..<20 { try fixture.create("key-\(index)") }
        var sequences: [Int] = []
        var query = ""
        repeat {
            let page = try fixture.send("GET", "/v1/audit?limit=7\(query)")
            #expect(page.status == 200)
            sequences += page["records"].elements.compactMap { $0["sequence"].integer }
            query = page["next"].integer.map { "&after=\($0)" } ?? ""
        } while !query.isEmpty
        // Each page is a request too.
        #expect(sequences == Array(1...sequences.count))
        #expect(sequences.count >= 21)
        #expect(try fixture.send("GET", "/v1/audit?after=9007199254740991")["records"].elements.isEmpty)
        try fixture.send("POST", "/v1/roles", #"{"name":"app","grants":[{"operations":["*"]}]}"#)
        let made = try fixture.send("POST", "/v1/tokens", #"{"name":"of a test","role":"app"}"#)
        let token = try #require(made["token"].string)
        #expect(try fixture.send("GET", "/v1/audit", headers: [("Authorization", "Bearer \(token)")]).status == 403)
        #expect(try Fixture(isAudited: false).send("GET", "/v1/audit").status == 404)
    }

    @Test("an altered trail is not shown")
    func altered() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        // In another process's place: the service has the file open, and notices at its next record.
        let name = fixture.folder.file("audit/00000000000000000001.jsonl")
        let original = try readFile(name)
        let text = String(decoding: original, as: UTF8.self).replacing("\"orders\"", with: "\"others\"")
        try overwrite(name, Array(text.utf8))
        let refused = try fixture.send("GET", "/v1/audit")
        #expect(refused.status == 500 && refused.code == "record_altered")
        let grown = try readFile(name)
        try overwrite(name, original + grown[original.count...])
        #expect(try fixture.send("GET", "/v1/audit").status == 200)
    }

    @Test("what cannot be recorded is answered 503, and nothing is done until it can")
    func unavailable() throws {
        let fixture = try Fixture(auditFileBytes: 1)
        try fixture.create("orders")
        let records = try fixture.auditRecords().count
        let next = fixture.folder.file("audit/") + String(format: "%020d.jsonl", records + 1)
        #expect(mkdir(next, 0o700) == 0)
        // The first finds out, and its answer is withheld; those that follow are refused before they begin.
        for _ in 0..<3 {
            let refused = try fixture.send("POST", "/v1/keys/orders/encrypt", #"{"plaintext":"YQ=="}"#)
            #expect(refused.status == 503 && refused.code == "audit_unavailable")
            #expect(refused.response["retry-after"] != nil)
        }
        #expect(try fixture.send("POST", "/v1/keys", #"{"name":"other"}"#).status == 503)
        #expect(try fixture.send("GET", "/v1/health/live").status == 200)
        #expect(try fixture.send("GET", "/v1/health/ready").status == 503)
        #expect(rmdir(next) == 0)
        #expect(eventually { (try? fixture.send("GET", "/v1/keys/orders").status) == 200 })
        #expect(try fixture.send("GET", "/v1/keys/other").status == 404)
        #expect(try fixture.send("GET", "/v1/health/ready").status == 200)
        let resumed = try fixture.auditRecords()[records]
        #expect(resumed["operation"].string == "resumeAudit" && (resumed["count"].integer ?? 0) >= 1)
        fixture.auditEvents.withLock { events in events.removeAll() }
    }

    @Test("many connections are answered with a record each")
    func connections() throws {
        let fixture = try Fixture(auditFileBytes: 4096)
        try fixture.create("orders")
        let answered = Locked(0)
        let threads = try (0..<16).map { _ in
            try Thread(name: "client") {
                do {
                    let connection = try fixture.connect()
                    defer { connection.close() }
                    for _ in 0..<50 {
                        let body = #"{"plaintext":"YQ=="}"#
                        let answer = try fixture.send("POST", "/v1/keys/orders/encrypt", body, on: connection)
                        if answer.status == 200 { answered.withLock { $0 += 1 } }
                    }
                } catch { Issue.record(error) }
            }
        }
        for thread in threads { thread.join() }
        #expect(answered.withLock { $0 } == 800)
        #expect(try fixture.auditRecords().count { $0["operation"].string == "encrypt" } == 800)
    }

    @Test("too many bad tokens are answered 429, and good ones from there are served")
    func badTokens() throws {
        let fixture = try Fixture(badTokens: 3)
        let unknown = try AccessToken.make(from: TestCore.shared).withBytes { String(decoding: $0, as: UTF8.self) }
        let bad = [("Authorization", "Bearer \(unknown)")]
        for _ in 0..<3 { #expect(try fixture.send("GET", "/v1/keys", headers: bad).status == 401) }
        for _ in 0..<3 {
            let refused = try fixture.send("GET", "/v1/keys", headers: bad)
            #expect(refused.status == 429 && refused.code == "too_many_attempts")
            #expect(refused.response["retry-after"] == "1")
            #expect(try fixture.send("GET", "/v1/keys").status == 200)
        }
        fixture.clock.withLock { $0 += 3 }
        #expect(try fixture.send("GET", "/v1/keys", headers: bad).status == 401)
    }

    private func overwrite(_ path: String, _ bytes: [UInt8]) throws {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        defer { close(file) }
        #expect(pwrite(file, bytes, bytes.count, 0) == bytes.count)
    }
}
