//! Random nonces, drawn in blocks: the random generator costs most of a microsecond a call, whatever the length.

use crate::Error;
use openssl::rand::rand_bytes;
use strongroom_memory::{Arena, SecretBytes};
use strongroom_sync::{Mutex, MutexGuard};

/// Bytes drawn at a time.
const BLOCK_BYTES: usize = 2048;
/// Threads that draw at the same time find a block each.
const BLOCKS: usize = 4;

/// Gives each nonce once. Nonces are not secret once used, but those to come are kept from sight, and used ones
/// erased. The blocks lie in secret memory, which a forked child does not have: a child cannot hand out its
/// parent's nonces again, for it dies at the attempt.
pub(crate) struct NonceSource {
    blocks: [Mutex<Block>; BLOCKS],
}

struct Block {
    bytes: SecretBytes,
    used: usize,
}

impl NonceSource {
    /// An empty source. Errors: `SecretMemoryExhausted`.
    pub(crate) fn new(arena: &Arena) -> Result<Self, Error> {
        let block = || Block::new(arena).map(Mutex::new);
        Ok(Self {
            blocks: [block()?, block()?, block()?, block()?],
        })
    }

    /// Fills `nonce` with random bytes that were given to nobody before. Errors: `RandomUnavailable`.
    pub(crate) fn draw(&self, nonce: &mut [u8]) -> Result<(), Error> {
        let mut block = self.lock();
        if block.bytes.len() - block.used < nonce.len() {
            block.refill()?;
        }
        let (from, to) = (block.used, block.used + nonce.len());
        let fresh = block.bytes.get_mut(from..to).ok_or(Error::Internal)?;
        nonce.copy_from_slice(fresh);
        fresh.fill(0);
        block.used = to;
        Ok(())
    }

    /// A block that nobody draws from just now; the first, where all are drawn from.
    fn lock(&self) -> MutexGuard<'_, Block> {
        let [first, ..] = &self.blocks;
        let free = self.blocks.iter().find_map(Mutex::try_lock);
        free.unwrap_or_else(|| first.lock())
    }
}

impl Block {
    fn new(arena: &Arena) -> Result<Self, Error> {
        let bytes = arena.allocate(BLOCK_BYTES)?;
        let used = bytes.len();
        Ok(Self { bytes, used })
    }

    /// Counts as used up until it is full again, so that a failure part of the way gives nothing out.
    fn refill(&mut self) -> Result<(), Error> {
        self.used = self.bytes.len();
        random(&mut self.bytes)?;
        self.used = 0;
        Ok(())
    }
}

/// Fills `bytes` from OpenSSL's DRBG, straight: for key material. Errors: `LengthOutOfRange`, `RandomUnavailable`.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), Error> {
    // One call of the library takes an int; nothing here is near that long.
    if i32::try_from(bytes.len()).is_err() {
        return Err(Error::LengthOutOfRange);
    }
    rand_bytes(bytes).map_err(|_| Error::RandomUnavailable)
}

#[cfg(test)]
mod tests {
    use super::{NonceSource, BLOCK_BYTES};
    use crate::tests::openssl_memory;
    use std::collections::HashSet;
    use strongroom_memory::Arena;

    #[test]
    fn no_nonce_is_given_twice_across_refills_and_threads() {
        openssl_memory();
        let arena = Arena::new(64 * 1024).unwrap();
        let source = NonceSource::new(&arena).unwrap();
        let draw = || {
            let mut drawn = Vec::new();
            for round in 0..2000 {
                let mut nonce = [0u8; 24];
                let length = if round % 2 == 0 { 12 } else { 24 };
                source.draw(&mut nonce[..length]).unwrap();
                drawn.push(nonce[..12].to_vec());
            }
            drawn
        };
        let drawn: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(draw)).collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), drawn.len());
        assert!(!drawn.contains(&vec![0; 12]));
    }

    #[test]
    fn used_bytes_are_erased() {
        openssl_memory();
        let arena = Arena::new(64 * 1024).unwrap();
        let source = NonceSource::new(&arena).unwrap();
        let mut nonce = [0u8; 24];
        source.draw(&mut nonce).unwrap();
        let block = source.lock();
        assert_eq!(&block.bytes[..24], &[0; 24]);
        assert_ne!(&block.bytes[24..48], &[0; 24]);
        assert_eq!(block.bytes.len(), BLOCK_BYTES);
    }
}
