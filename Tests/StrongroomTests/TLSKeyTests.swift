// The private key of the service's certificate, which the core reads and signs handshakes with.

import Foundation
import TestKit
import Testing

@Suite struct TLSKeyTests {
    private let folder: TemporaryFolder
    private let certificates: Certificates

    init() throws {
        folder = try TemporaryFolder()
        certificates = try Certificates(in: folder)
    }

    private func arguments(key: String) -> [String] {
        ["--tls-certificate", certificates.file("server.pem"), "--tls-key", certificates.file(key)]
    }

    /// What `openssl s_client` says of a handshake, and of a request.
    private func handshake(_ service: Service, _ arguments: [String]) throws -> String {
        let script = """
            (printf 'GET /v1/health/live HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n'; sleep 0.5) \\
                | timeout 20 openssl s_client -connect localhost:$1 -CAfile "$2" "${@:3}" 2>&1
            """
        let process = try ChildProcess(
            "/bin/bash",
            ["-c", script, "openssl", "\(service.port)", certificates.file("authority.pem")] + arguments)
        return try process.readToEnd(of: .output, timeout: 60)
    }

    /// A kind of key as openssl makes it, and what it signs with: the version, what the client asks for, and what openssl calls it.
    struct Kind: CustomTestStringConvertible {
        let description: String
        let key: [String]
        let schemes: [(version: String, asked: String, type: String)]

        var testDescription: String { description }
        static let all = [
            Kind(
                description: "RSA", key: ["rsa:2048"],
                schemes: ["sha256", "sha384", "sha512"].flatMap { hash in
                    [
                        ("-tls1_3", "rsa_pss_rsae_\(hash)", "RSA-PSS"), ("-tls1_2", "rsa_pss_rsae_\(hash)", "RSA-PSS"),
                        ("-tls1_2", "RSA+\(hash.uppercased())", "RSA"),
                    ]
                }),
            Kind(
                description: "RSA of 3072 bits", key: ["rsa:3072"],
                schemes: [("-tls1_3", "rsa_pss_rsae_sha256", "RSA-PSS")]),
            Kind(
                description: "P-256", key: ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
                schemes: [("-tls1_3", "ECDSA+SHA256", "ECDSA")]
                    + ["256", "384", "512"].map { ("-tls1_2", "ECDSA+SHA\($0)", "ECDSA") }),
            Kind(
                description: "P-384", key: ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
                schemes: [("-tls1_3", "ECDSA+SHA384", "ECDSA"), ("-tls1_2", "ECDSA+SHA384", "ECDSA")]),
            Kind(
                description: "P-521", key: ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
                schemes: [("-tls1_3", "ECDSA+SHA512", "ECDSA")]),
            Kind(
                description: "Ed25519", key: ["ed25519"],
                schemes: [("-tls1_3", "ed25519", "ed25519"), ("-tls1_2", "ed25519", "ed25519")]),
        ]
    }

