// What the validator accepts, the handlers take: bodies made from the document's own schemas, sent to a real server, are done or
// refused for what they ask, but never end in a fault of the server's.

import Foundation
import OpenAPI
import TestKit
import Testing

@Suite(.givesHandlesBack) struct AcceptedBodyTests {
    @Test("no body that its schema allows is a fault of the server's", arguments: [UInt64(1), 2])
    func neverAFault(seed: UInt64) throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        var sampler = try SchemaSampler(document: Data(OpenAPIDocument.embedded), seed: seed)
        let document = try OpenAPIDocument.load(OpenAPIDocument.embedded)
        var statuses: [Int: Int] = [:]
        let connection = try fixture.connect()
        for operation in document.operations {
            guard let schema = sampler.body(of: operation.id) else { continue }
            // Neither may leave the key of the others disabled, destroyed or deleted.
            let key = operation.method == .patch || operation.method == .delete ? "spare" : "orders"
            let path = operation.pathTemplate.replacing("{key}", with: key).replacing("{version}", with: "1")
            for round in 0..<60 {
                var sample = try sampler.value(of: schema)
                if round % 3 == 2 { sample = sampler.damaged(sample) }
                let answer = try fixture.send(
                    operation.method.name, path, sample.text(escapes: round % 2 == 1), on: connection)
                statuses[answer.status, default: 0] += 1
                // What this machine's OpenSSL or this build lacks is no fault.
                if answer.status >= 500, answer.status != 501 {
                    Issue.record("\(operation.id): \(answer.status) for \(sample.text())")
                }
            }
        }
        #expect((statuses[200] ?? 0) > 100 && (statuses[422] ?? 0) > 50, "\(statuses)")
    }
}
