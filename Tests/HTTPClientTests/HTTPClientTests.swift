// The client against servers that do not answer as they should.

import Bytes
import TestKit
import Testing

@testable import HTTPClient

@Suite struct HTTPClientTests {
    /// What is sent to whoever connects: pieces with pauses between, then the connection is kept open or closed.
    private func serve(_ script: String) throws -> (process: ChildProcess, address: HTTPAddress) {
        let program = """
            import socket, time
            server = socket.create_server(("127.0.0.1", 0))
            print(server.getsockname()[1], flush=True)
            connection, _ = server.accept()
            connection.recv(65536)
            \(script)
            """
        let process = try ChildProcess("/usr/bin/python3", ["-c", program])
        let line = try process.readLine(from: .output)
        let port = try #require(line.flatMap { UInt16($0) })
        return (process, .host("127.0.0.1", port: port, isSecure: false))
    }

    private func failure(_ script: String, _ configure: (inout HTTPClient) -> Void = { _ in }) throws -> String {
        let (process, address) = try serve(script)
        defer { process.signal(9) }
        var client = HTTPClient(address)
        (client.timeoutSeconds, client.deadlineSeconds) = (2, 3)
        configure(&client)
        do {
            let answer = try client.send(HTTPClient.Request(method: "GET", path: "/"))
            return "answered \(answer.status)"
        } catch {
            return error.description
        }
    }

    @Test("an answer that does not come, or drips, is given up in time, and one that is too long is not read")
    func slow() throws {
        #expect(try failure("time.sleep(20)").hasSuffix("no answer in time"))
        let drip = """
            connection.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
            for _ in range(40):
                connection.sendall(b"a")
                time.sleep(0.5)
            """
        #expect(try failure(drip).hasSuffix("no answer in time"))
        let long = "connection.sendall(b\"HTTP/1.1 200 OK\\r\\n\\r\\n\" + bytes(100000))"
        #expect(try failure(long) { $0.maximumAnswer = 65_536 }.hasSuffix("the answer is too long"))
        #expect(try failure("connection.close()").hasSuffix("is not HTTP, or was cut off"))
        let whole = "connection.sendall(b\"HTTP/1.1 200 OK\\r\\n\\r\\nabc\"); connection.close()"
        #expect(try failure(whole) == "answered 200")
    }

    @Test("plain HTTP goes to this host alone, and a name for localhost that is another host is noticed")
    func plain() throws {
        func failure(_ address: HTTPAddress, allowing: Bool = false) -> String {
            var client = HTTPClient(address)
            (client.timeoutSeconds, client.allowsPlain) = (1, allowing)
            do {
                let answer = try client.send(HTTPClient.Request(method: "GET", path: "/"))
                return "answered \(answer.status)"
            } catch {
                return error.description
            }
        }
        let other = HTTPAddress.host("127.evil.example", port: 1, isSecure: false)
        #expect(failure(other).contains("use https://"))
        #expect(!failure(.host("0.0.0.0", port: 1, isSecure: false), allowing: true).contains("use https://"))
        // What a name resolves to is looked at before anything is sent there.
        #expect(throws: HTTPClientError.self) {
            try Socket.connect(to: .host("0.0.0.0", port: 1, isSecure: false), onThisHost: true, timeoutSeconds: 1)
        }
        do {
            _ = try Socket.connect(to: .host("0.0.0.0", port: 1, isSecure: false), onThisHost: true, timeoutSeconds: 1)
        } catch {
            #expect(error.description.contains("is not this host"))
        }
    }

    @Test("a request whose path or token has the end of a line is not sent")
    func lines() throws {
        let client = HTTPClient(.host("127.0.0.1", port: 1, isSecure: false))
        let token = ByteBuffer()
        token.append("a\r\nb")
        for request in [
            HTTPClient.Request(method: "GET", path: "/a\r\nb"), HTTPClient.Request(method: "GET", path: "/a b"),
            HTTPClient.Request(method: "GET", path: "/", token: token),
        ] {
            do {
                _ = try client.send(request)
            } catch {
                #expect(error.description.contains("has characters that"), "\(error)")
            }
        }
    }
}
