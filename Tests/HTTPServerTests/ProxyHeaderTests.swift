// Connections of trusted proxies begin with a PROXY protocol header; nobody else's do.

import Glibc
import HTTPServer
import Network
import Synchronization
import TestKit
import Testing
import Threading

/// A header of the PROXY protocol, version 2.
struct ProxyHeaderBytes {
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    var command: UInt8 = 0x21
    var family: UInt8 = 0x11
    /// Addresses and ports, and what comes after them.
    var rest: [UInt8] = [192, 0, 2, 7, 127, 0, 0, 1, 0x30, 0x39, 0x20, 0x08]
    var length: Int?

    var bytes: [UInt8] {
        let length = length ?? rest.count
        return Self.signature + [command, family, UInt8(length >> 8 & 255), UInt8(length & 255)] + rest
    }

    /// For a client at 2001:db8::7.
    static let six = ProxyHeaderBytes(
        family: 0x21,
        rest: [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7] + [UInt8](repeating: 0, count: 15) + [
            1, 0x30, 0x39, 0x20, 0x08,
        ])
}

private let get = Array("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n".utf8)

extension HTTPServerTests {
    @Suite("PROXY protocol")
    struct ProxyHeaderTests {
        private func withProxy(
            _ change: @escaping (inout ServerConfiguration) -> Void = { _ in },
            _ body: (Server, Application) throws -> Void
        ) throws {
            let settings = changed {
                $0.trustedProxies = [SourceNetwork("127.0.0.2")].compactMap { $0 }
                change(&$0)
            }
            try withServer(settings: settings, body)
        }

        private func connect(_ server: Server, sending bytes: [UInt8]) throws -> TestConnection {
            let connection = try TestConnection(port: server.port, from: "127.0.0.2")
            try connection.send(bytes)
            return connection
        }

        @Test("the address in the header is the request's, and what follows it is not lost")
        func addresses() throws {
            try withProxy { server, application in
                for (header, peer) in [
                    (ProxyHeaderBytes(), "192.0.2.7"), (.six, "2001:db8::7"),
                    // What proxies add behind the addresses is passed over.
                    (
                        ProxyHeaderBytes(
                            rest: ProxyHeaderBytes().rest + [0x04, 0, 3, 1, 2, 3] + Array(get.prefix(20))),
                        "192.0.2.7"
                    ),
                    // A health check of the proxy's own, with an address or without.
                    (ProxyHeaderBytes(command: 0x20, family: 0, rest: []), "127.0.0.2"),
                    (ProxyHeaderBytes(command: 0x20), "127.0.0.2"),
                    (ProxyHeaderBytes(family: 0, rest: []), ""),
                ] {
                    let connection = try connect(server, sending: header.bytes + get)
                    #expect(try connection.readResponse().text == "hello")
                    #expect(application.seen.withLock { $0.peer } == peer)
                    // It stays that client's.
                    #expect(try connection.request("GET", "/hello").status == 200)
                    #expect(application.seen.withLock { $0.peer } == peer)
                }
            }
        }

        @Test("a header that arrives byte by byte holds nobody up")
        func slowly() throws {
            try withProxy({ $0.eventLoops = 1 }) { server, application in
                let connection = try TestConnection(port: server.port, from: "127.0.0.2")
                for byte in ProxyHeaderBytes().bytes {
                    try connection.send([byte])
                    #expect(try request(port: server.port, "GET", "/hello").status == 200)
                }
                try connection.send(get)
                #expect(try connection.readResponse().status == 200)
                #expect(application.seen.withLock { $0.peer } == "192.0.2.7")
            }
        }

