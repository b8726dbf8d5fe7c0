//! Unsealing. An installation's root key is kept wrapped under an unseal key, which comes out of a key file, a passphrase or
//! shares; exchanging those leaves the root key as it is, and rotating the root key leaves those.

mod base32;
mod field;
mod method;
mod passphrase;
mod shares;
mod wrapped;

pub use method::{Method, Scrypt, ShareSet};
pub use passphrase::{
    PASSPHRASE_MAX_BYTES, PASSPHRASE_MIN_BYTES, SCRYPT_COST_MAX, SCRYPT_COST_MIN,
};
pub use shares::{CollectedShares, Progress, SHARES_MAX, SHARES_MIN, SHARE_TEXT_BYTES};
pub use wrapped::WRAPPED_ROOT_MAX_BYTES;

use crate::aead::AeadKey;
use crate::blob::SEALING_ALGORITHM;
use crate::derivation::hkdf;
use crate::{Core, Error, Hash};
use strongroom_memory::SecretBytes;

/// Bytes of the secret that an unseal key is made of.
const UNSEAL_SECRET_BYTES: usize = 32;
const IDENTITY_BYTES: usize = 16;

/// What each derived key is for. A purpose is for ever: wrapped root keys depend on it. A key file may at the same time be
/// a root key of its own, so none is one of those that a root key has.
mod purpose {
    pub(super) const WRAP_ROOT: &[u8] = b"strongroom/v1/unseal-wrap-root";
    pub(super) const IDENTITY: &[u8] = b"strongroom/v1/unseal-identity";
}

/// What wraps an installation's root key, in secret memory.
pub struct UnsealKey {
    key: AeadKey,
    identity: [u8; IDENTITY_BYTES],
    method: Method,
}

impl UnsealKey {
    /// The key of a key file, whose `secret` (32 bytes) is not needed again afterwards.
    ///
    /// Errors: `InvalidArgument` (the length), `SecretMemoryExhausted`.
    pub fn from_file(core: &Core, secret: &SecretBytes) -> Result<Self, Error> {
        Self::new(core, secret, Method::File)
    }

    /// How it is had.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Bytes of secret memory that it takes for as long as it lives.
    pub fn secret_bytes(&self) -> usize {
        self.key.secret_bytes()
    }

    fn new(core: &Core, secret: &[u8], method: Method) -> Result<Self, Error> {
        if secret.len() != UNSEAL_SECRET_BYTES {
            return Err(Error::InvalidArgument);
        }
        let key = AeadKey::new(core, SEALING_ALGORITHM, |key| {
            hkdf(Hash::Sha256, secret, &[], purpose::WRAP_ROOT, key)
        })?;
        let mut identity = [0; IDENTITY_BYTES];
        hkdf(Hash::Sha256, secret, &[], purpose::IDENTITY, &mut identity)?;
        Ok(Self {
            key,
            identity,
            method,
        })
    }

    /// Itself, where it is the key of that identity. Errors: `UnsealKeyWrong`.
    fn checked(self, identity: [u8; IDENTITY_BYTES]) -> Result<Self, Error> {
        // Neither is secret: one is derived one way, the other stands in the store.
        if self.identity == identity {
            Ok(self)
        } else {
            Err(Error::UnsealKeyWrong)
        }
    }
}
