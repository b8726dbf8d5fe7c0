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
    }
}
