// Nothing that a client sends comes back in a refusal, and nothing of it is logged: a word is planted everywhere.

import TestKit
import Testing

@Suite(.givesHandlesBack) struct EchoTests {
    @Test("no refusal and no log line repeats what was sent")
    func canaries() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let canary = Answer.canary
        let inBase64 = base64(canary)
        let connection = try fixture.connect()
        let bodies = [
            ("POST", "/v1/keys", "{\"name\":\"\(canary)!\"}"),
            ("POST", "/v1/keys", "{\"x\":\"\(canary)\",\"name\":\"a\"}"),
            ("POST", "/v1/keys", "{\"name\":\"a\",\"algorithm\":\"\(canary)\"}"),
            ("POST", "/v1/keys", "{\"name\":\"a\",\"usages\":[\"\(canary)\"]}"),
            ("POST", "/v1/keys", "{\"name\":\"a\",\"exportable\":\"\(canary)\"}"),
            ("POST", "/v1/keys", "{\"name\":\"a\",\"labels\":{\"a\":[\"\(canary)\"]}}"),
            ("POST", "/v1/keys", canary), ("POST", "/v1/keys", "{\"name\":\"a\",\"name\":\"\(canary)\"}"),
            ("PATCH", "/v1/keys/orders", "{\"min_decrypt_version\":\"\(canary)\"}"),
            ("PATCH", "/v1/keys/orders", "{\"deletion_protected\":\"\(canary)\"}"),
            ("PATCH", "/v1/keys/orders/versions/1", "{\"state\":\"\(canary)\"}"),
            ("DELETE", "/v1/keys/orders", "{\"after_days\":\"\(canary)\"}"),
            ("POST", "/v1/keys/orders/encrypt", "{\"plaintext\":\"\(canary)!\"}"),
            ("POST", "/v1/keys/orders/encrypt", "{\"plaintext\":\"\(inBase64)\",\"version\":9}"),
            ("POST", "/v1/keys/orders/encrypt", "{\"plaintext\":\"\(inBase64)\",\"version\":\"\(canary)\"}"),
            ("POST", "/v1/keys/orders/encrypt", "{\"plaintext\":\"\(inBase64)\",\"associated_data\":\"\(canary)!\"}"),
            (
                "POST", "/v1/keys/orders/encrypt",
                "{\"plaintext\":\"\(inBase64)\",\"associated_data\":{\"\(canary)\":1}}"
            ),
            ("POST", "/v1/keys/orders/encrypt", "{\"plaintext\":\"\(inBase64)\",\"x\":\"\(canary)\"}"),
            ("POST", "/v1/keys/orders/encrypt", "{\"plaintext\":\"\(inBase64)\""),
            ("POST", "/v1/keys/orders/decrypt", "{\"ciphertext\":\"\(canary)\"}"),
            ("POST", "/v1/keys/orders/decrypt", "{\"ciphertext\":\"sr:1:1:\(inBase64)\"}"),
            ("POST", "/v1/keys/orders/decrypt", "{\"ciphertext\":\"sr:1:1:\(canary)!\"}"),
            ("POST", "/v1/keys/orders/decrypt/batch", "{\"items\":[{\"ciphertext\":\"sr:1:1:\(canary)!\"}]}"),
            ("POST", "/v1/keys/orders/encrypt/batch", "{\"items\":[{\"plaintext\":\"\(inBase64)\",\"version\":9}]}"),
            ("POST", "/v1/keys/orders/encrypt/batch", "{\"items\":[{\"x\":\"\(inBase64)\"}]}"),
            ("POST", "/v1/keys/orders/reencrypt", "{\"ciphertext\":\"sr:1:1:AAAA\",\"to\":{\"key\":\"\(canary)!\"}}"),
            ("POST", "/v1/keys/orders/reencrypt", "{\"ciphertext\":\"sr:1:1:AAAA\",\"to\":{\"key\":\"\(canary)\"}}"),
            ("POST", "/v1/keys/orders/data-key", "{\"bytes\":\"\(canary)\"}"),
            ("POST", "/v1/keys/orders/data-key", "{\"algorithm\":\"\(canary)\"}"),
            ("POST", "/v1/random", "{\"bytes\":\"\(canary)\"}"),
        ]
        // `Answer` looks for the word in all that comes back.
        for (method, path, body) in bodies {
            let answer = try fixture.send(method, path, body, on: connection)
            #expect(answer.status >= 400 || path.hasSuffix("batch"), "\(body): \(answer.status)")
        }
        for (method, path) in [
            ("GET", "/v1/keys/\(canary)"), ("GET", "/v1/keys/\(canary)!"), ("GET", "/\(canary)"), (canary, "/v1/keys"),
            ("GET", "/v1/keys?x=\(canary)"), ("GET", "/v1/keys?prefix=\(canary)!"), ("GET", "/v1/keys?limit=\(canary)"),
            ("GET", "/v1/keys?label=\(canary)"), ("GET", "/v1/keys/%00\(canary)"), ("GET", "/../\(canary)"),
            ("PATCH", "/v1/keys/orders/versions/\(canary)"), ("GET", "/v1/keys/orders#\(canary)"),
        ] {
            #expect(try fixture.send(method, path).status >= 400, "\(method) \(path)")
        }
        for (name, value) in [
            ("Authorization", "Bearer \(canary)"), ("Authorization", canary), ("If-Match", canary),
            ("Content-Type", "application/\(canary)"), ("Content-Type", canary), ("X-Request-Id", canary),
            ("X-\(canary)", String(repeating: canary, count: 220)),
        ] {
            _ = try fixture.send("PATCH", "/v1/keys/orders", "{}", headers: [(name, value)])
        }
        let broken = try fixture.connect()
        try broken.send("GET /\(canary)\0\(canary) HTTP/1.1\r\nHost: \(canary)\r\n\r\n")
        #expect(try fixture.read(broken, answering: "GET", "/").status == 400)

