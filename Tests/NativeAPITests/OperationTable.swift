// Every operation of the document that needs a token, each with a request that fits its schema.

import KeyService
import TestKit
import Testing

@testable import NativeAPI

/// An operation, and a request for it about the key `orders`.
struct TestedOperation {
    let id: String
    let method: String
    let path: String
    let body: String?
    let permission: Permission?

    /// All of them, in the order of their names.
    /// - Parameters:
    ///   - token: the id of a token to be revoked.
    ///   - approval: the id of what is to be approved.
    static func all(_ fixture: Fixture, token: String = "some-id", approval: String = "some-id") throws -> [Self] {
        let document = try fixture.send("GET", "/openapi.json")
        let backup = try fixture.send("GET", "/v1/keys/orders/backup")["backup"].string ?? ""
        var found: [Self] = []
        for (template, item) in document["paths"].members {
            for (method, operation) in item.members {
                guard let id = operation["operationId"].string, operation["security"].isAbsent,
                    let handling = NativeAPI.handlers[id]
                else { continue }
                let path = template.replacing("{key}", with: id == "importKey" ? "imported" : "orders")
                    .replacing("{version}", with: "1").replacing("{role}", with: "some")
                    .replacing("{id}", with: id == "revokeToken" ? token : approval)
                let body = id == "restoreKey" ? "{\"backup\":\"\(backup)\"}" : bodies[id]
                if operation["requestBody"]["required"].boolean == true {
                    #expect(body != nil, "\(id) has no body in this table")
                }
                found.append(
                    Self(id: id, method: method.uppercased(), path: path, body: body, permission: handling.permission))
            }
        }
        #expect(found.count > 50)
        return found.sorted { $0.id < $1.id }
    }

    func send(_ token: String, to fixture: Fixture, at location: SourceLocation = #_sourceLocation) throws -> Answer {
        try fixture.send(method, path, body, headers: [("Authorization", "Bearer \(token)")], at: location)
    }

    /// Everything that a role can grant, each by its name, with more members.
    static func everything(_ members: String = "") -> String {
        let names = Permission.allCases.filter { $0 != .tokens }.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
        return #"{"operations":[\#(names)]\#(members)},{"operations":["tokens"]\#(members)}"#
    }

    private static let bodies: [String: String] = {
        let single = [
            "encrypt": #"{"plaintext":"YQ=="}"#, "decrypt": #"{"ciphertext":"sr:1:1:AAAA"}"#,
            "reencrypt": #"{"ciphertext":"sr:1:1:AAAA"}"#, "createDataKey": "{}", "sign": #"{"message":"YQ=="}"#,
            "verify": #"{"message":"YQ==","signature":"YQ=="}"#, "mac": #"{"message":"YQ=="}"#,
            "verifyMac": #"{"message":"YQ==","mac":"YQ=="}"#, "wrap": #"{"key_material":"AAECAwQFBgcICQoLDA0ODw=="}"#,
            "unwrap": #"{"wrapped":"AAECAwQFBgcICQoLDA0ODw=="}"#,
            "agree": #"{"public_key":"YQ==","kdf":{"hash":"sha256","info":"YQ==","bytes":32}}"#,
            "derive": #"{"info":"YQ==","bytes":32}"#,
        ]
        var all = single
        for (id, body) in single { all[id + "Batch"] = "{\"items\":[\(body)]}" }
        return all.merging([
            "createKey": #"{"name":"made"}"#, "updateKey": #"{"labels":{}}"#,
            "updateKeyVersion": #"{"state":"enabled"}"#,
            "random": #"{"bytes":1}"#, "hash": #"{"message":"YQ=="}"#, "exportKey": #"{"wrapping_public_key":"YQ=="}"#,
            "importKey":
                #"{"algorithm":"xaes-256-gcm","import_key_id":"01234567-89ab-4cde-8f01-23456789abcd","wrapped":"YQ=="}"#,
            "createRole": #"{"name":"some","grants":[{"operations":["read"]}]}"#,
            "replaceRole": #"{"grants":[{"operations":["read"]}]}"#,
            "createToken": #"{"name":"n","role":"holder"}"#, "decideApproval": #"{"decision":"approve"}"#,
        ]) { one, _ in one }
    }()
}
