//! Signatures: which schemes there are, and signing and verifying with a key. What is signed is hashed here, or comes
//! as a digest of just its hash's length.

mod ecdsa;
mod eddsa;
mod jws;
mod rsa;

#[cfg(test)]
pub(crate) use ecdsa::verify as verify_ecdsa;
#[cfg(test)]
pub(crate) use eddsa::verify as verify_eddsa;
pub use jws::JwsAlgorithm;
pub(crate) use rsa::RsaPair;
#[cfg(test)]
pub(crate) use rsa::Verifier as RsaVerifier;

use crate::algorithm::{Curve, Family, DIGEST_MAX_BYTES};
use crate::key::Material;
use crate::mac::digest;
use crate::{Algorithm, Core, Error, Hash, Key, Usages, MESSAGE_MAX_BYTES};
use strongroom_memory::wipe;

/// How a signature is made. Each belongs to one kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureScheme {
    /// Pure Ed25519 (RFC 8032): over the message, never a digest. 64 bytes.
    Ed25519,
    /// Ed25519ph (RFC 8032), which hashes the message itself; in OpenSSL 3.2 and later. 64 bytes.
    Ed25519ph,
    /// ECDSA (FIPS 186-5) with a random nonce, blinded by OpenSSL.
    Ecdsa {
        /// Of the message. A digest longer than the curve's order is cut, as the standard says.
        hash: Hash,
        /// Of the signature.
        encoding: EcdsaEncoding,
    },
    /// RSASSA-PSS (RFC 8017, 8.1), with MGF1 of the same hash. As long as the modulus.
    RsaPss {
        /// Of the message.
        hash: Hash,
        /// Of the salt.
        salt: PssSalt,
    },
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2). As long as the modulus.
    RsaPkcs1 {
        /// Of the message.
        hash: Hash,
    },
    /// ML-DSA (FIPS 204), pure, with an empty context.
    MlDsa,
}

/// How the two numbers of an ECDSA signature are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EcdsaEncoding {
    /// `SEQUENCE { r INTEGER, s INTEGER }` in DER (RFC 3279, 2.2.3); its length varies.
    Der,
    /// r || s, each as long as the curve's order (IEEE P1363). JWS (RFC 7518, 3.4) has the same bytes.
    P1363,
}

