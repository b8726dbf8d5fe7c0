//! Authenticated encryption with a key: plaintexts, data keys, and moving a ciphertext to another key.

use super::{check_room, Key, Material};
use crate::{Core, Error, Usages};
use strongroom_memory::{wipe, Wiped};

/// The longest plaintext, and the longest associated data, of one operation: 32 MiB.
pub const MESSAGE_MAX_BYTES: usize = 32 << 20;
/// The shortest data key.
pub const DATA_KEY_MIN_BYTES: usize = 16;
/// The longest data key.
pub const DATA_KEY_MAX_BYTES: usize = 512;

impl Key {
    /// Bytes that encrypting `length` bytes gives.
    ///
    /// Errors: `UsageNotAllowed`, `ContextMismatch`, `SchemeNotOfKey`, `MessageTooLong`.
    pub fn encrypted_bytes(&self, length: usize) -> Result<usize, Error> {
        self.allow(Usages::ENCRYPT)?;
        self.check_aead()?;
        if length > MESSAGE_MAX_BYTES {
            return Err(Error::MessageTooLong);
        }
        Ok(length + self.spec.algorithm().overhead())
    }

    /// Encrypts: nonce || ciphertext || tag. The nonce is random, or with a convergent subkey the message's own.
    ///
    /// Errors: those of [`Key::encrypted_bytes`]; `MessageTooLong` (associated data), `RandomUnavailable`,
    /// `RotationRequired`, `UsesNotReserved`.
    pub fn encrypt(
        &self,
        core: &Core,
        plaintext: &[u8],
        associated_data: &[u8],
        ciphertext: &mut [u8],
    ) -> Result<(), Error> {
        check_room(self.encrypted_bytes(plaintext.len())?, ciphertext)?;
        check_associated_data(associated_data)?;
        match self.material() {
            Material::Aead(key) => {
                self.uses.take()?;
                key.seal(core, plaintext, associated_data, ciphertext)
            }
            Material::Convergent(key) => {
                self.uses.take()?;
                key.seal(core, plaintext, associated_data, ciphertext)
            }
            _ => Err(Error::Internal),
        }
    }

    /// Bytes that decrypting `length` bytes gives.
    ///
    /// Errors: `UsageNotAllowed`, `ContextMismatch`, `SchemeNotOfKey`, `MalformedCiphertext` (too short),
    /// `MessageTooLong`.
    pub fn decrypted_bytes(&self, length: usize) -> Result<usize, Error> {
        self.allow(Usages::DECRYPT)?;
        self.check_aead()?;
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
        match self.material() {
            Material::Aead(key) => key.open(core, ciphertext, associated_data, plaintext),
            Material::Convergent(key) => {
                key.aead.open(core, ciphertext, associated_data, plaintext)
            }
            _ => Err(Error::Internal),
        }
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

    /// Errors: `ContextMismatch`, `SchemeNotOfKey`.
    fn check_aead(&self) -> Result<(), Error> {
        match self.material() {
            Material::Aead(_) | Material::Convergent(_) => Ok(()),
            Material::Parent(_) => Err(Error::ContextMismatch),
            _ => Err(Error::SchemeNotOfKey),
        }
    }
}

fn check_associated_data(associated_data: &[u8]) -> Result<(), Error> {
    if associated_data.len() <= MESSAGE_MAX_BYTES {
        Ok(())
    } else {
        Err(Error::MessageTooLong)
    }
}
