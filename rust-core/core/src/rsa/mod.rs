//! RSA encryption with OAEP padding (RFC 8017, 7.1). There is no decryption with PKCS#1 v1.5 padding, whose padding
//! errors are an oracle.
//!
//! OpenSSL blinds the private operation and checks OAEP's padding in constant time; every ciphertext that does not
//! decrypt, for whatever reason, gives one and the same error.

use crate::algorithm::Family;
use crate::key::{rsa_of, Material};
use crate::{Core, Error, Hash, Key, Usages};
use openssl::error::ErrorStack;
use openssl::pkey::{HasPublic, PKeyRef, Private};
use openssl::pkey_ctx::{PkeyCtx, PkeyCtxRef};
use openssl::rsa::Padding;
use strongroom_memory::{wipe, Wiped};

/// The longest label, in bytes.
pub const OAEP_LABEL_MAX_BYTES: usize = 1024;
/// Bytes of the longest modulus.
pub(crate) const MODULUS_MAX_BYTES: usize = 512;

/// The parameters of OAEP. MGF1 has the same hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oaep<'a> {
    /// SHA-1 is taken here whatever the build has: OAEP asks for no collision resistance, and its peers ask for SHA-1.
    pub hash: Hash,
    /// Bound into the ciphertext; mostly empty.
    pub label: &'a [u8],
}

impl Key {
    /// The longest plaintext: two digests and two bytes less than the modulus.
    ///
    /// Errors: `SchemeNotOfKey`, `LengthOutOfRange` (the hash is too long for the modulus).
    pub fn oaep_max_plaintext(&self, hash: Hash) -> Result<usize, Error> {
        self.oaep_modulus_bytes()?
            .checked_sub(2 * hash.digest_bytes() + 2)
            .ok_or(Error::LengthOutOfRange)
    }

    /// Bytes of a ciphertext: those of the modulus.
    ///
    /// Errors: `SchemeNotOfKey`.
    pub fn oaep_modulus_bytes(&self) -> Result<usize, Error> {
        match self.spec().algorithm().family() {
            Family::Rsa(bits) => Ok(bits as usize / 8),
            _ => Err(Error::SchemeNotOfKey),
        }
    }

    /// Encrypts; `ciphertext` has [`Key::oaep_modulus_bytes`].
    ///
    /// Errors: `UsageNotAllowed`, `SchemeNotOfKey`, `MessageTooLong` (above [`Key::oaep_max_plaintext`], or the label
    /// above [`OAEP_LABEL_MAX_BYTES`]).
    pub fn encrypt_oaep(
        &self,
        _: &Core,
        oaep: Oaep<'_>,
        plaintext: &[u8],
        ciphertext: &mut [u8],
    ) -> Result<(), Error> {
        self.allow(Usages::ENCRYPT)?;
        if plaintext.len() > self.oaep_max_plaintext(oaep.hash)? {
            return Err(Error::MessageTooLong);
        }
        encrypt(rsa_of(self.material())?, oaep, plaintext, ciphertext)
    }

    /// Decrypts, and gives the length of the plaintext; `plaintext` has [`Key::oaep_max_plaintext`].
    ///
    /// Errors: `UsageNotAllowed`, `SchemeNotOfKey`, `MessageTooLong` (the label), `MalformedCiphertext` (not as long as
    /// the modulus); `AuthenticationFailed` for everything else that can be wrong with the ciphertext.
    pub fn decrypt_oaep(
        &self,
        _: &Core,
        oaep: Oaep<'_>,
        ciphertext: &[u8],
        plaintext: &mut [u8],
    ) -> Result<usize, Error> {
        self.allow(Usages::DECRYPT)?;
        if plaintext.len() != self.oaep_max_plaintext(oaep.hash)? {
            return Err(Error::Internal);
        }
        decrypt(self.material(), oaep, ciphertext, plaintext)
    }
}

/// Encrypts to a public key; `ciphertext` is as long as its modulus.
///
/// Errors: `MessageTooLong` (the label), `CryptoLibrary` (the plaintext is too long).
pub(crate) fn encrypt<T: HasPublic>(
    key: &PKeyRef<T>,
    oaep: Oaep<'_>,
    plaintext: &[u8],
    ciphertext: &mut [u8],
) -> Result<(), Error> {
    if ciphertext.len() != key.size() {
        return Err(Error::Internal);
    }
    let mut context = PkeyCtx::new(key)?;
    context.encrypt_init()?;
    prepare(&mut context, oaep)?;
    let written = context.encrypt(plaintext, Some(ciphertext))?;
    if written == key.size() {
        Ok(())
    } else {
        Err(Error::CryptoLibrary)
    }
}

/// Decrypts with a pair, and gives the length of the plaintext. On an error `plaintext` is wiped.
///
/// Errors: `SchemeNotOfKey`, `MessageTooLong` (the label), `MalformedCiphertext`, `AuthenticationFailed`.
pub(crate) fn decrypt(
    material: &Material,
    oaep: Oaep<'_>,
    ciphertext: &[u8],
    plaintext: &mut [u8],
) -> Result<usize, Error> {
    let key = rsa_of(material)?;
    if ciphertext.len() != key.size() {
        return Err(Error::MalformedCiphertext);
    }
    // OpenSSL wants room for a whole modulus.
    let mut room = Wiped::new([0; MODULUS_MAX_BYTES]);
    let result = decrypt_into(key, oaep, ciphertext, room.as_mut_slice()).and_then(|length| {
        let found = room.get(..length).ok_or(Error::Internal)?;
        plaintext
            .get_mut(..length)
            .ok_or(Error::Internal)?
            .copy_from_slice(found);
        Ok(length)
    });
    if result.is_err() {
        wipe(plaintext);
    }
    result
}

fn decrypt_into(
    key: &PKeyRef<Private>,
    oaep: Oaep<'_>,
    ciphertext: &[u8],
    room: &mut [u8],
) -> Result<usize, Error> {
    let mut context = PkeyCtx::new(key)?;
    context.decrypt_init()?;
    prepare(&mut context, oaep)?;
    context
        .decrypt(ciphertext, Some(room))
        .map_err(|_: ErrorStack| Error::AuthenticationFailed)
}

fn prepare<T>(context: &mut PkeyCtxRef<T>, oaep: Oaep<'_>) -> Result<(), Error> {
    if oaep.label.len() > OAEP_LABEL_MAX_BYTES {
        return Err(Error::MessageTooLong);
    }
    context.set_rsa_padding(Padding::PKCS1_OAEP)?;
    context.set_rsa_oaep_md(oaep.hash.md())?;
    context.set_rsa_mgf1_md(oaep.hash.md())?;
    if !oaep.label.is_empty() {
        context.set_rsa_oaep_label(oaep.label)?;
    }
    Ok(())
}
