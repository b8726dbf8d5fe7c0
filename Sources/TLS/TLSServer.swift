// What a server needs for TLS: its certificate, which can be exchanged while it serves, and the key of its session tickets.

internal import CGnuTLS
internal import Threading

/// A certificate with its chain and private key, and the authorities whose clients are let in. Immutable; any thread.
///
/// The private key lies in the process's memory, as GnuTLS keeps it, and not in the core: it proves who the service is, and opens
/// nothing that is stored.
// SAFETY: GnuTLS only reads credentials once they are made, from any thread; they are freed with the last reference.
public final class TLSCertificate: @unchecked Sendable {
    /// When it ends, in seconds since 1970.
    public let expiresAt: Int64
    private let server: OpaquePointer

    /// - Parameters:
    ///   - chain: PEM, the server's own certificate first.
    ///   - key: its private key, PEM, not encrypted.
    ///   - clientAuthorities: PEM; nil: clients need no certificate.
    public init(chain: [UInt8], key: [UInt8], clientAuthorities: [UInt8]? = nil) throws(TLSError) {
        var server: OpaquePointer?
        let code = chain.withUnsafeBytes { chain in
            key.withUnsafeBytes { key in
                guard let clientAuthorities else {
                    return ctls_server_make(
                        chain.baseAddress, chain.count, key.baseAddress, key.count, nil, 0, &server)
                }
                return clientAuthorities.withUnsafeBytes { authorities in
                    ctls_server_make(
                        chain.baseAddress, chain.count, key.baseAddress, key.count, authorities.baseAddress,
                        authorities.count, &server)
                }
            }
        }
        guard code == 0, let server else { throw TLSError("the certificate cannot be used", code: code) }
        self.server = server
        expiresAt = ctls_server_expiry(server)
    }

    deinit { ctls_server_free(server) }

    /// Puts it on a session that is to shake hands. It must be kept until the session is over.
    fileprivate func accept(_ session: UnsafeMutableRawPointer, _ tickets: OpaquePointer) -> Bool {
        ctls_server_accept(session, server, tickets) == 0
    }
}

/// TLS of one server. Any thread.
// SAFETY: the tickets' key never changes, and GnuTLS only reads it; the certificate is inside `Locked`.
public final class TLSServer: @unchecked Sendable {
    private let certificate: Locked<TLSCertificate>
    private let tickets: OpaquePointer

    public init(_ certificate: TLSCertificate) throws(TLSError) {
        var tickets: OpaquePointer?
        let code = ctls_tickets_make(&tickets)
        guard code == 0, let tickets else { throw TLSError("session tickets cannot be sealed", code: code) }
        self.tickets = tickets
        self.certificate = Locked(certificate)
    }

    deinit { ctls_tickets_free(tickets) }

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
        return certificate.accept(session, tickets) ? certificate : nil
    }

    /// Sends on a session without waiting; true where all of it went.
    public static func send(_ bytes: UnsafeRawBufferPointer, on session: UnsafeMutableRawPointer) -> Bool {
        ctls_send(session, bytes.baseAddress, bytes.count) == bytes.count
    }
}
