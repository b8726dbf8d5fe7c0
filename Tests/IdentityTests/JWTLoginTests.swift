// Logins by JSON Web Token: what is believed, and every known way to have something believed that should not be.

import Foundation
import KeyService
import TestKit
import Testing
import Threading

@testable import Identity

@Suite(.givesHandlesBack) struct JWTLoginTests {
    private let folder: TemporaryFolder
    private let issuer: TestIssuer
    private let clock = Locked(TestIssuer.time)

    init() throws {
        folder = try TemporaryFolder()
        issuer = try TestIssuer.make()
        try writeKeys([issuer.key])
    }

    private func writeKeys(_ keys: [[String: String]]) throws {
        try writeFile(folder.file("keys.json"), try TestIssuer.keySet(keys))
    }

    private func logins(_ more: String = "", rules: String? = nil) throws -> Logins {
        let rules = rules ?? #"[{"role":"app","claims":{"sub":"alice"},"ttl_seconds":900}]"#
        try writeFile(
            folder.file("logins.json"),
            Array(
                """
                {"jwt":[{"name":"example","issuer":"https://issuer.example","audiences":["strongroom","other"],
                 "keys":{"file":"\(folder.file("keys.json"))"},"rules":\(rules)\(more)}]}
                """.utf8))
        return try Logins(LoginFile.read(folder.file("logins.json"))) { [clock] in clock.withLock { $0 } }
    }

    private func login(_ token: String, _ logins: Logins? = nil, role: String = "app") throws -> Login {
        let logins = try logins ?? self.logins()
        return try Array(token.utf8).withUnsafeBytes { try logins.login(jwt: $0, role: role) }
    }

    private func reason(_ token: String, _ logins: Logins? = nil, role: String = "app") -> LoginRefusal.Reason? {
        do {
            _ = try login(token, logins, role: role)
            return nil
        } catch {
            return (error as? LoginRefusal)?.reason
        }
    }

    private func header(_ members: String) -> String { "{\"alg\":\"ES256\"\(members.isEmpty ? "" : ",\(members)")}" }

