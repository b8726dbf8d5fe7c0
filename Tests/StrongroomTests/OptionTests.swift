// Options: where they come from, which of them wins, and how a bad one is told.

import Glibc
import TestKit
import Testing

@Suite struct OptionTests {
    @Test("a flag wins over the environment, that over the file, and that over the default")
    func precedence() throws {
        let folder = try TemporaryFolder()
        try writeFile(folder.file("config"), Array(#"{"event_loops": 3, "log_format": "json"}"#.utf8))
        let file = ["--config", folder.file("config")]
        let environment = ["STRONGROOM_EVENT_LOOPS": "4"]
        for (arguments, environment, loops) in [
            (file, [:], "3"), (file, environment, "4"), (file + ["--event-loops", "5"], environment, "5"),
            ([], environment, "4"), (["--event-loops", "1"], [:], "1"),
        ] as [([String], [String: String], String)] {
            let service = try Service(in: folder, arguments: arguments, environment: environment)
            let line = service.log.first { $0.contains("serving") }
            #expect(line?.contains("\"event_loops\":\"\(loops)\"") == true, "\(line ?? "")")
            #expect(try service.stop() == 0)
        }
        let service = try Service(
            in: folder, environment: ["STRONGROOM_CONFIG": folder.file("config"), "STRONGROOM_LOG_FORMAT": "text"])
        let line = service.log.first { $0.contains("serving") }
        #expect(line?.contains("event_loops=3") == true, "\(line ?? "")")
        try service.stop()
    }

    @Test(
        "a bad value is told by its name wherever it stands, and never repeated",
        arguments: [
            ("listen", "canary:1"), ("listen", "127.0.0.1"), ("listen", "127.0.0.1:99999"), ("workers", "canary"),
            ("workers", "0"), ("workers", "257"), ("idle-seconds", "1.5"), ("drain-seconds", "-1"),
            ("drain-seconds", "0"),
            ("log-format", "canary"), ("log-level", "canary"), ("secret-memory", "63"), ("event-loops", "two"),
            ("connections", "99999999999999999999"), ("check-answers", "canary"),
        ])
    func badValues(option: String, value: String) throws {
        let folder = try TemporaryFolder()
        let member = option.replacing("-", with: "_")
        let variable = "STRONGROOM_" + member.uppercased()
        try writeFile(folder.file("config"), Array("{\"\(member)\": \"\(value)\"}".utf8))
        for (arguments, environment, source) in [
            (["--\(option)=\(value)"], [:], "--\(option)"), ([], [variable: value], variable),
            (["--config", folder.file("config")], [:], "\(folder.file("config")): \(member)"),
        ] as [([String], [String: String], String)] {
            let launch = try Launch(
                in: folder, ["--data", folder.file("data")] + arguments, environment: environment)
            #expect(try launch.process.wait() == 64)
            let text = launch.log.joined(separator: "\n")
            #expect(text.contains("\(source): must be"), "\(text)")
            if value.contains("canary") { #expect(!text.contains("canary"), "\(text)") }
            #expect(access(folder.file("data"), F_OK) != 0)
        }
    }

    @Test(
        "a configuration file that is not a flat object of options is refused",
        arguments: [
            (#"{"lissten":"127.0.0.1:0"}"#, "no option: lissten: is listen meant?"),
            (#"{"canary":1}"#, "no option: canary"), (#"{"workers":1,"workers":2}"#, "strict JSON"),
            ("workers = 1", "strict JSON"), ("[]", "must be a JSON object"), (#"{"workers":[1]}"#, "must be a string"),
            (#"{"workers":null}"#, "must be a string"), (#"{"workers":1.5}"#, "must be a string"), ("", "strict JSON"),
        ])
    func badFiles(text: String, reason: String) throws {
        let folder = try TemporaryFolder()
        try writeFile(folder.file("config"), Array(text.utf8))
        let launch = try Launch(in: folder, ["--config", folder.file("config"), "--data", folder.file("data")])
        #expect(try launch.process.wait() == 64)
        let log = launch.log.joined(separator: "\n")
        #expect(log.contains(folder.file("config")))
        #expect(log.contains(reason), "\(log)")
    }

    @Test(
        "a configuration is checked without a service: what it says and where, what is wrong, and what may have been meant"
    )
    func check() throws {
        let folder = try TemporaryFolder()
        func check(_ text: String, _ environment: [String: String] = [:]) throws -> Outcome {
            try writeFile(folder.file("config"), Array(text.utf8))
            let process = try ChildProcess(
                builtProduct("strongroom"), ["config", "check", "--config", folder.file("config")],
                environment: environment)
            let (output, error) = try (process.readToEnd(of: .output), process.readToEnd(of: .error))
            return Outcome(status: try process.wait(), output: output, error: error)
        }
        let sound = try check(#"{"workers": 3}"#, ["STRONGROOM_IDLE_SECONDS": "20", "STRONGROOM_IDEL_SECONDS": "9"])
        #expect(sound.status == 0, "\(sound.error)")
        #expect(sound.output.contains("workers = 3  (\(folder.file("config")): workers)"))
        #expect(sound.output.contains("idle-seconds = 20  (STRONGROOM_IDLE_SECONDS)"))
        #expect(sound.error.contains("STRONGROOM_IDEL_SECONDS is no option"))
        #expect(sound.error.contains("is STRONGROOM_IDLE_SECONDS meant?"))
        #expect(try check(#"{"workers": 0}"#).status == 64)
        #expect(try check(#"{"worker": 1}"#).error.contains("is workers meant?"))
        let certificates = try Certificates(in: folder)
        try certificates.issue("over", days: -1)
        func tls(_ name: String) -> String {
            #"{"tls_certificate": "\#(certificates.file(name + ".pem"))", "tls_key": "\#(certificates.file(name + ".key"))"}"#
        }
        #expect(try check(tls("server")).output.contains("certificate until"))
        #expect(try check(tls("over")).error.contains("over.pem ended on"))
        #expect(try check(tls("nothing")).error.contains("cannot be read"))
        #expect(access(folder.file("data"), F_OK) != 0)
    }

    @Test("a configuration file that is not there, or larger than any can be, is refused")
    func unreadableFiles() throws {
        let folder = try TemporaryFolder()
        let missing = try Launch(in: folder, ["--config", folder.file("none"), "--data", folder.file("data")])
        #expect(try missing.process.wait() == 64)
        #expect(missing.log.joined().contains("cannot be read"))
        let large = #"{"workers":1}"# + String(repeating: " ", count: 70_000) + "x"
        try writeFile(folder.file("large"), Array(large.utf8))
        let refused = try Launch(in: folder, ["--config", folder.file("large"), "--data", folder.file("data")])
        // Had it been cut to what is read of it, it would be sound.
        #expect(try refused.process.wait() == 64)
        #expect(refused.log.joined().contains("File too large"))
    }
}
