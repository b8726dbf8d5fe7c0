//! Authenticated encryption with associated data (RFC 5116): a key, its algorithm, and nonce || ciphertext || tag.

mod gcm;
mod xaes;

use crate::{Algorithm, Core, Error};
use strongroom_memory::{wipe, SecretBytes};

/// A key that is ready for use. Its material lies in secret memory; no OpenSSL context is kept, so that no key
/// schedule outlives an operation (freeing a context clears it).
pub(crate) struct AeadKey {
    algorithm: Algorithm,
    /// The key; with XAES followed by the subkey K1 that its derivation needs each time.
    secret: SecretBytes,
}

impl AeadKey {
    /// A key whose material `fill` writes, straight into its place in secret memory.
    ///
    /// Errors: those of `fill`; `SecretMemoryExhausted`, `CryptoLibrary`.
    pub(crate) fn new(
        core: &Core,
        algorithm: Algorithm,
        fill: impl FnOnce(&mut [u8]) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let key_bytes = algorithm.key_bytes();
        let extra = match algorithm {
            Algorithm::Aes256Gcm => 0,
            Algorithm::Xaes256Gcm => xaes::SUBKEY_BYTES,
        };
        let mut secret = core.arena.allocate(key_bytes + extra)?;
        let (key, subkey) = secret.split_at_mut(key_bytes);
        fill(key)?;
        if algorithm == Algorithm::Xaes256Gcm {
            xaes::subkey(core, key, subkey)?;
        }
        Ok(Self { algorithm, secret })
    }

    /// Encrypts under a fresh random nonce: `output` is exactly `algorithm.overhead()` longer than `plaintext` and
    /// receives nonce || ciphertext || tag. On an error it is wiped.
    pub(crate) fn seal(
        &self,
        core: &Core,
        plaintext: &[u8],
        associated_data: &[u8],
        output: &mut [u8],
    ) -> Result<(), Error> {
        let nonce_bytes = self.algorithm.nonce_bytes();
        let (nonce, sealed) = output
            .split_at_mut_checked(nonce_bytes)
            .ok_or(Error::Internal)?;
        let result = core
            .nonces
            .draw(nonce)
            .and_then(|()| self.seal_with_nonce(core, nonce, plaintext, associated_data, sealed));
        if result.is_err() {
            wipe(output);
        }
        result
    }

    /// Decrypts what [`AeadKey::seal`] gave: `output` is exactly `algorithm.overhead()` shorter than `sealed`. On an
    /// error it is wiped: no byte of an unauthenticated plaintext is ever given.
    ///
    /// Errors: `AuthenticationFailed`, `MalformedCiphertext` (too short).
    pub(crate) fn open(
        &self,
        core: &Core,
        sealed: &[u8],
        associated_data: &[u8],
        output: &mut [u8],
    ) -> Result<(), Error> {
        let (nonce, sealed) = sealed
            .split_at_checked(self.algorithm.nonce_bytes())
            .ok_or(Error::MalformedCiphertext)?;
        let result = match self.algorithm {
            Algorithm::Aes256Gcm => {
                gcm::open(core, &self.secret, nonce, sealed, associated_data, output)
            }
            Algorithm::Xaes256Gcm => {
                xaes::with_message_key(core, &self.secret, nonce, |key, nonce| {
                    gcm::open(core, key, nonce, sealed, associated_data, output)
                })
            }
        };
        if result.is_err() {
            wipe(output);
        }
        result
    }

    /// Writes ciphertext || tag. Only [`AeadKey::seal`] and the known-answer tests come here: a nonce that is used
    /// twice gives the key's authentication away, so none is taken from outside.
    pub(crate) fn seal_with_nonce(
        &self,
        core: &Core,
        nonce: &[u8],
        plaintext: &[u8],
        associated_data: &[u8],
        output: &mut [u8],
    ) -> Result<(), Error> {
        match self.algorithm {
            Algorithm::Aes256Gcm => gcm::seal(
                core,
                &self.secret,
                nonce,
                plaintext,
                associated_data,
                output,
            ),
            Algorithm::Xaes256Gcm => {
                xaes::with_message_key(core, &self.secret, nonce, |key, nonce| {
                    gcm::seal(core, key, nonce, plaintext, associated_data, output)
                })
            }
        }
    }
}
