// Certificates for tests of TLS, made by openssl in a folder of the test's.

import TestKit
import Testing

struct Certificates {
    let folder: TemporaryFolder

    init(in folder: TemporaryFolder) throws {
        self.folder = folder
        for authority in ["authority", "other"] {
            try makeAuthority(authority, subject: "/CN=\(authority)")
        }
        try issue("server")
    }

    func file(_ name: String) -> String { folder.file(name) }

    /// A certificate and key as `name.pem` and `name.key`.
    /// - Parameters:
    ///   - purpose: an extended key usage of openssl's; nil: none.
    ///   - names: the alternative names as openssl has them; nil: `host` and 127.0.0.1, empty: none.
    ///   - key: what openssl makes a key of; nil: P-256.
    func issue(
        _ name: String, by authority: String = "authority", for purpose: String? = "serverAuth",
        host: String = "localhost", names: String? = nil, days: Int = 20, subject: String? = nil, key: [String]? = nil
    ) throws {
        try openssl(
            ["req", "-newkey"] + (key ?? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
                + [
                    "-nodes", "-subj", subject ?? "/CN=\(name)", "-keyout", file("\(name).key"), "-out",
                    file("\(name).csr"),
                ])
        let names = names ?? "DNS:\(host),IP:127.0.0.1"
        var extensions = "basicConstraints=CA:FALSE\n"
        if !names.isEmpty { extensions += "subjectAltName=\(names)\n" }
        if let purpose { extensions += "extendedKeyUsage=\(purpose)\n" }
        try writeFile(file("extensions"), Array(extensions.utf8))
        try openssl(
            "x509", "-req", "-in", file("\(name).csr"), "-CA", file("\(authority).pem"), "-CAkey",
            file("\(authority).key"), "-CAcreateserial", "-days", "\(days)", "-extfile", file("extensions"), "-out",
            file("\(name).pem"))
    }

    /// Another authority's certificate and key, under a name that may be one's that there is.
    func makeAuthority(_ name: String, subject: String) throws {
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
            subject, "-keyout", file("\(name).key"), "-out", file("\(name).pem"))
    }

    /// An authority's list of revoked certificates, as `name`.
    /// - Parameters:
    ///   - seconds: how long it is good for.
    ///   - time: when it is made, as `YYMMDDHHMMSSZ`; nil: now.
    func revoke(
        _ revoked: [String], by authority: String = "authority", into name: String, seconds: Int = 86_400,
        at time: String? = nil
    ) throws {
        let settings = """
            [ca]
            default_ca = authority
            [authority]
            database = \(file("index"))
            certificate = \(file("\(authority).pem"))
            private_key = \(file("\(authority).key"))
            default_md = sha256
            """
        try writeFile(file("ca.conf"), Array(settings.utf8))
        try writeFile(file("index"), [])
        for one in revoked { try openssl("ca", "-config", file("ca.conf"), "-revoke", file("\(one).pem")) }
        let times = time.map { ["-crl_lastupdate", $0, "-crl_nextupdate", "351231235959Z"] }
        try openssl(
            ["ca", "-config", file("ca.conf"), "-gencrl", "-out", file(name)] + (times ?? ["-crlsec", "\(seconds)"]))
    }

    private func openssl(_ arguments: String...) throws { try openssl(arguments) }

    func openssl(_ arguments: [String]) throws {
        let process = try ChildProcess("/usr/bin/openssl", arguments)
        let errors = try process.readToEnd(of: .error)
        try #require(try process.wait() == 0, "\(errors)")
    }
}
