// What is left of a request when it has ended.

import Bytes
import HTTPServer
import Network
import Synchronization
import TestKit
import Testing
import Threading

extension HTTPServerTests {
    @Suite("wiping")
    struct WipingTests {
        @Test("a request's body, path, query and headers are gone when it has ended", arguments: ["/echo", "/slow?1"])
        func wiped(path: String) throws {
            let application = Application(keeps: true)
            try withServer(application) { server, application in
                let body = [UInt8](repeating: 0x5A, count: 10_000)
                let connection = try TestConnection(port: server.port)
                let response = try connection.request(
                    "POST", path, headers: [("Authorization", "Bearer s")], body: body)
                #expect(response.status == 200)
                // The lock that the end is noted under makes what came before it visible here.
                #expect(eventually { application.seen.withLock { $0.statuses } == [200] })
                let request = try #require(application.kept.withLock { $0.first })
                #expect(request.body.count == 0)
                // The memory itself: it is the buffer's until the request is dropped.
                let memory = UnsafeRawBufferPointer(start: request.body.start, count: body.count)
                #expect(request.body.capacity >= body.count)
                #expect(memory.allSatisfy { $0 == 0 })
                #expect(request.path.isEmpty)
                #expect(request.query?.isEmpty ?? true)
                #expect(request.header(.authorization) == nil)
                #expect(request.count(of: .authorization) == 0)
                #expect(request.peer == .unknown)
            }
        }

        @Test(
            "a large body arrives whole, and is let go of when its request has ended",
            arguments: [("/echo", false), ("/echo", true), ("/slow?1", true)])
        func large(path: String, chunked: Bool) throws {
            let application = Application(bodyLimit: 8 << 20, keeps: true)
            try withServer(application) { server, application in
                let body = (0..<5_000_000).map { UInt8(65 + ($0 &* 31 >> 3) % 26) }
                let connection = try TestConnection(port: server.port)
                if chunked {
                    try connection.send("POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                    for start in stride(from: 0, to: body.count, by: 300_000) {
                        let chunk = body[start..<min(start + 300_000, body.count)]
                        try connection.send("\(String(chunk.count, radix: 16))\r\n")
                        try connection.send(Array(chunk))
                        try connection.send("\r\n")
                    }
                    try connection.send("0\r\n\r\n")
                } else {
                    try connection.sendRequest("POST", path, body: body)
                }
                let response = try connection.readResponse()
                #expect(response.status == 200)
                if path == "/echo" { #expect(response.body == body) }
                #expect(eventually { application.seen.withLock { $0.statuses } == [200] })
                let request = try #require(application.kept.withLock { $0.first })
                #expect(request.body.count == 0 && request.body.capacity < 1024)
            }
        }
    }
}
