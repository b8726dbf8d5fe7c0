//! The root key: 32 bytes from which one key a purpose is derived, and which is then let go of.

use crate::aead::AeadKey;
use crate::audit::audit_records;
use crate::backup::BACKUP_KEY_BYTES;
use crate::blob::{self, SEALING_ALGORITHM};
use crate::derivation::hkdf;
use crate::key::check_room;
use crate::mac::HmacSha256Key;
use crate::{mac, BackupKey, Core, Error, Hash, KeyId, KeySpec};
use strongroom_memory::SecretBytes;

/// Bytes of a root key.
pub const ROOT_KEY_BYTES: usize = 32;
/// Bytes of what tells root keys apart.
pub const ROOT_IDENTITY_BYTES: usize = 16;
/// Bytes of the check that shows damage to a stored root key.
pub const ROOT_CHECK_BYTES: usize = 8;
/// Bytes of a token's MAC.
pub const TOKEN_MAC_BYTES: usize = mac::HMAC_SHA256_BYTES;
/// Bytes of an audit record's MAC.
pub const AUDIT_MAC_BYTES: usize = mac::HMAC_SHA256_BYTES;
/// Bytes of a stored record's MAC.
pub const RECORD_MAC_BYTES: usize = mac::HMAC_SHA256_BYTES;

/// Where each derived key is for. A purpose is for ever: sealed keys depend on it.
mod purpose {
    pub(super) const SEAL_KEYS: &[u8] = b"strongroom/v1/seal-keys";
    pub(super) const TOKEN_MAC: &[u8] = b"strongroom/v1/token-mac";
    pub(super) const RECORD_MAC: &[u8] = b"strongroom/v1/record-mac";
    pub(super) const AUDIT_MAC: &[u8] = b"strongroom/v1/audit-mac";
    pub(super) const IDENTITY: &[u8] = b"strongroom/v1/root-identity";
    pub(super) const FILE_CHECK: &[u8] = b"strongroom/v1/root-file-check";
}

/// The keys that a root key stands for, derived once when it is opened, each in secret memory.
pub struct RootKey {
    pub(crate) sealing: AeadKey,
    token_mac: HmacSha256Key,
    record_mac: HmacSha256Key,
    audit_mac: HmacSha256Key,
    backup: BackupKey,
    /// Those of the root keys before it, the latest first.
    earlier_backups: Vec<BackupKey>,
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

    /// Derives the keys of a root key that stands for itself. `secret` ([`ROOT_KEY_BYTES`]) is not needed again
    /// afterwards.
    ///
    /// Errors: `InvalidArgument` (the length), `SecretMemoryExhausted`, `CryptoLibrary`.
    pub fn new(core: &Core, secret: &SecretBytes) -> Result<Self, Error> {
        let mut token_key = core.arena.allocate(TOKEN_MAC_BYTES)?;
        Self::derive_token_key(secret, &mut token_key)?;
        Self::with_kept(core, secret, &token_key, &[])
    }

    /// As [`RootKey::new`], with what outlives rotations beside: the key of access tokens' MACs, and the keys of backups
    /// that were made for the root keys before it, one after the other.
    pub(crate) fn with_kept(
        core: &Core,
        secret: &SecretBytes,
        token_key: &[u8],
        backup_keys: &[u8],
    ) -> Result<Self, Error> {
        if secret.len() != ROOT_KEY_BYTES {
            return Err(Error::InvalidArgument);
        }
        let sealing = AeadKey::new(core, SEALING_ALGORITHM, |key| {
            hkdf(Hash::Sha256, secret, &[], purpose::SEAL_KEYS, key)
        })?;
        let mut identity = [0; ROOT_IDENTITY_BYTES];
        hkdf(Hash::Sha256, secret, &[], purpose::IDENTITY, &mut identity)?;
        let mut record_key = core.arena.allocate(RECORD_MAC_BYTES)?;
        hkdf(
            Hash::Sha256,
            secret,
            &[],
            purpose::RECORD_MAC,
            &mut record_key,
        )?;
        // Of what outlives rotations, so that the audit trail of before one can be verified after it.
        let mut audit_key = core.arena.allocate(AUDIT_MAC_BYTES)?;
        hkdf(
            Hash::Sha256,
            token_key,
            &[],
            purpose::AUDIT_MAC,
            &mut audit_key,
        )?;
        let mut backup = core.arena.allocate(BACKUP_KEY_BYTES)?;
        BackupKey::derive(secret, &mut backup)?;
        Ok(Self {
            sealing,
            token_mac: HmacSha256Key::new(core, token_key)?,
            record_mac: HmacSha256Key::new(core, &record_key)?,
            audit_mac: HmacSha256Key::new(core, &audit_key)?,
            backup: BackupKey::new(core, &backup)?,
            earlier_backups: backup_keys
                .chunks(BACKUP_KEY_BYTES)
                .map(|bytes| BackupKey::new(core, bytes))
                .collect::<Result<_, _>>()?,
            identity,
        })
    }

