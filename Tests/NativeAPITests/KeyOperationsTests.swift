// Making keys and changing them, by HTTP: every answer that the document promises, and every refusal.

import KeyService
import TestKit
import Testing

@Suite(.givesHandlesBack) struct KeyOperationsTests {
    @Test("a key is created with what was asked for, and shown as it is")
    func create() throws {
        let fixture = try Fixture()
        let answer = try fixture.create(
            "orders",
            #","algorithm":"aes-256-gcm","usages":["encrypt"],"exportable":true,"labels":{"team":"a","b/c":"é"}"#)
        #expect(answer.response["Location"] == "/v1/keys/orders")
        #expect(answer.response["ETag"]?.hasSuffix("-1\"") == true)
        #expect(answer["name"].string == "orders")
        #expect(answer["algorithm"].string == "aes-256-gcm")
        #expect(answer["usages"].elements.map(\.string) == ["encrypt"])
        #expect(answer["exportable"].boolean == true)
        #expect(answer["labels"].names == ["b/c", "team"])
        #expect(answer["labels"]["b/c"].string == "é")
        #expect(answer["state"].string == "enabled")
        #expect(answer["deletion_protected"].boolean == true)
        #expect(answer["created_at"].string == "2023-11-14T22:13:20Z")
        #expect(answer["versions"].elements.count == 1)
        #expect(answer["versions"][0]["state"].string == "enabled")
        let read = try fixture.send("GET", "/v1/keys/orders")
        #expect(read.status == 200)
        #expect(read.response.body == answer.response.body)
        #expect(read.response["ETag"] == answer.response["ETag"])
    }

    @Test("what is not said about a new key is as the document says")
    func createDefaults() throws {
        let answer = try Fixture().create("a")
        #expect(answer["algorithm"].string == "xaes-256-gcm")
        #expect(answer["usages"].elements.map(\.string) == ["encrypt", "decrypt"])
        #expect(answer["exportable"].boolean == false)
        #expect(answer["labels"].names == [])
    }

    @Test("a name that is taken is refused")
    func createDuplicate() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let answer = try fixture.send("POST", "/v1/keys", #"{"name":"orders"}"#)
        #expect((answer.status, answer.code) == (409, "key_exists"))
    }

    @Test(
        "a new key that does not fit the schema is refused, with a pointer to what is wrong",
        arguments: [
            (#"{}"#, "/name required"),
            (#"{"name":1}"#, "/name type"),
            (#"{"name":""}"#, "/name pattern"),
            (#"{"name":"-Orders"}"#, "/name pattern"),
            (#"{"name":"a::b"}"#, "/name pattern"),
            (#"{"name":"a/b"}"#, "/name pattern"),
            (#"{"name":".."}"#, "/name pattern"),
            (#"{"name":"a","algorithm":"des"}"#, "/algorithm enum"),
            (#"{"name":"a","usages":[]}"#, "/usages minItems"),
            (#"{"name":"a","usages":["encrypt","encrypt"]}"#, "/usages uniqueItems"),
            (#"{"name":"a","usages":["fly"]}"#, "/usages/0 enum"),
            (#"{"name":"a","exportable":"yes"}"#, "/exportable type"),
            (#"{"name":"a","labels":{"A":"b"}}"#, "/labels"),
            (#"{"name":"a","labels":{"a":1}}"#, "/labels/a type"),
            (#"[]"#, " type"),
        ])
    func createUnfit(body: String, violation: String) throws {
        let answer = try Fixture().send("POST", "/v1/keys", body)
        #expect((answer.status, answer.code) == (422, "schema_violation"))
        #expect(answer.violation?.hasPrefix(violation) == true, "\(answer.response.text)")
    }

    @Test("no key is made in another ring than the default one: there is none")
    func otherRing() throws {
        let answer = try Fixture().send("POST", "/v1/keys", #"{"name":"team:orders"}"#)
        #expect((answer.status, answer.code) == (404, "ring_not_found"))
    }

    @Test("names of one and of 128 characters are taken, one of 129 is not")
    func nameLengths() throws {
        let fixture = try Fixture()
        let long = "a" + String(repeating: "-", count: 126) + "z"
        try fixture.create("1")
        try fixture.create(long)
        #expect(try fixture.send("GET", "/v1/keys/\(long)").status == 200)
        #expect(try fixture.send("POST", "/v1/keys", "{\"name\":\"\(long)z\"}").status == 422)
        #expect(try fixture.send("GET", "/v1/keys/\(long)z").status == 404)
        #expect(try fixture.send("GET", "/v1/keys/\(long)\(long)zz").status == 422)
    }

    @Test("a key that is not there is 404 for every operation on it")
    func unknownKey() throws {
        let fixture = try Fixture()
        let requests: [(String, String, String?)] = [
            ("GET", "", nil), ("PATCH", "", #"{"deletion_protected":false}"#), ("DELETE", "", nil),
            ("POST", "/cancel-deletion", nil), ("POST", "/rotate", nil),
            ("PATCH", "/versions/1", #"{"state":"disabled"}"#),
            ("POST", "/encrypt", #"{"plaintext":""}"#), ("POST", "/decrypt", #"{"ciphertext":"sr:1:1:AAAA"}"#),
            ("POST", "/reencrypt", #"{"ciphertext":"sr:1:1:AAAA"}"#), ("POST", "/data-key", "{}"),
            ("POST", "/encrypt/batch", #"{"items":[{"plaintext":""}]}"#),
            ("POST", "/decrypt/batch", #"{"items":[{"ciphertext":"sr:1:1:AAAA"}]}"#),
            ("POST", "/reencrypt/batch", #"{"items":[{"ciphertext":"sr:1:1:AAAA"}]}"#),
            ("POST", "/data-key/batch", #"{"items":[{}]}"#),
        ]
        let connection = try fixture.connect()
        for (method, rest, body) in requests {
            let answer = try fixture.send(method, "/v1/keys/none\(rest)", body, on: connection)
            #expect((answer.status, answer.code) == (404, "key_not_found"), "\(method) \(rest)")
        }
    }

    @Test("a change is answered with the key as it is now, and If-Match keeps two changes apart")
    func update() throws {
        let fixture = try Fixture()
        let tag = try #require(try fixture.create("orders").response["ETag"])
        let changed = try fixture.send(
            "PATCH", "/v1/keys/orders", #"{"labels":{"a":"b"},"deletion_protected":false}"#,
            headers: [("If-Match", tag)])
        #expect(changed.status == 200)
        #expect(changed.response["ETag"]?.hasSuffix("-2\"") == true)
        #expect(changed["labels"]["a"].string == "b")
        #expect(changed["deletion_protected"].boolean == false)
        let late = try fixture.send(
            "PATCH", "/v1/keys/orders", #"{"labels":{}}"#, headers: [("If-Match", tag)])
        #expect((late.status, late.code) == (412, "precondition_failed"))
        #expect(try fixture.send("GET", "/v1/keys/orders")["labels"].names == ["a"])
    }

    @Test("a change that does not fit is refused")
    func updateUnfit() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        for (body, violation) in [
            ("{}", " minProperties"), (#"{"min_decrypt_version":0}"#, "/min_decrypt_version minimum"),
            (#"{"min_decrypt_version":1.5}"#, "/min_decrypt_version type"),
            (#"{"min_decrypt_version":2}"#, "/min_decrypt_version strongroom"),
            (#"{"min_decrypt_version":99999999999999999999}"#, " type"), (#"{"name":"b"}"#, "/name"),
        ] {
            let answer = try fixture.send("PATCH", "/v1/keys/orders", body)
            #expect((answer.status, answer.code) == (422, "schema_violation"), "\(body)")
            #expect(answer.violation?.hasPrefix(violation) == true, "\(answer.response.text)")
        }
        #expect(try fixture.send("GET", "/v1/keys/orders").response["ETag"]?.hasSuffix("-1\"") == true)
    }

    @Test("a key is deleted after its waiting time, and kept when the deletion is cancelled")
    func delete() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let ciphertext = try fixture.encrypt("YQ==", with: "orders")
        let protected = try fixture.send("DELETE", "/v1/keys/orders")
        #expect((protected.status, protected.code) == (409, "deletion_protected"))
        let none = try fixture.send("POST", "/v1/keys/orders/cancel-deletion")
        #expect((none.status, none.code) == (409, "key_not_pending_deletion"))
        let changed = try fixture.send("PATCH", "/v1/keys/orders", #"{"deletion_protected":false}"#)
        let tag = try #require(changed.response["ETag"])
        let stale = try fixture.send("DELETE", "/v1/keys/orders", headers: [("If-Match", "\"1\"")])
        #expect((stale.status, stale.code) == (412, "precondition_failed"))

        let deleted = try fixture.send("DELETE", "/v1/keys/orders", headers: [("If-Match", tag)])
        #expect(deleted.status == 202)
        #expect(deleted["state"].string == "pending_deletion")
        #expect(deleted["deletion_at"].string == "2023-12-14T22:13:20Z")
        for (method, rest, body) in [
            ("DELETE", "", nil), ("POST", "/rotate", nil), ("PATCH", "", #"{"labels":{}}"#),
            ("PATCH", "/versions/1", #"{"state":"disabled"}"#), ("POST", "/encrypt", #"{"plaintext":""}"#),
            ("POST", "/decrypt", "{\"ciphertext\":\"\(ciphertext)\"}"), ("POST", "/data-key", "{}"),
            ("POST", "/encrypt/batch", #"{"items":[{"plaintext":""}]}"#),
        ] as [(String, String, String?)] {
            let answer = try fixture.send(method, "/v1/keys/orders\(rest)", body)
            #expect((answer.status, answer.code) == (409, "key_pending_deletion"), "\(method) \(rest)")
        }
        let kept = try fixture.send("POST", "/v1/keys/orders/cancel-deletion")
        #expect(kept.status == 200)
        #expect(kept["state"].string == "enabled")
        #expect(kept["deletion_at"].isAbsent)

        let now = try fixture.send("DELETE", "/v1/keys/orders", #"{"after_days":0}"#)
        #expect(now["deletion_at"].string == "2023-11-14T22:13:20Z")
        #expect(try fixture.service.destroyDueKeys() == 1)
        #expect(try fixture.send("GET", "/v1/keys/orders").status == 404)
        for (body, pointer) in [(#"{"after_days":91}"#, "/after_days maximum"), ("[]", " type")] {
            let answer = try fixture.send("DELETE", "/v1/keys/orders", body)
            #expect(answer.status == 422)
            #expect(answer.violation == pointer)
        }
    }

    @Test("rotating adds a version, and a version's state decides what it is used for")
    func versions() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let old = try fixture.encrypt("YQ==", with: "orders")
        let rotated = try fixture.send("POST", "/v1/keys/orders/rotate")
        #expect(rotated.status == 200)
        #expect(rotated["latest_version"].integer == 2)
        #expect(rotated.response["ETag"]?.hasSuffix("-2\"") == true)
        #expect(try fixture.encrypt("YQ==", with: "orders").hasPrefix("sr:1:2:"))

        let disabled = try fixture.send("PATCH", "/v1/keys/orders/versions/1", #"{"state":"disabled"}"#)
        #expect(disabled.status == 200)
        #expect(disabled["state"].string == "disabled")
        let body = "{\"ciphertext\":\"\(old)\"}"
        let refused = try fixture.send("POST", "/v1/keys/orders/decrypt", body)
        #expect((refused.status, refused.code) == (409, "version_disabled"))
        try fixture.send("PATCH", "/v1/keys/orders/versions/1", #"{"state":"enabled"}"#)
        #expect(try fixture.send("POST", "/v1/keys/orders/decrypt", body)["plaintext"].string == "YQ==")

        try fixture.send("PATCH", "/v1/keys/orders", #"{"min_decrypt_version":2}"#)
        let tooOld = try fixture.send("POST", "/v1/keys/orders/decrypt", body)
        #expect((tooOld.status, tooOld.code) == (409, "version_too_old"))

        #expect(try fixture.send("PATCH", "/v1/keys/orders/versions/1", #"{"state":"destroyed"}"#).status == 200)
        let back = try fixture.send("PATCH", "/v1/keys/orders/versions/1", #"{"state":"enabled"}"#)
        #expect((back.status, back.code) == (409, "version_destroyed"))
        let unknown = try fixture.send("PATCH", "/v1/keys/orders/versions/3", #"{"state":"enabled"}"#)
        #expect((unknown.status, unknown.code) == (404, "version_not_found"))
        for (number, body) in [
            ("0", #"{"state":"enabled"}"#), ("one", #"{"state":"enabled"}"#),
            ("99999999999", #"{"state":"enabled"}"#), ("1", #"{"state":"gone"}"#), ("1", "{}"),
        ] {
            let answer = try fixture.send("PATCH", "/v1/keys/orders/versions/\(number)", body)
            #expect((answer.status, answer.code) == (422, "schema_violation"), "\(number) \(body)")
        }
        try fixture.send("PATCH", "/v1/keys/orders/versions/2", #"{"state":"destroyed"}"#)
        for (path, body) in [("rotate", nil), ("encrypt", #"{"plaintext":""}"#)] as [(String, String?)] {
            let answer = try fixture.send("POST", "/v1/keys/orders/\(path)", body)
            #expect((answer.status, answer.code) == (409, "no_enabled_version"))
        }
    }

    @Test("no body is taken where the document has none")
    func unexpectedBody() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        for (method, path) in [
            ("POST", "/v1/keys/orders/rotate"), ("POST", "/v1/keys/orders/cancel-deletion"), ("GET", "/v1/keys/orders"),
            ("GET", "/v1/keys"), ("GET", "/v1/status"), ("GET", "/v1/health/live"), ("GET", "/v1/health/ready"),
            ("GET", "/metrics"), ("GET", "/openapi.json"),
        ] {
            let connection = try fixture.connect()
            let answer = try fixture.send(method, path, #"{"a":1}"#, on: connection)
            #expect((answer.status, answer.code) == (422, "schema_violation"), "\(method) \(path)")
            try fixture.expectUsable(connection)
        }
        #expect(try fixture.send("GET", "/v1/keys/orders")["latest_version"].integer == 1)
        // An object without members says as little as none.
        for (number, body) in ["{}", " {\r\n\t} "].enumerated() {
            #expect(try fixture.send("POST", "/v1/keys/orders/rotate", body).status == 200)
            #expect(try fixture.send("GET", "/v1/keys/orders")["latest_version"].integer == number + 2)
        }
        for body in ["[]", "{}{}", "{", "null", "{" + String(repeating: " ", count: 64) + "}"] {
            let answer = try fixture.send("POST", "/v1/keys/orders/rotate", body)
            #expect((answer.status, answer.code) == (422, "schema_violation"), "\(body)")
        }
        #expect(try fixture.send("GET", "/v1/keys/orders", "{}").status == 422)
    }
}
