//! HKDF (RFC 5869): one key from another, a purpose each. It is composed of HMAC, for OpenSSL's own copies salt and info,
//! which are public and may be long, to where the key lies. A test holds the two to each other.

use crate::algorithm::DIGEST_MAX_BYTES;
use crate::mac::hmac;
use crate::{Error, Hash};
use strongroom_memory::Wiped;

/// Fills `output` (at most 255 digests) with the key for the purpose that `info` names.
///
/// Errors: `LengthOutOfRange` (the output), `SecretMemoryExhausted`, `CryptoLibrary`.
pub(crate) fn hkdf(
    hash: Hash,
    key: &[u8],
    salt: &[u8],
    info: &[u8],
    output: &mut [u8],
) -> Result<(), Error> {
    let length = hash.digest_bytes();
    if output.is_empty() || output.len() > 255 * length {
        return Err(Error::LengthOutOfRange);
    }
    let md = hash.md();
    let mut extracted = Wiped::new([0u8; DIGEST_MAX_BYTES]);
    let extracted = extracted.get_mut(..length).ok_or(Error::Internal)?;
    // RFC 5869, 2.2. A salt that is absent is zeros, with which HMAC fills up the block anyhow.
    hmac(hash, md, salt, &[key], extracted)?;
    // RFC 5869, 2.3. Each digest is of the one before it; before the first there is nothing.
    let mut previous = Wiped::new([0u8; DIGEST_MAX_BYTES]);
    let mut next = Wiped::new([0u8; DIGEST_MAX_BYTES]);
    let mut known = 0;
    for (counter, room) in (1u8..=255).zip(output.chunks_mut(length)) {
        let before = previous.get(..known).ok_or(Error::Internal)?;
        let digest = next.get_mut(..length).ok_or(Error::Internal)?;
        hmac(hash, md, extracted, &[before, info, &[counter]], digest)?;
        room.copy_from_slice(digest.get(..room.len()).ok_or(Error::Internal)?);
        std::mem::swap(&mut previous, &mut next);
        known = length;
    }
    Ok(())
}

/// Has OpenSSL look up what it needs and keep it, outside of secret memory. Errors: `CryptoLibrary`.
pub(crate) fn prepare() -> Result<(), Error> {
    Hash::ALL.into_iter().try_for_each(|hash| {
        let mut digest = [0; DIGEST_MAX_BYTES];
        crate::mac::digest(hash.md(), &[], &mut digest)
    })
}
