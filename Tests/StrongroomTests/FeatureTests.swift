// Features and diagnostics as the configuration asks for them.

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
}
