// Floods of requests of nobody in particular over HTTP: what they leave in the audit trail.

import CoreBridge
import Foundation
import KeyService
import TestKit
import Testing

@Suite(.givesHandlesBack) struct AnonymousFloodTests {
    /// Ways to be refused without a principal.
    enum Flood: String, CaseIterable, CustomTestStringConvertible {
        case malformedUnseal, shortUnseal, bodilessUnseal, unconfiguredLogin, malformedLogin, typelessLogin
        case noToken, unknownToken, largeBody, badParameter

        var testDescription: String { rawValue }

        /// Method, path, body and headers.
        var request: (String, String, String?, [(String, String)]) {
            let nobody = ("Authorization", "")
            switch self {
            case .malformedUnseal: return ("POST", "/v1/unseal", "{", [nobody])
            case .shortUnseal: return ("POST", "/v1/unseal", #"{"share":"x"}"#, [nobody])
            case .bodilessUnseal: return ("POST", "/v1/unseal", nil, [nobody])
            case .unconfiguredLogin: return ("POST", "/v1/login/jwt", #"{"role":"app","jwt":"a.b.c"}"#, [nobody])
            case .malformedLogin: return ("POST", "/v1/login/peer", "[]", [nobody])
            case .typelessLogin:
                return ("POST", "/v1/login/certificate", #"{"role":"app"}"#, [nobody, ("Content-Type", "text/plain")])
            case .noToken: return ("GET", "/v1/keys", nil, [nobody])
            case .unknownToken:
                return ("GET", "/v1/keys", nil, [("Authorization", "Bearer srt_" + String(repeating: "a", count: 59))])
            case .largeBody: return ("POST", "/v1/unseal", String(repeating: " ", count: 66_000), [nobody])
            case .badParameter: return ("GET", "/v1/keys/UPPER?x=1", nil, [nobody])
            }
        }
    }

    @Test("a flood leaves as many records as its source may, and one that counts the rest", arguments: Flood.allCases)
    func flood(_ flood: Flood) throws {
        let fixture = try Fixture(badTokens: 20)
        let (method, path, body, headers) = flood.request
        let before = try fixture.auditRecords().count
        for _ in 0..<100 {
            #expect(try fixture.send(method, path, body, headers: headers).status >= 400)
        }
        #expect(try fixture.auditRecords().count - before == 64)
        let audit = try #require(fixture.seal.current?.audit)
        audit.recordCounts()
        audit.recordCounts()
        let records = try fixture.auditRecords()
        #expect(records.count - before == 65)
        let last = try #require(records.last)
        #expect(last["operation"].string == "countRefused" && last["outcome"].string == "refused")
        #expect(last["count"].integer == 36 && last["peer"].string == "127.0.0.1")
        #expect(last["request_id"].isAbsent && last["token_id"].isAbsent)
        // What a token does has its record, whatever others sent from its address.
        try fixture.create("orders")
        #expect(try fixture.auditRecords().last?["operation"].string == "createKey")
        #expect(try fixture.send("GET", "/v1/audit?limit=200").status == 200)
    }

    @Test("what was counted is written down when the service is sealed")
    func sealing() throws {
        let fixture = try Fixture()
        for _ in 0..<70 {
            #expect(try fixture.send("POST", "/v1/unseal", "{", headers: [("Authorization", "")]).status == 400)
        }
        #expect(try fixture.send("POST", "/v1/seal").status == 200)
        let last = try #require(try fixture.auditRecords().last)
        #expect(last["operation"].string == "countRefused" && last["count"].integer == 6)
    }
}
