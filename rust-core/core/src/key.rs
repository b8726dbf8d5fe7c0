//! An open key version and what can be done with it. Its rights are checked here, whatever was checked before.

use crate::aead::AeadKey;
use crate::blob::{self, sealed_bytes};
use crate::{Algorithm, Core, Error, KeyId, KeySpec, RootKey, Usages};
use strongroom_memory::{wipe, Wiped};

/// The longest plaintext, and the longest associated data, of one operation: 32 MiB.
pub const MESSAGE_MAX_BYTES: usize = 32 << 20;
/// The shortest data key.
pub const DATA_KEY_MIN_BYTES: usize = 16;
/// The longest data key.
pub const DATA_KEY_MAX_BYTES: usize = 512;

/// A key version whose material lies in secret memory, wiped when it is dropped.
///
/// Operations write to a slice of exactly the length that the matching `_bytes` function gives, with no copy on the
/// way, and wipe it when they fail.
pub struct Key {
    spec: KeySpec,
    aead: AeadKey,
}

impl Key {
    /// Bytes of a sealed key of `algorithm`.
    pub const fn sealed_bytes(algorithm: Algorithm) -> usize {
        sealed_bytes(algorithm)
    }

    /// Makes a key version and writes it sealed ([`Key::sealed_bytes`]).
    ///
    /// Errors: `SecretMemoryExhausted`, `RandomUnavailable`, `CryptoLibrary`.
    pub fn generate(
        core: &Core,
        root: &RootKey,
        spec: &KeySpec,
        sealed: &mut [u8],
    ) -> Result<(), Error> {
        let mut material = core.arena.allocate(spec.algorithm().key_bytes())?;
        core.random(&mut material)?;
        blob::seal(core, &root.sealing, spec, &material, sealed)
    }

    /// Opens a sealed key, which must be `version` of the key `id`.
    ///
    /// Errors: `SealedBlobMalformed`, `SealedBlobFormatUnknown`, `SealedBlobNotAuthentic` (edited, or another
    /// root's), `SealedBlobNotThisKey`, `AlgorithmUnavailable`, `SecretMemoryExhausted`.
    pub fn open(
        core: &Core,
        root: &RootKey,
        sealed: &[u8],
        id: KeyId,
        version: u32,
    ) -> Result<Self, Error> {
        let (spec, material) = blob::open(core, &root.sealing, sealed, id, Some(version))?;
        let aead = AeadKey::new(core, spec.algorithm(), |key| {
            if key.len() != material.len() {
                return Err(Error::Internal);
            }
            key.copy_from_slice(&material);
            Ok(())
        })?;
        Ok(Self { spec, aead })
    }

    /// What it is.
    pub fn spec(&self) -> &KeySpec {
        &self.spec
    }

    /// Bytes that encrypting `length` bytes gives.
    ///
    /// Errors: `UsageNotAllowed`, `MessageTooLong`.
    pub fn encrypted_bytes(&self, length: usize) -> Result<usize, Error> {
        self.allow(Usages::ENCRYPT)?;
        if length > MESSAGE_MAX_BYTES {
            return Err(Error::MessageTooLong);
        }
        Ok(length + self.spec.algorithm().overhead())
    }

    /// Encrypts under a fresh random nonce: nonce || ciphertext || tag.
    ///
    /// Errors: those of [`Key::encrypted_bytes`]; `MessageTooLong` (associated data), `RandomUnavailable`.
    pub fn encrypt(
        &self,
        core: &Core,
        plaintext: &[u8],
        associated_data: &[u8],
        ciphertext: &mut [u8],
    ) -> Result<(), Error> {
        check_room(self.encrypted_bytes(plaintext.len())?, ciphertext)?;
        check_associated_data(associated_data)?;
        self.aead.seal(core, plaintext, associated_data, ciphertext)
    }

    /// Bytes that decrypting `length` bytes gives.
    ///
    /// Errors: `UsageNotAllowed`, `MalformedCiphertext` (too short), `MessageTooLong`.
    pub fn decrypted_bytes(&self, length: usize) -> Result<usize, Error> {
        self.allow(Usages::DECRYPT)?;
        let overhead = self.spec.algorithm().overhead();
        let length = length
            .checked_sub(overhead)
            .ok_or(Error::MalformedCiphertext)?;
        if length > MESSAGE_MAX_BYTES {
            return Err(Error::MessageTooLong);
        }
        Ok(length)
    }

