// An issuer's keys as time goes: rotated, gone, and asked for more often than is good.

import Foundation
import HTTPClient
import TestKit
import Testing
import Threading

@testable import Identity

@Suite(.givesHandlesBack) struct IssuerKeysTests {
    private let folder: TemporaryFolder
    private let clock = Locked<Int64>(1000)

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
            _ = try keys.key(id: id, for: "ES256")
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("a key that came with a rotation is found by the first token that names it, and not looked for at every one")
    func rotation() throws {
        let keys = keys()
        try write(try TestIssuer.make(id: "old"))
        try keys.refresh()
        try write(try TestIssuer.make(id: "old"), try TestIssuer.make(id: "new"))
        // Just looked.
        #expect(reason(keys, "new") == .key)
        pass(9)
        #expect(reason(keys, "new") == .key)
        pass(1)
        #expect(reason(keys, "new") == nil)
        // One that is withdrawn goes with the next look.
        try write(try TestIssuer.make(id: "new"))
        #expect(reason(keys, "old") == nil)
        pass(299)
        try keys.refreshIfDue()
        #expect(reason(keys, "old") == nil)
        pass(1)
        try keys.refreshIfDue()
        #expect(reason(keys, "old") == .key)
    }

    @Test("keys stay while new ones cannot be had, for a day, and are tried for again each minute")
    func stale() throws {
        let keys = keys()
        let issuer = try TestIssuer.make()
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

    @Test("an unknown key behind a URL is fetched by another thread, and holds up no login")
    func slowIssuer() throws {
        // Nobody answers there: a fetch takes seconds.
        let silent = try SilentServer()
        let issuer = try TestIssuer.make()
        try write(issuer)
        let file = """
            {"jwt":[
             {"name":"slow","issuer":"https://slow.example","audiences":["strongroom"],
              "rules":[{"role":"app","claims":{"sub":"*"}}],"keys":{"url":"https://127.0.0.1:\(silent.port)/keys"}},
             {"name":"file","issuer":"https://issuer.example","audiences":["strongroom"],
              "rules":[{"role":"app","claims":{"sub":"*"}}],"keys":{"file":"\(folder.file("keys.json"))"}}]}
            """
        try writeFile(folder.file("logins.json"), Array(file.utf8))
        let clock = Locked(TestIssuer.time)
        let logins = try Logins(LoginFile.read(folder.file("logins.json"))) { clock.withLock { $0 } }
        let refresh = try LoginRefresh(logins) { _, _ in }
        defer { refresh.stop() }
        #expect(eventually { silent.hasConnections })
        let made = try issuer.token(TestIssuer.claims(["iss": #""https://slow.example""#]))
        func login(_ token: String) -> LoginRefusal? {
            do {
                _ = try Array(token.utf8).withUnsafeBytes { try logins.login(jwt: $0, role: "app") }
                return nil
            } catch {
                return error as? LoginRefusal
            }
        }
        let began = ContinuousClock.now
        for _ in 0..<100 { #expect(login(made)?.reason == .keysUnavailable) }
        #expect(ContinuousClock.now - began < .seconds(3))
        // A key that came with a rotation of another issuer is found meanwhile.
        let next = try TestIssuer.make(id: "two")
        try write(next)
        clock.withLock { $0 += 10 }
        #expect(login(try next.token(header: #"{"alg":"ES256","kid":"two"}"#, claims: TestIssuer.claims())) == nil)
    }

    @Test("tokens with unknown keys have them fetched once, and then not for a while")
    func wanted() {
        let wakes = Locked(0)
        let keys = IssuerKeys(
            .url(.host("127.0.0.1", port: 1, isSecure: true), path: "/", authorities: nil, tokenFile: nil),
            refreshSeconds: 300, now: { [clock] in clock.withLock { $0 } }, wake: { wakes.withLock { $0 += 1 } })
        for _ in 0..<5 { #expect(reason(keys, "made up") == .keysUnavailable) }
        #expect(wakes.withLock { $0 } == 1)
        #expect(throws: KeySourceError.self) { try keys.refreshIfDue() }
        for _ in 0..<5 { #expect(reason(keys, "made up") == .keysUnavailable) }
        #expect(wakes.withLock { $0 } == 1)
        pass(10)
        for _ in 0..<5 { #expect(reason(keys, "made up") == .keysUnavailable) }
        #expect(wakes.withLock { $0 } == 2)
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
            (#"{"peer":[{"role":"app"}]}"#, "/peer/0"), (#"{"peer":[{"role":"-App","uid":1}]}"#, "/peer/0/role"),
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

/// Takes connections, as the kernel does by itself, and says nothing.
private final class SilentServer {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let file = descriptor
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(file, $0, size) == 0 && listen(file, 16) == 0 && getsockname(file, $0, &size) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        try #require(bound)
    }

    deinit { close(descriptor) }

    var hasConnections: Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) == 1
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
