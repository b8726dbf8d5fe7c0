// HTTPS, as clients of other makes find it: what is negotiated and what is refused, certificates exchanged while it serves, and
// connections that mean no good.

import Foundation
import TestKit
import Testing

@Suite struct TLSTests {
    private let folder: TemporaryFolder
    private let certificates: Certificates

    init() throws {
        folder = try TemporaryFolder()
        certificates = try Certificates(in: folder)
    }

    private func serve(_ arguments: [String] = [], certificate: String = "server") throws -> Service {
        try Service(
            in: folder,
            arguments: [
                "--tls-certificate", certificates.file("\(certificate).pem"), "--tls-key",
                certificates.file("\(certificate).key"),
            ] + arguments)
    }

    private func run(_ executable: String, _ arguments: [String]) throws -> Outcome {
        let process = try ChildProcess(executable, arguments)
        let output = try process.readToEnd(of: .output, timeout: 60)
        let error = try process.readToEnd(of: .error, timeout: 60)
        return Outcome(status: try process.wait(), output: output, error: error)
    }

    private func curl(_ service: Service, _ path: String = "/v1/health/live", _ arguments: [String] = []) throws
        -> Outcome
    {
        try run(
            "/usr/bin/curl",
            ["-sS", "--max-time", "20", "--cacert", certificates.file("authority.pem")] + arguments
                + ["https://localhost:\(service.port)\(path)"])
    }

    /// What `openssl s_client` says of a handshake, and of a request where there is one.
    private func openssl(
        _ service: Service, _ arguments: [String], request: String = "", then more: String = ""
    ) throws -> String {
        let script = """
            (printf "$1"; sleep 0.5; printf "$2"; sleep 0.3) \\
                | timeout 20 openssl s_client -connect localhost:$3 -CAfile "$4" "${@:5}" 2>&1
            """
        return try run(
            "/bin/bash",
            ["-c", script, "openssl", request, more, "\(service.port)", certificates.file("authority.pem")] + arguments
        ).output
    }

    private static let request = "GET /v1/health/live HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n"

    private func expectServing(_ service: Service, at location: SourceLocation = #_sourceLocation) throws {
        #expect(try curl(service).output == "{\"status\":\"ok\"}\n", sourceLocation: location)
    }

    @Test("TLS 1.3 and 1.2 with ephemeral keys and AEADs are spoken, and nothing that is older or weaker")
    func negotiation() throws {
        let service = try serve()
        for arguments in [
            ["-tls1_3"], ["-tls1_2"], ["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], ["-groups", "P-384"],
        ] {
            let answer = try openssl(service, arguments, request: Self.request)
            #expect(
                answer.contains("HTTP/1.1 200 OK") && answer.contains("Verify return code: 0"),
                "\(arguments): \(answer)")
        }
        for arguments in [
            ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1", "-cipher", "ALL:@SECLEVEL=0"],
            ["-tls1_2", "-cipher", "AES256-GCM-SHA384"], ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"], ["-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0"],
            ["-tls1_2", "-sigalgs", "ECDSA+SHA1:@SECLEVEL=0"],
            ["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"], ["-groups", "ffdhe2048", "-tls1_3"],
        ] {
            let answer = try openssl(service, arguments, request: Self.request)
            #expect(!answer.contains("HTTP/1.1"), "\(arguments): \(answer)")
        }
        try expectServing(service)
        #expect(service.log.contains { $0.contains("https://127.0.0.1:") })
        #expect(try service.stop() == 0)
    }

    @Test("a session is resumed in either version, and a renegotiation is not had")
    func resumption() throws {
        let service = try serve()
        for version in ["-tls1_3", "-tls1_2"] {
            let session = folder.file("session")
            _ = try openssl(service, [version, "-sess_out", session], request: Self.request)
            let again = try openssl(service, [version, "-sess_in", session], request: Self.request)
            #expect(again.contains("Reused, ") && again.contains("HTTP/1.1 200 OK"), "\(again)")
        }
        let renegotiated = try openssl(
            service, ["-tls1_2"], request: "GET /v1/health/live HTTP/1.1\\r\\n", then: "R\\n")
        #expect(renegotiated.contains("RENEGOTIATING") && !renegotiated.contains("HTTP/1.1 200"), "\(renegotiated)")
        try expectServing(service)
        #expect(try service.stop() == 0)
    }

