// GET /v1/diagnostics: there where it is configured, and what it tells.

import CoreBridge
import TestKit
import Testing

/// The core keeps failures for the whole process, and other suites have theirs: each test here looks for its own.
@Suite(.givesHandlesBack, .serialized) struct DiagnosticsTests {
    @Test("without being configured there is no such path")
    func off() throws {
        let answer = try Fixture().send("GET", "/v1/diagnostics")
        #expect((answer.status, answer.code) == (404, "not_found"))
    }

    @Test("it needs a token")
    func token() throws {
        let answer = try Fixture(showsDiagnostics: true).send(
            "GET", "/v1/diagnostics", headers: [("Authorization", "")])
        #expect((answer.status, answer.code) == (401, "unauthenticated"))
    }

    @Test("a failure of the core is there with its function and code, and is not told twice")
    func records() throws {
        try TestCore.shared.keepDiagnostics(Core.maximumDiagnostics)
        let fixture = try Fixture(showsDiagnostics: true)
        try fixture.create("orders")
        let latest = try fixture.send("GET", "/v1/diagnostics?limit=1000")["diagnostics"].elements.last
        let before = latest?["sequence"].integer ?? 0
        let zeros = base64([UInt8](repeating: 0, count: 60))
        let refused = try fixture.send("POST", "/v1/keys/orders/decrypt", "{\"ciphertext\":\"sr:1:1:\(zeros)\"}")
        #expect(refused.code == "decryption_failed")
        let answer = try fixture.send("GET", "/v1/diagnostics?after=\(before)&limit=1000")
        #expect(answer.status == 200)
        let own = answer["diagnostics"].elements.filter { $0["function"].string == "sr_key_decrypt" }
        #expect(!own.isEmpty)
        for record in own {
            #expect(record["operation"].integer == 27)
            #expect(record["time"].string?.hasPrefix("20") == true)
            let code = record["code"].integer.flatMap { CoreError.Code(rawValue: UInt32($0)) }
            #expect(record["error"].string == code?.symbol)
        }
        #expect(own.contains { $0["error"].string == "SR_E_AUTHENTICATION_FAILED" && $0["item"].integer == 0 })
        let sequences = answer["diagnostics"].elements.compactMap { $0["sequence"].integer }
        #expect(sequences == sequences.sorted() && sequences.allSatisfy { $0 > before })
        let one = try fixture.send("GET", "/v1/diagnostics?after=\(before)&limit=1")["diagnostics"].elements
        #expect(one.map { $0["sequence"].integer } == [sequences.first])
    }

    @Test("what is out of its range is refused", arguments: ["after=-1", "after=x", "limit=0", "limit=1001", "x=1"])
    func parameters(query: String) throws {
        let answer = try Fixture(showsDiagnostics: true).send("GET", "/v1/diagnostics?\(query)")
        #expect((answer.status, answer.code) == (422, "schema_violation"))
    }
}
