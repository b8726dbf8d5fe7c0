//! HKDF (RFC 5869): one key from another, a purpose each.

use crate::secret_memory::in_secret_memory;
use crate::{Error, Hash};
use openssl::pkey::Id;
use openssl::pkey_ctx::PkeyCtx;

/// Fills `output` (at most 255 digests) with the key for the purpose that `info` names.
///
/// Errors: `LengthOutOfRange` (the output), `CryptoLibrary`.
pub(crate) fn hkdf(
    hash: Hash,
    key: &[u8],
    salt: &[u8],
    info: &[u8],
    output: &mut [u8],
) -> Result<(), Error> {
    if output.is_empty() || output.len() > 255 * hash.digest_bytes() {
        return Err(Error::LengthOutOfRange);
    }
    // The bindings turn lengths into ints and panic on one that is none.
    if [key, salt, info]
        .iter()
        .any(|part| i32::try_from(part.len()).is_err())
    {
        return Err(Error::MessageTooLong);
    }
    in_secret_memory(|| derive(hash, key, salt, info, output))
}

/// Has OpenSSL look up what it needs and keep it, outside of secret memory. Errors: `CryptoLibrary`.
pub(crate) fn prepare() -> Result<(), Error> {
    Hash::ALL
        .into_iter()
        .try_for_each(|hash| derive(hash, &[0; 32], &[], &[], &mut [0; 32]))
}

fn derive(
    hash: Hash,
    key: &[u8],
    salt: &[u8],
    info: &[u8],
    output: &mut [u8],
) -> Result<(), Error> {
    let mut context = PkeyCtx::new_id(Id::HKDF)?;
    context.derive_init()?;
    context.set_hkdf_md(hash.md())?;
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
