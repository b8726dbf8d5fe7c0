// What a server needs for TLS: its certificate and whose clients it lets in, which can be exchanged while it serves.

internal import CGnuTLS
internal import Threading

/// Which clients have to show a certificate, and whose certificates are believed.
public struct ClientCertificates: Sendable {
    /// PEM.
    public let authorities: [UInt8]
    /// Lists of revoked certificates, PEM; nil: none. Each has to be signed by one of the authorities, and all are held to. One that is
    /// out of date has its authority's certificates refused.
    public let revocations: [UInt8]?
    /// Or else a client may do without.
    public let areRequired: Bool

    public init(authorities: [UInt8], revocations: [UInt8]?, areRequired: Bool) {
        self.authorities = authorities
        self.revocations = revocations
        self.areRequired = areRequired
    }
}

/// A certificate with its chain, who signs for it, and the authorities whose clients are let in. Immutable; any thread.
///
/// Sessions are resumed only with the one they began with, so that a client that was revoked meanwhile
/// comes in no more.
// SAFETY: GnuTLS only reads credentials once they are made, from any thread; they are freed with the last reference.
public final class TLSCertificate: @unchecked Sendable {
    /// When it ends, in seconds since 1970.
    public let expiresAt: Int64
    private let server: OpaquePointer

    /// - Parameters:
    ///   - chain: PEM, the server's own certificate first.
    ///   - signer: has its private key.
    ///   - clients: nil: none is asked for a certificate.
    public init(
        chain: [UInt8], signer: any TLSSigner, clients: ClientCertificates? = nil
    ) throws(TLSError) {
        var server: OpaquePointer?
        var taken = ctls_signer(signer)
        let code = withPEM(chain) { chain in
            withPEM(signer.publicKey) { publicKey in
                withPEM(clients?.authorities) { authorities in
                    withPEM(clients?.revocations) { revocations in
                        ctls_server_make(
                            chain, &taken, publicKey, authorities, revocations, clients?.areRequired == true ? 1 : 0,
                            &server)
                    }
                }
            }
        }
        guard code == 0, let server else { throw TLSError("the certificate cannot be used", code: code) }
        self.server = server
        expiresAt = ctls_server_expiry(server)
    }

    deinit { ctls_server_free(server) }

    /// Whether it accepts what a session's client has shown.
    fileprivate func trusts(_ session: UnsafeMutableRawPointer) -> Bool { ctls_server_trusts(server, session) != 0 }

    /// Puts it on a session that is to shake hands. It must be kept until the session is over.
    fileprivate func accept(_ session: UnsafeMutableRawPointer) -> Bool { ctls_server_accept(session, server) == 0 }
}

/// TLS of one server. Any thread.
public final class TLSServer: Sendable {
    private let certificate: Locked<TLSCertificate>

    public init(_ certificate: TLSCertificate) { self.certificate = Locked(certificate) }

    /// What connections shake hands with from now on; those that have are left alone.
    public func exchange(_ certificate: TLSCertificate) {
        self.certificate.withLock { $0 = certificate }
    }

    /// When the certificate ends that connections shake hands with now, in seconds since 1970.
    public var expiresAt: Int64 { certificate.withLock { $0.expiresAt } }

    /// What may be negotiated, as GnuTLS spells it. Kept for ever.
    public static var priorities: UnsafePointer<CChar> { ctls_priorities }

    /// Readies a session of libmicrohttpd's for its handshake. What it gives is to be kept as long as the session; nil where it cannot
    /// be, and the connection is to be closed.
    public func accept(_ session: UnsafeMutableRawPointer) -> TLSCertificate? {
        let certificate = certificate.withLock { $0 }
        return certificate.accept(session) ? certificate : nil
    }

    /// Whether the client of a session has shown a certificate that is accepted now, by authorities and lists that may have changed since
    /// its handshake. With the session's thread waiting.
    public func trusts(_ session: UnsafeMutableRawPointer) -> Bool { certificate.withLock { $0 }.trusts(session) }

    /// Sends on a session without waiting; true where all of it went.
    public static func send(_ bytes: UnsafeRawBufferPointer, on session: UnsafeMutableRawPointer) -> Bool {
        ctls_send(session, bytes.baseAddress, bytes.count) == bytes.count
    }
}

/// A text in PEM, or other bytes, as C takes it, while `body` runs.
func withPEM<Result>(_ text: [UInt8]?, _ body: (ctls_pem) -> Result) -> Result {
    guard let text else { return body(ctls_pem(bytes: nil, length: 0)) }
    return text.withUnsafeBytes { body(ctls_pem(bytes: $0.baseAddress, length: $0.count)) }
}