        @Test("what is no sound header closes the connection unanswered")
        func malformed() throws {
            var wrong: [[UInt8]] = [
                get, Array("PROXY TCP4 192.0.2.7 127.0.0.1 1234 8200\r\n".utf8) + get,
                // Another version, command, family or transport.
                ProxyHeaderBytes(command: 0x11).bytes, ProxyHeaderBytes(command: 0x22).bytes,
                ProxyHeaderBytes(family: 0x12).bytes, ProxyHeaderBytes(family: 0x31).bytes,
                ProxyHeaderBytes(family: 0x41).bytes, ProxyHeaderBytes(family: 0x01).bytes,
                // Too short for its addresses, and longer than any is.
                ProxyHeaderBytes(length: 11).bytes, ProxyHeaderBytes(family: 0x21).bytes,
                ProxyHeaderBytes(length: 521).bytes, ProxyHeaderBytes(length: 65_535).bytes,
            ]
            for index in 0..<12 {
                var bytes = ProxyHeaderBytes().bytes
                bytes[index] ^= 0x20
                wrong.append(bytes)
            }
            try withProxy { server, application in
                for bytes in wrong {
                    let connection = try connect(server, sending: bytes)
                    #expect((try? connection.readToEnd())?.isEmpty != false, "\(bytes.prefix(16))")
                }
                #expect(application.began.load(ordering: .relaxed) == 0)
                #expect(eventually { server.statistics().proxyHeadersRefused == wrong.count })
                #expect(server.statistics().openConnections == 0)
            }
        }

        @Test("a header from anyone else is a malformed request")
        func untrusted() throws {
            try withProxy { server, application in
                let connection = try TestConnection(port: server.port)
                try connection.send(ProxyHeaderBytes().bytes + get)
                let answer = try? connection.readToEnd()
                #expect(!String(decoding: answer ?? [], as: UTF8.self).contains("200 OK"))
                #expect(application.seen.withLock { $0.peer } == "")
                // Without a header they are served as ever.
                #expect(try request(port: server.port, "GET", "/hello").status == 200)
                #expect(application.seen.withLock { $0.peer } == "127.0.0.1")
            }
        }

        @Test("a proxy that sends no header is cut after five seconds, and counts until then")
        func silent() throws {
            try withProxy { server, _ in
                let silent = try TestConnection(port: server.port, from: "127.0.0.2")
                let half = try connect(server, sending: Array(ProxyHeaderBytes().bytes.prefix(20)))
                #expect(eventually { server.statistics().openConnections == 2 })
                let began = now()
                #expect(silent.isClosed(within: 8))
                #expect(half.isClosed(within: 2))
                #expect((4..<7).contains(now() - began))
                #expect(eventually { server.statistics().openConnections == 0 })
            }
        }

        @Test("connections whose header is awaited are bounded, and others are let in")
        func bounded() throws {
            try withProxy({ $0.connections = 40 }) { server, _ in
                var silent: [TestConnection] = []
                for _ in 0..<20 { silent.append(try TestConnection(port: server.port, from: "127.0.0.2")) }
                // A quarter of all.
                #expect(eventually { server.statistics().openConnections == 10 })
                #expect(try request(port: server.port, "GET", "/hello").status == 200)
                for connection in silent { connection.close() }
                #expect(eventually { server.statistics().openConnections == 0 })
                let connection = try connect(server, sending: ProxyHeaderBytes().bytes + get)
                #expect(try connection.readResponse().status == 200)
            }
        }

        @Test("clients behind one proxy have a share of connections each")
        func shares() throws {
            try withProxy({ $0.connectionsPerSource = 3 }) { server, _ in
                var held: [TestConnection] = []
                for last in [UInt8(7), 8] {
                    var header = ProxyHeaderBytes()
                    header.rest[3] = last
                    for _ in 0..<3 {
                        let connection = try connect(server, sending: header.bytes + get)
                        #expect(try connection.readResponse().status == 200)
                        held.append(connection)
                    }
                    #expect(try connect(server, sending: header.bytes + get).isClosed(within: 2))
                }
                #expect(server.statistics().sourceOverShare == 2)
                #expect(server.statistics().openConnections == 6)
            }
        }

        @Test("a stop does not wait for headers")
        func stopping() throws {
            try withProxy { server, _ in
                let silent = try TestConnection(port: server.port, from: "127.0.0.2")
                #expect(eventually { server.statistics().openConnections == 1 })
                let began = now()
                server.stop()
                #expect(now() - began < 2)
                #expect(silent.isClosed(within: 1))
            }
        }

        @Test("proxies are not for a Unix socket")
        func unixSocket() throws {
            let folder = try TemporaryFolder()
            let settings = changed {
                $0.socketPath = folder.file("socket")
                $0.trustedProxies = [SourceNetwork("127.0.0.1")].compactMap { $0 }
            }
            #expect(throws: ServerError.self) { try Server(configuration: settings, handler: Application()) }
        }
    }
}
