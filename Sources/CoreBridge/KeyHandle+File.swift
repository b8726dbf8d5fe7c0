// Private keys of files in PEM, which the core reads itself: neither the text nor the key comes to Swift.

internal import CStrongroomCore

extension KeyHandle {
    /// Opens the private key of a file, to sign with and for nothing else: RSA of 2048, 3072 or 4096 bits, a curve of NIST's, or
    /// Ed25519. Certificates beside it are passed over.
    public static func open(pemFile path: String) throws(CoreError) -> KeyHandle {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw CoreError(.invalidArgument, argument: 1) }
        var path = path
        var handle = sr_key_t()
        try callCoreForDetails { error in
            path.withUTF8 { sr_key_open_pem_file(sr_bytes_t(UnsafeRawBufferPointer($0)), &handle, error) }
        }
        return try KeyHandle(taking: handle)
    }
}
