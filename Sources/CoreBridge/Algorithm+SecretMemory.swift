// What open keys take of secret memory, by algorithm: how many fit is told from it. What an open key really takes is in its
// handle, and tests hold the two to each other.

extension Algorithm {
    /// Bytes of secret memory that an open key takes at most, OpenSSL's objects among them. HMAC keys that come in from outside
    /// take as much more as they are longer than those that are made here.
    public var openBytes: Int {
        switch self {
        case .aes256GCM, .chaCha20Poly1305: 96
        case .xaes256GCM: 112
        case .aes128GCM: 80
        case .ed25519: 640
        case .x25519: 576
        case .ecdsaP256, .ecdsaSecp256k1: 2560
        case .ecdsaP384, .ecdsaP521: 2816
        case .ecdhP256: 5376
        case .ecdhP384, .ecdhP521: 5888
        case .rsa2048: 8192
        case .rsa3072: 10_240
        case .rsa4096: 12_544
        case .hmacSHA224, .hmacSHA256, .hkdfSHA256, .aes256KWP: 48
        case .hmacSHA384: 64
        case .hmacSHA512: 80
        case .aes256CMAC: 512
        // The polynomials of FIPS 204 at 1 KiB each, and both encodings.
        case .mlDSA44: 22 * 1024
        case .mlDSA65: 31 * 1024
        case .mlDSA87: 41 * 1024
        }
    }
}
