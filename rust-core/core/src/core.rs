//! What all operations share: secret memory, the algorithms of OpenSSL, and nonces.

use crate::nonce::{random, NonceSource};
use crate::Error;
use openssl::cipher::Cipher;
use openssl::md::Md;
use strongroom_memory::Arena;

/// Made once and passed to each operation. OpenSSL's algorithms are fetched here and held: looking one up by its
/// name costs more than encrypting a short message with it.
pub struct Core {
    pub(crate) arena: Arena,
    pub(crate) aes_256_gcm: Cipher,
    pub(crate) aes_256_ecb: Cipher,
    pub(crate) sha256: Md,
    pub(crate) nonces: NonceSource,
}

impl Core {
    /// A core that keeps its keys in `arena`.
    ///
    /// Errors: `AlgorithmUnavailable`, `SecretMemoryExhausted`.
    pub fn new(arena: Arena) -> Result<Self, Error> {
        let cipher =
            |name| Cipher::fetch(None, name, None).map_err(|_| Error::AlgorithmUnavailable);
        let nonces = NonceSource::new(&arena)?;
        Ok(Self {
            arena,
            aes_256_gcm: cipher("AES-256-GCM")?,
            aes_256_ecb: cipher("AES-256-ECB")?,
            sha256: Md::fetch(None, "SHA2-256", None).map_err(|_| Error::AlgorithmUnavailable)?,
            nonces,
        })
    }

    /// The secret memory in which keys lie.
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// Fills `bytes` from OpenSSL's DRBG.
    ///
    /// Errors: `LengthOutOfRange` (over 2 GiB), `RandomUnavailable`.
    pub fn random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        random(bytes)
    }
}
