//! HMAC with SHA-256 (RFC 2104) over OpenSSL's SHA-256, with the key's two padded blocks made once.
//!
//! OpenSSL 3's own HMAC objects copy the key to its heap and look their algorithm up at each use. This way the key
//! stays in secret memory for as long as it lives, and a MAC costs two digests with an algorithm fetched before.

use crate::{Core, Error};
use openssl::md_ctx::MdCtx;
use strongroom_memory::{SecretBytes, Wiped};

const BLOCK_BYTES: usize = 64;

/// Bytes of a MAC.
pub(crate) const MAC_BYTES: usize = 32;

/// A MAC key: K xor ipad || K xor opad.
pub(crate) struct HmacKey {
    pads: SecretBytes,
}

impl HmacKey {
    /// Takes a key of any length; one longer than a block is hashed first, as RFC 2104 says.
    ///
    /// Errors: `SecretMemoryExhausted`, `CryptoLibrary`.
    pub(crate) fn new(core: &Core, key: &[u8]) -> Result<Self, Error> {
        let mut block = Wiped::new([0u8; BLOCK_BYTES]);
        if key.len() > BLOCK_BYTES {
            digest(core, &[key], block.as_mut_slice())?;
        } else {
            for (to, from) in block.iter_mut().zip(key) {
                *to = *from;
            }
        }
        let mut pads = core.arena.allocate(2 * BLOCK_BYTES)?;
        let (inner, outer) = pads.split_at_mut(BLOCK_BYTES);
        for ((inner, outer), key) in inner.iter_mut().zip(outer).zip(block.iter()) {
            *inner = key ^ 0x36;
            *outer = key ^ 0x5C;
        }
        Ok(Self { pads })
    }

    /// Writes the MAC of `message`.
    ///
    /// Errors: `CryptoLibrary`.
    pub(crate) fn mac(
        &self,
        core: &Core,
        message: &[u8],
        mac: &mut [u8; MAC_BYTES],
    ) -> Result<(), Error> {
        let (inner_pad, outer_pad) = self.pads.split_at(BLOCK_BYTES);
        let mut inner = Wiped::new([0u8; MAC_BYTES]);
        digest(core, &[inner_pad, message], inner.as_mut_slice())?;
        digest(core, &[outer_pad, inner.as_slice()], mac)
    }
}

/// Writes the SHA-256 of the concatenated `parts`. Freeing the context clears the digest's state.
fn digest(core: &Core, parts: &[&[u8]], output: &mut [u8]) -> Result<(), Error> {
    if output.len() < MAC_BYTES {
        return Err(Error::Internal);
    }
    let mut context = MdCtx::new()?;
    context.digest_init(&core.sha256)?;
    for part in parts {
        context.digest_update(part)?;
    }
    context.digest_final(output)?;
    Ok(())
}