    /// Decrypts what [`Key::encrypt`] gave.
    ///
    /// Errors: those of [`Key::decrypted_bytes`]; `MessageTooLong` (associated data); `AuthenticationFailed` for
    /// everything else that can be wrong with the ciphertext.
    pub fn decrypt(
        &self,
        core: &Core,
        ciphertext: &[u8],
        associated_data: &[u8],
        plaintext: &mut [u8],
    ) -> Result<(), Error> {
        check_room(self.decrypted_bytes(ciphertext.len())?, plaintext)?;
        check_associated_data(associated_data)?;
        self.aead.open(core, ciphertext, associated_data, plaintext)
    }

    /// Bytes that re-encrypting `length` bytes of ciphertext under `to` gives.
    ///
    /// Errors: those of [`Key::decrypted_bytes`] here and of [`Key::encrypted_bytes`] there.
    pub fn reencrypted_bytes(&self, to: &Key, length: usize) -> Result<usize, Error> {
        to.encrypted_bytes(self.decrypted_bytes(length)?)
    }

    /// Decrypts under this key and encrypts under `to`. The plaintext stays in a buffer of the core's, which is
    /// wiped.
    ///
    /// Errors: those of [`Key::decrypt`] and [`Key::encrypt`]; `OutOfMemory`.
    pub fn reencrypt(
        &self,
        core: &Core,
        to: &Key,
        ciphertext: &[u8],
        associated_data: &[u8],
        new_associated_data: &[u8],
        new_ciphertext: &mut [u8],
    ) -> Result<(), Error> {
        check_room(
            self.reencrypted_bytes(to, ciphertext.len())?,
            new_ciphertext,
        )?;
        let length = self.decrypted_bytes(ciphertext.len())?;
        let mut plaintext = Wiped::zeros(length).ok_or(Error::OutOfMemory)?;
        self.decrypt(core, ciphertext, associated_data, &mut plaintext)?;
        to.encrypt(core, &plaintext, new_associated_data, new_ciphertext)
    }

    /// Bytes that an encrypted data key of `bytes` is.
    ///
    /// Errors: `UsageNotAllowed`, `LengthOutOfRange`.
    pub fn data_key_bytes(&self, bytes: usize) -> Result<usize, Error> {
        self.allow(Usages::ENCRYPT)?;
        if !(DATA_KEY_MIN_BYTES..=DATA_KEY_MAX_BYTES).contains(&bytes) {
            return Err(Error::LengthOutOfRange);
        }
        self.encrypted_bytes(bytes)
    }

    /// Makes `bytes` random bytes and encrypts them; with `plaintext`, they are written there too.
    ///
    /// Errors: those of [`Key::data_key_bytes`] and [`Key::encrypt`].
    pub fn data_key(
        &self,
        core: &Core,
        bytes: usize,
        associated_data: &[u8],
        plaintext: Option<&mut [u8]>,
        ciphertext: &mut [u8],
    ) -> Result<(), Error> {
        check_room(self.data_key_bytes(bytes)?, ciphertext)?;
        let mut inside = Wiped::new([0; DATA_KEY_MAX_BYTES]);
        let plaintext = match plaintext {
            Some(outside) => {
                check_room(bytes, outside)?;
                outside
            }
            None => inside.get_mut(..bytes).ok_or(Error::LengthOutOfRange)?,
        };
        let result = core
            .random(plaintext)
            .and_then(|()| self.encrypt(core, plaintext, associated_data, ciphertext));
        if result.is_err() {
            wipe(plaintext);
        }
        result
    }

    fn allow(&self, usage: Usages) -> Result<(), Error> {
        if self.spec.usages().contains(usage) {
            Ok(())
        } else {
            Err(Error::UsageNotAllowed)
        }
    }
}

fn check_room(needed: usize, room: &[u8]) -> Result<(), Error> {
    if room.len() == needed {
        Ok(())
    } else {
        Err(Error::Internal)
    }
}

fn check_associated_data(associated_data: &[u8]) -> Result<(), Error> {
    if associated_data.len() <= MESSAGE_MAX_BYTES {
        Ok(())
    } else {
        Err(Error::MessageTooLong)
    }
}