/// How long the salt of RSASSA-PSS is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PssSalt {
    /// As long as fits when signing; of any length when verifying.
    Auto,
    /// As long as the digest.
    Digest,
    /// So many bytes.
    Bytes(u16),
}

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed<'a> {
    /// The message itself, of up to [`MESSAGE_MAX_BYTES`].
    Message(&'a [u8]),
    /// Its digest, made elsewhere with the scheme's hash.
    Digest(&'a [u8]),
}

impl Algorithm {
    /// The scheme that keys of this algorithm sign with where none is asked for; `None` where they do not sign.
    pub const fn signature_scheme(self) -> Option<SignatureScheme> {
        match self.family() {
            Family::Ed25519 => Some(SignatureScheme::Ed25519),
            Family::MlDsa => Some(SignatureScheme::MlDsa),
            Family::Ecdsa(curve) => Some(SignatureScheme::Ecdsa {
                hash: match curve {
                    Curve::P256 | Curve::Secp256k1 => Hash::Sha256,
                    Curve::P384 => Hash::Sha384,
                    Curve::P521 => Hash::Sha512,
                },
                encoding: EcdsaEncoding::Der,
            }),
            Family::Rsa(_) => Some(SignatureScheme::RsaPss {
                hash: Hash::Sha256,
                salt: PssSalt::Digest,
            }),
            _ => None,
        }
    }
}

impl Key {
    /// Bytes of a signature, at most: only in DER are there shorter ones.
    ///
    /// Errors: `UsageNotAllowed`, `SchemeNotOfKey`, `ContextMismatch`.
    pub fn signature_max_bytes(&self, scheme: SignatureScheme) -> Result<usize, Error> {
        self.allow(Usages::SIGN)?;
        self.signature_length(scheme)
    }

    /// Signs, and gives the length of the signature; `signature` has [`Key::signature_max_bytes`].
    ///
    /// Errors: those of [`Key::signature_max_bytes`]; `DigestLength`, `MessageTooLong`, `InvalidArgument` (a salt that
    /// does not fit), `FeatureNotBuilt` (SHA-1), `AlgorithmUnavailable`.
    pub fn sign(
        &self,
        core: &Core,
        scheme: SignatureScheme,
        signed: Signed<'_>,
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        if signature.len() != self.signature_max_bytes(scheme)? {
            return Err(Error::Internal);
        }
        let result = self.sign_into(core, scheme, signed, signature);
        if result.is_err() {
            wipe(signature);
        }
        result
    }

    /// Whether `signature` is one of what is signed. Any fault of a signature is just `false`.
    ///
    /// Errors: as [`Key::sign`].
    pub fn verify(
        &self,
        core: &Core,
        scheme: SignatureScheme,
        signed: Signed<'_>,
        signature: &[u8],
    ) -> Result<bool, Error> {
        self.allow(Usages::VERIFY)?;
        self.signature_length(scheme)?;
        match (self.material(), scheme) {
            (Material::Ec(key), SignatureScheme::Ecdsa { hash, encoding }) => {
                let digest = Digest::new(core, hash, signed)?;
                Ok(ecdsa::verify(key, digest.bytes(), encoding, signature))
            }
            (Material::Rsa(pair), SignatureScheme::RsaPss { hash, .. })
            | (Material::Rsa(pair), SignatureScheme::RsaPkcs1 { hash }) => {
                let digest = Digest::new(core, hash, signed)?;
                pair.verify(scheme, digest.bytes(), signature)
            }
            (Material::Pair(key), _) => eddsa::verify(key, scheme, message(signed)?, signature),
            _ => Err(Error::SchemeNotOfKey),
        }
    }

    fn sign_into(
        &self,
        core: &Core,
        scheme: SignatureScheme,
        signed: Signed<'_>,
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        match (self.material(), scheme) {
            (Material::Ec(key), SignatureScheme::Ecdsa { hash, encoding }) => {
                let digest = Digest::new(core, hash, signed)?;
                ecdsa::sign(key, digest.bytes(), encoding, signature)
            }
            (Material::Rsa(pair), SignatureScheme::RsaPss { hash, .. })
            | (Material::Rsa(pair), SignatureScheme::RsaPkcs1 { hash }) => {
                let digest = Digest::new(core, hash, signed)?;
                rsa::sign(pair.key(), scheme, digest.bytes(), signature)
            }
            (Material::Pair(key), _) => eddsa::sign(key, scheme, message(signed)?, signature),
            _ => Err(Error::SchemeNotOfKey),
        }
    }

    fn signature_length(&self, scheme: SignatureScheme) -> Result<usize, Error> {
        if matches!(self.material(), Material::Parent(_)) {
            return Err(Error::ContextMismatch);
        }
        let algorithm = self.spec().algorithm();
        match (algorithm.family(), scheme) {
            (Family::Ecdsa(curve), SignatureScheme::Ecdsa { encoding, .. }) => {
                Ok(ecdsa::max_bytes(curve, encoding))
            }
            (Family::Rsa(bits), SignatureScheme::RsaPss { hash, salt }) => {
                rsa::check_salt(bits, hash, salt)?;
                Ok(rsa::modulus_bytes(bits))
            }
            (Family::Rsa(bits), SignatureScheme::RsaPkcs1 { .. }) => Ok(rsa::modulus_bytes(bits)),
            (Family::Ed25519, SignatureScheme::Ed25519 | SignatureScheme::Ed25519ph) => {
                Ok(eddsa::ED25519_BYTES)
            }
            (Family::MlDsa, SignatureScheme::MlDsa) => eddsa::ml_dsa_bytes(algorithm),
            _ => Err(Error::SchemeNotOfKey),
        }
    }
}

/// The digest that is signed.
struct Digest {
    bytes: [u8; DIGEST_MAX_BYTES],
    length: usize,
}

impl Digest {
    /// Errors: `DigestLength`, `MessageTooLong`, `FeatureNotBuilt`, `AlgorithmUnavailable`.
    fn new(core: &Core, hash: Hash, signed: Signed<'_>) -> Result<Self, Error> {
        let md = core.allowed(hash)?;
        let length = hash.digest_bytes();
        let mut bytes = [0; DIGEST_MAX_BYTES];
        match signed {
            Signed::Message(message) if message.len() > MESSAGE_MAX_BYTES => {
                return Err(Error::MessageTooLong);
            }
            Signed::Message(message) => digest(md, &[message], &mut bytes)?,
            Signed::Digest(given) if given.len() != length => return Err(Error::DigestLength),
            Signed::Digest(given) => bytes
                .get_mut(..length)
                .ok_or(Error::Internal)?
                .copy_from_slice(given),
        }
        Ok(Self { bytes, length })
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Errors: `SchemeNotOfKey` (a digest, where the scheme has no hash of its caller's), `MessageTooLong`.
fn message(signed: Signed<'_>) -> Result<&[u8], Error> {
    match signed {
        Signed::Message(message) if message.len() > MESSAGE_MAX_BYTES => Err(Error::MessageTooLong),
        Signed::Message(message) => Ok(message),
        Signed::Digest(_) => Err(Error::SchemeNotOfKey),
    }
}
