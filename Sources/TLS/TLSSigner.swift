// The private key of a certificate, which lies elsewhere: TLS knows only how to ask it for a signature.

internal import CGnuTLS

/// Signs handshakes. Any thread, several at once.
public protocol TLSSigner: AnyObject, Sendable {
    var kind: TLSKeyKind { get }
    /// SubjectPublicKeyInfo in DER.
    var publicKey: [UInt8] { get }
    /// Signs a digest, or for Ed25519 the message itself, to `signature`. Gives the bytes written; nil fails the handshake.
    func sign(
        _ input: UnsafeRawBufferPointer, scheme: TLSSignatureScheme, into signature: UnsafeMutableRawBufferPointer
    ) -> Int?
}

public enum TLSKeyKind: Equatable, Sendable {
    /// With the bits of the modulus.
    case rsa(bits: Int)
    /// With the bits of the curve, one of NIST's.
    case ecdsa(bits: Int)
    case ed25519
}

/// How a handshake is signed.
public enum TLSSignatureScheme: Equatable, Sendable {
    case rsaPKCS1(TLSHash)
    /// With a salt as long as the digest.
    case rsaPSS(TLSHash)
    /// In DER.
    case ecdsa(TLSHash)
    case ed25519
}

public enum TLSHash: Int32, Sendable {
    case sha256 = 256
    case sha384 = 384
    case sha512 = 512
}

extension ctls_signer {
    /// Takes one reference to a signer, which `release` gives back.
    init(_ signer: any TLSSigner) {
        let (kind, bits): (ctls_key_kind, Int) =
            switch signer.kind {
            case .rsa(let bits): (ctls_rsa, bits)
            case .ecdsa(let bits): (ctls_ecdsa, bits)
            case .ed25519: (ctls_ed25519, 255)
            }
        // SAFETY: `releaseSigner` takes this reference over, and nobody signs after it was called.
        let context = Unmanaged.passRetained(KeptSigner(signer)).toOpaque()
        self.init(
            context: context, kind: kind, bits: Int32(clamping: bits), sign: signWithSigner, release: releaseSigner)
    }
}

private final class KeptSigner: Sendable {
    let signer: any TLSSigner

    init(_ signer: any TLSSigner) { self.signer = signer }
}

private func signWithSigner(
    _ context: UnsafeMutableRawPointer?, _ scheme: ctls_scheme, _ hash: Int32, _ input: UnsafeRawPointer?,
    _ length: Int, _ signature: UnsafeMutableRawPointer?, _ capacity: Int
) -> Int {
    guard let context, let scheme = TLSSignatureScheme(scheme, hash) else { return 0 }
    // SAFETY: the reference that `ctls_signer.init` made is given back when nobody signs any more.
    return Unmanaged<KeptSigner>.fromOpaque(context)._withUnsafeGuaranteedRef { kept in
        kept.signer.sign(
            UnsafeRawBufferPointer(start: input, count: length), scheme: scheme,
            into: UnsafeMutableRawBufferPointer(start: signature, count: capacity)) ?? 0
    }
}

private func releaseSigner(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    // SAFETY: the reference that `ctls_signer.init` made; this is called once.
    Unmanaged<KeptSigner>.fromOpaque(context).release()
}

extension TLSSignatureScheme {
    fileprivate init?(_ scheme: ctls_scheme, _ hash: Int32) {
        let hash = TLSHash(rawValue: hash)
        switch (scheme, hash) {
        case (ctls_scheme_ed25519, nil): self = .ed25519
        case (ctls_scheme_rsa_pkcs1, let hash?): self = .rsaPKCS1(hash)
        case (ctls_scheme_rsa_pss, let hash?): self = .rsaPSS(hash)
        case (ctls_scheme_ecdsa, let hash?): self = .ecdsa(hash)
        default: return nil
        }
    }
}
