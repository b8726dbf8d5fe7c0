// Sealing and unsealing over HTTP: what a sealed service answers, and to whom.

import KeyService
import TestKit
import Testing

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

    @Test("attempts past the limit are answered 429 with the time to wait")
    func limited() throws {
        let fixture = try Fixture()
        try fixture.send("POST", "/v1/seal")
        let connection = try fixture.connect()
        var last = 0
        for _ in 0..<70 {
            let answer = try fixture.send("POST", "/v1/unseal", #"{"share":"srs_x"}"#, on: connection)
            last = answer.status
            if last == 429 {
                #expect(answer["code"].string == "too_many_attempts")
                #expect(answer.response["Retry-After"] != nil)
            }
        }
        #expect(last == 429)
    }
}
