//! The AEADs that OpenSSL has ready, of 96-bit nonces and 128-bit tags: AES-128-GCM (NIST SP 800-38D) and
//! ChaCha20-Poly1305 (RFC 8439). AES-256-GCM, on which XAES builds, is in `gcm`. A context is made
//! for one operation, in secret memory, and cleared when it is freed.

use crate::secret_memory::in_secret_memory;
use crate::Error;
use openssl::cipher::CipherRef;
use openssl::cipher_ctx::CipherCtx;
use openssl::error::ErrorStack;

const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// Writes ciphertext || tag; `output` is exactly 16 bytes longer than `plaintext`.
pub(super) fn seal(
    cipher: &CipherRef,
    key: &[u8],
    nonce: &[u8],
    plaintext: &[u8],
    associated_data: &[u8],
    output: &mut [u8],
) -> Result<(), Error> {
    check(cipher, key, nonce, plaintext, associated_data)?;
    let (ciphertext, tag) = output
        .split_at_mut_checked(plaintext.len())
        .ok_or(Error::Internal)?;
    if tag.len() != TAG_BYTES {
        return Err(Error::Internal);
    }
    let mut context = in_secret_memory(|| {
        let mut context = CipherCtx::new()?;
        context.encrypt_init(Some(cipher), Some(key), Some(nonce))?;
        Ok::<_, ErrorStack>(context)
    })?;
    if !associated_data.is_empty() {
        context.cipher_update(associated_data, None)?;
    }
    if !plaintext.is_empty() {
        context.cipher_update(plaintext, Some(ciphertext))?;
    }
    context.cipher_final(&mut [])?;
    context.tag(tag)?;
    Ok(())
}

/// Writes the plaintext of ciphertext || tag; `output` is exactly 16 bytes shorter. The caller wipes it on an error.
///
/// Errors: `AuthenticationFailed`, `MalformedCiphertext` (shorter than a tag).
pub(super) fn open(
    cipher: &CipherRef,
    key: &[u8],
    nonce: &[u8],
    sealed: &[u8],
    associated_data: &[u8],
    output: &mut [u8],
) -> Result<(), Error> {
    check(cipher, key, nonce, sealed, associated_data)?;
    let length = sealed
        .len()
        .checked_sub(TAG_BYTES)
        .ok_or(Error::MalformedCiphertext)?;
    let (ciphertext, tag) = sealed.split_at_checked(length).ok_or(Error::Internal)?;
    if output.len() != length {
        return Err(Error::Internal);
    }
    let mut context = in_secret_memory(|| {
        let mut context = CipherCtx::new()?;
        context.decrypt_init(Some(cipher), Some(key), Some(nonce))?;
        Ok::<_, ErrorStack>(context)
    })?;
    context.set_tag(tag)?;
    if !associated_data.is_empty() {
        context.cipher_update(associated_data, None)?;
    }
    if !ciphertext.is_empty() {
        context.cipher_update(ciphertext, Some(output))?;
    }
    context
        .cipher_final(&mut [])
        .map_err(|_| Error::AuthenticationFailed)?;
    Ok(())
}

/// The bindings assert these, and a panic is no answer.
fn check(
    cipher: &CipherRef,
    key: &[u8],
    nonce: &[u8],
    message: &[u8],
    associated_data: &[u8],
) -> Result<(), Error> {
    if key.len() != cipher.key_length() || nonce.len() != NONCE_BYTES {
        return Err(Error::Internal);
    }
    if i32::try_from(message.len()).is_err() || i32::try_from(associated_data.len()).is_err() {
        return Err(Error::MessageTooLong);
    }
    Ok(())
}
