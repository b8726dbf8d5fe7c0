// The names in a client's certificate, which the handshake has proved to be its own.

internal import CGnuTLS

public struct ClientCertificate: Equatable, Sendable {
    /// One name: what kind it is of, and its text.
    public struct Name: Equatable, Sendable {
        public let kind: Kind
        public let text: String

        public init(kind: Kind, text: String) {
            self.kind = kind
            self.text = text
        }
    }

    public enum Kind: String, CaseIterable, Sendable {
        /// Attributes of the subject (RFC 4519).
        case commonName = "common_name"
        case organization
        case organizationalUnit = "organizational_unit"
        /// Subject alternative names (RFC 5280, 4.2.1.6).
        case dns
        case email
        case uri
    }

    /// The subject as RFC 4514 writes it; may be empty.
    public let subject: String
    public let names: [Name]
    /// When it ends, in seconds since 1970.
    public let expiresAt: Int64

    public init(subject: String, names: [Name], expiresAt: Int64) {
        self.subject = subject
        self.names = names
        self.expiresAt = expiresAt
    }

    /// What the client of a session has shown; nil where it has shown none. With the session's thread waiting, as no other may be at
    /// it. A name that is no clean text is left out.
    public init?(of session: UnsafeMutableRawPointer) {
        guard let certificate = ctls_certificate_of(session) else { return nil }
        defer { ctls_certificate_free(certificate) }
        var names: [Name] = []
        for (kind, identifier) in Self.attributes {
            for index in 0..<Self.maximumNames {
                guard let text = Self.text({ ctls_certificate_subject(certificate, identifier, index, $0, $1) }) else {
                    break
                }
                if let text { names.append(Name(kind: kind, text: text)) }
            }
        }
        for index in 0..<Self.maximumNames {
            var type: Int32 = 0
            guard let text = Self.text({ ctls_certificate_name(certificate, index, &type, $0, $1) }) else { break }
            if let text, let kind = Self.kind(ofName: type) { names.append(Name(kind: kind, text: text)) }
        }
        guard let subject = Self.text({ ctls_certificate_distinguished_name(certificate, $0, $1) }) ?? "" else {
            return nil
        }
        self.init(subject: subject, names: names, expiresAt: ctls_certificate_expiry(certificate))
    }

    private static let maximumNames: Int32 = 64
    private static let attributes: [(Kind, String)] = [
        (.commonName, "2.5.4.3"), (.organization, "2.5.4.10"), (.organizationalUnit, "2.5.4.11"),
    ]

    private static func kind(ofName type: Int32) -> Kind? {
        switch type {
        case ctls_name_dns: .dns
        case ctls_name_email: .email
        case ctls_name_uri: .uri
        default: nil
        }
    }

    /// Nil past the last, and nil inside for one that is too long, or has in it what could be taken for another: NUL, line ends.
    private static func text(_ read: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> String?? {
        var length = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 1024) { room, count in
            length = room.withMemoryRebound(to: CChar.self) { read($0.baseAddress, $0.count) }
            count = max(length, 0)
        }
        if length == Int(ctls_past_last) { return nil }
        guard length >= 0, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
            let text = String(validating: bytes, as: UTF8.self)
        else { return .some(nil) }
        return text
    }
}
