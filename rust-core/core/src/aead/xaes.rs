//! XAES-256-GCM's key derivation (C2SP XAES-256-GCM): a 256-bit key for AES-256-GCM from the key and the first half
//! of a 192-bit nonce, by NIST SP 800-108 in counter mode over CMAC, which comes to two AES blocks a message.

use super::contexts::Contexts;
use crate::Error;
use strongroom_memory::Wiped;
use strongroom_openssl::AesGcm;

/// Bytes of K1, the CMAC subkey, which depends on the key alone.
pub(super) const SUBKEY_BYTES: usize = BLOCK_BYTES;

const BLOCK_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
const PREFIX_BYTES: usize = 12;

/// Writes K1 of the key that the contexts have: AES of the zero block, doubled in GF(2^128) (NIST SP 800-38B, 6.1).
pub(super) fn subkey(contexts: &mut Contexts, k1: &mut [u8]) -> Result<(), Error> {
    let mut blocks = Wiped::new([0u8; 2 * BLOCK_BYTES]);
    contexts
        .blocks
        .encrypt(&[0; 2 * BLOCK_BYTES], &mut blocks)?;
    // Shifted by a bit, byte by byte from the end; what falls out at the top comes back as the polynomial. Masked
    // and not branched on, so that no bit of it shows in time.
    let mut carry = 0;
    for (to, from) in k1.iter_mut().zip(blocks.iter().take(BLOCK_BYTES)).rev() {
        *to = from << 1 | carry;
        carry = from >> 7;
    }
    if let Some(last) = k1.last_mut() {
        *last ^= 0x87 & carry.wrapping_neg();
    }
    Ok(())
}

/// Derives the key for one message and gives it to `use_key` with a context for AES-256-GCM and that one's own nonce,
/// the second half of `nonce`. `k1` is that of the key that the contexts have. The derived key is
/// AES(K1 ^ (0x0001 "X" 0x00 prefix)) || AES(K1 ^ (0x0002 "X" 0x00 prefix)), and is wiped afterwards.
pub(super) fn with_message_key(
    contexts: &mut Contexts,
    k1: &[u8],
    nonce: &[u8],
    use_key: impl FnOnce(&mut AesGcm, Option<&[u8; 32]>, &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let k1: &[u8; BLOCK_BYTES] = k1.try_into().map_err(|_| Error::Internal)?;
    let nonce: &[u8; NONCE_BYTES] = nonce.try_into().map_err(|_| Error::Internal)?;
    let (prefix, short_nonce) = nonce.split_at(PREFIX_BYTES);
    let mut input = Wiped::new([0u8; 2 * BLOCK_BYTES]);
    for (counter, block) in (1u8..).zip(input.chunks_exact_mut(BLOCK_BYTES)) {
        let (fixed, rest) = block.split_at_mut(BLOCK_BYTES - PREFIX_BYTES);
        fixed.copy_from_slice(&[0, counter, b'X', 0]);
        rest.copy_from_slice(prefix);
        for (to, k1) in block.iter_mut().zip(k1) {
            *to ^= k1;
        }
    }
    let mut message_key = Wiped::new([0u8; 2 * BLOCK_BYTES]);
    contexts.blocks.encrypt(&input, &mut message_key)?;
    use_key(&mut contexts.gcm, Some(&message_key), short_nonce)
}
