// Logins with the built service: client certificates over TLS, processes over a Unix socket, and an issuer's keys fetched from
// another server while the process is confined.

import Foundation
import TestKit
import Testing

@Suite struct LoginTests {
    private let folder: TemporaryFolder
    private let certificates: Certificates

    init() throws {
        folder = try TemporaryFolder()
        certificates = try Certificates(in: folder)
    }

    private func run(_ executable: String, _ arguments: [String]) throws -> Outcome {
        let process = try ChildProcess(executable, arguments)
        let output = try process.readToEnd(of: .output, timeout: 60)
        let error = try process.readToEnd(of: .error, timeout: 60)
        return Outcome(status: try process.wait(), output: output, error: error)
    }

    private func writeLogins(_ text: String) throws -> [String] {
        try writeFile(folder.file("logins.json"), Array(text.utf8))
        return ["--logins", folder.file("logins.json")]
    }

    private func serve(_ arguments: [String]) throws -> Service {
        try Service(
            in: folder,
            arguments: [
                "--tls-certificate", certificates.file("server.pem"), "--tls-key", certificates.file("server.key"),
            ] + arguments)
    }

    private func post(
        _ service: Service, _ path: String, _ body: String, certificate: String? = nil, arguments: [String] = []
    ) throws -> Outcome {
        let client = certificate.map {
            ["--cert", certificates.file("\($0).pem"), "--key", certificates.file("\($0).key")]
        }
        return try run(
            "/usr/bin/curl",
            [
                "-sS", "--max-time", "20", "--cacert", certificates.file("authority.pem"), "-H",
                "Content-Type: application/json", "-d", body, "https://localhost:\(service.port)\(path)",
            ] + (client ?? []) + arguments)
    }

    private func makeRole(_ name: String, _ service: Service) throws {
        let made = try post(
            service, "/v1/roles", "{\"name\":\"\(name)\",\"grants\":[{\"operations\":[\"random\"]}]}",
            arguments: ["-H", "Authorization: Bearer \(try service.token)"])
        try #require(made.output.contains("created_at"), "\(made.output)\(made.error)")
    }

