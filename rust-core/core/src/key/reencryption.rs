//! Moving a ciphertext to another key and another kind of encryption, with the plaintext never leaving the core.

use super::Key;
use crate::{Core, Error, Oaep, Usages};
use strongroom_memory::Wiped;

/// How a message is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption<'a> {
    /// With an AEAD, and this associated data.
    AssociatedData(&'a [u8]),
    /// With RSA-OAEP.
    Oaep(Oaep<'a>),
}

impl Key {
    /// Bytes that moving `length` bytes of ciphertext to `to` gives, at most.
    ///
    /// Errors: those of decrypting here and of encrypting there.
    pub fn moved_max_bytes(
        &self,
        from: Encryption<'_>,
        to: (&Key, Encryption<'_>),
        length: usize,
    ) -> Result<usize, Error> {
        let plaintext = self.plaintext_max_bytes(from, length)?;
        match to.1 {
            Encryption::AssociatedData(_) => to.0.encrypted_bytes(plaintext),
            Encryption::Oaep(_) => to.0.oaep_modulus_bytes(),
        }
    }

    /// Decrypts under this key as `from` says, and encrypts as `to` says; gives the length of the new ciphertext, for
    /// which there is room of [`Key::moved_max_bytes`].
    ///
    /// Errors: those of decrypting here and of encrypting there; `OutOfMemory`.
    pub fn move_to(
        &self,
        core: &Core,
        from: Encryption<'_>,
        to: (&Key, Encryption<'_>),
        ciphertext: &[u8],
        moved: &mut [u8],
    ) -> Result<usize, Error> {
        if moved.len() != self.moved_max_bytes(from, to, ciphertext.len())? {
            return Err(Error::Internal);
        }
        let longest = self.plaintext_max_bytes(from, ciphertext.len())?;
        let mut plaintext = Wiped::zeros(longest).ok_or(Error::OutOfMemory)?;
        let length = match from {
            Encryption::AssociatedData(data) => {
                self.decrypt(core, ciphertext, data, &mut plaintext)?;
                longest
            }
            Encryption::Oaep(oaep) => self.decrypt_oaep(core, oaep, ciphertext, &mut plaintext)?,
        };
        let plaintext = plaintext.get(..length).ok_or(Error::Internal)?;
        let (key, how) = to;
        match how {
            Encryption::AssociatedData(data) => {
                let length = key.encrypted_bytes(length)?;
                let moved = moved.get_mut(..length).ok_or(Error::Internal)?;
                key.encrypt(core, plaintext, data, moved)?;
                Ok(length)
            }
            Encryption::Oaep(oaep) => {
                key.encrypt_oaep(core, oaep, plaintext, moved)?;
                Ok(moved.len())
            }
        }
    }

    fn plaintext_max_bytes(&self, from: Encryption<'_>, length: usize) -> Result<usize, Error> {
        match from {
            Encryption::AssociatedData(_) => self.decrypted_bytes(length),
            Encryption::Oaep(oaep) => {
                self.allow(Usages::DECRYPT)?;
                // Before a caller is asked for room that a ciphertext of this length has no use for.
                if length != self.oaep_modulus_bytes()? {
                    return Err(Error::MalformedCiphertext);
                }
                self.oaep_max_plaintext(oaep.hash)
            }
        }
    }
}
