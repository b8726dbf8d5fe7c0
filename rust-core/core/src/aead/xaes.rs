//! XAES-256-GCM's key derivation (C2SP XAES-256-GCM): a 256-bit key for AES-256-GCM from the key and the first half
//! of a 192-bit nonce, by NIST SP 800-108 in counter mode over CMAC, which comes to two AES blocks a message.

use crate::{Core, Error};
use openssl::cipher_ctx::CipherCtx;
use strongroom_memory::Wiped;

/// Bytes of K1, the CMAC subkey, which depends on the key alone.
pub(super) const SUBKEY_BYTES: usize = BLOCK_BYTES;

const BLOCK_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const PREFIX_BYTES: usize = 12;

/// Writes K1 of `key`: AES of the zero block, doubled in GF(2^128) (NIST SP 800-38B, 6.1).
pub(super) fn subkey(core: &Core, key: &[u8], k1: &mut [u8]) -> Result<(), Error> {
    let mut block = Wiped::new([0u8; 2 * BLOCK_BYTES]);
    encrypt_blocks(core, key, &[0; BLOCK_BYTES], block.as_mut_slice())?;
    // Shifted by a bit, byte by byte from the end; what falls out at the top comes back as the polynomial. Masked
    // and not branched on, so that no bit of it shows in time.
    let mut carry = 0;
    for (to, from) in k1.iter_mut().zip(block.iter().take(BLOCK_BYTES)).rev() {
        *to = from << 1 | carry;
        carry = from >> 7;
    }
    if let Some(last) = k1.last_mut() {
        *last ^= 0x87 & carry.wrapping_neg();
    }
    Ok(())
}

/// Derives the key for one message and gives it to `use_key` with AES-256-GCM's own nonce, the second half of
/// `nonce`. `secret` is the key followed by its K1. The derived key is
/// AES(K1 ^ (0x0001 "X" 0x00 prefix)) || AES(K1 ^ (0x0002 "X" 0x00 prefix)), and is wiped afterwards.
pub(super) fn with_message_key(
    core: &Core,
    secret: &[u8],
    nonce: &[u8],
    use_key: impl FnOnce(&[u8], &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let (key, k1) = secret.split_at_checked(KEY_BYTES).ok_or(Error::Internal)?;
    let (prefix, short_nonce) = nonce
        .split_at_checked(PREFIX_BYTES)
        .ok_or(Error::Internal)?;
    if nonce.len() != NONCE_BYTES || k1.len() != BLOCK_BYTES {
        return Err(Error::Internal);
    }
    let mut input = Wiped::new([0u8; 2 * BLOCK_BYTES]);
    for (counter, block) in (1u8..).zip(input.chunks_exact_mut(BLOCK_BYTES)) {
        let message = [0, counter, b'X', 0]
            .into_iter()
            .chain(prefix.iter().copied());
        for ((to, byte), k1) in block.iter_mut().zip(message).zip(k1) {
            *to = byte ^ k1;
        }
    }
    let mut derived = Wiped::new([0u8; 3 * BLOCK_BYTES]);
    encrypt_blocks(core, key, input.as_slice(), derived.as_mut_slice())?;
    let (message_key, _) = derived.split_at(KEY_BYTES);
    use_key(message_key, short_nonce)
}

/// AES-256 of each block of `input`, with no chaining. The bindings want room for one block more in `output`, as
/// padding would need; there is none.
fn encrypt_blocks(core: &Core, key: &[u8], input: &[u8], output: &mut [u8]) -> Result<(), Error> {
    if key.len() != KEY_BYTES || output.len() < input.len() + BLOCK_BYTES {
        return Err(Error::Internal);
    }
    let mut context = CipherCtx::new()?;
    context.encrypt_init(Some(&core.aes_256_ecb), Some(key), None)?;
    context.set_padding(false);
    let written = context.cipher_update(input, Some(output))?;
    if written == input.len() {
        Ok(())
    } else {
        Err(Error::CryptoLibrary)
    }
}