    @Test(
        "a token that its issuer has signed is who its subject says, for the rule's time and no longer than the token")
    func sound() throws {
        let found = try login(issuer.token())
        #expect(found.identity == "jwt:example:alice" && found.role == "app" && found.timeToLive == 900)
        #expect(found.notAfter == TestIssuer.time + 600)
        #expect(reason(try issuer.token(), role: "other") == .role)
        // RFC 9068 names the type of access tokens.
        #expect(
            reason(try issuer.token(header: header(#""typ":"at+jwt","kid":"one""#), claims: TestIssuer.claims())) == nil
        )
        #expect(reason(try issuer.token(header: header(""), claims: TestIssuer.claims())) == nil, "the only key")
        for type in ["JWT", "application/jwt", "application/JWT", "APPLICATION/AT+JWT"] {
            let token = try issuer.token(header: header("\"typ\":\"\(type)\""), claims: TestIssuer.claims())
            #expect(reason(token) == nil, "\(type)")
        }
        for type in ["", "jws", "application/json", "text/jwt", "application/application/jwt", "jw\u{131}t"] {
            let token = try issuer.token(header: header("\"typ\":\"\(type)\""), claims: TestIssuer.claims())
            #expect(reason(token) == .malformed, "\(type)")
        }
    }

    @Test(
        "rules hold for claims by name and by the way to them, for strings, numbers, booleans and elements of arrays",
        arguments: [
            (#"{"groups":"pay*"}"#, true), (#"{"groups":["none","staff"]}"#, true), (#"{"groups":"nobody"}"#, false),
            (#"{"/kubernetes.io/namespace":"orders","/kubernetes.io/serviceaccount/name":"app"}"#, true),
            (#"{"/kubernetes.io/namespace":"orders","/kubernetes.io/serviceaccount/name":"other"}"#, false),
            (#"{"kubernetes.io":"*"}"#, false), (#"{"missing":"*"}"#, false), (#"{"sub":"al?ce"}"#, true),
            (#"{"sub":"ALICE"}"#, false), (#"{"exp":"17*"}"#, true), (#"{"verified":"true"}"#, true),
            (#"{"score":"1.5"}"#, true), (#"{"score":"1.*"}"#, true), (#"{"score":"1"}"#, false),
            (#"{"scores":["0.25"]}"#, true), (#"{"scores":"0.5"}"#, false), (#"{"whole":"2"}"#, true),
            (#"{"whole":"2.0"}"#, true), (#"{"whole":"20"}"#, false),
        ])
    func rules(claims: String, isHeld: Bool) throws {
        let logins = try logins(rules: "[{\"role\":\"app\",\"claims\":\(claims)}]")
        let token = try issuer.token(
            TestIssuer.claims(["verified": "true", "score": "1.5", "scores": "[0.25,3]", "whole": "2.0"]))
        #expect(reason(token, logins) == (isHeld ? nil : .role))
    }

    @Test("the way to a claim is a JSON Pointer, whose escapes are resolved in the RFC's order")
    func pointers() throws {
        for (pointer, name) in [("/a~1b", "a/b"), ("/a~0b", "a~b"), ("/~01", "~1"), ("/~10", "/0"), ("~1", "~1")] {
            let logins = try logins(rules: #"[{"role":"app","claims":{"\#(pointer)":"yes"}}]"#)
            for other in ["a/b", "a~b", "~1", "/0", "/", "~", "~01"] {
                let token = try issuer.token(TestIssuer.claims([other: #""yes""#]))
                #expect((reason(token, logins) == nil) == (other == name), "\(pointer) and \(other)")
            }
        }
    }

    @Test("a subject has 1 to 255 bytes")
    func subjectLengths() throws {
        let logins = try logins(rules: #"[{"role":"app","claims":{"sub":"*"}}]"#)
        for (subject, isTaken) in [
            ("", false), ("a", true), (String(repeating: "a", count: 255), true),
            (String(repeating: "a", count: 256), false), (String(repeating: "é", count: 127), true),
            (String(repeating: "é", count: 128), false),
        ] {
            let token = try issuer.token(TestIssuer.claims(["sub": "\"\(subject)\""]))
            #expect((reason(token, logins) == nil) == isTaken, "\(subject.utf8.count) bytes")
        }
    }

    @Test("issuer, audience and key are compared byte for byte, and not as Unicode holds texts equivalent")
    func bytes() throws {
        // The same to a reader and to Swift's `==`: an accent of its own, the Kelvin sign, the Greek question mark.
        for (known, shown) in [
            ("caf\u{E9}", "cafe\u{301}"), ("K", "\u{212A}"), ("a;b", "a\u{37E}b"), ("\u{212B}", "\u{C5}"),
        ] {
            #expect(known == shown)
            let members = { (name: String) in
                """
                {"name":"\(name)","issuer":"\(known)","audiences":["\(known)"],
                 "keys":{"file":"\(folder.file("keys.json"))"},"rules":[{"role":"app","claims":{"sub":"*"}}]}
                """
            }
            var key = issuer.key
            key["kid"] = known
            try writeKeys([key])
            try writeFile(folder.file("logins.json"), Array("{\"jwt\":[\(members("example"))]}".utf8))
            let logins = try Logins(LoginFile.read(folder.file("logins.json"))) { TestIssuer.time }
            func ask(issuer name: String, audience: String, key id: String) throws -> LoginRefusal.Reason? {
                let claims = TestIssuer.claims(["iss": "\"\(name)\"", "aud": "\"\(audience)\""])
                return reason(try issuer.token(header: header("\"kid\":\"\(id)\""), claims: claims), logins)
            }
            #expect(try ask(issuer: known, audience: known, key: known) == nil)
            #expect(try ask(issuer: shown, audience: known, key: known) == .issuer)
            #expect(try ask(issuer: known, audience: shown, key: known) == .audience)
            #expect(try ask(issuer: known, audience: known, key: shown) == .key)
            // Two issuers of such names are two.
            let two = "{\"jwt\":[\(members("one")),\(members("two").replacing("\"\(known)\"", with: "\"\(shown)\""))]}"
            try writeFile(folder.file("logins.json"), Array(two.utf8))
            #expect(throws: Never.self) { try LoginFile.read(folder.file("logins.json")) }
        }
        try writeKeys([issuer.key])
    }

    @Test("a Kubernetes service account logs in by the claims of its projected token")
    func kubernetes() throws {
        let logins = try logins(rules: #"[{"role":"app","claims":{"sub":"system:serviceaccount:orders:*"}}]"#)
        let claims = TestIssuer.claims(["sub": #""system:serviceaccount:orders:app""#, "aud": #"["strongroom"]"#])
        #expect(try login(issuer.token(claims), logins).identity == "jwt:example:system:serviceaccount:orders:app")
        #expect(
            reason(try issuer.token(TestIssuer.claims(["sub": #""system:serviceaccount:shop:app""#])), logins) == .role)
    }

    @Test("a token without a signature is none, however its algorithm is written")
    func none() throws {
        for name in ["none", "None", "NONE", "nOnE", ""] {
            let head = encoded("{\"alg\":\"\(name)\",\"kid\":\"one\"}") + "." + encoded(TestIssuer.claims()) + "."
            #expect(reason(head) == .malformed)
            #expect(reason(head + encoded("x")) == .algorithm, "\(name)")
        }
        let parts = try issuer.token().split(separator: ".")
        #expect(reason("\(parts[0]).\(parts[1]).") == .malformed)
        #expect(reason("\(parts[0]).\(parts[1])") == .malformed)
    }

    @Test("a public key is never taken for the secret of a MAC")
    func confusion() throws {
        // What an attacker has of the key: its members, its text in the set, its PEM.
        let x = try #require(issuer.key["x"]), y = try #require(issuer.key["y"])
        for secret in [
            try issuer.pem, x, x + y, try String(decoding: readFile(folder.file("keys.json")), as: UTF8.self),
        ] {
            for name in ["HS256", "hs256", "ES256"] {
                let signed = encoded("{\"alg\":\"\(name)\",\"kid\":\"one\"}") + "." + encoded(TestIssuer.claims())
                let token = signed + "." + encoded(try mac(of: signed, secret: secret))
                #expect(reason(token) == (name == "ES256" ? .signature : .algorithm))
            }
        }
    }

    /// HMAC-SHA-256, by openssl.
    private func mac(of text: String, secret: String) throws -> [UInt8] {
        let (message, mac) = (folder.file("signed"), folder.file("mac"))
        try writeFile(message, Array(text.utf8))
        let digits = secret.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let process = try ChildProcess(
            "/usr/bin/openssl",
            ["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(digits)", "-binary", "-out", mac, message])
        let errors = try process.readToEnd(of: .error)
        try #require(try process.wait() == 0, "\(errors)")
        return try readFile(mac)
    }

    @Test("an algorithm that is not the key's, or that the file does not name, is refused")
    func algorithms() throws {
        for name in ["ES384", "RS256", "PS256", "EdDSA"] {
            let token = try issuer.token(header: "{\"alg\":\"\(name)\",\"kid\":\"one\"}", claims: TestIssuer.claims())
            #expect(reason(token) == .key, "\(name)")
        }
        #expect(reason(try issuer.token(), try logins(#","algorithms":["RS256","EdDSA"]"#)) == .algorithm)
        #expect(reason(try issuer.token(), try logins(#","algorithms":["ES256"]"#)) == nil)
    }

    @Test(
        "keys and addresses that a token brings along, extensions and compression are refused unread",
        arguments: [
            #""jwk":{"kty":"EC","crv":"P-256","x":"a","y":"b"}"#, #""jku":"https://evil.example/keys""#,
            #""x5u":"https://evil.example/chain""#, #""x5c":["MIIB"]"#, #""crit":["b64"],"b64":false"#,
            #""crit":[]"#, #""zip":"DEF""#, #""enc":"A256GCM""#, #""typ":"secevent+jwt""#, #""typ":7"#, #""cty":"JWT""#,
            #""new":1"#, #""kid":7"#, #""kid":null"#, #""kid":"""#, #""alg":"ES256""#, #""kid":"one","kid":"two""#,
        ])
    func headers(member: String) throws {
        #expect(reason(try issuer.token(header: header(member), claims: TestIssuer.claims())) == .malformed)
    }

    @Test("a key id is looked up as it is, whatever it looks like, and one that is too long is not")
    func keyIDs() throws {
        let strange = [
            "two", "../../etc/passwd", "' OR 1=1 --", "one\\u0020", "ONE", "http://evil.example/key", "$(reboot)",
            String(repeating: "k", count: 256),
        ]
        for id in strange {
            let token = try issuer.token(header: header("\"kid\":\"\(id)\""), claims: TestIssuer.claims())
            #expect(reason(token) == .key, "\(id)")
        }
        let long = String(repeating: "k", count: 257)
        #expect(
            reason(try issuer.token(header: header("\"kid\":\"\(long)\""), claims: TestIssuer.claims())) == .malformed)
    }

    @Test("another's signature, another's key, and a text changed after signing are found")
    func signatures() throws {
        let other = try TestIssuer.make()
        #expect(reason(try other.token()) == .signature)
        let parts = try issuer.token().split(separator: ".").map(String.init)
        let others = try issuer.token(TestIssuer.claims(["sub": #""bob""#])).split(separator: ".").map(String.init)
        #expect(reason("\(parts[0]).\(others[1]).\(parts[2])") == .signature)
        #expect(reason("\(encoded(#"{"alg":"ES256"}"#)).\(parts[1]).\(parts[2])") == .signature)
        // r and s that are zero, or the group's order: what implementations have let through (CVE-2022-21449).
        let order = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"
        let orderBytes = stride(from: 0, to: 64, by: 2).map { at in
            UInt8(order.dropFirst(at).prefix(2), radix: 16) ?? 0
        }
        for bytes in [[UInt8](repeating: 0, count: 64), orderBytes + orderBytes, [0x30, 0x06, 2, 1, 0, 2, 1, 0], [0]] {
            #expect(reason("\(parts[0]).\(parts[1]).\(encoded(bytes))") == .signature)
        }
        // Two ways to write the same bytes are one too many.
        for text in ["\(parts[2])=", "\(parts[2])==", "\(parts[2])\n", " \(parts[2])", "\(parts[2]).x"] {
            #expect(reason("\(parts[0]).\(parts[1]).\(text)") == .malformed)
        }
    }

    @Test("two keys of one id are no answer to which one is meant")
    func ambiguousKeys() throws {
        let other = try TestIssuer.make()
        try writeKeys([issuer.key, other.key])
        #expect(reason(try issuer.token()) == .key)
        try writeKeys([issuer.key, try TestIssuer.make(id: "two").key])
        #expect(reason(try issuer.token()) == nil)
        #expect(reason(try issuer.token(header: header(""), claims: TestIssuer.claims())) == .key, "not the only one")
    }

    @Test(
        "claims that are missing, of another type, or stand twice are refused",
        arguments: [
            (["sub": nil], LoginRefusal.Reason.claims), (["sub": "7"], .claims), (["sub": #""""#], .claims),
            (["sub": #""al\nice""#], .claims), (["aud": nil], .claims), (["aud": "7"], .claims),
            (["aud": "{}"], .claims), (["aud": "[]"], .audience), (["aud": #""stronghold""#], .audience),
            (["aud": #""Strongroom""#], .audience), (["aud": #"["a","other"]"#], nil), (["aud": "[7]"], .audience),
            (["iss": nil], .issuer), (["iss": #""https://issuer.example/""#], .issuer), (["iss": "7"], .issuer),
            (["iss": #"["https://issuer.example"]"#], .issuer), (["exp": nil], .claims),
            (["exp": #""1700000600""#], .claims), (["exp": "-1"], .claims), (["exp": "1e300"], .claims),
            (["exp": "9223372036854775807"], .claims), (["exp": "1700000600.5"], nil), (["nbf": #""x""#], .claims),
            (["iat": "true"], .claims),
        ] as [([String: String?], LoginRefusal.Reason?)])
    func claims(changes: [String: String?], expected: LoginRefusal.Reason?) throws {
        #expect(reason(try issuer.token(TestIssuer.claims(changes))) == expected)
    }

    @Test("what is not a JSON object with each member once is refused before anything else")
    func notJSON() throws {
        for claims in ["", "[]", "7", "{", "{}x", #"{"iss":"https://issuer.example","iss":"x"}"#, "\u{FEFF}{}"] {
            let expected: LoginRefusal.Reason = claims == "{}" ? .issuer : .malformed
            #expect(reason(try issuer.token(claims)) == expected, "\(claims)")
            #expect(reason(try issuer.token(header: claims, claims: TestIssuer.claims())) == .malformed, "\(claims)")
        }
        let twice = TestIssuer.claims().dropLast() + #","sub":"admin"}"#
        #expect(reason(try issuer.token(String(twice))) == .malformed)
        let inside = TestIssuer.claims(["deep": #"{"a":1,"a":2}"#])
        #expect(reason(try issuer.token(inside)) == .malformed)
        let bytes = Array(TestIssuer.claims().utf8.dropLast()) + Array(#","x":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        let signed = encoded(#"{"alg":"ES256"}"#) + "." + encoded(bytes)
        let token = signed + "." + encoded(try issuer.sign(Array(signed.utf8)))
        #expect(reason(token) == .malformed)
    }

    @Test("tokens that are long, deep or have many values are refused, and not for what is in them")
    func size() throws {
        let huge = TestIssuer.claims(["x": "\"\(String(repeating: "a", count: 16_384))\""])
        #expect(reason(try issuer.token(huge)) == .malformed)
        let many = TestIssuer.claims(["x": "[\(Array(repeating: "1", count: 1001).joined(separator: ","))]"])
        #expect(reason(try issuer.token(many)) == .malformed)
        let deep = TestIssuer.claims(["x": String(repeating: "[", count: 9) + String(repeating: "]", count: 9)])
        #expect(reason(try issuer.token(deep)) == .malformed)
        let wide = header("\"x5t\":\"\(String(repeating: "a", count: 1100))\"")
        #expect(reason(try issuer.token(header: wide, claims: TestIssuer.claims())) == .malformed)
        let parts = try issuer.token().split(separator: ".")
        #expect(reason("\(parts[0]).\(parts[1]).\(encoded([UInt8](repeating: 1, count: 1025)))") == .malformed)
    }

    @Test("clocks may differ by the skew that the file allows, and by no second more")
    func skew() throws {
        let logins = try logins(#","skew_seconds":30"#)
        let (time, token) = (TestIssuer.time, try issuer.token())
        for (offset, expected) in [(629, nil), (630, .expired), (0, nil)] as [(Int64, LoginRefusal.Reason?)] {
            clock.withLock { $0 = time + offset }
            #expect(reason(token, logins) == expected, "\(offset)")
        }
        for name in ["nbf", "iat"] {
            let early = try issuer.token(TestIssuer.claims([name: "\(time)"]))
            for (offset, expected) in [(-30, nil), (-31, .notYetValid)] as [(Int64, LoginRefusal.Reason?)] {
                clock.withLock { $0 = time + offset }
                #expect(reason(early, logins) == expected, "\(name) \(offset)")
            }
        }
    }

    @Test("a token that was issued too long ago is refused where the file says how long that is")
    func age() throws {
        let logins = try logins(#","skew_seconds":0,"max_age_seconds":60"#)
        let time = TestIssuer.time
        for (issued, expected) in [(-59, nil), (-60, .tooOld)] as [(Int64, LoginRefusal.Reason?)] {
            #expect(reason(try issuer.token(TestIssuer.claims(["iat": "\(time + issued)"])), logins) == expected)
        }
        #expect(reason(try issuer.token(TestIssuer.claims(["iat": nil])), logins) == .claims)
    }

    @Test("where no issuer is configured nobody logs in")
    func notConfigured() throws {
        let logins = try Logins { TestIssuer.time }
        #expect(reason(try issuer.token(), logins) == .notConfigured)
        #expect(throws: LoginRefusal(.notConfigured)) { try logins.login(certificate: nil, role: "app") }
        #expect(throws: LoginRefusal(.notConfigured)) { try logins.login(peer: "uid:0", role: "app") }
    }
}
