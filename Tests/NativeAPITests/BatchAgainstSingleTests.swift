// A batch does for each of its items what the operation does alone, with every member that an item can have.

import Foundation
import TestKit
import Testing

@testable import NativeAPI

@Suite(.givesHandlesBack) struct BatchAgainstSingleTests {
    private func send(
        _ fixture: Fixture, _ key: String, _ operation: String, _ items: [String]
    ) throws -> (alone: [JSONTree], together: [JSONTree]) {
        let alone = try items.map { try fixture.send("POST", "/v1/keys/\(key)/\(operation)", $0).json }
        let answer = try fixture.send(
            "POST", "/v1/keys/\(key)/\(operation)/batch", "{\"items\":[\(items.joined(separator: ","))]}")
        let together = answer["items"].elements
        try #require(together.count == items.count, "\(answer.response.text.prefix(500))")
        return (alone, together)
    }

    /// What a ciphertext stands for with these members, or the code of the refusal.
    private func open(_ fixture: Fixture, _ key: String, _ ciphertext: JSONTree, _ members: String = "") throws
        -> String
    {
        let text = try #require(ciphertext["ciphertext"].string, "\(ciphertext)")
        let answer = try fixture.send("POST", "/v1/keys/\(key)/decrypt", "{\"ciphertext\":\"\(text)\"\(members)}")
        return answer["plaintext"].string ?? answer.code ?? ""
    }

    private static let data = #","associated_data":"ZGF0YQ==""#
    private static let otherData = #","associated_data":"b3RoZXI=""#

