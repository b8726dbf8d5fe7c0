// How advice about keys is followed.

import CoreBridge
import KeyService
import Storage
import StorageSQLite
import TestKit
import Testing
import Threading

@testable import NativeAPI

extension AdviceTests {
    private static let path = "/v1/keys/orders"
    private static let plaintext = #"{"plaintext":""}"#

    /// A key, a refused request, what is done about it, and the request again.
    private static func advised(
        _ members: String = "", request: (Fixture) throws -> Answer, prepare: (Fixture) throws -> Void = { _ in },
        follow: (Fixture) throws -> Answer
    ) throws -> Advised {
        let fixture = try Fixture()
        try fixture.create("orders", members)
        try prepare(fixture)
        let refused = try request(fixture)
        let followed = try follow(fixture)
        #expect((200..<300).contains(followed.status), "\(followed.response.text)")
        return Advised(refused: refused, after: try request(fixture))
    }

    private static func encrypt(_ fixture: Fixture) throws -> Answer {
        try fixture.send("POST", path + "/encrypt", plaintext)
    }

    private static func set(_ version: Int, _ state: String, _ fixture: Fixture) throws -> Answer {
        try fixture.send("PATCH", path + "/versions/\(version)", "{\"state\":\"\(state)\"}")
    }

    static let documentRead: Scenario = {
        let fixture = try Fixture()
        let refused = try fixture.send("GET", "/v1/key")
        let document = try fixture.send("GET", "/openapi.json")
        let path = try #require(document["paths"].names.first { $0 == "/v1/keys" })
        return Advised(refused: refused, after: try fixture.send("GET", path))
    }