        let expected = bodies.count + 12 + 7 + 1 + 1
        var lines: [String] = []
        let written = eventually {
            lines = (try? fixture.logLines()) ?? []
            return lines.count >= expected
        }
        #expect(written, "\(lines.count) lines of \(expected)")
        #expect(lines.count == expected)
        for word in [canary, inBase64, fixture.token, "orders"] {
            #expect(!lines.joined().contains(word), "\(word) is in the log")
        }
    }

    @Test("an unknown member is named by its pointer, shortened where it is long, and nowhere else")
    func memberNames() throws {
        let fixture = try Fixture()
        let short = try fixture.send("POST", "/v1/keys", #"{"name":"a","x/y~z\n":1}"#)
        #expect(short["errors"][0]["pointer"].string == "/x~1y~0z?")
        for name in [String(repeating: "n", count: 60_000), String(repeating: "é", count: 30_000)] {
            let long = try fixture.send("POST", "/v1/keys", "{\"name\":\"a\",\"\(name)\":1}")
            #expect(long.status == 422)
            #expect(long.response.body.count < 4096, "\(long.response.body.count)")
        }
        let many = (0..<2000).map { "\"m\($0)\":1" }.joined(separator: ",")
        let answer = try fixture.send("POST", "/v1/keys", "{\(many)}")
        #expect(answer.status == 422)
        #expect(answer["errors"].elements.count < 100)
        var lines: [String] = []
        let written = eventually {
            lines = (try? fixture.logLines()) ?? []
            return lines.count == 4
        }
        #expect(written)
        #expect(!lines.joined().contains("nnnn"))
    }

    @Test("what was encrypted is not in the log, nor what came of it")
    func values() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let plaintext = base64("a plaintext to look for")
        let ciphertext = try fixture.encrypt(plaintext, with: "orders")
        let decrypted = try fixture.send("POST", "/v1/keys/orders/decrypt", "{\"ciphertext\":\"\(ciphertext)\"}")
        #expect(decrypted["plaintext"].string == plaintext)
        var log = ""
        let written = eventually {
            log = ((try? fixture.logLines()) ?? []).joined()
            return log.contains("\"decrypt\"")
        }
        #expect(written)
        for value in [plaintext, String(ciphertext.dropFirst(7)), "orders", fixture.token] {
            #expect(!log.contains(value))
        }
    }
}
