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
}
