//! HMAC (RFC 2104) over OpenSSL's hashes.
//!
//! OpenSSL 3's own HMAC objects copy the key, and are either looked up or copied at each use. This way a MAC costs two
//! digests with an algorithm fetched before, and the key stays in secret memory, as do their states.

use crate::algorithm::{BLOCK_MAX_BYTES, DIGEST_MAX_BYTES};
use crate::secret_memory::in_secret_memory;
use crate::{Core, Error, Hash};
use openssl::md::MdRef;
use openssl::md_ctx::MdCtx;
use strongroom_memory::{SecretBytes, Wiped};

/// A MAC key, with the hash that it is mostly used with.
pub(crate) struct HmacKey {
    hash: Hash,
    key: SecretBytes,
}

impl HmacKey {
    /// Copies a key of any length.
    ///
    /// Errors: `SecretMemoryExhausted`.
    pub(crate) fn new(core: &Core, hash: Hash, key: &[u8]) -> Result<Self, Error> {
        let mut copy = core.arena.allocate(key.len())?;
        copy.copy_from_slice(key);
        Ok(Self::of(hash, copy))
    }

    /// Takes a key over.
    pub(crate) fn of(hash: Hash, key: SecretBytes) -> Self {
        Self { hash, key }
    }

    /// Bytes of secret memory.
    pub(crate) fn secret_bytes(&self) -> usize {
        self.key.footprint()
    }

    pub(crate) fn hash(&self) -> Hash {
        self.hash
    }

    /// Writes the MAC of the concatenated `parts` (`hash.digest_bytes()`).
    ///
    /// Errors: `CryptoLibrary`.
    pub(crate) fn mac(&self, core: &Core, parts: &[&[u8]], mac: &mut [u8]) -> Result<(), Error> {
        self.mac_with(core, self.hash, parts, mac)
    }

    /// As [`HmacKey::mac`], with another hash.
    ///
    /// Errors: `AlgorithmUnavailable`, `CryptoLibrary`.
    pub(crate) fn mac_with(
        &self,
        core: &Core,
        hash: Hash,
        parts: &[&[u8]],
        mac: &mut [u8],
    ) -> Result<(), Error> {
        hmac(hash, core.fetched.hash(hash)?, &self.key, parts, mac)
    }
}

/// Writes the HMAC of the concatenated `parts` (`hash.digest_bytes()`), of which it copies none. `md` is the hash's
/// implementation.
///
/// Errors: `SecretMemoryExhausted`, `CryptoLibrary`.
pub(crate) fn hmac(
    hash: Hash,
    md: &MdRef,
    key: &[u8],
    parts: &[&[u8]],
    mac: &mut [u8],
) -> Result<(), Error> {
    let mut block = Wiped::new([0u8; BLOCK_MAX_BYTES]);
    let block = block.get_mut(..hash.block_bytes()).ok_or(Error::Internal)?;
    let mut inner = Wiped::new([0u8; DIGEST_MAX_BYTES]);
    let inner = inner
        .get_mut(..hash.digest_bytes())
        .ok_or(Error::Internal)?;
    in_secret_memory(|| {
        if key.len() > block.len() {
            digest(md, &[key], block)?;
        } else {
            for (to, from) in block.iter_mut().zip(key) {
                *to = *from;
            }
        }
        block.iter_mut().for_each(|byte| *byte ^= 0x36);
        let mut context = MdCtx::new()?;
        context.digest_init(md)?;
        context.digest_update(block)?;
        for part in parts {
            context.digest_update(part)?;
        }
        context.digest_final(inner)?;
        // From the inner padding to the outer.
        block.iter_mut().for_each(|byte| *byte ^= 0x36 ^ 0x5C);
        digest(md, &[block, inner], mac)
    })
}

/// Writes the digest of the concatenated `parts`, for which `output` has room. Freeing the context clears the
/// digest's state.
pub(crate) fn digest(md: &MdRef, parts: &[&[u8]], output: &mut [u8]) -> Result<(), Error> {
    if output.len() < md.size() {
        return Err(Error::Internal);
    }
    let mut context = MdCtx::new()?;
    context.digest_init(md)?;
    for part in parts {
        context.digest_update(part)?;
    }
    context.digest_final(output)?;
    Ok(())
}