    static let otherNameChosen: Scenario = {
        let fixture = try Fixture()
        try fixture.create("orders")
        return Advised(
            refused: try fixture.send("POST", "/v1/keys", #"{"name":"orders"}"#),
            after: try fixture.send("POST", "/v1/keys", #"{"name":"invoices"}"#))
    }

    static let otherNameImported: Scenario = {
        let fixture = try Fixture()
        try fixture.create("orders")
        // A key that is to be deleted keeps its name.
        try fixture.send("PATCH", path, #"{"deletion_protected":false}"#)
        #expect(try fixture.send("DELETE", path, #"{"after_days":30}"#).status == 202)
        let body = try importBody(fixture, wrappedTo: fixture.send("GET", "/v1/import-key"))
        return Advised(
            refused: try fixture.send("POST", path + "/import", body),
            after: try fixture.send("POST", "/v1/keys/invoices/import", body))
    }

    static let wrappedToImportKey: Scenario = {
        let fixture = try Fixture()
        let body = try importBody(fixture, wrappedTo: fixture.send("GET", "/v1/import-key"))
        fixture.clock.withLock { $0 += 86_400 }
        let refused = try fixture.send("POST", path + "/import", body)
        let again = try importBody(fixture, wrappedTo: fixture.send("GET", "/v1/import-key"))
        return Advised(refused: refused, after: try fixture.send("POST", path + "/import", again))
    }

    /// An AES-256 key, wrapped as docs/cli.md does it.
    private static func importBody(_ fixture: Fixture, wrappedTo key: Answer) throws -> String {
        let (der, material, wrapped) = ("import.der", "material", "wrapped")
        for (name, bytes) in [
            (der, try #require(decoded(key["public_key"].string))), (material, [UInt8](repeating: 7, count: 32)),
            ("transport", [UInt8](repeating: 0x6B, count: 32)),
        ] { try writeFile(fixture.folder.file(name), bytes) }
        func openssl(_ arguments: [String]) throws {
            let process = try ChildProcess("/usr/bin/openssl", arguments)
            let errors = try process.readToEnd(of: .error)
            try #require(try process.wait() == 0, "\(errors)")
        }
        try openssl([
            "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", fixture.folder.file(der), "-pkeyopt",
            "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-in", fixture.folder.file("transport"), "-out",
            fixture.folder.file(wrapped),
        ])
        try openssl([
            "enc", "-id-aes256-wrap-pad", "-iv", "A65959A6", "-K", String(repeating: "6b", count: 32), "-in",
            fixture.folder.file(material), "-out", fixture.folder.file("inner"),
        ])
        let bytes = try readFile(fixture.folder.file(wrapped)) + readFile(fixture.folder.file("inner"))
        let id = try #require(key["id"].string)
        return "{\"import_key_id\":\"\(id)\",\"wrapped\":\"\(base64(bytes))\",\"algorithm\":\"aes-256-gcm\"}"
    }

    static let deletionCancelled: Scenario = { try cancelling(afterDays: 30) }
    /// Its time is over, and nobody has destroyed it yet.
    static let deletionCancelledLate: Scenario = { try cancelling(afterDays: 0) }

    private static func cancelling(afterDays days: Int) throws -> Advised {
        try advised(request: encrypt) { fixture in
            try fixture.send("PATCH", path, #"{"deletion_protected":false}"#)
            #expect(try fixture.send("DELETE", path, "{\"after_days\":\(days)}").status == 202)
        } follow: {
            try $0.send("POST", path + "/cancel-deletion")
        }
    }

    static let protectionLifted: Scenario = {
        try advised {
            try $0.send("DELETE", path, #"{"after_days":30}"#)
        } follow: {
            try $0.send("PATCH", path, #"{"deletion_protected":false}"#)
        }
    }

    static let versionEnabled: Scenario = {
        try advised {
            try $0.send("POST", path + "/encrypt", #"{"plaintext":"","version":1}"#)
        } prepare: { fixture throws in
            #expect(try set(1, "disabled", fixture).status == 200)
        } follow: {
            try set(1, "enabled", $0)
        }
    }

    static let versionEnabledToDecrypt: Scenario = {
        let fixture = try Fixture()
        try fixture.create("orders")
        let ciphertext = try fixture.encrypt("YQ==", with: "orders")
        func decrypt() throws -> Answer {
            try fixture.send("POST", path + "/decrypt", "{\"ciphertext\":\"\(ciphertext)\"}")
        }
        try fixture.send("POST", path + "/rotate")
        #expect(try set(1, "disabled", fixture).status == 200)
        let refused = try decrypt()
        #expect(try set(1, "enabled", fixture).status == 200)
        return Advised(refused: refused, after: try decrypt())
    }

    static let oneVersionEnabled: Scenario = {
        try advised(request: encrypt) { fixture in
            // The latest is gone for good; one that is below the minimum and enabled changes nothing.
            for _ in 2...4 { try fixture.send("POST", path + "/rotate") }
            #expect(try fixture.send("PATCH", path, #"{"min_decrypt_version":2}"#).status == 200)
            for (version, state) in [(4, "destroyed"), (3, "disabled"), (2, "destroyed")] {
                #expect(try set(version, state, fixture).status == 200)
            }
        } follow: {
            try set(3, "enabled", $0)
        }
    }

    static let disabledRotated: Scenario = {
        try advised(request: encrypt) { fixture throws in
            #expect(try set(1, "disabled", fixture).status == 200)
        } follow: {
            try $0.send("POST", path + "/rotate")
        }
    }

    static let versionAboveMinimumMade: Scenario = {
        try advised(request: encrypt) { fixture in
            for _ in 2...3 { try fixture.send("POST", path + "/rotate") }
            #expect(try fixture.send("PATCH", path, #"{"min_decrypt_version":3}"#).status == 200)
            #expect(try set(3, "destroyed", fixture).status == 200)
            #expect(try set(2, "disabled", fixture).status == 200)
        } follow: { fixture in
            // Enabling what there is would change nothing.
            #expect(try set(2, "enabled", fixture).status == 200)
            #expect(try encrypt(fixture).code == "no_enabled_version")
            return try fixture.send("POST", path + "/rotate")
        }
    }

    static let versionsMadeRoom: Scenario = {
        let fixture = try Fixture()
        let (id, identity) = (KeyID(high: 1, low: 2), KeyIdentity(high: 1, low: 2))
        var sealed = try fixture.root.generate(
            KeySpecification(
                key: KeyVersionID(key: identity, version: 1), algorithm: .xaes256GCM, usages: [.encrypt, .decrypt],
                createdAt: 1))
        var versions = [KeyVersionRecord(keyID: id, version: 1, createdAt: 1, sealed: sealed)]
        for number in 2...2000 {
            sealed = try fixture.root.rotate(
                sealed, to: KeyVersionID(key: identity, version: UInt32(number)), createdAt: 1)
            versions.append(KeyVersionRecord(keyID: id, version: number, createdAt: 1, sealed: sealed))
        }
        try fixture.store.createKey(
            KeyRecord(
                id: id, name: "orders", algorithm: "xaes-256-gcm", usages: ["encrypt", "decrypt"], latestVersion: 2000,
                createdAt: 1), versions: versions)
        let refused = try fixture.send("POST", path + "/rotate")
        #expect(try set(7, "destroyed", fixture).status == 200)
        return Advised(refused: refused, after: try fixture.send("POST", path + "/rotate"))
    }

    static let rotated: Scenario = { try rotating(naming: "", then: "") }
    /// A request that names the version succeeds with the new one.
    static let rotatedAndNamed: Scenario = { try rotating(naming: #","version":1"#, then: #","version":2"#) }

    private static func rotating(naming before: String, then after: String) throws -> Advised {
        let fixture = try Fixture()
        try fixture.create("orders", #","algorithm":"aes-256-gcm""#)
        let key = try #require(try fixture.store.key(named: "orders")).key
        _ = try fixture.store.reserveUses(keyID: key.id, version: 1, count: 1 << 32, limit: 1 << 32)
        let refused = try fixture.send("POST", path + "/encrypt", "{\"plaintext\":\"\"\(before)}")
        #expect(try fixture.send("POST", path + "/rotate").status == 200)
        return Advised(
            refused: refused, after: try fixture.send("POST", path + "/encrypt", "{\"plaintext\":\"\"\(after)}"))
    }

    static let keysDeleted: Scenario = {
        let (fixture, app) = try fixtureWithKeyOf()
        let refused = try fixture.send("POST", "/v1/keys", #"{"name":"second"}"#, as: app)
        try fixture.destroy("first")
        return Advised(refused: refused, after: try fixture.send("POST", "/v1/keys", #"{"name":"second"}"#, as: app))
    }

    static let keyMadeByOthers: Scenario = {
        let (fixture, app) = try fixtureWithKeyOf()
        let refused = try fixture.send("POST", "/v1/keys", #"{"name":"second"}"#, as: app)
        return Advised(refused: refused, after: try fixture.send("POST", "/v1/keys", #"{"name":"second"}"#))
    }

    /// One who has made as many keys as it may: one.
    private static func fixtureWithKeyOf() throws -> (Fixture, String) {
        let fixture = try Fixture(keysOfOne: 1)
        let app = try fixture.makeToken("app", #"{"operations":["create"]}"#)
        #expect(try fixture.send("POST", "/v1/keys", #"{"name":"first"}"#, as: app).status == 201)
        return (fixture, app)
    }
}