    /// Writes the key of access tokens' MACs ([`TOKEN_MAC_BYTES`]) that comes with a root key's secret.
    ///
    /// Errors: `CryptoLibrary`.
    pub(crate) fn derive_token_key(secret: &[u8], key: &mut [u8]) -> Result<(), Error> {
        hkdf(Hash::Sha256, secret, &[], purpose::TOKEN_MAC, key)
    }

    /// What tells root keys apart and gives nothing of them away. Not secret.
    pub fn identity(&self) -> &[u8; ROOT_IDENTITY_BYTES] {
        &self.identity
    }

    /// Bytes of secret memory that it takes for as long as it lives.
    pub fn secret_bytes(&self) -> usize {
        let backups = self.backup_keys().map(BackupKey::secret_bytes);
        let macs =
            [&self.token_mac, &self.record_mac, &self.audit_mac].map(HmacSha256Key::secret_bytes);
        self.sealing.secret_bytes() + macs.iter().sum::<usize>() + backups.sum::<usize>()
    }

    /// What backups that open with this root key are made with.
    pub fn backup_key(&self) -> &BackupKey {
        &self.backup
    }

    /// What backups can be read with: its own, and those of the root keys before it.
    pub(crate) fn backup_keys(&self) -> impl Iterator<Item = &BackupKey> {
        std::iter::once(&self.backup).chain(&self.earlier_backups)
    }

    /// Seals a version under this root key that was sealed under another, as it was.
    ///
    /// Errors: those of [`crate::Key::open`].
    pub fn reseal(
        &self,
        core: &Core,
        from: &RootKey,
        id: KeyId,
        sealed: &[u8],
        version: u32,
        output: &mut [u8],
    ) -> Result<(), Error> {
        check_room(sealed.len(), output)?;
        let (spec, material) = blob::open(core, &from.sealing, sealed, id, Some(version))?;
        blob::seal(core, &self.sealing, &spec, &material, output)
    }

    /// HMAC-SHA-256 of an access token, under the key for that.
    pub fn token_mac(&self, token: &[u8], mac: &mut [u8; TOKEN_MAC_BYTES]) {
        self.token_mac.mac([token], mac);
    }

    /// HMAC-SHA-256 of a record that is stored beside sealed keys, under the key for that. The key goes with the root key:
    /// after a rotation records have other MACs.
    pub fn record_mac(&self, record: &[u8], mac: &mut [u8; RECORD_MAC_BYTES]) {
        self.record_mac.mac([record], mac);
    }

    /// The MACs that chain the records of an audit trail: each is HMAC-SHA-256 of the MAC before it and the record, under a
    /// key that rotations of the root key leave as it is.
    ///
    /// - `previous`: the last MAC before these records; zeros before the first.
    /// - `records`: each ends with a newline, which belongs to no MAC.
    /// - `macs`: [`AUDIT_MAC_BYTES`] for each record.
    ///
    /// Errors: `InvalidArgument` (the last record is without its newline, or there is not as much room as records).
    pub fn audit_macs(
        &self,
        previous: &[u8; AUDIT_MAC_BYTES],
        records: &[u8],
        macs: &mut [u8],
    ) -> Result<(), Error> {
        if records.last() != Some(&b'\n') {
            return Err(Error::InvalidArgument);
        }
        let mut records = audit_records(records);
        let mut previous = *previous;
        for room in macs.chunks_mut(AUDIT_MAC_BYTES) {
            let record = records.next().ok_or(Error::InvalidArgument)?;
            let room = room.first_chunk_mut().ok_or(Error::InvalidArgument)?;
            self.audit_mac.mac([&previous, record], room);
            previous = *room;
        }
        match records.next() {
            None => Ok(()),
            Some(_) => Err(Error::InvalidArgument),
        }
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
