// A client's side of one TLS connection, for the commands that talk to a service.

internal import CGnuTLS

/// A session on a connected, blocking socket, which the caller closes after it. One thread at a time.
public final class TLSClient {
    private let client: OpaquePointer

    /// Shakes hands, and holds the server to its name.
    /// - Parameters:
    ///   - host: a name or an address.
    ///   - authorities: PEM; nil: those that the system trusts.
    public init(on descriptor: Int32, host: String, authorities: [UInt8]?) throws(TLSError) {
        var client: OpaquePointer?
        let code: Int32
        if let authorities {
            code = authorities.withUnsafeBytes {
                ctls_client_start(descriptor, host, $0.baseAddress, $0.count, &client)
            }
        } else {
            code = ctls_client_start(descriptor, host, nil, 0, &client)
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
        try count(ctls_client_receive(client, room.baseAddress, room.count))
    }

    private func count(_ count: Int) throws(TLSError) -> Int {
        guard count >= 0 else { throw TLSError("the connection broke", code: Int32(clamping: count)) }
        return count
    }
}
