// An issuer's keys as time goes: rotated, gone, and asked for more often than is good.

import Foundation
import TestKit
import Testing
import Threading

@testable import Identity

@Suite struct IssuerKeysTests {
    private let folder: TemporaryFolder
    private let clock = Locked<Int64>(1000)
    private let looking = OneAtATime()

    init() throws { folder = try TemporaryFolder() }

    private func write(_ issuers: TestIssuer...) throws {
        try writeFile(folder.file("keys.json"), try TestIssuer.keySet(issuers.map(\.key)))
    }

    private func keys() -> IssuerKeys {
        IssuerKeys(.file(folder.file("keys.json")), refreshSeconds: 300) { [clock] in clock.withLock { $0 } }
    }

    private func pass(_ seconds: Int64) { clock.withLock { $0 += seconds } }

    private func reason(_ keys: IssuerKeys, _ id: String) -> LoginRefusal.Reason? {
        do {
            _ = try keys.key(id: id, for: "ES256", looking: looking)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("a key that came with a rotation is found by the first token that names it, and not looked for at every one")
    func rotation() async throws {
        let keys = keys()
        try write(try await TestIssuer.make(id: "old"))
        try keys.refresh()
        try write(try await TestIssuer.make(id: "old"), try await TestIssuer.make(id: "new"))
        // Just looked.
        #expect(reason(keys, "new") == .key)
        pass(9)
        #expect(reason(keys, "new") == .key)
        pass(1)
        #expect(reason(keys, "new") == nil)
        // One that is withdrawn goes with the next look.
        try write(try await TestIssuer.make(id: "new"))
        #expect(reason(keys, "old") == nil)
        pass(299)
        try keys.refreshIfDue()
        #expect(reason(keys, "old") == nil)
        pass(1)
        try keys.refreshIfDue()
        #expect(reason(keys, "old") == .key)
    }

    @Test("keys stay while new ones cannot be had, for a day, and are tried for again each minute")
    func stale() async throws {
        let keys = keys()
        let issuer = try await TestIssuer.make()
        try write(issuer)
        try keys.refresh()
        for text in ["", "{}", #"{"keys":[]}"#, #"{"keys":[],"keys":[]}"#, "not JSON"] {
            try writeFile(folder.file("keys.json"), Array(text.utf8))
            #expect(throws: KeySourceError.self) { try keys.refresh() }
        }
        pass(59)
        try keys.refreshIfDue()
        pass(1)
        #expect(throws: KeySourceError.self) { try keys.refreshIfDue() }
        #expect(reason(keys, "one") == nil && keys.areThere)
        pass(86_399 - 60)
        #expect(reason(keys, "one") == nil && keys.areThere)
        pass(1)
        #expect(reason(keys, "one") == .keysUnavailable && !keys.areThere)
        try write(issuer)
        try keys.refresh()
        #expect(reason(keys, "one") == nil)
    }

    @Test("while one caller looks for keys, others with names that are not known are answered at once")
    func lookers() async throws {
        let keys = keys()
        try write(try await TestIssuer.make(id: "old"))
        try keys.refresh()
        try write(try await TestIssuer.make(id: "old"), try await TestIssuer.make(id: "new"))
        pass(10)
        looking.run { #expect(reason(keys, "new") == .key) }
        #expect(reason(keys, "new") == nil)
    }

    @Test("keys that were never had are there for nobody")
    func never() {
        let keys = keys()
        #expect(throws: KeySourceError.self) { try keys.refresh() }
        #expect(reason(keys, "one") == .keysUnavailable && !keys.areThere)
    }

    @Test(
        "a logins file that does not fit is refused, by the place and what is wrong with it",
        arguments: [
            (#"{}"#, "minProperties"), (#"{"jwt":7}"#, "/jwt"), (#"{"peers":[]}"#, "/peers"),
            (#"{"peer":[{"role":"app"}]}"#, "/peer/0"), (#"{"peer":[{"role":"App","uid":1}]}"#, "/peer/0/role"),
            (#"{"peer":[{"role":"app","uid":-1}]}"#, "/peer/0/uid"),
            (#"{"peer":[{"role":"app","uid":1,"ttl_seconds":59}]}"#, "/peer/0/ttl_seconds"),
            (#"{"certificate":[{"role":"app"}]}"#, "/certificate/0"),
            (#"{"certificate":[{"role":"app","dns":[]}]}"#, "/certificate/0/dns"),
            (#"{"peer":[],"peer":[]}"#, "strict JSON"), ("[", "strict JSON"),
            (issuer(keys: #"{"file":"a","url":"https://b"}"#), "/jwt/0/keys"),
            (issuer(keys: #"{"url":"http://keys.example/"}"#), "https://"),
            (issuer(keys: #"{"url":"https://user@keys.example/"}"#), "is none"),
            (issuer(more: #","algorithms":["HS256"]"#), "/jwt/0/algorithms/0"),
            (issuer(more: #","algorithms":["none"]"#), "/jwt/0/algorithms/0"),
            (issuer(more: #","skew_seconds":301"#), "/jwt/0/skew_seconds"),
            (issuer(rules: #"[{"role":"app","claims":{}}]"#), "/jwt/0/rules/0/claims"),
            (issuer(rules: "[]"), "/jwt/0/rules"), (issuer(twice: true), "stands twice"),
        ])
    func unfit(text: String, place: String) throws {
        try writeFile(folder.file("logins.json"), Array(text.utf8))
        do {
            _ = try LoginFile.read(folder.file("logins.json"))
            Issue.record("it was taken")
        } catch {
            #expect(
                "\(error)".contains(place) || place == "minProperties" && "\(error)".contains("the file"), "\(error)")
        }
    }
}

private func issuer(
    keys: String = #"{"file":"a"}"#, more: String = "", rules: String = #"[{"role":"app","claims":{"sub":"a"}}]"#,
    twice: Bool = false
) -> String {
    let one = """
        {"name":"a","issuer":"https://a","audiences":["b"],"keys":\(keys),"rules":\(rules)\(more)}
        """
    return "{\"jwt\":[\(one)\(twice ? "," + one : "")]}"
}
