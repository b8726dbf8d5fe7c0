//! Signatures over the message itself: Ed25519 (RFC 8032) and ML-DSA (FIPS 204).

use super::SignatureScheme;
use crate::{Algorithm, Error};
use openssl::error::ErrorStack;
use openssl::md_ctx::MdCtx;
use openssl::pkey::{HasPublic, PKeyRef, Private};
use openssl::pkey_ctx::PkeyCtxRef;
use strongroom_openssl::set_parameter;

/// Bytes of an Ed25519 signature.
pub(super) const ED25519_BYTES: usize = 64;

/// Bytes of an ML-DSA signature (FIPS 204, table 2). Errors: `Internal` (another algorithm).
pub(super) const fn ml_dsa_bytes(algorithm: Algorithm) -> Result<usize, Error> {
    match algorithm {
        Algorithm::MlDsa44 => Ok(2420),
        Algorithm::MlDsa65 => Ok(3309),
        Algorithm::MlDsa87 => Ok(4627),
        _ => Err(Error::Internal),
    }
}

/// Writes the signature of `message` and gives its length.
///
/// Errors: `AlgorithmUnavailable` (Ed25519ph), `CryptoLibrary`.
pub(super) fn sign(
    key: &PKeyRef<Private>,
    scheme: SignatureScheme,
    message: &[u8],
    output: &mut [u8],
) -> Result<usize, Error> {
    let mut context = MdCtx::new()?;
    prepare(context.digest_sign_init(None, key)?, scheme)?;
    let written = context.digest_sign(message, Some(output))?;
    if written == output.len() {
        Ok(written)
    } else {
        Err(Error::CryptoLibrary)
    }
}

/// Whether the signature is one of `message`.
///
/// Errors: `AlgorithmUnavailable` (Ed25519ph), `CryptoLibrary`.
pub(crate) fn verify<T: HasPublic>(
    key: &PKeyRef<T>,
    scheme: SignatureScheme,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, Error> {
    let mut context = MdCtx::new()?;
    prepare(context.digest_verify_init(None, key)?, scheme)?;
    let valid = context.digest_verify(message, signature).unwrap_or(false);
    if !valid {
        drop(ErrorStack::get());
    }
    Ok(valid)
}

fn prepare<T>(context: &mut PkeyCtxRef<T>, scheme: SignatureScheme) -> Result<(), Error> {
    match scheme {
        SignatureScheme::Ed25519 | SignatureScheme::MlDsa => Ok(()),
        SignatureScheme::Ed25519ph => set_parameter(context, c"instance", c"Ed25519ph")
            .map_err(|_| Error::AlgorithmUnavailable),
        _ => Err(Error::SchemeNotOfKey),
    }
}
