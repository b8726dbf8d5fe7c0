//! The one table of algorithms. A row is append-only: its number is sealed into keys.

use super::{Curve, Hash};
use crate::Usages;

/// What decides how a key of an algorithm works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Aead,
    Ed25519,
    Ecdsa(Curve),
    /// Of so many bits.
    Rsa(u32),
    /// With the hash that is used where none is asked for.
    Hmac(Hash),
    Cmac,
    Ecdh(Curve),
    X25519,
    Hkdf,
    KeyWrap,
    MlDsa,
}

/// What there is to know of an algorithm.
pub(super) struct Row {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) standard: &'static str,
    pub(super) family: Family,
    pub(super) key_bytes: usize,
    pub(super) nonce_bytes: usize,
    pub(super) tag_bytes: usize,
    pub(super) usages: Usages,
}

macro_rules! algorithms {
    ($($(#[$doc:meta])* $algorithm:ident = $number:literal, $name:literal, $standard:literal,
        $family:expr, $key_bytes:expr, $nonce_bytes:literal, $tag_bytes:literal, $usages:expr;)*) => {
        /// An algorithm that a key is made for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Algorithm {
            $($(#[$doc])* $algorithm,)*
        }

        impl Algorithm {
            /// Every algorithm there is, by ascending number.
            pub const ALL: [Algorithm; [$($number),*].len()] = [$(Algorithm::$algorithm),*];

            pub(super) const fn row(self) -> Row {
                match self {
                    $(Self::$algorithm => Row {
                        number: $number,
                        name: $name,
                        standard: $standard,
                        family: $family,
                        key_bytes: $key_bytes,
                        nonce_bytes: $nonce_bytes,
                        tag_bytes: $tag_bytes,
                        usages: $usages,
                    },)*
                }
            }
        }
    };
}

// Number, name, standard, family, bytes of key, of nonce, of tag, usages.
algorithms! {
    /// AES-256-GCM with a random 96-bit nonce: at most 2^32 messages a key.
    Aes256Gcm = 1, "aes-256-gcm", "NIST SP 800-38D",
        Family::Aead, 32, 12, 16, ENCRYPTION;
    /// XAES-256-GCM with a random 192-bit nonce: messages without a practical limit.
    Xaes256Gcm = 2, "xaes-256-gcm", "C2SP XAES-256-GCM",
        Family::Aead, 32, 24, 16, ENCRYPTION;
    /// AES-128-GCM with a random 96-bit nonce: at most 2^32 messages a key.
    Aes128Gcm = 3, "aes-128-gcm", "NIST SP 800-38D",
        Family::Aead, 16, 12, 16, ENCRYPTION;
    /// ChaCha20-Poly1305 with a random 96-bit nonce: at most 2^32 messages a key.
    ChaCha20Poly1305 = 4, "chacha20-poly1305", "RFC 8439",
        Family::Aead, 32, 12, 16, ENCRYPTION;
    /// Ed25519 signatures; the key is the 32-byte seed.
    Ed25519 = 5, "ed25519", "RFC 8032",
        Family::Ed25519, 32, 0, 0, SIGNING;
    /// ECDSA over P-256; the key is the scalar, big-endian.
    EcdsaP256 = 6, "ecdsa-p256", "FIPS 186-5",
        Family::Ecdsa(Curve::P256), 32, 0, 0, SIGNING;
    /// ECDSA over P-384.
    EcdsaP384 = 7, "ecdsa-p384", "FIPS 186-5",
        Family::Ecdsa(Curve::P384), 48, 0, 0, SIGNING;
    /// ECDSA over P-521.
    EcdsaP521 = 8, "ecdsa-p521", "FIPS 186-5",
        Family::Ecdsa(Curve::P521), 66, 0, 0, SIGNING;
    /// ECDSA over secp256k1.
    EcdsaSecp256k1 = 9, "ecdsa-secp256k1", "SEC 2",
        Family::Ecdsa(Curve::Secp256k1), 32, 0, 0, SIGNING;
    /// RSA of 2048 bits; the key is PKCS#1 DER, zero-padded to its longest.
    Rsa2048 = 10, "rsa-2048", "RFC 8017",
        Family::Rsa(2048), rsa_key_bytes(2048), 0, 0, RSA;
    /// RSA of 3072 bits.
    Rsa3072 = 11, "rsa-3072", "RFC 8017",
        Family::Rsa(3072), rsa_key_bytes(3072), 0, 0, RSA;
    /// RSA of 4096 bits.
    Rsa4096 = 12, "rsa-4096", "RFC 8017",
        Family::Rsa(4096), rsa_key_bytes(4096), 0, 0, RSA;
    /// HMAC, with SHA-224 where no hash is asked for.
    HmacSha224 = 13, "hmac-sha224", "RFC 2104",
        Family::Hmac(Hash::Sha224), 28, 0, 0, AUTHENTICATION;
    /// HMAC, with SHA-256 where no hash is asked for.
    HmacSha256 = 14, "hmac-sha256", "RFC 2104",
        Family::Hmac(Hash::Sha256), 32, 0, 0, AUTHENTICATION;
    /// HMAC, with SHA-384 where no hash is asked for.
    HmacSha384 = 15, "hmac-sha384", "RFC 2104",
        Family::Hmac(Hash::Sha384), 48, 0, 0, AUTHENTICATION;
    /// HMAC, with SHA-512 where no hash is asked for.
    HmacSha512 = 16, "hmac-sha512", "RFC 2104",
        Family::Hmac(Hash::Sha512), 64, 0, 0, AUTHENTICATION;
    /// AES-256-CMAC.
    Aes256Cmac = 17, "aes-256-cmac", "NIST SP 800-38B",
        Family::Cmac, 32, 0, 0, AUTHENTICATION;
    /// ECDH over P-256, its secret through HKDF.
    EcdhP256 = 18, "ecdh-p256", "NIST SP 800-56A",
        Family::Ecdh(Curve::P256), 32, 0, 0, AGREE;
    /// ECDH over P-384, its secret through HKDF.
    EcdhP384 = 19, "ecdh-p384", "NIST SP 800-56A",
        Family::Ecdh(Curve::P384), 48, 0, 0, AGREE;
    /// ECDH over P-521, its secret through HKDF.
    EcdhP521 = 20, "ecdh-p521", "NIST SP 800-56A",
        Family::Ecdh(Curve::P521), 66, 0, 0, AGREE;
    /// X25519, its secret through HKDF.
    X25519 = 21, "x25519", "RFC 7748",
        Family::X25519, 32, 0, 0, AGREE;
    /// HKDF with SHA-256.
    HkdfSha256 = 22, "hkdf-sha256", "RFC 5869",
        Family::Hkdf, 32, 0, 0, DERIVE;
    /// AES key wrap, with padding (KWP, RFC 5649) or without (KW, RFC 3394).
    Aes256Kwp = 23, "aes-256-kwp", "NIST SP 800-38F",
        Family::KeyWrap, 32, 0, 0, WRAPPING;
    /// ML-DSA-44, in an OpenSSL that has it (3.5); the key is PKCS#8 DER, zero-padded.
    MlDsa44 = 24, "ml-dsa-44", "FIPS 204",
        Family::MlDsa, 2688, 0, 0, SIGNING;
    /// ML-DSA-65, in an OpenSSL that has it.
    MlDsa65 = 25, "ml-dsa-65", "FIPS 204",
        Family::MlDsa, 4160, 0, 0, SIGNING;
    /// ML-DSA-87, in an OpenSSL that has it.
    MlDsa87 = 26, "ml-dsa-87", "FIPS 204",
        Family::MlDsa, 5120, 0, 0, SIGNING;
}

const ENCRYPTION: Usages = Usages::ENCRYPT.union(Usages::DECRYPT).union(COMPANION);
const SIGNING: Usages = Usages::SIGN.union(Usages::VERIFY).union(COMPANION);
const RSA: Usages = Usages::ENCRYPT
    .union(Usages::DECRYPT)
    .union(Usages::UNWRAP)
    .union(SIGNING);
const AUTHENTICATION: Usages = Usages::MAC.union(Usages::VERIFY_MAC);
const WRAPPING: Usages = Usages::WRAP.union(Usages::UNWRAP);
const AGREE: Usages = Usages::AGREE;
const DERIVE: Usages = Usages::DERIVE;
/// A key for another purpose makes MACs too, if its usages say so: under a companion key derived from it.
const COMPANION: Usages = AUTHENTICATION;

/// The longest `RSAPrivateKey` (RFC 8017, A.1.2) of a modulus of `bits` and an exponent of up to 32 bits: a header,
/// the version, and the integers n and d, e, and p, q, dp, dq and qinv, each with a tag, a length and a byte for the
/// sign.
const fn rsa_key_bytes(bits: usize) -> usize {
    let (whole, half) = (bits / 8, bits / 16);
    4 + 3 + 2 * (5 + whole) + 7 + 5 * (5 + half)
}
