// Behind a trusted proxy a request's address is the client's: for networks of grants, the log and the trail, and below TLS.

import Foundation
import TestKit
import Testing

@Suite struct TrustedProxyTests {
    private func header(for client: [UInt8]) -> [UInt8] {
        [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x21, 0x11, 0, 12] + client + [
            127, 0, 0, 1, 0x30, 0x39, 0x20, 0x08,
        ]
    }

    /// A request by way of the proxy at 127.0.0.2.
    private func send(
        _ service: Service, for client: [UInt8], token: String, _ method: String, _ path: String, _ body: String
    ) throws -> TestResponse {
        let connection = try TestConnection(port: service.port, from: "127.0.0.2")
        try connection.send(header(for: client))
        return try connection.request(
            method, path, headers: [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")],
            body: Array(body.utf8))
    }

    @Test("networks of a grant are held to the client's address, and log and trail have it")
    func networks() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, arguments: ["--trusted-proxy", "127.0.0.2,10.0.0.0/8"])
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"a"}"#).status == 201)
        let grants = #"[{"operations":["encrypt"],"keys":"a","networks":["192.0.2.0/24"]}]"#
        #expect(try client.send("POST", "/v1/roles", "{\"name\":\"app\",\"grants\":\(grants)}").status == 201)
        let made = try client.send("POST", "/v1/tokens", #"{"name":"an app","role":"app"}"#)
        let token = try #require(made.members["token"] as? String)
        func encrypt(for client: [UInt8]) throws -> Int {
            try send(service, for: client, token: token, "POST", "/v1/keys/a/encrypt", #"{"plaintext":"YQ=="}"#).status
        }
        #expect(try encrypt(for: [192, 0, 2, 9]) == 200)
        #expect(try encrypt(for: [198, 51, 100, 9]) == 403)
        // Not by way of the proxy: a header is then no HTTP.
        let direct = try TestConnection(port: service.port)
        try direct.send(header(for: [192, 0, 2, 9]) + Array("GET /v1/health/live HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        #expect(!String(decoding: (try? direct.readToEnd()) ?? [], as: UTF8.self).contains("200 OK"))
        #expect(eventually { service.log.contains { $0.contains("\"peer\":\"192.0.2.9\"") } })
        let records = try client.text("/v1/audit?limit=100")
        #expect(records.contains("\"peer\":\"192.0.2.9\"") && records.contains("\"peer\":\"198.51.100.9\""))
        #expect(!records.contains("127.0.0.2"))
        #expect(try service.stop() == 0)
    }

    @Test("the header stands below TLS")
    func belowTLS() throws {
        let folder = try TemporaryFolder()
        let certificates = try Certificates(in: folder)
        let service = try Service(
            in: folder,
            arguments: [
                "--trusted-proxy", "127.0.0.1", "--tls-certificate", certificates.file("server.pem"), "--tls-key",
                certificates.file("server.key"),
            ])
        let script = """
            import socket, ssl, sys
            raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
            raw.sendall(bytes.fromhex(sys.argv[2]))
            context = ssl.create_default_context(cafile=sys.argv[3])
            context.check_hostname = False
            with context.wrap_socket(raw, server_hostname="localhost") as stream:
                stream.sendall(b"GET /v1/unseal HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")
                answer = b""
                while piece := stream.recv(4096): answer += piece
            print(answer.split(b" ")[1].decode())
            """
        let hexadecimal = header(for: [192, 0, 2, 9]).map { String(format: "%02x", $0) }.joined()
        let python = try ChildProcess(
            "/usr/bin/env",
            ["python3", "-c", script, "\(service.port)", hexadecimal, certificates.file("authority.pem")])
        #expect(try python.readToEnd(of: .output) == "200\n")
        #expect(eventually { service.log.contains { $0.contains("\"peer\":\"192.0.2.9\"") } })
        #expect(try service.stop() == 0)
    }

    @Test("what is no network is refused, and so is a proxy of a Unix socket")
    func options() throws {
        let folder = try TemporaryFolder()
        for arguments in [
            ["--trusted-proxy", "10.0.0.0/33"], ["--trusted-proxy", "proxy.example.com"],
            ["--trusted-proxy", "10.0.0.1,"],
            ["--trusted-proxy", "10.0.0.1", "--listen", "unix:" + folder.file("socket")],
            ["--connections-per-source", "0"], ["--request-memory", "7"],
        ] {
            let launch = try Launch(in: folder, ["--data", folder.file("data")] + arguments)
            #expect(try launch.process.wait() == 64, "\(arguments)")
            #expect(launch.log.joined().contains(arguments[0]), "\(arguments)")
        }
    }
}
