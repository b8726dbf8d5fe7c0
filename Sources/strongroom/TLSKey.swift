// The private key of the service's certificate: it lies in the core, and signs handshakes there.

internal import CoreBridge
internal import Glibc
internal import TLS

/// A key of a file, as TLS asks it for signatures.
final class TLSKey: TLSSigner {
    let kind: TLSKeyKind
    let publicKey: [UInt8]
    private let key: KeyHandle

    /// Reads a file in PEM.
    init(file: String) throws(TLSFileError) {
        do throws(CoreError) {
            key = try KeyHandle.open(pemFile: file)
            publicKey = try key.publicKey(.der)
        } catch {
            throw TLSFileError(description: "\(file) \(Self.reason(error))")
        }
        switch key.algorithm {
        case .rsa2048: kind = .rsa(bits: 2048)
        case .rsa3072: kind = .rsa(bits: 3072)
        case .rsa4096: kind = .rsa(bits: 4096)
        case .ecdsaP256: kind = .ecdsa(bits: 256)
        case .ecdsaP384: kind = .ecdsa(bits: 384)
        case .ecdsaP521: kind = .ecdsa(bits: 521)
        case .ed25519: kind = .ed25519
        default: throw TLSFileError(description: "\(file) \(Self.reason(CoreError(.algorithmUnavailable)))")
        }
    }

    func sign(
        _ input: UnsafeRawBufferPointer, scheme: TLSSignatureScheme, into signature: UnsafeMutableRawBufferPointer
    ) -> Int? {
        let kind: SignatureScheme.Kind =
            switch scheme {
            case .rsaPKCS1(let hash): .rsaPKCS1(Hash(hash))
            case .rsaPSS(let hash): .rsaPSS(Hash(hash), .digest)
            case .ecdsa(let hash): .ecdsa(Hash(hash), .der)
            case .ed25519: .ed25519
            }
        return try? key.sign(input, scheme: SignatureScheme(kind, prehashed: scheme != .ed25519), into: signature)
    }

    private static func reason(_ error: CoreError) -> String {
        switch error.code {
        case .keyFileIO: "cannot be read: \(String(cString: strerror(Int32(clamping: error.numbers.0))))"
        case .keyFileEncrypted: "is encrypted: the service takes a private key without a passphrase"
        case .keyMaterialInvalid: "does not hold exactly one sound private key in PEM"
        case .algorithmUnavailable:
            "holds a key of another kind than RSA (2048, 3072, 4096), P-256, P-384, P-521, Ed25519"
        default: "cannot be opened: \(error.code.symbol)"
        }
    }
}

extension Hash {
    fileprivate init(_ hash: TLSHash) {
        self =
            switch hash {
            case .sha256: .sha256
            case .sha384: .sha384
            case .sha512: .sha512
            }
    }
}
