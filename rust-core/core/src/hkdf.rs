//! HKDF with SHA-256 (RFC 5869): one key from another, a purpose each.

use crate::Error;
use openssl::md::Md;
use openssl::pkey::Id;
use openssl::pkey_ctx::PkeyCtx;

/// Fills `output` (at most 255 x 32 bytes) with the key for the purpose that `info` names.
///
/// Errors: `CryptoLibrary` (output too long among them).
pub(crate) fn hkdf_sha256(
    key: &[u8],
    salt: &[u8],
    info: &[u8],
    output: &mut [u8],
) -> Result<(), Error> {
    let mut context = PkeyCtx::new_id(Id::HKDF)?;
    context.derive_init()?;
    context.set_hkdf_md(Md::sha256())?;
    context.set_hkdf_key(key)?;
    if !salt.is_empty() {
        context.set_hkdf_salt(salt)?;
    }
    context.add_hkdf_info(info)?;
    let wanted = output.len();
    let written = context.derive(Some(output))?;
    if written == wanted {
        Ok(())
    } else {
        Err(Error::CryptoLibrary)
    }
}
