// Features and diagnostics as the configuration asks for them.

import Foundation
import Glibc
import TestKit
import Testing

@Suite struct FeatureTests {
    @Test(
        "a configuration that allows what the build lacks is refused, and each of it named",
        arguments: [("export", "export"), ("export,legacy-algorithms", "export, legacy-algorithms")])
    func lacking(allowed: String, named: String) throws {
        let folder = try TemporaryFolder()
        try writeFile(folder.file("config"), Array("{\"allow\":\"\(allowed)\"}".utf8))
        for (arguments, environment) in [
            (["--allow", allowed], [:]), ([], ["STRONGROOM_ALLOW": allowed]),
            (["--config", folder.file("config")], [:]),
        ] as [([String], [String: String])] {
            let launch = try Launch(
                in: folder, ["--data", folder.file("data"), "--listen", "127.0.0.1:0"] + arguments,
                environment: environment)
            #expect(try launch.process.wait() == 1)
            let log = launch.log.joined(separator: "\n")
            #expect(log.contains("allows what this build lacks (\(named))"), "\(log)")
            #expect(access(folder.file("data"), F_OK) != 0)
        }
    }

    @Test("features and diagnostics are off unless they are asked for, and asked for by name and number")
    func standard() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder)
        let client = try service.client()
        #expect(try client.send("GET", "/v1/status").members["allowed_features"] as? [String] == [])
        #expect(try client.send("GET", "/v1/diagnostics").status == 404)
        #expect(try service.stop() == 0)
        for (arguments, reason) in [
            (["--allow", "canary"], "--allow: must be"), (["--allow", "export,"], "--allow: must be"),
            (["--diagnostics", "4097"], "--diagnostics: must be"), (["--diagnostics=-1"], "--diagnostics: must be"),
        ] {
            let launch = try Launch(in: folder, ["--data", folder.file("none")] + arguments)
            #expect(try launch.process.wait() == 64)
            let log = launch.log.joined(separator: "\n")
            #expect(log.contains(reason) && !log.contains("canary"), "\(log)")
        }
        let keeping = try Service(in: folder, environment: ["STRONGROOM_DIAGNOSTICS": "5"])
        let answer = try keeping.client().send("GET", "/v1/diagnostics")
        #expect(answer.status == 200)
        #expect((answer.members["diagnostics"] as? [Any])?.isEmpty == true)
        #expect(try keeping.stop() == 0)
    }

    @Test("what a build can do is refused until it is allowed")
    func notAllowed() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, server: "strongroom-features")
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"k","exportable":true}"#).status == 201)
        let export = try client.send("POST", "/v1/keys/k/export", #"{"wrapping_public_key":"AAAA"}"#)
        #expect((export.status, export.members["feature"] as? String) == (501, "export"))
        #expect(export.members["code"] as? String == "feature_not_allowed")
        let hash = try client.send("POST", "/v1/hash", #"{"message":"YWJj","hash":"sha1"}"#)
        #expect((hash.status, hash.members["feature"] as? String) == (501, "legacy-algorithms"))
        #expect(try service.stop() == 0)
    }

    @Test("with export a key leaves wrapped and comes back as the same key, if its flag lets it")
    func export() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, arguments: ["--allow", "export"], server: "strongroom-features")
        // The import key is one of RSA with 4096 bits, made by a thread that leaves the processor to others.
        let client = try Client(port: service.port, token: try service.token, timeout: 120)
        #expect(try client.send("GET", "/v1/status").members["allowed_features"] as? [String] == ["export"])
        let importer = try client.send("GET", "/v1/import-key").members
        let publicKey = try #require(importer["public_key"] as? String)
        let id = try #require(importer["id"] as? String)
        for algorithm in ["xaes-256-gcm", "ed25519", "ecdsa-p256", "rsa-2048", "hmac-sha256"] {
            let new = #"{"name":"of-\#(algorithm)","algorithm":"\#(algorithm)","exportable":true}"#
            #expect(try client.send("POST", "/v1/keys", new).status == 201)
            let exported = try client.send(
                "POST", "/v1/keys/of-\(algorithm)/export", #"{"wrapping_public_key":"\#(publicKey)"}"#)
            let wrapped = try #require(exported.members["wrapped"] as? String, "\(exported)")
            let imported = try client.send(
                "POST", "/v1/keys/again-\(algorithm)/import",
                #"{"import_key_id":"\#(id)","wrapped":"\#(wrapped)","algorithm":"\#(algorithm)"}"#)
            #expect(imported.status == 201, "\(imported)")
            // What one makes, the other takes.
            let (made, checked) =
                switch algorithm {
                case "xaes-256-gcm": (("encrypt", #"{"plaintext":"YWJj"}"#, "ciphertext"), "decrypt")
                case "hmac-sha256": (("mac", #"{"message":"YWJj"}"#, "mac"), "verify-mac")
                default: (("sign", #"{"message":"YWJj"}"#, "signature"), "verify")
                }
            let one = try client.send("POST", "/v1/keys/of-\(algorithm)/\(made.0)", made.1).members
            let value = try #require(one[made.2] as? String)
            let message = made.2 == "ciphertext" ? "" : #","message":"YWJj""#
            let other = try client.send(
                "POST", "/v1/keys/again-\(algorithm)/\(checked)", #"{"\#(made.2)":"\#(value)"\#(message)}"#
            ).members
            #expect(other["valid"] as? Bool == true || other["plaintext"] as? String == "YWJj", "\(algorithm)")
        }
        #expect(try client.send("POST", "/v1/keys", #"{"name":"kept"}"#).status == 201)
        let kept = try client.send("POST", "/v1/keys/kept/export", #"{"wrapping_public_key":"\#(publicKey)"}"#)
        #expect((kept.status, kept.members["code"] as? String) == (403, "not_exportable"))
        #expect(try service.stop() == 0)
    }

    @Test("with legacy algorithms SHA-1 is what FIPS 180-1 says, and without export nothing leaves")
    func legacyAlgorithms() throws {
        let folder = try TemporaryFolder()
        let service = try Service(
            in: folder, arguments: ["--allow", "legacy-algorithms"], server: "strongroom-features")
        let client = try service.client()
        let hash = try client.send("POST", "/v1/hash", #"{"message":"YWJj","hash":"sha1"}"#).members
        let digest = (hash["digest"] as? String).flatMap { Data(base64Encoded: $0) } ?? Data()
        let hexadecimal = digest.map { String(format: "%02x", $0) }.joined()
        #expect(hexadecimal == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(try client.send("POST", "/v1/keys", #"{"name":"k","exportable":true}"#).status == 201)
        let export = try client.send("POST", "/v1/keys/k/export", #"{"wrapping_public_key":"AAAA"}"#)
        #expect((export.status, export.members["code"] as? String) == (501, "feature_not_allowed"))
        #expect(try service.stop() == 0)
    }
}
