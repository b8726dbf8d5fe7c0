// What happens to keys over their life, by HTTP: rotation by period and by use, public keys, imports, exports, backups.

import CoreBridge
import KeyService
import Storage
import StorageSQLite
import TestKit
import Testing

@Suite(.givesHandlesBack) struct KeyLifeTests {
    @Test("a key shows the public keys of its newest ten versions")
    func newestPublicKeys() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"ed25519""#)
        for _ in 0..<11 { try fixture.send("POST", "/v1/keys/k/rotate") }
        let versions = try fixture.send("GET", "/v1/keys/k")["versions"].elements
        #expect(versions.compactMap { $0["version"].integer } == Array(1...12))
        #expect(versions.map { $0["public_key"].isAbsent } == (1...12).map { $0 <= 2 })
    }

    @Test("a rotation period is shown with the time of the next rotation, and null takes it away")
    func period() throws {
        let fixture = try Fixture()
        let created = try fixture.create("k", #","rotation_period":86400"#)
        #expect(created["rotation_period"].integer == 86_400)
        #expect(created["next_rotation_at"].string == "2023-11-15T22:13:20Z")
        let changed = try fixture.send("PATCH", "/v1/keys/k", #"{"rotation_period":3600}"#)
        #expect(changed["next_rotation_at"].string == "2023-11-14T23:13:20Z")
        let never = try fixture.send("PATCH", "/v1/keys/k", #"{"rotation_period":null}"#)
        #expect(never.status == 200)
        #expect(never["rotation_period"].isAbsent && never["next_rotation_at"].isAbsent)
        for value in ["3599", "0", "315360001", "\"1d\"", "1.5"] {
            let answer = try fixture.send("PATCH", "/v1/keys/k", #"{"rotation_period":\#(value)}"#)
            #expect(answer.violation == "/rotation_period anyOf")
        }
    }

    @Test(
        "a version that has encrypted as often as it may answers 409 rotation_required, in batches too, until it is rotated"
    )
    func rotationRequired() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"aes-256-gcm""#)
        let before = try fixture.encrypt("YQ==", with: "k")
        let key = try #require(try fixture.store.key(named: "k")).key
        _ = try fixture.store.reserveUses(keyID: key.id, version: 1, count: 1 << 32, limit: 1 << 32)
        try fixture.service.pool.drain()
        let refused = try fixture.send("POST", "/v1/keys/k/encrypt", #"{"plaintext":""}"#)
        #expect((refused.status, refused.code) == (409, "rotation_required"))
        let batch = try fixture.send("POST", "/v1/keys/k/encrypt/batch", #"{"items":[{"plaintext":""}]}"#)
        #expect(batch["items"][0]["error"]["code"].string == "rotation_required")
        #expect(try fixture.send("POST", "/v1/keys/k/data-key", "{}").code == "rotation_required")
        let opened = try fixture.send("POST", "/v1/keys/k/decrypt", #"{"ciphertext":"\#(before)"}"#)
        #expect(opened["plaintext"].string == "YQ==")
        try fixture.send("POST", "/v1/keys/k/rotate")
        #expect(try fixture.send("POST", "/v1/keys/k/encrypt", #"{"plaintext":""}"#)["version"].integer == 2)
    }

    @Test("a request whose reserved encryptions run out on the way is served with more")
    func moreUses() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","algorithm":"chacha20-poly1305""#)
        let connection = try fixture.connect()
        defer { connection.close() }
        let items = (0..<1000).map { _ in #"{"plaintext":""}"# }.joined(separator: ",")
        // The first block is 4,096: the fifth batch meets its end.
        for _ in 0..<5 {
            let answer = try fixture.send("POST", "/v1/keys/k/encrypt/batch", #"{"items":[\#(items)]}"#, on: connection)
            #expect(answer["items"].elements.allSatisfy { $0["ciphertext"].string != nil })
        }
        for _ in 0..<100 {
            #expect(try fixture.send("POST", "/v1/keys/k/encrypt", #"{"plaintext":""}"#, on: connection).status == 200)
        }
        #expect(try fixture.store.key(named: "k")?.versions[0].usesReserved == 4096 + 8192)
    }

    @Test("a public key is given in each form, and not again to those who have it")
    func publicKeys() throws {
        let fixture = try Fixture()
        let created = try fixture.create("k", #","algorithm":"ecdsa-p256""#)
        let shown = try #require(decoded(created["versions"][0]["public_key"].string))
        for (format, type) in [
            ("pem", "application/x-pem-file"), ("der", "application/octet-stream"), ("jwk", "application/jwk+json"),
            ("raw", "application/octet-stream"),
        ] {
            let path = "/v1/keys/k/public-key?format=\(format)"
            let answer = try fixture.send("GET", path)
            #expect(answer.response["Content-Type"] == type)
            if format == "der" { #expect(answer.response.body == shown) }
            if format == "raw" { #expect(answer.response.body.count == 65) }
            if format == "pem" { #expect(answer.response.text.hasPrefix("-----BEGIN PUBLIC KEY-----\n")) }
            if format == "jwk" { #expect(answer["crv"].string == "P-256") }
            let tag = try #require(answer.response["ETag"])
            for held in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let again = try fixture.send("GET", path, headers: [("If-None-Match", held)])
                #expect((again.status, again.response.body.count) == (304, 0))
                #expect(again.response["ETag"] == tag)
            }
            #expect(try fixture.send("GET", path, headers: [("If-None-Match", "\"other\"")]).status == 200)
        }
        try fixture.send("POST", "/v1/keys/k/rotate")
        let latest = try fixture.send("GET", "/v1/keys/k/public-key?format=der")
        #expect(latest.response.body != shown)
        #expect(try fixture.send("GET", "/v1/keys/k/public-key?format=der&version=1").response.body == shown)
        #expect(try fixture.send("GET", "/v1/keys/k/public-key?version=3").code == "version_not_found")
        try fixture.send("PATCH", "/v1/keys/k/versions/1", #"{"state":"disabled"}"#)
        #expect(try fixture.send("GET", "/v1/keys/k/public-key?version=1").code == "version_disabled")
        let read = try fixture.send("GET", "/v1/keys/k")
        #expect(read["versions"][0]["public_key"].isAbsent && !read["versions"][1]["public_key"].isAbsent)
        try fixture.create("secret")
        #expect(try fixture.send("GET", "/v1/keys/secret/public-key").code == "scheme_not_of_key")
    }

    @Test("the import key has a time and an identifier, and an import to another is refused")
    func imports() throws {
        let fixture = try Fixture()
        let key = try fixture.send("GET", "/v1/import-key")
        #expect(key["expires_at"].string == "2023-11-15T22:13:20Z")
        let id = try #require(key["id"].string)
        func body(_ id: String, _ wrapped: [UInt8]) -> String {
            #"{"import_key_id":"\#(id)","wrapped":"\#(base64(wrapped))","algorithm":"aes-256-gcm"}"#
        }
        let junk = [UInt8](repeating: 7, count: 552)
        let other = try fixture.send(
            "POST", "/v1/keys/k/import", body("00000000-0000-4000-8000-000000000000", junk))
        #expect((other.status, other.code) == (404, "import_key_not_found"))
        let damaged = try fixture.send("POST", "/v1/keys/k/import", body(id, junk))
        #expect((damaged.status, damaged.code) == (422, "decryption_failed"))
        let short = try fixture.send("POST", "/v1/keys/k/import", body(id, [1, 2, 3]))
        #expect((short.status, short.code) == (422, "malformed_ciphertext"))
        let unfit = try fixture.send("POST", "/v1/keys/k/import", body("ORDERS", junk))
        #expect(unfit.violation?.hasPrefix("/import_key_id ") == true)
        #expect(try fixture.send("GET", "/v1/keys/k").status == 404)
    }

    @Test("export says which feature it needs")
    func export() throws {
        let fixture = try Fixture()
        let created = try fixture.create("k", #","exportable":true"#)
        #expect(created["exportable"].boolean == true)
        let publicKey = try #require(try fixture.send("GET", "/v1/import-key")["public_key"].string)
        let answer = try fixture.send("POST", "/v1/keys/k/export", #"{"wrapping_public_key":"\#(publicKey)"}"#)
        #expect((answer.status, answer["feature"].string) == (501, "export"))
    }

    @Test("a backup restores a key that is gone, and only one that is gone")
    func backup() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","labels":{"a":"b"},"rotation_period":86400"#)
        try fixture.send("POST", "/v1/keys/k/rotate")
        try fixture.send("PATCH", "/v1/keys/k/versions/1", #"{"state":"disabled"}"#)
        let ciphertext = try fixture.encrypt("YQ==", with: "k")
        let before = try fixture.send("GET", "/v1/keys/k")
        let backup = try #require(try fixture.send("GET", "/v1/keys/k/backup")["backup"].string)
        let here = try fixture.send("POST", "/v1/restore", #"{"backup":"\#(backup)"}"#)
        #expect((here.status, here.code) == (409, "key_exists"))
        try fixture.send("PATCH", "/v1/keys/k", #"{"deletion_protected":false}"#)
        try fixture.send("DELETE", "/v1/keys/k", #"{"after_days":0}"#)
        _ = try fixture.service.destroyDueKeys()

        let restored = try fixture.send("POST", "/v1/restore", #"{"backup":"\#(backup)"}"#)
        #expect(restored.status == 201)
        #expect(restored.response["Location"] == "/v1/keys/k")
        for member in ["id", "name", "algorithm", "created_at", "next_rotation_at"] {
            #expect(restored[member].string == before[member].string)
        }
        #expect(restored["labels"]["a"].string == "b")
        #expect(restored["versions"].elements.map { $0["state"].string } == ["disabled", "enabled"])
        let opened = try fixture.send("POST", "/v1/keys/k/decrypt", #"{"ciphertext":"\#(ciphertext)"}"#)
        #expect(opened["plaintext"].string == "YQ==")

        var edited = try #require(decoded(backup))
        edited[edited.count / 2] ^= 1
        for text in [base64(edited), "AAAA", ""] {
            let answer = try fixture.send("POST", "/v1/restore", #"{"backup":"\#(text)"}"#)
            #expect((answer.status, answer.code) == (422, "backup_invalid"))
        }
    }
}
