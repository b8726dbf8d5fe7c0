//! The root key: 32 bytes from which one key a purpose is derived, and which is then let go of.

use crate::aead::AeadKey;
use crate::blob::{self, SEALING_ALGORITHM};
use crate::derivation::hkdf;
use crate::mac::TokenMacKey;
use crate::{mac, BackupKey, Core, Error, Hash, KeyId, KeySpec};
use strongroom_memory::SecretBytes;

/// Bytes of a root key.
pub const ROOT_KEY_BYTES: usize = 32;
/// Bytes of what tells root keys apart.
pub const ROOT_IDENTITY_BYTES: usize = 16;
/// Bytes of the check that shows damage to a stored root key.
pub const ROOT_CHECK_BYTES: usize = 8;
/// Bytes of a token's MAC.
pub const TOKEN_MAC_BYTES: usize = mac::TOKEN_MAC_BYTES;

/// Where each derived key is for. A purpose is for ever: sealed keys depend on it.
mod purpose {
    pub(super) const SEAL_KEYS: &[u8] = b"strongroom/v1/seal-keys";
    pub(super) const TOKEN_MAC: &[u8] = b"strongroom/v1/token-mac";
    pub(super) const IDENTITY: &[u8] = b"strongroom/v1/root-identity";
    pub(super) const FILE_CHECK: &[u8] = b"strongroom/v1/root-file-check";
}

/// The keys that a root key stands for, derived once when it is opened, each in secret memory.
pub struct RootKey {
    pub(crate) sealing: AeadKey,
    token_mac: TokenMacKey,
    backup: BackupKey,
    identity: [u8; ROOT_IDENTITY_BYTES],
}

impl RootKey {
    /// Makes the secret of a new root key, in secret memory, straight from the random generator.
    ///
    /// Errors: `SecretMemoryExhausted`, `RandomUnavailable`.
    pub fn generate_secret(core: &Core) -> Result<SecretBytes, Error> {
        let mut secret = core.arena.allocate(ROOT_KEY_BYTES)?;
        core.random(&mut secret)?;
        Ok(secret)
    }

    /// Eight bytes that come with a stored root key, so that damage to it is noticed; they give nothing of it away.
    ///
    /// Errors: `CryptoLibrary`.
    pub fn check(secret: &SecretBytes) -> Result<[u8; ROOT_CHECK_BYTES], Error> {
        let mut check = [0; ROOT_CHECK_BYTES];
        hkdf(Hash::Sha256, secret, &[], purpose::FILE_CHECK, &mut check)?;
        Ok(check)
    }

    /// Derives the keys of a root key. `secret` ([`ROOT_KEY_BYTES`]) is not needed again afterwards.
    ///
    /// Errors: `InvalidArgument` (the length), `SecretMemoryExhausted`, `CryptoLibrary`.
    pub fn new(core: &Core, secret: &SecretBytes) -> Result<Self, Error> {
        if secret.len() != ROOT_KEY_BYTES {
            return Err(Error::InvalidArgument);
        }
        let sealing = AeadKey::new(core, SEALING_ALGORITHM, |key| {
            hkdf(Hash::Sha256, secret, &[], purpose::SEAL_KEYS, key)
        })?;
        let mut token_key = core.arena.allocate(TOKEN_MAC_BYTES)?;
        hkdf(
            Hash::Sha256,
            secret,
            &[],
            purpose::TOKEN_MAC,
            &mut token_key,
        )?;
        let token_mac = TokenMacKey::new(core, &token_key)?;
        let mut identity = [0; ROOT_IDENTITY_BYTES];
        hkdf(Hash::Sha256, secret, &[], purpose::IDENTITY, &mut identity)?;
        Ok(Self {
            sealing,
            token_mac,
            backup: BackupKey::new(core, secret)?,
            identity,
        })
    }

    /// What tells root keys apart and gives nothing of them away. Not secret.
    pub fn identity(&self) -> &[u8; ROOT_IDENTITY_BYTES] {
        &self.identity
    }

    /// Bytes of secret memory that it takes for as long as it lives.
    pub fn secret_bytes(&self) -> usize {
        self.sealing.secret_bytes() + self.token_mac.secret_bytes() + self.backup.secret_bytes()
    }

    /// What backups that open with this root key are made with.
    pub fn backup_key(&self) -> &BackupKey {
        &self.backup
    }

    /// HMAC-SHA-256 of an access token, under the key for that.
    pub fn token_mac(&self, token: &[u8], mac: &mut [u8; TOKEN_MAC_BYTES]) {
        self.token_mac.mac(token, mac);
    }

    /// What the next version of a sealed key is: `previous` is authenticated, and its algorithm, usages and flags
    /// carried over.
    ///
    /// Errors: those of [`crate::Key::open`]; `InvalidArgument` (`version` is not above the previous one).
    pub fn next_version(
        &self,
        core: &Core,
        id: KeyId,
        previous: &[u8],
        version: u32,
        created_at: u64,
    ) -> Result<KeySpec, Error> {
        let (spec, _) = blob::open(core, &self.sealing, previous, id, None)?;
        spec.next(version, created_at)
    }
}
