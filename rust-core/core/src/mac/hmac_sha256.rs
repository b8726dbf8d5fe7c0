//! HMAC-SHA-256 with a key of at most a block, whose two padded blocks are digested once: a MAC of a short message is two
//! blocks' work. For access tokens, of which every request has one, for what is stored beside keys, and for the audit trail.
//!
//! OpenSSL 3's own HMAC objects copy the key to its heap, and are either looked up or copied at each use.

use crate::{Core, Error};
use strongroom_memory::Wiped;
use strongroom_openssl::Sha256State;

const BLOCK_BYTES: usize = 64;

/// Bytes of a MAC.
pub(crate) const MAC_BYTES: usize = 32;

/// A MAC key: SHA-256 after K xor ipad, and after K xor opad, in secret memory.
pub(crate) struct HmacSha256Key {
    inner: Sha256State,
    outer: Sha256State,
}

impl HmacSha256Key {
    /// Errors: `Internal` (the key is longer than a block), `SecretMemoryExhausted`.
    pub(crate) fn new(core: &Core, key: &[u8]) -> Result<Self, Error> {
        if key.len() > BLOCK_BYTES {
            return Err(Error::Internal);
        }
        let mut block = Wiped::new([0u8; BLOCK_BYTES]);
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        let after = |pad: u8| {
            let mut padded = Wiped::new([0u8; BLOCK_BYTES]);
            for (to, from) in padded.iter_mut().zip(block.iter()) {
                *to = from ^ pad;
            }
            Sha256State::new(&core.arena, &padded)
        };
        Ok(Self {
            inner: after(0x36)?,
            outer: after(0x5C)?,
        })
    }

    /// Bytes of secret memory that it takes.
    pub(crate) fn secret_bytes(&self) -> usize {
        self.inner.footprint() + self.outer.footprint()
    }

    /// Writes the MAC of `message`, whose parts follow each other.
    pub(crate) fn mac<const PARTS: usize>(
        &self,
        message: [&[u8]; PARTS],
        mac: &mut [u8; MAC_BYTES],
    ) {
        let mut inner = Wiped::new([0u8; MAC_BYTES]);
        self.inner.digest(message, &mut inner);
        self.outer.digest([inner.as_slice()], mac);
    }
}
