//! What the OpenSSL at run time has: asked once, by name, and held. Looking an algorithm up costs more than
//! encrypting a short message with it.

use super::{Algorithm, Curve, Family, Hash};
use crate::Error;
use openssl::asn1::Asn1Object;
use openssl::cipher::{Cipher, CipherRef};
use openssl::ec::EcGroup;
use openssl::md::{Md, MdRef};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey};
use openssl::pkey_ctx::PkeyCtx;

/// OpenSSL's implementations, and which algorithms they make available.
pub(crate) struct Fetched {
    aes_128_gcm: Option<Cipher>,
    chacha20_poly1305: Option<Cipher>,
    aes_256_wrap: Option<Cipher>,
    aes_256_wrap_pad: Option<Cipher>,
    hashes: [Option<Md>; Hash::ALL.len()],
    groups: [Option<EcGroup>; Curve::ALL.len()],
    /// A bit an algorithm, by its place in [`Algorithm::ALL`].
    available: u64,
}

impl Fetched {
    pub(crate) fn new() -> Self {
        let cipher = |name| Cipher::fetch(None, name, None).ok();
        let mut fetched = Self {
            aes_128_gcm: cipher("AES-128-GCM"),
            chacha20_poly1305: cipher("ChaCha20-Poly1305"),
            aes_256_wrap: cipher("AES-256-WRAP"),
            aes_256_wrap_pad: cipher("AES-256-WRAP-PAD"),
            hashes: Hash::ALL.map(|hash| {
                let name = hash.openssl_name().to_str().ok()?;
                Md::fetch(None, name, None).ok()
            }),
            groups: Curve::ALL.map(|curve| curve.group().ok()),
            available: 0,
        };
        for (bit, algorithm) in Algorithm::ALL.into_iter().enumerate() {
            if fetched.finds(algorithm) {
                fetched.available |= 1 << bit;
            }
        }
        fetched
    }

    pub(crate) fn has(&self, algorithm: Algorithm) -> bool {
        Algorithm::ALL
            .into_iter()
            .zip(0..)
            .any(|(other, bit)| other == algorithm && self.available >> bit & 1 == 1)
    }

    /// The cipher of an AEAD that is plain EVP, or of key wrapping. Errors: `AlgorithmUnavailable`.
    pub(crate) fn cipher(&self, algorithm: Algorithm) -> Result<&CipherRef, Error> {
        let cipher = match algorithm {
            Algorithm::Aes128Gcm => &self.aes_128_gcm,
            Algorithm::ChaCha20Poly1305 => &self.chacha20_poly1305,
            Algorithm::Aes256Kwp => &self.aes_256_wrap_pad,
            _ => return Err(Error::Internal),
        };
        cipher.as_deref().ok_or(Error::AlgorithmUnavailable)
    }

    /// AES key wrap without padding. Errors: `AlgorithmUnavailable`.
    pub(crate) fn aes_256_wrap(&self) -> Result<&CipherRef, Error> {
        self.aes_256_wrap
            .as_deref()
            .ok_or(Error::AlgorithmUnavailable)
    }

    /// Errors: `AlgorithmUnavailable`.
    pub(crate) fn hash(&self, hash: Hash) -> Result<&MdRef, Error> {
        self.hashes
            .get(hash.index())
            .and_then(Option::as_deref)
            .ok_or(Error::AlgorithmUnavailable)
    }

    /// Errors: `AlgorithmUnavailable`.
    pub(crate) fn group(&self, curve: Curve) -> Result<&EcGroup, Error> {
        self.groups
            .get(curve as usize)
            .and_then(Option::as_ref)
            .ok_or(Error::AlgorithmUnavailable)
    }

    fn finds(&self, algorithm: Algorithm) -> bool {
        match algorithm.family() {
            // Without these two there is no core.
            Family::Aead if matches!(algorithm, Algorithm::Aes256Gcm | Algorithm::Xaes256Gcm) => {
                true
            }
            Family::Aead => self.cipher(algorithm).is_ok(),
            Family::KeyWrap => self.cipher(algorithm).is_ok() && self.aes_256_wrap.is_some(),
            Family::Ecdsa(curve) | Family::Ecdh(curve) => self.group(curve).is_ok(),
            Family::Hmac(hash) => self.hash(hash).is_ok(),
            Family::Ed25519 => PKey::private_key_from_raw_bytes(&[1; 32], Id::ED25519).is_ok(),
            Family::X25519 => PKey::private_key_from_raw_bytes(&[1; 32], Id::X25519).is_ok(),
            Family::Hkdf => PkeyCtx::new_id(Id::HKDF).is_ok(),
            Family::Cmac => PkeyCtx::new_id(Id::CMAC).is_ok(),
            Family::Rsa(_) => PkeyCtx::new_id(Id::RSA).is_ok(),
            Family::MlDsa => key_type(algorithm.name()).is_some_and(can_generate),
        }
    }
}

/// OpenSSL's number of a type of key, by the name that its object table has: how types that came after the binding
/// are reached. `None` where this OpenSSL has no such name.
pub(crate) fn key_type(name: &str) -> Option<Id> {
    let nid = Asn1Object::from_str(&name.to_ascii_uppercase()).ok()?.nid();
    (nid != Nid::UNDEF).then(|| Id::from_raw(nid.as_raw()))
}

fn can_generate(id: Id) -> bool {
    PkeyCtx::new_id(id).is_ok_and(|mut context| context.keygen_init().is_ok())
}

#[cfg(test)]
mod tests {
    use super::{can_generate, key_type, Fetched};
    use crate::tests::openssl_memory;
    use crate::Algorithm;
    use openssl::pkey::Id;

    #[test]
    fn what_every_openssl_3_has_is_available() {
        openssl_memory();
        let fetched = Fetched::new();
        for algorithm in Algorithm::ALL {
            if !algorithm.name().starts_with("ml-dsa") {
                assert!(fetched.has(algorithm), "{algorithm:?}");
            }
        }
    }

    #[test]
    fn a_type_of_key_is_found_by_name_and_an_unknown_name_finds_none() {
        openssl_memory();
        assert_eq!(key_type("ed25519"), Some(Id::ED25519));
        assert!(key_type("ed25519").is_some_and(can_generate));
        assert_eq!(key_type("no-such-algorithm"), None);
        // A name of OpenSSL's that is no type of key.
        assert!(!key_type("sha256").is_some_and(can_generate));
    }
}