    @Test(
        "SIGHUP exchanges the certificate, connections that there are go on, and files that are not sound change nothing"
    )
    func reloading() throws {
        try certificates.issue("next")
        let service = try serve()
        let script = """
            import http.client, os, shutil, signal, ssl, sys, time
            folder, port, process = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
            context = ssl.create_default_context(cafile=folder + "/authority.pem")
            def subject():
                connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=10)
                connection.connect()
                name = connection.sock.getpeercert()["subject"][0][0][1]
                connection.close()
                return name
            def ask(connection):
                connection.request("GET", "/v1/health/live")
                answer = connection.getresponse()
                assert answer.status == 200 and answer.read(), answer.status
            def await_subject(expected):
                for _ in range(100):
                    if subject() == expected: return
                    time.sleep(0.05)
                raise AssertionError("not " + expected)
            kept = http.client.HTTPSConnection("localhost", port, context=context, timeout=10)
            ask(kept)
            socket = kept.sock
            assert subject() == "server"
            for kind in ["pem", "key"]: shutil.copy(folder + "/next." + kind, folder + "/server." + kind)
            os.kill(process, signal.SIGHUP)
            await_subject("next")
            ask(kept)
            # A certificate that is not the key's.
            shutil.copy(folder + "/authority.pem", folder + "/server.pem")
            os.kill(process, signal.SIGHUP)
            time.sleep(0.5)
            assert subject() == "next"
            ask(kept)
            assert kept.sock is socket, "it was connected anew"
            """
        try python(script, folder.path, "\(service.port)", "\(service.process.identifier)")
        #expect(service.log.count { $0.contains("certificate read") } == 2)
        #expect(service.log.contains { $0.contains("the certificate was not exchanged") && $0.contains("server.pem") })
        #expect(try service.stop() == 0)
    }

