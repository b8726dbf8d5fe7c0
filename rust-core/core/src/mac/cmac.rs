//! AES-CMAC (NIST SP 800-38B, RFC 4493).
//!
//! OpenSSL's key object holds a copy of the key, and each operation a schedule of it: all of them in secret memory.

use crate::secret_memory::in_secret_memory;
use crate::Error;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use openssl::symm::Cipher;

/// Bytes of a MAC.
pub(crate) const CMAC_BYTES: usize = 16;

/// A key of 16, 24 or 32 bytes.
///
/// Errors: `SecretMemoryExhausted`, `CryptoLibrary`.
pub(crate) fn key(key: &[u8]) -> Result<PKey<Private>, Error> {
    let cipher = cipher(key.len())?;
    in_secret_memory(|| PKey::cmac(&cipher, key))
}

/// Has OpenSSL make what it keeps for keys of this length, outside of secret memory. Errors: `CryptoLibrary`.
pub(crate) fn prepare(length: usize) -> Result<(), Error> {
    let key = PKey::cmac(&cipher(length)?, &vec![0; length])?;
    Signer::new_without_digest(&key)?.sign_oneshot(&mut [0; CMAC_BYTES], &[])?;
    Ok(())
}

fn cipher(length: usize) -> Result<Cipher, Error> {
    match length {
        16 => Ok(Cipher::aes_128_cbc()),
        24 => Ok(Cipher::aes_192_cbc()),
        32 => Ok(Cipher::aes_256_cbc()),
        _ => Err(Error::Internal),
    }
}

/// Writes the MAC of `message` ([`CMAC_BYTES`]).
///
/// Errors: `CryptoLibrary`.
pub(crate) fn mac(key: &PKey<Private>, message: &[u8], mac: &mut [u8]) -> Result<(), Error> {
    if mac.len() != CMAC_BYTES {
        return Err(Error::Internal);
    }
    let written = in_secret_memory(|| Signer::new_without_digest(key)?.sign_oneshot(mac, message))?;
    if written == CMAC_BYTES {
        Ok(())
    } else {
        Err(Error::CryptoLibrary)
    }
}
