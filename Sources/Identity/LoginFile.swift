// The logins file: whose word is taken for who a caller is, and which roles they then may have. Nothing secret stands in it; who
// may write it may become anybody.

internal import Bytes
internal import HTTPClient
internal import JSON
internal import KeyService
internal import TLS

/// Why the logins file cannot be used, in words; no values of it but paths and names of issuers.
public struct LoginFileError: Error, CustomStringConvertible {
    public let description: String
}

/// A logins file, read and checked.
public struct LoginFile: Sendable {
    var issuers: [IssuerSettings] = []
    var certificates: [CertificateRule] = []
    var peers: [PeerRule] = []

    /// Reads the file, and none of those that it names.
    public static func read(_ path: String) throws(LoginFileError) -> LoginFile {
        guard let bytes = ByteBuffer.ofFile(path, limit: 1 << 20) else {
            throw LoginFileError(description: "\(path): cannot be read")
        }
        let document: JSONDocument
        do { document = try JSONDocument.parse(bytes.bytes) } catch {
            throw LoginFileError(description: "\(path): is not strict JSON, with each member once")
        }
        let faults = LoginSchema.faults(in: document)
        guard faults.isEmpty else { throw LoginFileError(description: "\(path): \(faults.joined(separator: "; "))") }
        do { return try LoginFile(document.root) } catch {
            throw LoginFileError(description: "\(path): \(error.description)")
        }
    }

    /// The files that it names.
    public var files: [String] {
        issuers.flatMap { issuer -> [String] in
            switch issuer.keys {
            case .file(let path): [path]
            case .url(_, _, let authorities, let tokenFile): [authorities, tokenFile].compactMap(\.self)
            }
        }
    }

    /// The ports that keys are fetched from; none where all are in files.
    public var ports: [UInt16] {
        issuers.compactMap { issuer in
            if case .url(let address, _, _, _) = issuer.keys { address.port } else { nil }
        }
    }

    private init(_ root: JSONValue) throws(LoginFileError) {
        try root.member("jwt")?.forEachElement { _, value throws(LoginFileError) in
            let issuer = try IssuerSettings(value)
            guard !issuers.contains(where: { $0.name == issuer.name || $0.issuer.isExactly(issuer.issuer) }) else {
                throw LoginFileError(description: "the issuer \(issuer.name) stands twice")
            }
            issuers.append(issuer)
        }
        root.member("certificate")?.forEachElement { _, value in certificates.append(CertificateRule(value)) }
        root.member("peer")?.forEachElement { _, value in peers.append(PeerRule(value)) }
    }
}

/// What a rule gives.
struct Given: Sendable {
    let role: String
    /// Seconds.
    let timeToLive: Int64

    init(_ value: JSONValue) {
        role = value.member("role")?.string ?? ""
        timeToLive = Int64(value.member("ttl_seconds")?.integer ?? 3600)
    }
}

/// One issuer of tokens.
struct IssuerSettings: Sendable {
    let name: String
    let issuer: String
    /// By their exact keys.
    let audiences: Set<String>
    let keys: KeySource
    let refreshSeconds: Int64
    let algorithms: Set<String>
    let skewSeconds: Int64
    let maximumAge: Int64?
    let rules: [ClaimRule]

    fileprivate init(_ value: JSONValue) throws(LoginFileError) {
        name = value.member("name")?.string ?? ""
        issuer = value.member("issuer")?.string ?? ""
        audiences = Set((value.member("audiences")?.strings ?? []).map(\.exactKey))
        refreshSeconds = Int64(value.member("refresh_seconds")?.integer ?? 300)
        algorithms = Set(value.member("algorithms")?.strings ?? SignatureKey.supported)
        skewSeconds = Int64(value.member("skew_seconds")?.integer ?? 60)
        maximumAge = value.member("max_age_seconds")?.integer.map { Int64($0) }
        var rules: [ClaimRule] = []
        value.member("rules")?.forEachElement { _, rule in rules.append(ClaimRule(rule)) }
        self.rules = rules
        let keys = value.member("keys")
        if let file = keys?.member("file")?.string {
            self.keys = .file(file)
        } else {
            guard let (address, path) = HTTPAddress.split(url: keys?.member("url")?.string ?? "") else {
                throw LoginFileError(description: "the URL of \(name)'s keys is none")
            }
            guard case .host(_, _, let isSecure) = address, isSecure || address.staysOnHost else {
                throw LoginFileError(description: "the URL of \(name)'s keys must begin with https://")
            }
            self.keys = .url(
                address, path: path.isEmpty ? "/" : path, authorities: keys?.member("ca_file")?.string,
                tokenFile: keys?.member("token_file")?.string)
        }
    }
}

/// A rule for certificates: every kind of name in it has to be there, with a text that one of its patterns fits.
struct CertificateRule: Sendable {
    let given: Given
    let names: [(kind: ClientCertificate.Kind, patterns: [NamePattern])]

    fileprivate init(_ value: JSONValue) {
        given = Given(value)
        names = ClientCertificate.Kind.allCases.compactMap { kind in
            value.member(kind.rawValue).map { (kind, $0.strings.map { NamePattern($0) }) }
        }
    }
}

/// A rule for processes on the same host, by whose they are.
struct PeerRule: Sendable {
    let given: Given
    let users: [Int]

    fileprivate init(_ value: JSONValue) {
        given = Given(value)
        var users: [Int] = []
        let uid = value.member("uid")
        if let one = uid?.integer { users.append(one) }
        uid?.forEachElement { _, value in if let one = value.integer { users.append(one) } }
        self.users = users
    }
}

extension JSONValue {
    /// A string of ASCII alone, so that comparing it with a constant is exact.
    var ascii: String? { stringBytes.allSatisfy { $0 < 0x80 } ? string : nil }

    /// One string, or an array's.
    var strings: [String] {
        if let one = string { return [one] }
        var strings: [String] = []
        forEachElement { _, value in if let text = value.string { strings.append(text) } }
        return strings
    }
}