    @Test("with client authorities only their clients are let in, with certificates that are for that and not over")
    func clients() throws {
        try certificates.issue("client", for: "clientAuth")
        try certificates.issue("foreign", by: "other", for: "clientAuth")
        try certificates.issue("misused", for: "serverAuth")
        try certificates.issue("over", for: "clientAuth", days: -1)
        let service = try serve(["--tls-client-ca", certificates.file("authority.pem")])
        func ask(_ name: String?) throws -> String {
            let arguments = name.map {
                ["--cert", certificates.file("\($0).pem"), "--key", certificates.file("\($0).key")]
            }
            return try curl(service, "/v1/health/live", arguments ?? []).output
        }
        #expect(try ask("client") == "{\"status\":\"ok\"}\n")
        for name in [nil, "foreign", "misused", "over"] { #expect(try ask(name).isEmpty, "\(name ?? "none")") }
        #expect(try ask("client") == "{\"status\":\"ok\"}\n")
        #expect(try service.stop() == 0)
    }

    @Test("what is answered past libmicrohttpd is encrypted too, and a long answer comes whole")
    func answers() throws {
        let service = try serve()
        let token = try service.token
        try writeFile(folder.file("large"), Array(repeating: UInt8(ascii: "a"), count: 1 << 20))
        let large = try curl(
            service, "/v1/random",
            [
                "-H", "Authorization: Bearer \(token)", "-H", "Content-Type: application/json", "-H", "Expect:",
                "--data-binary", "@" + folder.file("large"),
            ])
        #expect(large.output.contains("body_too_large"), "\(large.error)")
        let head = try curl(service, "/v1/health/live", ["-H", "X-Filler: " + String(repeating: "a", count: 4500)])
        #expect(head.output.contains("head_too_large"), "\(head.output) \(head.error)")
        let document = try curl(service, "/openapi.json")
        #expect(document.output.hasSuffix("}\n") && document.output.utf8.count > 100_000)
        let random = try curl(
            service, "/v1/random",
            ["-H", "Authorization: Bearer \(token)", "-H", "Content-Type: application/json", "-d", #"{"bytes":65536}"#])
        #expect(random.output.utf8.count > 87_000)
        #expect(try service.stop() == 0)
    }

    @Test("chunks are held to their framing over TLS too", arguments: ["-tls1_3", "-tls1_2"])
    func framing(version: String) throws {
        let service = try serve()
        let head =
            "POST /v1/unseal HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n"
            + "Content-Type: application/json\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
        for (first, more, status) in [
            ("2\\n{}\\r\\n0\\r\\n\\r\\n", "", "400"), ("", "2\\n{}\\r\\n0\\r\\n\\r\\n", "400"),
            ("2\\r\\n{}\\r\\n", "0\\n\\n", "400"), ("2\\r\\n{", "}\\r\\n0\\r\\n\\r\\n", "422"),
        ] {
            let said = try openssl(service, ["-quiet", version], request: head + first, then: more)
            #expect(said.components(separatedBy: "HTTP/1.1 ").count == 2, "\(said)")
            #expect(said.contains("HTTP/1.1 \(status) "), "\(said)")
            #expect(said.contains("malformed_request") == (status == "400"))
        }
        // What libmicrohttpd would have answered twice.
        let twice = try openssl(
            service, ["-quiet", version],
            request: "POST /v1/unseal HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: +2\\r\\n\\r\\n{}")
        #expect(
            twice.components(separatedBy: "HTTP/1.1 ").count == 2 && twice.contains("malformed_request"), "\(twice)")
        #expect(try service.stop() == 0)
    }

    @Test("a thousand stalled handshakes, and ones that are no handshakes, stop nobody else")
    func stalled() throws {
        let service = try serve()
        let script = """
            import os, random, socket, ssl, sys
            port, seed = int(sys.argv[1]), 7
            def hello():
                incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
                client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
                try: client.do_handshake()
                except ssl.SSLWantReadError: return outgoing.read()
            whole = hello()
            held = []
            for index in range(1000):
                connection = socket.create_connection(("127.0.0.1", port), timeout=10)
                # None of it, some, and all but the answer to the server's.
                connection.sendall(whole[: (0, 3, len(whole) // 2, len(whole))[index % 4]])
                held.append(connection)
            context = ssl.create_default_context(cafile=sys.argv[2])
            def ask():
                with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
                    with context.wrap_socket(plain, server_hostname="localhost") as secure:
                        secure.sendall(b"GET /v1/health/live HTTP/1.1\\r\\nHost: l\\r\\nConnection: close\\r\\n\\r\\n")
                        answer = b""
                        while piece := secure.recv(65536): answer += piece
                        assert answer.startswith(b"HTTP/1.1 200"), answer
            ask()
            source = random.Random(seed)
            for index in range(600):
                bytes = bytearray(whole)
                for _ in range(source.randrange(1, 8)):
                    kind = source.randrange(3)
                    place = source.randrange(len(bytes))
                    if kind == 0: bytes[place] = source.randrange(256)
                    elif kind == 1: del bytes[place : place + source.randrange(1, 9)]
                    else: bytes[place:place] = source.randbytes(source.randrange(1, 40))
                    if not bytes: bytes = bytearray(1)
                with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                    connection.settimeout(2)
                    try:
                        connection.sendall(bytes)
                        connection.shutdown(socket.SHUT_WR)
                        while connection.recv(65536): pass
                    except (ConnectionError, TimeoutError): pass
                if index % 100 == 0: ask()
            # HTTP where TLS is spoken.
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(b"GET / HTTP/1.1\\r\\nHost: l\\r\\n\\r\\n")
                try: assert b"HTTP" not in connection.recv(65536)
                except ConnectionError: pass
            ask()
            """
        try python(script, "\(service.port)", certificates.file("authority.pem"))
        try expectServing(service)
        #expect(try service.stop() == 0)
    }

    @Test(
        "plain HTTP is for loopback alone, unless it is asked for; certificates that cannot be used stop the start in words"
    )
    func start() throws {
        let everywhere = try command(["serve", "--data", folder.file("d"), "--listen", "0.0.0.0:0"])
        #expect(everywhere.status == 64 && everywhere.error.contains("--tls-certificate"), "\(everywhere.error)")
        let half = try command(["serve", "--data", folder.file("d"), "--tls-key", certificates.file("server.key")])
        #expect(half.status == 64 && half.error.contains("takes both"), "\(half.error)")
        let plain = try Launch(
            in: folder, ["--data", folder.file("d"), "--listen", "0.0.0.0:0", "--plain-http", "true"])
        #expect(eventually(within: 20) { plain.log.contains { $0.contains("serving") } })
        plain.process.signal(SIGTERM)
        #expect(try plain.process.wait(timeout: 30) == 0)
        for (certificate, key, reason) in [
            ("server", "other", "server.pem with"), ("nothing", "server", "nothing.pem cannot be read"),
            ("server", "server.key", "cannot be read"),
        ] {
            let refused = try command([
                "serve", "--data", folder.file("e"), "--listen", "127.0.0.1:0", "--log-format", "text",
                "--tls-certificate", certificates.file("\(certificate).pem"), "--tls-key",
                certificates.file("\(key).key"),
            ])
            #expect(refused.status == 1 && refused.error.contains(reason), "\(refused.error)")
        }
        try certificates.issue("over", days: -1)
        let service = try serve(certificate: "over")
        #expect(service.log.contains { $0.contains("the certificate has expired") })
        #expect(try curl(service).status == 60)
        #expect(try service.stop() == 0)
    }

    @Test("a service's certificate has to be for servers, and to name its host by an alternative name")
    func purposes() throws {
        func health(_ host: String, purpose: String?, names: String, subject: String = "/CN=localhost") throws
            -> Outcome
        {
            try certificates.issue("one", for: purpose, names: names, subject: subject)
            let service = try serve(certificate: "one")
            let outcome = try command([
                "health", "--address", "https://\(host):\(service.port)", "--ca", certificates.file("authority.pem"),
            ])
            #expect(try service.stop() == 0)
            return outcome
        }
        let both = "DNS:localhost,IP:127.0.0.1"
        for purpose in ["serverAuth", "clientAuth,serverAuth", nil] {
            #expect(try health("localhost", purpose: purpose, names: both).status == 0, "\(purpose ?? "none")")
        }
        for purpose in ["clientAuth", "codeSigning", "1.2.3.4"] {
            let refused = try health("localhost", purpose: purpose, names: both)
            #expect(refused.status == 1 && refused.error.contains("purpose"), "\(purpose): \(refused.error)")
        }
        // A common name is no name of a host.
        for (host, names, subject) in [
            ("localhost", "", "/CN=localhost"), ("localhost", "email:a@localhost", "/CN=localhost"),
            ("localhost", "IP:127.0.0.1", "/CN=localhost"), ("127.0.0.1", "", "/CN=127.0.0.1"),
            ("127.0.0.1", "DNS:127.0.0.1", "/CN=127.0.0.1"), ("localhost", "URI:https://localhost", "/CN=localhost"),
        ] {
            let refused = try health(host, purpose: "serverAuth", names: names, subject: subject)
            #expect(
                refused.status == 1 && refused.error.contains("name in the certificate"), "\(names): \(refused.error)")
        }
        #expect(try health("127.0.0.1", purpose: "serverAuth", names: "IP:127.0.0.1", subject: "/CN=a").status == 0)
        // Behind a name that GnuTLS has no room for it compares none, and would take the common name.
        let long = "URI:https://a/" + String(repeating: "a", count: 400)
        let behind = try health(
            "localhost", purpose: "serverAuth", names: long + ",DNS:other", subject: "/CN=localhost")
        #expect(behind.status == 1 && behind.error.contains("name in the certificate"), "\(behind.error)")
        #expect(
            try health("localhost", purpose: "serverAuth", names: "DNS:localhost," + long, subject: "/CN=a").status == 0
        )
    }

