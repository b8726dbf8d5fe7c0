// With few descriptors, connections and what lingers of them leave enough to the database, the log and the audit trail.

import Foundation
import TestKit
import Testing

@Suite struct DescriptorTests {
    private let limit = 300

    private func openDescriptors(_ service: Service) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.process.identifier)/fd").count
    }

    @Test("connections never take the descriptors that the store and the trail need")
    func few() throws {
        let folder = try TemporaryFolder()
        // Protections that keep even root from counting them are left out.
        let service = try Service(
            in: folder, arguments: ["--audit-file-size", "1", "--without-protections", "no-dump"],
            host: .withDescriptors(limit))
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"before"}"#).status == 201)
        #expect(service.log.contains { $0.contains("fewer connections than were asked for have descriptors") })
        // Refused at their heads while their bodies are still to come: each lingers.
        var held: [TestConnection] = []
        for _ in 0..<400 {
            let connection = try TestConnection(port: service.port)
            try? connection.send("POST /v1/random HTTP/1.1\r\nHost: a\r\nContent-Length: 33000000\r\n\r\n{")
            held.append(connection)
            if held.count % 50 == 0 {
                #expect(try openDescriptors(service) < limit - 90)
                #expect(try client.send("POST", "/v1/keys", "{\"name\":\"key-\(held.count)\"}").status == 201)
            }
        }
        // Idle ones on top, of another address: the first has its share.
        for _ in 0..<200 { held.append(try TestConnection(port: service.port, from: "127.0.0.2")) }
        usleep(200_000)
        #expect(try openDescriptors(service) < limit - 90)
        for number in 0..<5 {
            #expect(try client.send("POST", "/v1/keys", "{\"name\":\"last-\(number)\"}").status == 201)
        }
        #expect(!service.log.contains { $0.contains("cannot be recorded") || $0.contains("could not be accepted") })
        for connection in held { connection.close() }
        #expect(try service.stop() == 0)
    }
}
