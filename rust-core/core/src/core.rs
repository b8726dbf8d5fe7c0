//! What all operations share: secret memory, the algorithms of OpenSSL, kept contexts, and nonces.

use crate::aead::ContextCache;
use crate::algorithm::Fetched;
use crate::nonce::{random, NonceSource};
use crate::{derivation, Algorithm, Error, Hash};
use openssl::md::MdRef;
use strongroom_memory::Arena;
use strongroom_openssl::Ciphers;
use strongroom_sync::Arc;

/// Made once and passed to each operation. OpenSSL's algorithms are fetched here and held: looking one up by its
/// name costs more than encrypting a short message with it.
pub struct Core {
    pub(crate) arena: Arena,
    pub(crate) ciphers: Ciphers,
    pub(crate) fetched: Fetched,
    pub(crate) contexts: Arc<ContextCache>,
    pub(crate) nonces: NonceSource,
}

impl Core {
    /// A core that keeps its keys in `arena`, and OpenSSL's contexts too where [`strongroom_openssl::install`] was
    /// called before.
    ///
    /// Errors: `AlgorithmUnavailable`, `SecretMemoryExhausted`, `OutOfMemory`.
    pub fn new(arena: Arena) -> Result<Self, Error> {
        derivation::prepare()?;
        let fetched = Fetched::new();
        let ciphers = Ciphers::fetch().map_err(|_| Error::AlgorithmUnavailable)?;
        let contexts = Arc::new(ContextCache::new(&arena, &ciphers)?);
        let nonces = NonceSource::new(&arena)?;
        Ok(Self {
            arena,
            ciphers,
            contexts,
            fetched,
            nonces,
        })
    }

    /// The secret memory in which keys lie.
    pub fn arena(&self) -> &Arena {
        &self.arena
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