    @Test("the commands hold the service to its name and to the authorities that they are told of")
    func commands() throws {
        try certificates.issue("elsewhere", host: "elsewhere")
        let elsewhere = try serve(certificate: "elsewhere")
        let misnamed = try command([
            "health", "--address", "https://localhost:\(elsewhere.port)", "--ca", certificates.file("authority.pem"),
        ])
        // The service's own configuration names its certificate, whatever its name is.
        func own(_ certificate: String) throws -> Outcome {
            let process = try ChildProcess(
                builtProduct("strongroom"), ["health"],
                environment: [
                    "STRONGROOM_LISTEN": "127.0.0.1:\(elsewhere.port)",
                    "STRONGROOM_TLS_CERTIFICATE": certificates.file("\(certificate).pem"),
                    "STRONGROOM_TLS_KEY": certificates.file("\(certificate).key"),
                ])
            let (output, error) = (try process.readToEnd(of: .output), try process.readToEnd(of: .error))
            return Outcome(status: try process.wait(), output: output, error: error)
        }
        #expect(try own("elsewhere").output == "ok\n")
        #expect(try own("server").status == 1)
        #expect(misnamed.status == 1 && misnamed.error.contains("name in the certificate"), "\(misnamed.error)")
        #expect(try elsewhere.stop() == 0)
        let service = try serve()
        func seal(_ host: String, _ arguments: [String]) throws -> Outcome {
            try command(
                ["seal", "--address", "https://\(host):\(service.port)", "--token-file", service.data + "/admin-token"]
                    + arguments)
        }
        let authority = ["--ca", certificates.file("authority.pem")]
        let healthy = try command(["health", "--address", "https://localhost:\(service.port)"] + authority)
        #expect(healthy.status == 0 && healthy.output == "ok\n", "\(healthy.error)")
        #expect(try command(["health", "--address", "https://localhost:\(service.port)"]).status == 1)
        let foreign = try seal("localhost", ["--ca", certificates.file("other.pem")])
        #expect(foreign.status == 1 && foreign.error.contains("NOT trusted"), "\(foreign.error)")
        #expect(try seal("localhost", []).error.contains("NOT trusted"))
        let sealed = try seal("127.0.0.1", authority)
        #expect(sealed.error.contains("Sealed."), "\(sealed.error)")
        let unhealthy = try command(["health", "--address", "https://localhost:\(service.port)"] + authority)
        #expect(unhealthy.status == 1 && unhealthy.error == "Error: sealed\n", "\(unhealthy.error)")
        #expect(
            try command(["health", "--live", "--address", "https://localhost:\(service.port)"] + authority).status == 0)
        #expect(try service.stop() == 0)
    }
}
