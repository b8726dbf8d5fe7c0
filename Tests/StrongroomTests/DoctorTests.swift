// `strongroom doctor` on hosts that are well, and on some that are not.

import Foundation
import TestKit
import Testing

@Suite struct DoctorTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try #require(mkdir(folder.file("data"), 0o700) == 0)
    }

    /// Verdicts by subject, and the exit code.
    private func look(_ arguments: [String] = [], config: String = "{}") throws -> (
        found: [String: String], status: Int32
    ) {
        try writeFile(folder.file("config"), Array(config.utf8))
        let outcome = try command(
            ["doctor", "--json", "--config", folder.file("config"), "--data", folder.file("data")] + arguments)
        var found: [String: String] = [:]
        for line in outcome.output.split(separator: "\n") {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
            found[try #require(object["subject"])] = object["verdict"]
            #expect(object["text"]?.isEmpty == false)
        }
        return (found, outcome.status)
    }

    @Test("on a host that can serve it says so, and changes nothing")
    func sound() throws {
        let (found, status) = try look()
        #expect(status == 0, "\(found)")
        for subject in ["data folder", "disk", "descriptors", "secret memory", "no-dump", "landlock", "seccomp"] {
            #expect(found[subject] == "ok" || found[subject] == "warn", "\(subject)")
        }
        #expect(found["data folder"] == "ok" && found["TLS"] == "warn" && found["clock"] != nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("data")).isEmpty)
        let text = try command(["doctor", "--data", folder.file("data")])
        #expect(text.status == 0 && text.output.contains("ok    data folder: "))
    }

    @Test("what would be in a service's way is bad, and ends with 2")
    func bad() throws {
        #expect(chmod(folder.file("data"), 0o777) == 0)
        var (found, status) = try look()
        #expect(found["data folder"] == "bad" && status == 2)
        #expect(chmod(folder.file("data"), 0o750) == 0)
        (found, status) = try look()
        #expect(found["data folder"] == "warn" && status == 0)
        #expect(chmod(folder.file("data"), 0o700) == 0)
        try writeFile(folder.file("data/root.key"), Array("key".utf8), mode: 0o644)
        (found, status) = try look()
        #expect(found["key file"] == "bad" && status == 2)
        try writeFile(folder.file("data/root.key"), Array("key".utf8))
        #expect(try look().found["key file"] == "warn")
        try writeFile(folder.file("key"), Array("key".utf8))
        #expect(try look(config: "{\"root_key_file\":\"\(folder.file("key"))\"}").found["key file"] == "ok")
        let certificates = try Certificates(in: folder)
        try certificates.issue("over", days: -1)
        try certificates.issue("soon", days: 3)
        for (name, verdict) in [("server", "ok"), ("soon", "warn"), ("over", "bad"), ("nothing", "bad")] {
            let config =
                "{\"tls_certificate\":\"\(certificates.file(name + ".pem"))\",\"tls_key\":\"\(certificates.file(name + ".key"))\"}"
            (found, status) = try look(config: config)
            #expect(found["TLS"] == verdict && status == (verdict == "bad" ? 2 : 0), "\(name)")
        }
        #expect(
            try look(config: #"{"connections": 900000, "without_protections": "seccomp"}"#).found["seccomp"] == "warn")
        #expect(try look(config: #"{"connection": 1}"#).status == 64)
    }
}
