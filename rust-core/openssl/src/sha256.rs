//! The state of a SHA-256 in secret memory, to begin many messages from the same first block. OpenSSL's general digests
//! cannot be copied without an allocation, and its simple ones (used here) are left on the stack by the safe bindings.

use openssl_sys::{SHA256_Final, SHA256_Init, SHA256_Update, SHA256_CTX};
use std::mem::MaybeUninit;
use strongroom_memory::{wipe, Arena, Error, SecretBytes};

/// Bytes of a block (FIPS 180-4).
const BLOCK_BYTES: usize = 64;
const DIGEST_BYTES: usize = 32;
const STATE_BYTES: usize = size_of::<SHA256_CTX>();

/// SHA-256 after one block, kept in secret memory: with a block made of a key it is as secret as the key. Any thread.
pub struct Sha256State(SecretBytes);

impl Sha256State {
    /// The state after `first_block`.
    ///
    /// Errors: `Exhausted`.
    pub fn new(arena: &Arena, first_block: &[u8; BLOCK_BYTES]) -> Result<Self, Error> {
        let mut bytes = arena.allocate(STATE_BYTES)?;
        let state: *mut SHA256_CTX = bytes.as_mut_ptr().cast();
        // SAFETY: `bytes` are as long as a state, aligned to more, and exclusively ours.
        unsafe {
            SHA256_Init(state);
            SHA256_Update(state, first_block.as_ptr().cast(), BLOCK_BYTES);
        }
        Ok(Self(bytes))
    }

    /// Bytes of secret memory that it takes.
    pub fn footprint(&self) -> usize {
        self.0.footprint()
    }

    /// Writes the SHA-256 of the first block and `message`, whose parts follow each other.
    pub fn digest<const PARTS: usize>(
        &self,
        message: [&[u8]; PARTS],
        digest: &mut [u8; DIGEST_BYTES],
    ) {
        let mut copy = MaybeUninit::<SHA256_CTX>::uninit();
        let state = copy.as_mut_ptr();
        // SAFETY: the kept bytes are an initialised state; the copy is as long, and neither overlaps the other. The
        // message's parts are readable for their lengths, and a digest is as long as the last call writes.
        unsafe {
            std::ptr::copy_nonoverlapping(self.0.as_ptr(), state.cast(), STATE_BYTES);
            for part in message {
                SHA256_Update(state, part.as_ptr().cast(), part.len());
            }
            SHA256_Final(digest.as_mut_ptr(), state);
        }
        // SAFETY: the copy is initialised, its own bytes, and used no more.
        wipe(unsafe { std::slice::from_raw_parts_mut(state.cast(), STATE_BYTES) });
    }
}

#[cfg(test)]
mod tests {
    use super::{Sha256State, BLOCK_BYTES, DIGEST_BYTES};
    use openssl::sha::sha256;
    use strongroom_memory::Arena;

    #[test]
    fn a_digest_goes_on_from_the_first_block_as_often_as_wanted() {
        let arena = Arena::new(4096).unwrap();
        let first = [0x5A; BLOCK_BYTES];
        let state = Sha256State::new(&arena, &first).unwrap();
        for length in [0, 1, 32, 55, 56, 63, 64, 65, 1000] {
            let message = vec![7; length];
            let mut digest = [0; DIGEST_BYTES];
            state.digest([&message], &mut digest);
            assert_eq!(digest, sha256(&[&first[..], &message].concat()));
            let (left, right) = message.split_at(length / 3);
            let mut in_parts = [0; DIGEST_BYTES];
            state.digest([left, right], &mut in_parts);
            assert_eq!(digest, in_parts);
        }
    }
}
