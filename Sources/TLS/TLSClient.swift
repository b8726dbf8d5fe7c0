// A client's side of one TLS connection, for the commands that talk to a service.

internal import CGnuTLS

/// A session on a connected, blocking socket, which the caller closes after it. One thread at a time.
public final class TLSClient {
    private let client: OpaquePointer
    /// Whether the connection ended without the server's word for it: what came may have been cut off by anybody.
    public private(set) var wasCut = false

    /// Shakes hands, and holds the server to its name.
    /// - Parameters:
    ///   - host: a name or an address.
    ///   - authorities: PEM; nil: those that the system trusts.
    ///   - pinned: PEM; the server is held to this certificate instead, whoever issued it for whatever name.
    ///   - certificate: shown where the server asks for one; with its chain and key, PEM.
    ///   - timeoutSeconds: until the next bytes have come.
    public init(
        on descriptor: Int32, host: String, authorities: [UInt8]?, pinned: [UInt8]? = nil,
        certificate: (chain: [UInt8], key: [UInt8])? = nil, timeoutSeconds: Int
    ) throws(TLSError) {
        var client: OpaquePointer?
        let code = withPEM(authorities) { authorities in
            withPEM(pinned) { pinned in
                withPEM(certificate?.chain) { chain in
                    withPEM(certificate?.key) { key in
                        ctls_client_start(
                            descriptor, host, Int32(clamping: timeoutSeconds), authorities, pinned, chain, key, &client)
                    }
                }
            }
        }
        guard code == 0, let client else {
            let distrust = String(cString: ctls_client_distrust(client))
            ctls_client_free(client)
            throw distrust.isEmpty ? TLSError("no TLS with \(host)", code: code) : TLSError("\(host): \(distrust)")
        }
        self.client = client
    }

    deinit { ctls_client_free(client) }

    /// Gives how much went.
    public func send(_ bytes: UnsafeRawBufferPointer) throws(TLSError) -> Int {
        try count(ctls_client_send(client, bytes.baseAddress, bytes.count))
    }

    /// Gives how much came; 0 at the end.
    public func receive(into room: UnsafeMutableRawBufferPointer) throws(TLSError) -> Int {
        let received = ctls_client_receive(client, room.baseAddress, room.count)
        if received == Int(ctls_cut) {
            wasCut = true
            return 0
        }
        return try count(received)
    }

    private func count(_ count: Int) throws(TLSError) -> Int {
        guard count >= 0 else { throw TLSError("the connection broke", code: Int32(clamping: count)) }
        return count
    }
}
