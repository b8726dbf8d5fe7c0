// Logins over HTTP: a token for who proved who it is, what that token is good for, and what is recorded of it. Which tokens and
// certificates are believed is tested in IdentityTests.

import CoreBridge
import Foundation
import Identity
import KeyService
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct LoginTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture(badTokens: 5)
        try fixture.create("orders")
        #expect(
            try fixture.send(
                "POST", "/v1/roles", #"{"name":"app","grants":[{"operations":["encrypt"],"keys":"orders"}]}"#
            ).status == 201)
        try takeLogins(#"[{"role":"app","claims":{"sub":"*"},"ttl_seconds":120}]"#)
    }

    /// RFC 8037, A.2: the key of the example.
    private static let key = #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    private func takeLogins(_ rules: String) throws {
        try writeFile(fixture.folder.file("keys.json"), Array("{\"keys\":[\(Self.key)]}".utf8))
        let file = """
            {"jwt":[{"name":"ci","issuer":"https://ci.example","audiences":["strongroom"],"rules":\(rules),
             "keys":{"file":"\(fixture.folder.file("keys.json"))"}}]}
            """
        try writeFile(fixture.folder.file("logins.json"), Array(file.utf8))
        try fixture.logins.exchange(LoginFile.read(fixture.folder.file("logins.json")))
    }

    /// Signed by openssl, with the private key of the example.
    private func token(_ subject: String, expiresIn seconds: Int = 600) throws -> String {
        let claims = """
            {"iss":"https://ci.example","aud":"strongroom","sub":"\(subject)","exp":\(1_700_000_000 + seconds)}
            """
        let signed = urlSafe(Array(#"{"alg":"EdDSA"}"#.utf8)) + "." + urlSafe(Array(claims.utf8))
        let pem = """
            -----BEGIN PRIVATE KEY-----
            MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
            -----END PRIVATE KEY-----

            """
        let (key, text, signature) = (
            fixture.folder.file("key.pem"), fixture.folder.file("signed"), fixture.folder.file("signature")
        )
        try writeFile(key, Array(pem.utf8))
        try writeFile(text, Array(signed.utf8))
        let process = try ChildProcess(
            "/usr/bin/openssl", ["pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", text, "-out", signature])
        let errors = try process.readToEnd(of: .error)
        try #require(try process.wait() == 0, "\(errors)")
        return signed + "." + urlSafe(try readFile(signature))
    }

    private func urlSafe(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private func login(_ token: String, role: String = "app", at location: SourceLocation = #_sourceLocation) throws
        -> Answer
    {
        try fixture.send(
            "POST", "/v1/login/jwt", "{\"role\":\"\(role)\",\"jwt\":\"\(token)\"}", headers: [("Authorization", "")],
            at: location)
    }

    private func authorisation(_ answer: Answer) throws -> [(String, String)] {
        [("Authorization", "Bearer \(try #require(answer["token"].string))")]
    }

    @Test("a signed token is exchanged for one of ours, which may what its role may and ends with its time")
    func flow() throws {
        let answer = try login(token("alice"))
        #expect(answer.status == 201 && answer["role"].string == "app" && answer["identity"].string == "jwt:ci:alice")
        #expect(answer["expires_at"].string == "2023-11-14T22:15:20Z" && answer["ttl"].isAbsent)
        let mine = try authorisation(answer)
        let body = #"{"plaintext":"YQ=="}"#
        #expect(try fixture.send("POST", "/v1/keys/orders/encrypt", body, headers: mine).status == 200)
        #expect(try fixture.send("GET", "/v1/keys/orders", headers: mine).code == "forbidden")
        // It cannot be made to live longer than the login said.
        let renewed = try fixture.send("POST", "/v1/tokens/self/renew", headers: mine)
        #expect(renewed["expires_at"].string == answer["expires_at"].string)
        fixture.clock.withLock { $0 += 120 }
        #expect(try fixture.send("POST", "/v1/keys/orders/encrypt", body, headers: mine).code == "unauthenticated")
        // One whose time is nearly over gives no more of it.
        let short = try login(token("alice", expiresIn: 121))
        #expect(short["expires_at"].string == "2023-11-14T22:15:21Z")
    }

    @Test("a refusal says why, to machines and people, and repeats nothing of what was shown")
    func refusals() throws {
        let sound = try token("alice")
        for (text, role, reason) in [
            (Answer.canary, "app", "malformed"), (sound, "other", "role"),
            (sound.dropLast(4) + "AAAA", "app", "signature"), (try token("alice", expiresIn: -61), "app", "expired"),
        ] as [(String, String, String)] {
            let answer = try login(text, role: role)
            #expect(answer.status == 401 && answer.code == "login_refused" && answer["reason"].string == reason)
            #expect(answer["detail"].string != nil && answer.response["WWW-Authenticate"] != nil)
        }
        for path in ["certificate", "peer"] {
            let answer = try fixture.send(
                "POST", "/v1/login/\(path)", #"{"role":"app"}"#, headers: [("Authorization", "")])
            #expect(answer.status == 401 && answer["reason"].string == "not_configured")
        }
        for body in [
            "{}", #"{"role":"app"}"#, #"{"role":"app","jwt":""}"#, #"{"role":"-App","jwt":"a"}"#,
            #"{"role":"app","jwt":"a","x":1}"#,
        ] {
            #expect(try fixture.send("POST", "/v1/login/jwt", body).status == 422, "\(body)")
        }
    }

    @Test("a role that a rule gives and nobody has made is said to be missing")
    func missingRole() throws {
        try takeLogins(#"[{"role":"later","claims":{"sub":"*"}}]"#)
        #expect(try login(token("alice"), role: "later").code == "role_not_found")
    }

    @Test("too many bad logins are answered 429, and a good one from there is not")
    func attempts() throws {
        let sound = try token("alice")
        let unknown = [("Authorization", "Bearer srt_" + String(repeating: "a", count: 59))]
        for _ in 0..<5 { #expect(try fixture.send("GET", "/v1/keys", headers: unknown).status == 401) }
        #expect(try fixture.send("GET", "/v1/keys", headers: unknown).status == 429)
        for _ in 0..<5 { #expect(try login("a.b.c").code == "login_refused") }
        for _ in 0..<5 {
            let refused = try login("a.b.c")
            #expect(refused.code == "too_many_attempts" && refused.response["Retry-After"] == "1")
            #expect(try login(sound).status == 201)
        }
    }

    @Test("every login has its record, with who it was where that was proved")
    func records() throws {
        let made = try login(token("alice"))
        _ = try login(token("alice"), role: "other")
        _ = try login("a.b.c")
        let records = try fixture.auditRecords().filter { $0["operation"].string == "loginByJWT" }
        #expect(records.map { $0["outcome"].string } == ["done", "refused", "refused"])
        #expect(records.map { $0["identity"].string } == ["jwt:ci:alice", "jwt:ci:alice", nil])
        #expect(records.map { $0["role"].string } == ["app", "other", nil])
        #expect(records.map { $0["subject"].string } == [made["id"].string, nil, nil])
        #expect(try fixture.send("GET", "/v1/audit?limit=100").status == 200)
        #expect(
            try fixture.send("GET", "/v1/tokens").json["tokens"].elements.contains {
                $0["identity"].string == "jwt:ci:alice"
            })
    }

    @Test("a sealed service takes no logins")
    func sealed() throws {
        let sound = try token("alice")
        #expect(try fixture.send("POST", "/v1/seal").status == 200)
        #expect(try login(sound).code == "sealed")
    }

    @Test("who logs in twice does not approve what it asked for itself, nor twice, whatever became of its first token")
    func approvals() throws {
        _ = try fixture.send(
            "PUT", "/v1/roles/app",
            #"{"grants":[{"operations":["*","destroy","approve"]},{"operations":["tokens"],"roles":"*"}]}"#)
        try fixture.create("vault", #","min_approvals":2"#)
        _ = try fixture.send("PATCH", "/v1/keys/vault", #"{"deletion_protected":false}"#)
        let (alice, bob) = (try authorisation(login(token("alice"))), try authorisation(login(token("bob"))))
        let asked = try fixture.send("DELETE", "/v1/keys/vault", #"{"after_days":7}"#, headers: alice)
        let id = try #require(asked["approval"]["id"].string)
        func decide(_ who: [(String, String)]) throws -> Answer {
            try fixture.send("POST", "/v1/approvals/\(id)", #"{"decision":"approve"}"#, headers: who)
        }
        #expect(try decide(authorisation(login(token("alice")))).code == "own_approval")
        // Nor with a token that was made with one of alice's, and is told apart from all of them.
        let child = try fixture.send("POST", "/v1/tokens", #"{"name":"x","role":"app"}"#, headers: alice)
        #expect(child["identity"].string == "jwt:ci:alice")
        let other = try fixture.send(
            "POST", "/v1/tokens", #"{"name":"x","role":"app"}"#, headers: authorisation(login(token("alice"))))
        #expect(try decide(authorisation(other)).code == "own_approval")
        let decided = try decide(bob)
        #expect(decided["decisions"][0]["identity"].string == "jwt:ci:bob")
        #expect(decided["requested_by"]["identity"].string == "jwt:ci:alice")
        // Bob's token ends, and is forgotten; what bob decided stands, and is bob's to change and nobody's second word.
        fixture.clock.withLock { $0 += 121 }
        #expect(try #require(fixture.seal.current).tokens.tidy() > 0)
        let again = try decide(authorisation(login(token("bob"))))
        #expect(again["state"].string == "pending" && again["decisions"].elements.count == 1)
        #expect(try decide(authorisation(login(token("carol"))))["state"].string == "approved")
    }

    @Test("one that logs in again and again has its share of tokens, and others have theirs")
    func share() throws {
        let tokens = try #require(fixture.seal.current).tokens
        let login = { (identity: String) in
            Login(identity: identity, name: "n", role: "app", timeToLive: 100, notAfter: nil)
        }
        for _ in 0..<1000 { _ = try tokens.logIn(login("jwt:ci:alice")) }
        #expect(throws: ServiceError.tooManyTokens) { try tokens.logIn(login("jwt:ci:alice")) }
        #expect(try self.login(token("alice")).code == "too_many_tokens")
        _ = try tokens.logIn(login("jwt:ci:bob"))
        fixture.clock.withLock { $0 += 100 }
        #expect(try tokens.tidy() == 1001)
        _ = try tokens.logIn(login("jwt:ci:alice"))
    }
}