    private func token(in answer: Outcome) throws -> String {
        let members = try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any]
        return try #require(members?["token"] as? String, "\(answer.output)\(answer.error)")
    }

    @Test("where client certificates are optional, one is exchanged for a token, and none is no hindrance")
    func certificate() throws {
        try certificates.issue("client", for: "clientAuth", subject: "/O=Acme/CN=app")
        try certificates.issue("foreign", by: "other", for: "clientAuth", subject: "/O=Acme/CN=app")
        try certificates.issue("nobody", for: "clientAuth")
        let service = try serve(
            ["--tls-client-ca", certificates.file("authority.pem"), "--tls-client-auth", "optional"]
                + writeLogins(#"{"certificate":[{"role":"app","common_name":"app","organization":"Acme"}]}"#))
        try makeRole("app", service)
        func login(_ certificate: String?) throws -> Outcome {
            try post(service, "/v1/login/certificate", #"{"role":"app"}"#, certificate: certificate)
        }
        let made = try login("client")
        #expect(made.output.contains(#""identity":"certificate:CN=app,O=Acme""#), "\(made.output)\(made.error)")
        let random = try post(
            service, "/v1/random", #"{"bytes":16}"#,
            arguments: ["-H", "Authorization: Bearer \(try token(in: made))"])
        #expect(random.output.contains("random"))
        #expect(try login(nil).output.contains(#""reason":"no_certificate""#))
        #expect(try login("nobody").output.contains(#""reason":"role""#))
        #expect(try login("foreign").output.isEmpty)
        #expect(try service.stop() == 0)
    }

    @Test("a certificate that was revoked is let in no more from the next SIGHUP on, nor one whose list is out of date")
    func revoked() throws {
        for name in ["client", "other-client"] { try certificates.issue(name, for: "clientAuth") }
        try certificates.revoke([], into: "revoked.pem")
        let service = try serve(
            [
                "--tls-client-ca", certificates.file("authority.pem"), "--tls-client-crl",
                certificates.file("revoked.pem"),
            ] + writeLogins(#"{"certificate":[{"role":"administrator","common_name":"*client"}]}"#))
        func login(_ certificate: String) throws -> Bool {
            try post(
                service, "/v1/login/certificate", #"{"role":"administrator"}"#, certificate: certificate
            ).output.contains(#""token":"srt_"#)
        }
        #expect(try login("client"))
        // A session that is resumed shows no certificate anew.
        let session = folder.file("session")
        func resume(_ direction: String) throws -> String {
            try run(
                "/bin/bash",
                [
                    "-c",
                    """
                    (printf 'GET /v1/health/live HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n'; sleep 0.5) | timeout 20 \
                    openssl s_client -connect localhost:\(service.port) -CAfile \(certificates.file("authority.pem")) \
                    -cert \(certificates.file("client.pem")) -key \(certificates.file("client.key")) -tls1_3 \
                    \(direction) \(session) 2>&1
                    """,
                ]
            ).output
        }
        #expect(try resume("-sess_out").contains("HTTP/1.1 200"))
        #expect(try resume("-sess_in").contains("Reused, TLSv1.3"))
        try certificates.revoke(["client"], into: "revoked.pem")
        service.process.signal(SIGHUP)
        #expect(eventually(within: 20) { (try? login("client")) == false })
        #expect(try login("other-client"))
        let resumed = try resume("-sess_in")
        #expect(!resumed.contains("Reused, TLSv1.3") && !resumed.contains("HTTP/1.1 200"), "\(resumed)")
        try certificates.revoke(["client"], into: "revoked.pem", seconds: 1)
        service.process.signal(SIGHUP)
        // Within a second or two.
        #expect(eventually(within: 20) { (try? login("other-client")) == false })
        #expect(try service.stop() == 0)
    }

    @Test("a login by certificate obeys the current authorities and lists, also on an older connection")
    func keptConnection() throws {
        try certificates.issue("client", for: "clientAuth")
        try certificates.revoke([], into: "revoked.pem")
        try writeFile(folder.file("clients.pem"), try readFile(certificates.file("authority.pem")))
        let service = try serve(
            ["--tls-client-ca", folder.file("clients.pem"), "--tls-client-crl", certificates.file("revoked.pem")]
                + writeLogins(#"{"certificate":[{"role":"administrator","common_name":"client"}]}"#))
        let script = """
            import http.client, json, ssl, sys
            folder, port = sys.argv[1], int(sys.argv[2])
            context = ssl.create_default_context(cafile=folder + "/authority.pem")
            context.load_cert_chain(folder + "/client.pem", folder + "/client.key")
            connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=20)
            while True:
                with open(folder + "/go") as pipe:
                    # Opened before the last one to write had closed it.
                    if not pipe.readline():
                        continue
                connection.request("POST", "/v1/login/certificate", '{"role":"administrator"}',
                    {"Content-Type": "application/json"})
                answer = connection.getresponse()
                body = json.loads(answer.read())
                print(body.get("reason", "in" if "token" in body else body), flush=True)
            """
        #expect(mkfifo(folder.file("go"), 0o600) == 0)
        let client = try ChildProcess("/usr/bin/python3", ["-c", script, folder.path, "\(service.port)"])
        func logIn() throws -> String? {
            // Opens when the client waits for it.
            let pipe = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.file("go")))
            try pipe.write(contentsOf: Data("go\n".utf8))
            try pipe.close()
            return try client.readLine(from: .output, timeout: 20)
        }
        func reload(_ change: () throws -> Void) throws {
            let before = service.log.count { $0.contains("certificate read") }
            try change()
            service.process.signal(SIGHUP)
            #expect(eventually(within: 20) { service.log.count { $0.contains("certificate read") } > before })
        }
        #expect(try logIn() == "in")
        try reload { try certificates.revoke(["client"], into: "revoked.pem") }
        #expect(try logIn() == "certificate_not_accepted")
        try reload { try certificates.revoke([], into: "revoked.pem") }
        #expect(try logIn() == "in")
        // Another authority in the place of the one that it is of, with a list of its own.
        try reload {
            try writeFile(folder.file("clients.pem"), try readFile(certificates.file("other.pem")))
            try certificates.revoke([], by: "other", into: "revoked.pem")
        }
        #expect(try logIn() == "certificate_not_accepted")
        client.signal(SIGKILL)
        #expect(try service.stop() == 0)
    }

    @Test("a list of revoked certificates is its authority's own and of today, and all of several are held to")
    func lists() throws {
        for name in ["client", "second", "third"] { try certificates.issue(name, for: "clientAuth") }
        // Signed with another key, under the authority's name.
        try certificates.makeAuthority("forger", subject: "/CN=authority")
        try certificates.revoke(["client"], into: "older.pem", at: "200101000000Z")
        try certificates.revoke(["second"], into: "newer.pem")
        let both = try readFile(certificates.file("older.pem")) + readFile(certificates.file("newer.pem"))
        try writeFile(folder.file("lists.pem"), both)
        let arguments =
            [
                "--tls-client-ca", certificates.file("authority.pem"), "--tls-client-crl", folder.file("lists.pem"),
            ] + (try writeLogins(#"{"certificate":[{"role":"administrator","common_name":"*"}]}"#))
        let service = try serve(arguments)
        func login(_ certificate: String) throws -> Bool {
            try post(
                service, "/v1/login/certificate", #"{"role":"administrator"}"#, certificate: certificate
            ).output.contains(#""token":"srt_"#)
        }
        func expectBoth() throws {
            #expect(try !login("client"))
            #expect(try !login("second"))
            #expect(try login("third"))
        }
        try expectBoth()
        let other = try readFile(certificates.file("newer.pem")) + readFile(certificates.file("older.pem"))
        try writeFile(folder.file("lists.pem"), other)
        service.process.signal(SIGHUP)
        #expect(eventually(within: 20) { service.log.count { $0.contains("certificate read") } == 2 })
        try expectBoth()
        // One that is not sound changes nothing.
        var refusals = 0
        try certificates.revoke([], by: "forger", into: "forged.pem")
        try certificates.revoke([], by: "forger", into: "forged-over.pem", seconds: 1)
        try certificates.revoke([], by: "other", into: "others.pem")
        try certificates.revoke([], into: "future.pem", at: "340101000000Z")
        sleep(2)
        for name in ["forged", "forged-over", "others", "future"] {
            try writeFile(folder.file("lists.pem"), both + readFile(certificates.file("\(name).pem")))
            service.process.signal(SIGHUP)
            refusals += 1
            #expect(
                eventually(within: 20) {
                    service.log.count {
                        $0.contains("the certificate was not exchanged") && $0.contains("list of revoked certificates")
                    } == refusals
                }, "\(name): \(service.log.suffix(2))")
            try expectBoth()
        }
        #expect(try service.stop() == 0)
        let launch = try Launch(
            in: folder,
            [
                "--data", folder.file("data"), "--listen", "127.0.0.1:0", "--tls-certificate",
                certificates.file("server.pem"), "--tls-key", certificates.file("server.key"),
            ] + arguments)
        #expect(try launch.process.wait(timeout: 20) == 1)
    }

    @Test("a process on the same host logs in as its user over the Unix socket, with a change of the file at SIGHUP")
    func peer() throws {
        let socket = folder.file("socket")
        let arguments = ["--data", folder.file("data"), "--listen", "unix:\(socket)"]
        let launch = try Launch(
            in: folder, arguments + writeLogins(#"{"peer":[{"role":"administrator","uid":65533}]}"#))
        #expect(eventually(within: 20) { launch.log.contains { $0.contains("serving") } })
        func login() throws -> String {
            try run(
                "/usr/bin/curl",
                [
                    "-sS", "--max-time", "20", "--unix-socket", socket, "-H", "Content-Type: application/json", "-d",
                    #"{"role":"administrator"}"#, "http://localhost/v1/login/peer",
                ]
            ).output
        }
        #expect(try login().contains(#""reason":"role""#))
        _ = try writeLogins("{\"peer\":[{\"role\":\"administrator\",\"uid\":\(getuid())}]}")
        launch.process.signal(SIGHUP)
        #expect(eventually(within: 20) { (try? login().contains("\"identity\":\"uid:\(getuid())\"")) == true })
        #expect(!launch.log.contains { $0.contains("log in as anybody") })
        #expect(chmod(folder.file("logins.json"), 0o664) == 0)
        launch.process.signal(SIGHUP)
        #expect(eventually(within: 20) { launch.log.contains { $0.contains("log in as anybody") } })
        // One that is not sound changes nothing.
        _ = try writeLogins("{}")
        launch.process.signal(SIGHUP)
        #expect(eventually(within: 20) { launch.log.contains { $0.contains("the logins were not exchanged") } })
        #expect(try login().contains("srt_"))
        launch.process.signal(SIGTERM)
        #expect(try launch.process.wait(timeout: 30) == 0)
    }

    @Test(
        "an issuer's keys are fetched over HTTPS by a process that may connect to nothing else, and again when they change"
    )
    func fetched() throws {
        let script = """
            import http.server, ssl, sys
            class Handler(http.server.SimpleHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_GET(self):
                    if self.headers.get("Authorization") != "Bearer the-account's":
                        return self.send_error(403)
                    body = open(sys.argv[3], "rb").read()
                    self.send_response(200)
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    for at in range(0, len(body), 7):
                        piece = body[at:at + 7]
                        self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(piece), piece))
                    self.wfile.write(b"0\\r\\n\\r\\n")
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1], sys.argv[2])
            server.socket = context.wrap_socket(server.socket, server_side=True)
            print(server.server_port, flush=True)
            server.serve_forever()
            """
        try writeFile(folder.file("account"), Array("the-account's\n".utf8))
        try writeKeys(Self.firstKey)
        let issuer = try ChildProcess(
            "/usr/bin/python3",
            ["-c", script, certificates.file("server.pem"), certificates.file("server.key"), folder.file("keys.json")])
        defer { issuer.signal(SIGKILL) }
        let port = try #require((try issuer.readLine(from: .output, timeout: 20)).flatMap { Int($0) })
        let service = try serve(
            writeLogins(
                """
                {"jwt":[{"name":"a","issuer":"https://a","audiences":["b"],"rules":[{"role":"app","claims":{"sub":"*"}}],
                 "keys":{"url":"https://localhost:\(port)/keys","ca_file":"\(certificates.file("authority.pem"))",
                  "token_file":"\(folder.file("account"))"}}]}
                """))
        func reason() throws -> String {
            // RFC 8037, A.4, whose payload is no JSON: what is refused before a key is looked for, and what after, is told apart.
            let claims = Data(#"{"iss":"https://a"}"#.utf8).base64EncodedString().replacing("=", with: "")
            let token = "eyJhbGciOiJFZERTQSJ9.\(claims).AAAA"
            let answer = try post(service, "/v1/login/jwt", "{\"role\":\"app\",\"jwt\":\"\(token)\"}").output
            let members = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any]
            return members?["reason"] as? String ?? answer
        }
        // There is a key for EdDSA: the signature is what is wrong.
        #expect(eventually(within: 20) { (try? reason()) == "signature" }, "\((try? reason()) ?? ""): \(service.log)")
        #expect(try service.stop() == 0)
    }

    private static let firstKey =
        #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    private func writeKeys(_ key: String) throws {
        try writeFile(folder.file("keys.json"), Array("{\"keys\":[\(key)]}".utf8))
    }
}
