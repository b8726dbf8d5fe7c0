//! RSA signatures (RFC 8017, 8) on a digest, with PSS and PKCS#1 v1.5 padding. OpenSSL blinds the private operation.

use super::{PssSalt, SignatureScheme};
use crate::{Error, Hash};
use openssl::error::ErrorStack;
use openssl::pkey::{HasPublic, PKey, PKeyRef, Private};
use openssl::pkey_ctx::{PkeyCtx, PkeyCtxRef};
use std::ffi::{CStr, CString};
use strongroom_openssl::set_parameter;
use strongroom_sync::Mutex;

/// Bytes of a signature, which is as long as the modulus.
pub(super) const fn modulus_bytes(bits: u32) -> usize {
    bits as usize / 8
}

/// Errors: `InvalidArgument` (the salt does not fit beside the digest: RFC 8017, 9.1.1).
pub(super) fn check_salt(bits: u32, hash: Hash, salt: PssSalt) -> Result<(), Error> {
    match salt {
        PssSalt::Bytes(bytes)
            if usize::from(bytes) + hash.digest_bytes() + 2 > modulus_bytes(bits) =>
        {
            Err(Error::InvalidArgument)
        }
        _ => Ok(()),
    }
}

/// An RSA key, and the verifier that was last used with it: to make one costs a quarter of what verifying itself does.
pub(crate) struct RsaPair {
    key: PKey<Private>,
    kept: Mutex<Option<Verifier<Private>>>,
}

impl RsaPair {
    pub(crate) fn new(key: PKey<Private>) -> Self {
        let kept = Mutex::new(None);
        Self { key, kept }
    }

    pub(crate) fn key(&self) -> &PKey<Private> {
        &self.key
    }

    /// Whether the signature is one of `digest`. Threads that verify at once each work on a context of their own.
    ///
    /// Errors: `AlgorithmUnavailable`, `CryptoLibrary`.
    pub(super) fn verify(
        &self,
        scheme: SignatureScheme,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<bool, Error> {
        let kept = self.kept.lock().take();
        let mut verifier = match kept.filter(|kept| kept.scheme == scheme) {
            Some(kept) => kept,
            None => Verifier::new(&self.key, scheme)?,
        };
        let valid = verifier.verify(digest, signature);
        *self.kept.lock() = Some(verifier);
        Ok(valid)
    }
}

/// Writes the signature of `digest` ([`modulus_bytes`]) and gives its length.
///
/// Errors: `AlgorithmUnavailable` (OpenSSL does not have the hash for it), `CryptoLibrary`.
pub(super) fn sign(
    key: &PKeyRef<Private>,
    scheme: SignatureScheme,
    digest: &[u8],
    output: &mut [u8],
) -> Result<usize, Error> {
    let mut context = PkeyCtx::new(key)?;
    context.sign_init()?;
    prepare(&mut context, scheme, c"max").map_err(|_| Error::AlgorithmUnavailable)?;
    let written = context.sign(digest, Some(output))?;
    if written == output.len() {
        Ok(written)
    } else {
        Err(Error::CryptoLibrary)
    }
}

/// A context that is ready to verify with a key under one scheme. One thread at a time.
pub(crate) struct Verifier<T> {
    scheme: SignatureScheme,
    signature_bytes: usize,
    context: PkeyCtx<T>,
}

impl<T: HasPublic> Verifier<T> {
    /// Errors: `AlgorithmUnavailable`, `CryptoLibrary`.
    pub(crate) fn new(key: &PKeyRef<T>, scheme: SignatureScheme) -> Result<Self, Error> {
        let mut context = PkeyCtx::new(key)?;
        context.verify_init()?;
        prepare(&mut context, scheme, c"auto").map_err(|_| Error::AlgorithmUnavailable)?;
        Ok(Self {
            scheme,
            signature_bytes: key.size(),
            context,
        })
    }

    /// Whether the signature is one of `digest`.
    pub(crate) fn verify(&mut self, digest: &[u8], signature: &[u8]) -> bool {
        if signature.len() != self.signature_bytes {
            return false;
        }
        let valid = self.context.verify(digest, signature).unwrap_or(false);
        if !valid {
            // Not every refusal takes its reasons from the library's queue.
            drop(ErrorStack::get());
        }
        valid
    }
}

/// Sets padding, hash and salt; `auto` is what OpenSSL calls [`PssSalt::Auto`] here.
fn prepare<T>(
    context: &mut PkeyCtxRef<T>,
    scheme: SignatureScheme,
    auto: &CStr,
) -> Result<(), Error> {
    let hash = match scheme {
        SignatureScheme::RsaPss { hash, salt } => {
            set_parameter(context, c"rsa_padding_mode", c"pss")?;
            match salt {
                PssSalt::Auto => set_parameter(context, c"rsa_pss_saltlen", auto)?,
                PssSalt::Digest => set_parameter(context, c"rsa_pss_saltlen", c"digest")?,
                PssSalt::Bytes(bytes) => {
                    let bytes = CString::new(bytes.to_string()).map_err(|_| Error::Internal)?;
                    set_parameter(context, c"rsa_pss_saltlen", &bytes)?;
                }
            }
            hash
        }
        SignatureScheme::RsaPkcs1 { hash } => {
            set_parameter(context, c"rsa_padding_mode", c"pkcs1")?;
            hash
        }
        _ => return Err(Error::SchemeNotOfKey),
    };
    set_parameter(context, c"digest", hash.openssl_name())?;
    Ok(())
}
