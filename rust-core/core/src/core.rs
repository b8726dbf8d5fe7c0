//! What all operations share: secret memory, the algorithms of OpenSSL, kept contexts, and nonces.

use crate::aead::ContextCache;
use crate::algorithm::Fetched;
use crate::nonce::{random, NonceSource};
use crate::{derivation, key, Algorithm, Error, Hash};
use openssl::error::ErrorStack;
use openssl::md::MdRef;
use std::sync::atomic::{AtomicBool, Ordering};
use strongroom_memory::Arena;
use strongroom_openssl::Ciphers;
use strongroom_sync::Arc;

/// Bytes of secret memory that open keys never take, so that there is room for root keys, for unsealing, for making keys
/// and for what an operation takes in passing. Making an RSA key of 4096 bits takes 38 KB.
const RESERVE_BYTES: usize = 512 * 1024;
/// In a small arena the reserve is this part of it.
const RESERVE_PART: usize = 4;

/// Made once and passed to each operation. OpenSSL's algorithms are fetched here and held: looking one up by its
/// name costs more than encrypting a short message with it.
pub struct Core {
    pub(crate) arena: Arena,
    pub(crate) ciphers: Ciphers,
    pub(crate) fetched: Fetched,
    pub(crate) contexts: Arc<ContextCache>,
    pub(crate) nonces: NonceSource,
    key_bytes: usize,
    interrupted: AtomicBool,
}

impl Core {
    /// A core that keeps its keys in `arena`, and OpenSSL's contexts too where [`strongroom_openssl::install`] was
    /// called before.
    ///
    /// Errors: `AlgorithmUnavailable`, `SecretMemoryExhausted`, `OutOfMemory`.
    pub fn new(arena: Arena) -> Result<Self, Error> {
        derivation::prepare()?;
        let fetched = Fetched::new();
        key::prepare(&fetched)?;
        let ciphers = Ciphers::fetch().map_err(|_| Error::AlgorithmUnavailable)?;
        let contexts = Arc::new(ContextCache::new(&arena, &ciphers)?);
        let nonces = NonceSource::new(&arena)?;
        // Behind what is made for good, which would only make it smaller.
        let made = arena.usage().used;
        arena.set_reserve(RESERVE_BYTES.min(arena.usage().capacity / RESERVE_PART));
        let usage = arena.usage();
        let key_bytes = usage.capacity.saturating_sub(usage.reserve + made);
        Ok(Self {
            arena,
            ciphers,
            contexts,
            fetched,
            nonces,
            key_bytes,
            interrupted: AtomicBool::new(false),
        })
    }

    /// The secret memory in which keys lie.
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// Bytes of secret memory that open keys can take, those that they have taken among them.
    pub fn key_bytes(&self) -> usize {
        self.key_bytes
    }

    /// Whether making RSA keys is given up from now on, also where it has begun: for a process that is to end. Any thread.
    pub fn interrupt(&self, interrupted: bool) {
        self.interrupted.store(interrupted, Ordering::Relaxed);
    }

    pub(crate) fn interrupted(&self) -> &AtomicBool {
        &self.interrupted
    }

    /// `Interrupted` while [`Core::interrupt`] holds, and what `error` means before.
    pub(crate) fn or_interrupted(&self, error: ErrorStack) -> Error {
        if self.interrupted.load(Ordering::Relaxed) {
            Error::Interrupted
        } else {
            error.into()
        }
    }

    /// Whether the OpenSSL at run time has all that keys of `algorithm` need.
    pub fn has(&self, algorithm: Algorithm) -> bool {
        self.fetched.has(algorithm)
    }

    /// Writes the digest of `message` (`hash.digest_bytes()`).
    ///
    /// Errors: `FeatureNotBuilt` (SHA-1), `AlgorithmUnavailable`.
    pub fn hash(&self, hash: Hash, message: &[u8], digest: &mut [u8]) -> Result<(), Error> {
        if digest.len() != hash.digest_bytes() {
            return Err(Error::Internal);
        }
        let md = self.allowed(hash)?;
        crate::mac::digest(md, &[message], digest)
    }

    /// The implementation of a hash that this build lets a caller choose.
    ///
    /// Errors: `FeatureNotBuilt` (SHA-1 without `legacy-algorithms`), `AlgorithmUnavailable`.
    pub(crate) fn allowed(&self, hash: Hash) -> Result<&MdRef, Error> {
        if hash == Hash::Sha1 && !cfg!(feature = "legacy-algorithms") {
            return Err(Error::FeatureNotBuilt);
        }
        self.fetched.hash(hash)
    }

    /// Fills `bytes` from OpenSSL's DRBG.
    ///
    /// Errors: `LengthOutOfRange` (over 2 GiB), `RandomUnavailable`.
    pub fn random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        random(bytes)
    }
}