    @Test("re-encrypting keeps associated data unless there is new, alone and in a batch")
    func reencrypt() throws {
        let fixture = try Fixture()
        for key in ["orders", "archive"] { try fixture.create(key) }
        let made = try fixture.send("POST", "/v1/keys/orders/encrypt", #"{"plaintext":"dGV4dA=="\#(Self.data)}"#)
        let ciphertext = try #require(made["ciphertext"].string)
        try fixture.send("POST", "/v1/keys/orders/rotate")
        // Members of the item; then the key, the version and the associated data of what comes of it.
        let cases: [(String, String, Int, String)] = [
            (Self.data, "orders", 2, Self.data),
            (Self.data + #","to":{"key":"orders","version":1}"#, "orders", 1, Self.data),
            (Self.data + #","to":{"key":"archive"}"#, "archive", 1, Self.data),
            (Self.data + #","new_associated_data":"b3RoZXI=""#, "orders", 2, Self.otherData),
            (Self.data + #","new_associated_data":"b3RoZXI=","to":{"key":"archive"}"#, "archive", 1, Self.otherData),
            (Self.data + #","new_associated_data":"""#, "orders", 2, ""),
        ]
        let items = cases.map { "{\"ciphertext\":\"\(ciphertext)\"\($0.0)}" }
        let (alone, together) = try send(fixture, "orders", "reencrypt", items)
        for (index, (members, key, version, data)) in cases.enumerated() {
            for answer in [alone[index], together[index]] {
                #expect(answer["version"].integer == version, "\(members)")
                #expect(try open(fixture, key, answer, data) == "dGV4dA==", "\(members)")
                for wrong in ["", Self.data, Self.otherData] where wrong != data {
                    #expect(try open(fixture, key, answer, wrong) == "decryption_failed", "\(members)")
                }
            }
        }
        let refused = [("", "decryption_failed"), (Self.otherData, "decryption_failed")]
        let (one, batch) = try send(
            fixture, "orders", "reencrypt", refused.map { "{\"ciphertext\":\"\(ciphertext)\"\($0.0)}" })
        #expect(one.map { $0["code"].string } == refused.map(\.1))
        #expect(batch.map { $0["error"]["code"].string } == refused.map(\.1))
    }

    @Test("re-encrypting keeps a context unless there is a new one, alone and in a batch")
    func reencryptContexts() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","derived":true"#)
        try fixture.create("plain")
        let one = #","context":"b25l""#
        let two = #","context":"dHdv""#
        let made = try fixture.send("POST", "/v1/keys/k/encrypt", #"{"plaintext":"dGV4dA=="\#(one)}"#)
        let ciphertext = try #require(made["ciphertext"].string)
        let cases = [
            (one, "k", one), (one + #","new_context":"dHdv""#, "k", two),
            (one + #","to":{"key":"k"},"new_context":"dHdv""#, "k", two),
            (one + #","to":{"key":"plain"}"#, "plain", ""),
        ]
        let items = cases.map { "{\"ciphertext\":\"\(ciphertext)\"\($0.0)}" }
        let (alone, together) = try send(fixture, "k", "reencrypt", items)
        for (index, (members, key, context)) in cases.enumerated() {
            for answer in [alone[index], together[index]] {
                #expect(try open(fixture, key, answer, context) == "dGV4dA==", "\(members)")
            }
        }
        // Another key has no context unless it is given one.
        let (refused, batch) = try send(
            fixture, "k", "reencrypt", [#"{"ciphertext":"\#(ciphertext)"\#(one),"to":{"key":"k"}}"#])
        #expect(refused[0]["code"].string == "context_mismatch")
        #expect(batch[0]["error"]["code"].string == "context_mismatch")
    }

    @Test("version, context and associated data hold alone and in a batch")
    func encrypt() throws {
        let fixture = try Fixture()
        try fixture.create("k", #","derived":true"#)
        try fixture.send("POST", "/v1/keys/k/rotate")
        let context = #","context":"b25l""#
        let cases = [(Self.data, 2), ("", 2), (Self.data + #","version":1"#, 1)]
        let (alone, together) = try send(
            fixture, "k", "encrypt", cases.map { #"{"plaintext":"dGV4dA=="\#($0.0)\#(context)}"# })
        let (keysAlone, keysTogether) = try send(
            fixture, "k", "data-key", cases.map { #"{"bytes":48\#($0.0)\#(context)}"# })
        for (index, (members, version)) in cases.enumerated() {
            let data = members.hasPrefix(Self.data) ? Self.data : ""
            let plaintexts = [
                "dGV4dA==", "dGV4dA==", keysAlone[index]["plaintext"].string,
                keysTogether[index]["plaintext"].string,
            ]
            for (answer, plaintext) in zip(
                [alone[index], together[index], keysAlone[index], keysTogether[index]], plaintexts)
            {
                #expect(answer["version"].integer == version, "\(members)")
                #expect(try open(fixture, "k", answer, data + context) == plaintext, "\(members)")
                for wrong in [data + #","context":"dHdv""#, (data.isEmpty ? Self.data : "") + context] {
                    #expect(try open(fixture, "k", answer, wrong) == "decryption_failed", "\(members)")
                }
            }
            #expect(decoded(plaintexts[2])?.count == 48 && decoded(plaintexts[3])?.count == 48)
        }
        let ciphertext = try #require(alone[0]["ciphertext"].string)
        let items = [Self.data + context, context, Self.otherData + context, Self.data + #","context":"dHdv""#]
        let (opened, openedTogether) = try send(
            fixture, "k", "decrypt", items.map { #"{"ciphertext":"\#(ciphertext)"\#($0)}"# })
        for answers in [opened, openedTogether] {
            #expect(answers.map { $0["plaintext"].string } == ["dGV4dA==", nil, nil, nil])
        }
    }

    @Test("MACs, signatures and derived bytes are the same alone and in a batch")
    func deterministic() throws {
        let fixture = try Fixture()
        for (key, algorithm) in [
            ("mac", "hmac-sha256"), ("sign", "ed25519"), ("rsa", "rsa-2048"), ("derive", "hkdf-sha256"),
        ] {
            try fixture.create(key, #","algorithm":"\#(algorithm)""#)
            try fixture.send("POST", "/v1/keys/\(key)/rotate")
        }
        for (key, operation, result, items) in [
            (
                "mac", "mac", "mac",
                [#"{"message":"YQ=="}"#, #"{"message":"YQ==","version":1}"#, #"{"message":"YQ==","hash":"sha512"}"#]
            ),
            ("sign", "sign", "signature", [#"{"message":"YQ=="}"#, #"{"message":"YQ==","version":1}"#]),
            (
                "rsa", "sign", "signature",
                [
                    #"{"message":"YQ==","padding":"pkcs1v15"}"#,
                    #"{"message":"YQ==","padding":"pkcs1v15","hash":"sha512"}"#,
                    #"{"message":"YQ==","padding":"pkcs1v15","version":1}"#,
                ]
            ),
            (
                "derive", "derive", "derived",
                [
                    #"{"info":"YQ==","bytes":32}"#, #"{"info":"Yg==","bytes":32}"#, #"{"info":"YQ==","bytes":31}"#,
                    #"{"info":"YQ==","salt":"YQ==","bytes":32}"#, #"{"info":"YQ==","bytes":32,"version":1}"#,
                ]
            ),
        ] {
            let (alone, together) = try send(fixture, key, operation, items)
            let results = alone.map { $0[result].string ?? $0["key_material"].string ?? "" }
            #expect(!results.contains("") && Set(results).count == items.count, "\(key): \(alone)")
            #expect(together.map { $0[result].string ?? $0["key_material"].string ?? "" } == results, "\(key)")
            #expect(together.map { $0["version"].integer } == alone.map { $0["version"].integer }, "\(key)")
        }
    }
}
