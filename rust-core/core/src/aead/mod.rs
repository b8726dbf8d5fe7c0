//! Authenticated encryption with associated data (RFC 5116): a key, its algorithm, and nonce || ciphertext || tag.

mod contexts;
mod convergent;
mod evp;
mod gcm;
mod xaes;

pub(crate) use contexts::ContextCache;
pub(crate) use convergent::ConvergentKey;

use crate::{Algorithm, Core, Error};
use contexts::{Contexts, Place};
use strongroom_memory::{wipe, SecretBytes};
use strongroom_openssl::Failure;

/// A key that is ready for use. Its material lies in secret memory, and so do the contexts that are kept for it.
pub(crate) struct AeadKey {
    algorithm: Algorithm,
    /// The key; with XAES followed by the subkey K1 that its derivation needs each time.
    secret: SecretBytes,
    place: Place,
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
            Algorithm::Xaes256Gcm => xaes::SUBKEY_BYTES,
            _ => 0,
        };
        let mut secret = core.arena.allocate(key_bytes + extra)?;
        let place = core.contexts.place();
        let (key, subkey) = secret.split_at_mut(key_bytes);
        fill(key)?;
        if algorithm == Algorithm::Xaes256Gcm {
            let key = (&*key).try_into().map_err(|_| Error::Internal)?;
            place.with(
                core,
                |contexts| contexts.set_blocks_key(key),
                |contexts| xaes::subkey(contexts, subkey),
            )?;
        }
        Ok(Self {
            algorithm,
            secret,
            place,
        })
    }

    /// Bytes of secret memory that it takes.
    pub(crate) fn secret_bytes(&self) -> usize {
        self.secret.footprint()
    }

    /// A key of this material.
    ///
    /// Errors: `Internal` (its length), `SecretMemoryExhausted`, `CryptoLibrary`.
    pub(crate) fn from_material(
        core: &Core,
        algorithm: Algorithm,
        material: &[u8],
    ) -> Result<Self, Error> {
        Self::new(core, algorithm, |key| {
            if key.len() != material.len() {
                return Err(Error::Internal);
            }
            key.copy_from_slice(material);
            Ok(())
        })
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
            Algorithm::Aes256Gcm => self.with_contexts(
                core,
                |contexts, key| contexts.set_gcm_key(key),
                |contexts, _| {
                    let context = &mut contexts.gcm;
                    gcm::open(context, None, nonce, sealed, associated_data, output)
                },
            ),
            Algorithm::Xaes256Gcm => self.with_contexts(
                core,
                |contexts, key| contexts.set_blocks_key(key),
                |contexts, k1| {
                    xaes::with_message_key(contexts, k1, nonce, |context, key, nonce| {
                        gcm::open(context, key, nonce, sealed, associated_data, output)
                    })
                },
            ),
            other => {
                let cipher = core.fetched.cipher(other)?;
                evp::open(cipher, &self.secret, nonce, sealed, associated_data, output)
            }
        };
        if result.is_err() {
            wipe(output);
        }
        result
    }

    /// Writes ciphertext || tag. Only [`AeadKey::seal`], [`ConvergentKey`] and the known-answer tests come here: a
    /// nonce that is used twice gives the key's authentication away, so none is taken from outside.
    pub(crate) fn seal_with_nonce(
        &self,
        core: &Core,
        nonce: &[u8],
        plaintext: &[u8],
        associated_data: &[u8],
        output: &mut [u8],
    ) -> Result<(), Error> {
        match self.algorithm {
            Algorithm::Aes256Gcm => self.with_contexts(
                core,
                |contexts, key| contexts.set_gcm_key(key),
                |contexts, _| {
                    let context = &mut contexts.gcm;
                    gcm::seal(context, None, nonce, plaintext, associated_data, output)
                },
            ),
            Algorithm::Xaes256Gcm => self.with_contexts(
                core,
                |contexts, key| contexts.set_blocks_key(key),
                |contexts, k1| {
                    xaes::with_message_key(contexts, k1, nonce, |context, key, nonce| {
                        gcm::seal(context, key, nonce, plaintext, associated_data, output)
                    })
                },
            ),
            other => {
                let cipher = core.fetched.cipher(other)?;
                evp::seal(
                    cipher,
                    &self.secret,
                    nonce,
                    plaintext,
                    associated_data,
                    output,
                )
            }
        }
    }

    /// Gives `work` contexts that `prepare` gave this key, and K1 where the algorithm has one.
    fn with_contexts<T>(
        &self,
        core: &Core,
        prepare: impl FnOnce(&mut Contexts, &[u8; 32]) -> Result<(), Failure>,
        work: impl FnOnce(&mut Contexts, &[u8]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (key, k1) = self.secret.split_first_chunk().ok_or(Error::Internal)?;
        self.place.with(
            core,
            |contexts| prepare(contexts, key),
            |contexts| work(contexts, k1),
        )
    }
}