    @Test("the core signs handshakes of either version with every kind of key", arguments: Kind.all)
    func everyKind(kind: Kind) throws {
        try certificates.issue("server", key: kind.key)
        let service = try Service(in: folder, arguments: arguments(key: "server.key"))
        for scheme in kind.schemes {
            let digest = "SHA" + scheme.asked.suffix(3)
            let answer = try handshake(service, [scheme.version, "-sigalgs", scheme.asked])
            #expect(
                answer.contains("HTTP/1.1 200 OK") && answer.contains("Verify return code: 0")
                    && answer.contains("Peer signature type: \(scheme.type)\n")
                    && answer.contains("Peer signing digest: \(digest)\n") == (scheme.type != "ed25519"),
                "\(scheme): \(answer)")
        }
        #expect(try service.stop() == 0)
    }

    @Test("a key in the forms before PKCS#8 serves, also beside certificates", arguments: ["rsa", "ec"])
    func olderForms(form: String) throws {
        let kinds = ["rsa": ["rsa:2048"], "ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]]
        try certificates.issue("server", key: kinds[form])
        let traditional = form == "rsa" ? ["-traditional"] : []
        try certificates.openssl(
            [form, "-in", certificates.file("server.key"), "-out", certificates.file("old")] + traditional)
        let texts = try ["server.pem", "old", "authority.pem"].flatMap { try readFile(certificates.file($0)) }
        #expect(String(decoding: texts, as: UTF8.self).contains("BEGIN \(form.uppercased()) PRIVATE KEY"))
        try writeFile(certificates.file("old"), texts)
        let service = try Service(in: folder, arguments: arguments(key: "old"))
        #expect(try handshake(service, ["-tls1_3"]).contains("HTTP/1.1 200 OK"))
        #expect(try service.stop() == 0)
    }

    @Test("many handshakes at once are each signed, and the key is given back at the stop")
    func manyAtOnce() throws {
        let service = try Service(in: folder, arguments: arguments(key: "server.key"))
        let script = """
            import socket, ssl, sys, threading
            folder, port = sys.argv[1], int(sys.argv[2])
            done = []
            def shake(version):
                context = ssl.create_default_context(cafile=folder + "/authority.pem")
                context.minimum_version = context.maximum_version = version
                for _ in range(25):
                    with socket.create_connection(("127.0.0.1", port)) as plain:
                        with context.wrap_socket(plain, server_hostname="localhost"):
                            done.append(1)
            versions = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
            threads = [threading.Thread(target=shake, args=(versions[i % 2],)) for i in range(8)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            assert len(done) == 200, len(done)
            """
        try python(script, folder.path, "\(service.port)")
        #expect(try service.stop() == 0)
    }

    @Test("SIGHUP exchanges a key for one of another kind, and keeps the old one where the new one is not sound")
    func reloading() throws {
        try certificates.issue("next", key: ["rsa:2048"])
        let service = try Service(in: folder, arguments: arguments(key: "server.key"))
        #expect(try handshake(service, []).contains("Peer signature type: ECDSA\n"))
        for kind in ["pem", "key"] {
            try writeFile(certificates.file("server.\(kind)"), try readFile(certificates.file("next.\(kind)")))
        }
        service.process.signal(SIGHUP)
        #expect(eventually { service.log.count { $0.contains("certificate read") } == 2 })
        #expect(try handshake(service, []).contains("Peer signature type: RSA-PSS\n"))
        try certificates.openssl(
            [
                "pkey", "-in", certificates.file("next.key"), "-aes128", "-passout", "pass:word", "-out",
                certificates.file("server.key"),
            ])
        service.process.signal(SIGHUP)
        #expect(
            eventually {
                service.log.contains { $0.contains("was not exchanged") && $0.contains("server.key is encrypted") }
            })
        #expect(try handshake(service, []).contains("Peer signature type: RSA-PSS\n"))
        #expect(try service.stop() == 0)
    }

    @Test("a key that cannot be used is refused at the start by its file's name and the reason")
    func refused() throws {
        try certificates.issue("other")
        try certificates.issue("koblitz", key: ["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"])
        let key = certificates.file("server.key")
        try certificates.openssl([
            "pkey", "-in", key, "-aes128", "-passout", "pass:word", "-out", certificates.file("encrypted.key"),
        ])
        try certificates.openssl([
            "ec", "-in", key, "-aes128", "-passout", "pass:word", "-out", certificates.file("old-encrypted.key"),
        ])
        let text = try readFile(key)
        try writeFile(certificates.file("two.key"), text + text)
        try writeFile(certificates.file("cut.key"), Array(text.prefix(100)))
        let reasons = [
            "other.key": "The certificate and the given key do not match", "encrypted.key": "is encrypted",
            "old-encrypted.key": "is encrypted", "missing.key": "cannot be read: No such file or directory",
            "two.key": "does not hold exactly one sound private key",
            "server.pem": "does not hold exactly one sound private key",
            "cut.key": "does not hold exactly one sound private key", "koblitz.key": "another kind than RSA",
        ]
        for (file, reason) in reasons {
            let outcome = try command(
                ["serve", "--data", folder.file("data-\(file)"), "--listen", "127.0.0.1:0"] + arguments(key: file))
            #expect(outcome.status == 1, "\(file)")
            #expect(outcome.error.contains("\(file)") && outcome.error.contains(reason), "\(file): \(outcome.error)")
        }
    }
}
