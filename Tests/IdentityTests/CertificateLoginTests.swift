// Logins by client certificate and by peer: names held against the rules.

import KeyService
import Network
import TLS
import TestKit
import Testing

@testable import Identity

@Suite(.givesHandlesBack) struct CertificateLoginTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func logins(_ text: String, overflowUsers: Set<UInt32> = [65_534]) throws -> Logins {
        try writeFile(folder.file("logins.json"), Array(text.utf8))
        return try Logins(LoginFile.read(folder.file("logins.json")), overflowUsers: overflowUsers) { 1000 }
    }

    private func certificate(
        _ names: [(ClientCertificate.Kind, String)], subject: String = "CN=app,O=Acme", expiresAt: Int64 = 2000
    ) -> ClientCertificate {
        ClientCertificate(
            subject: subject, names: names.map { ClientCertificate.Name(kind: $0.0, text: $0.1) }, expiresAt: expiresAt)
    }

    @Test("every name of a rule has to be in the certificate, each in a name of its own kind")
    func names() throws {
        let logins = try logins(
            #"{"certificate":[{"role":"app","common_name":"app","organization":"Acme"},{"role":"web","uri":["spiffe://acme/*","spiffe://other"]}]}"#
        )
        let whole = certificate([(.commonName, "app"), (.organization, "Acme")])
        let login = try logins.login(certificate: whole, role: "app")
        #expect(login.identity == "certificate:CN=app,O=Acme" && login.notAfter == 2000 && login.timeToLive == 3600)
        for names: [(ClientCertificate.Kind, String)] in [
            [(.commonName, "app")], [(.organization, "Acme")], [(.commonName, "app"), (.organizationalUnit, "Acme")],
            // An attribute that only writes another in its own text.
            [(.commonName, "app,O=Acme")], [(.commonName, "app"), (.dns, "Acme")], [],
        ] {
            #expect(throws: LoginRefusal(.role, identity: "certificate:CN=app,O=Acme")) {
                try logins.login(certificate: certificate(names), role: "app")
            }
        }
        let workload = certificate([(.uri, "spiffe://acme/web")], subject: "")
        #expect(try logins.login(certificate: workload, role: "web").identity == "certificate:uri=spiffe://acme/web")
        #expect(throws: LoginRefusal(.role, identity: "certificate:uri=spiffe://acme/web")) {
            try logins.login(certificate: workload, role: "app")
        }
    }

    @Test("no certificate, one without a name, and one that has ended give no token")
    func unfit() throws {
        let logins = try logins(#"{"certificate":[{"role":"app","common_name":"*"}]}"#)
        #expect(throws: LoginRefusal(.noCertificate)) { try logins.login(certificate: nil, role: "app") }
        let good = certificate([(.commonName, "app")])
        #expect(throws: LoginRefusal(.certificateNotAccepted)) {
            try logins.login(certificate: good, isAccepted: false, role: "app")
        }
        let nameless = certificate([], subject: "")
        #expect(throws: LoginRefusal(.noCertificate)) { try logins.login(certificate: nameless, role: "app") }
        let long = certificate([(.commonName, "a")], subject: "CN=" + String(repeating: "a", count: 253))
        #expect(throws: LoginRefusal(.noCertificate)) { try logins.login(certificate: long, role: "app") }
        let ended = certificate([(.commonName, "app")], expiresAt: 1000)
        #expect(throws: LoginRefusal(.expired, identity: "certificate:CN=app,O=Acme")) {
            try logins.login(certificate: ended, role: "app")
        }
    }

    @Test("a process logs in by its user, and an address is no user")
    func peers() throws {
        let logins = try logins(#"{"peer":[{"role":"app","uid":1000,"ttl_seconds":60},{"role":"web","uid":[33,34]}]}"#)
        let login = try logins.login(peer: "uid:1000", role: "app")
        #expect(login.identity == "uid:1000" && login.timeToLive == 60 && login.notAfter == nil)
        #expect(try logins.login(peer: "uid:34", role: "web").identity == "uid:34")
        #expect(throws: LoginRefusal(.role, identity: "uid:33")) { try logins.login(peer: "uid:33", role: "app") }
        // A user without a number in the service's user namespace.
        let others = try self.logins(
            #"{"peer":[{"role":"app","uid":[65534,99999]}]}"#, overflowUsers: [65_534, 99_999])
        for peer: Peer in ["uid:65534", "uid:99999"] {
            #expect(throws: LoginRefusal(.unknownUser)) { try others.login(peer: peer, role: "app") }
        }
        for peer: Peer in ["127.0.0.1", "", "::1"] {
            #expect(throws: LoginRefusal(.noPeer)) { try logins.login(peer: peer, role: "app") }
        }
    }

    @Test("a file that takes another's place is in force at once, and one that is not sound changes nothing")
    func exchange() throws {
        let logins = try logins(#"{"peer":[{"role":"app","uid":1}]}"#)
        try writeFile(folder.file("logins.json"), Array(#"{"peer":[{"role":"app","uid":2}]}"#.utf8))
        try logins.exchange(LoginFile.read(folder.file("logins.json")))
        #expect(try logins.login(peer: "uid:2", role: "app").role == "app")
        #expect(throws: LoginRefusal(.role, identity: "uid:1")) { try logins.login(peer: "uid:1", role: "app") }
        let missing = """
            {"jwt":[{"name":"a","issuer":"https://a","audiences":["b"],"keys":{"file":"\(folder.file("none"))"},
             "rules":[{"role":"app","claims":{"sub":"a"}}]}]}
            """
        try writeFile(folder.file("logins.json"), Array(missing.utf8))
        #expect(throws: LoginFileError.self) { try logins.exchange(LoginFile.read(folder.file("logins.json"))) }
        #expect(try logins.login(peer: "uid:2", role: "app").role == "app")
    }
}
