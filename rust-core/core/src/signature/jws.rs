//! Signatures of JSON Web Signatures (RFC 7515), verified with the public keys of others.

use super::{ecdsa, eddsa, rsa, Digest, EcdsaEncoding, PssSalt, SignatureScheme, Signed};
use crate::algorithm::Curve;
use crate::public_key::{ec_coordinates, ed25519_point, rsa_numbers};
use crate::{Core, Error, Hash};

/// How a JSON Web Signature is made (RFC 7518, 3.1; RFC 8037, 3.1). No algorithm has a shared secret. Each belongs to
/// one kind of key. Numbers are append-only: callers of the boundary know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwsAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256, also in MGF1, and a salt as long as the digest.
    Ps256,
    /// RSASSA-PSS with SHA-384, likewise.
    Ps384,
    /// RSASSA-PSS with SHA-512, likewise.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// Ed25519. Ed448, which has the same name in JSON Web Signatures, is not taken.
    EdDsa,
}

impl JwsAlgorithm {
    /// Every algorithm there is, by ascending number from 1.
    pub const ALL: [JwsAlgorithm; 10] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
    ];

    /// The algorithm of a number, if there is one.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.number() == number)
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self as u32 + 1
    }
}

impl Core {
    /// Whether `signature` is one of `message` under a public key. Any fault of a signature is just `false`.
    ///
    /// The key is the decoded members of a JWK that the algorithm asks for: `n` and `e` of RSA, `x` and `y` of a curve,
    /// `x` and nothing of Ed25519. The key is judged before the signature, so an empty signature asks whether the key is
    /// sound.
    ///
    /// Errors: `PublicKeyInvalid`, `MessageTooLong`, `AlgorithmUnavailable`.
    pub fn verify_jws(
        &self,
        algorithm: JwsAlgorithm,
        key: [&[u8]; 2],
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, Error> {
        let signed = Signed::Message(message);
        match algorithm.kind() {
            Kind::Rsa(scheme, hash) => {
                let key = rsa_numbers(key)?;
                let digest = Digest::new(self, hash, signed)?;
                Ok(rsa::Verifier::new(&key, scheme)?.verify(digest.bytes(), signature))
            }
            Kind::Ec(curve, hash) => {
                let key = ec_coordinates(self, curve, key)?;
                let digest = Digest::new(self, hash, signed)?;
                let encoding = EcdsaEncoding::P1363;
                Ok(ecdsa::verify(&key, digest.bytes(), encoding, signature))
            }
            Kind::Ed25519 => {
                let key = ed25519_point(key)?;
                let scheme = SignatureScheme::Ed25519;
                eddsa::verify(&key, scheme, super::message(signed)?, signature)
            }
        }
    }
}

/// What an algorithm asks of a key, and what it does with it.
enum Kind {
    Rsa(SignatureScheme, Hash),
    Ec(Curve, Hash),
    Ed25519,
}

impl JwsAlgorithm {
    fn kind(self) -> Kind {
        let pkcs1 = |hash| Kind::Rsa(SignatureScheme::RsaPkcs1 { hash }, hash);
        let salt = PssSalt::Digest;
        let pss = |hash| Kind::Rsa(SignatureScheme::RsaPss { hash, salt }, hash);
        match self {
            Self::Rs256 => pkcs1(Hash::Sha256),
            Self::Rs384 => pkcs1(Hash::Sha384),
            Self::Rs512 => pkcs1(Hash::Sha512),
            Self::Ps256 => pss(Hash::Sha256),
            Self::Ps384 => pss(Hash::Sha384),
            Self::Ps512 => pss(Hash::Sha512),
            Self::Es256 => Kind::Ec(Curve::P256, Hash::Sha256),
            Self::Es384 => Kind::Ec(Curve::P384, Hash::Sha384),
            Self::Es512 => Kind::Ec(Curve::P521, Hash::Sha512),
            Self::EdDsa => Kind::Ed25519,
        }
    }
}
