//! AES-256-GCM (NIST SP 800-38D) of ciphertext || tag, with a context that was set up for it.

use crate::Error;
use strongroom_openssl::AesGcm;

const TAG_BYTES: usize = 16;

/// Writes ciphertext || tag; `output` is exactly 16 bytes longer than `plaintext`. Without a `key` the context has one.
///
/// Errors: `MessageTooLong`, `Internal` (a length that the caller got wrong).
pub(super) fn seal(
    context: &mut AesGcm,
    key: Option<&[u8; 32]>,
    nonce: &[u8],
    plaintext: &[u8],
    associated_data: &[u8],
    output: &mut [u8],
) -> Result<(), Error> {
    let nonce = nonce.try_into().map_err(|_| Error::Internal)?;
    let (ciphertext, tag) = output
        .split_last_chunk_mut::<TAG_BYTES>()
        .ok_or(Error::Internal)?;
    Ok(context.seal(key, nonce, associated_data, plaintext, ciphertext, tag)?)
}

/// Writes the plaintext of ciphertext || tag; `output` is exactly 16 bytes shorter. The caller wipes it on an error.
/// Without a `key` the context has one.
///
/// Errors: `AuthenticationFailed`, `MalformedCiphertext` (shorter than a tag); those of [`seal`].
pub(super) fn open(
    context: &mut AesGcm,
    key: Option<&[u8; 32]>,
    nonce: &[u8],
    sealed: &[u8],
    associated_data: &[u8],
    output: &mut [u8],
) -> Result<(), Error> {
    let nonce = nonce.try_into().map_err(|_| Error::Internal)?;
    let (ciphertext, tag) = sealed
        .split_last_chunk::<TAG_BYTES>()
        .ok_or(Error::MalformedCiphertext)?;
    Ok(context.open(key, nonce, associated_data, ciphertext, tag, output)?)
}
