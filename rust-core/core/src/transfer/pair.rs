//! Data keys that are pairs: made here, their private half given encrypted under a key, and in the clear only if asked.

use super::{pkcs8, PRIVATE_KEY_MAX_BYTES};
use crate::key::{generate, Material};
use crate::{Algorithm, Core, Error, Key, PublicKeyFormat, Usages};
use strongroom_memory::wipe;

/// A new pair, beside what was written of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataKeyPair {
    /// SubjectPublicKeyInfo in DER.
    pub public_key: Vec<u8>,
    /// Bytes of the private key as PKCS#8 in DER.
    pub private_key_bytes: usize,
    /// Bytes of its ciphertext.
    pub ciphertext_bytes: usize,
}

impl Key {
    /// Makes a pair of `algorithm` and writes its private key (PKCS#8 in DER) encrypted to `ciphertext`, and with
    /// `private_key` there too. Room for any is [`PRIVATE_KEY_MAX_BYTES`], and [`Key::encrypted_bytes`] of that.
    ///
    /// Errors: those of [`Key::encrypt`]; `SchemeNotOfKey` (`algorithm` has no pairs), `BufferTooSmall`,
    /// `AlgorithmUnavailable`, `SecretMemoryExhausted`.
    pub fn data_key_pair(
        &self,
        core: &Core,
        algorithm: Algorithm,
        associated_data: &[u8],
        private_key: Option<&mut [u8]>,
        ciphertext: &mut [u8],
    ) -> Result<DataKeyPair, Error> {
        self.allow(Usages::ENCRYPT)?;
        if !algorithm.is_pair() {
            return Err(Error::SchemeNotOfKey);
        }
        let material = generate(core, algorithm, algorithm.key_bytes())?;
        let private = pkcs8::encode(core, algorithm, &material)?;
        if private.len() > PRIVATE_KEY_MAX_BYTES {
            return Err(Error::Internal);
        }
        let public = Material::new(core, algorithm, material)?;
        let public_key = public.public_key(algorithm, PublicKeyFormat::Der)?;
        let ciphertext_bytes = self.encrypted_bytes(private.len())?;
        let ciphertext = ciphertext
            .get_mut(..ciphertext_bytes)
            .ok_or(Error::BufferTooSmall)?;
        if let Some(room) = private_key {
            room.get_mut(..private.len())
                .ok_or(Error::BufferTooSmall)?
                .copy_from_slice(&private);
            if let Err(error) = self.encrypt(core, &private, associated_data, ciphertext) {
                wipe(room);
                return Err(error);
            }
        } else {
            self.encrypt(core, &private, associated_data, ciphertext)?;
        }
        Ok(DataKeyPair {
            public_key,
            private_key_bytes: private.len(),
            ciphertext_bytes,
        })
    }
}
