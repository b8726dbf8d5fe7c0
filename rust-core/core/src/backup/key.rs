//! What backups are made with: two keys that come with each root key. A root key that two installations have, beside their
//! own, is a backup key that they share.

use crate::aead::AeadKey;
use crate::blob::SEALING_ALGORITHM;
use crate::derivation::hkdf;
use crate::mac::HmacKey;
use crate::{Core, Error, Hash};

/// Bytes of a backup's keys: one that seals, one for the MAC.
pub(crate) const BACKUP_KEY_BYTES: usize = 64;

/// The keys of backups, in secret memory.
pub struct BackupKey {
    pub(super) sealing: AeadKey,
    pub(super) mac: HmacKey,
}

/// What each derived key is for. A purpose is for ever: backups depend on it.
mod purpose {
    pub(super) const SEAL: &[u8] = b"strongroom/v1/backup-seal";
    pub(super) const MAC: &[u8] = b"strongroom/v1/backup-mac";
}

impl BackupKey {
    /// Writes the bytes ([`BACKUP_KEY_BYTES`]) of the keys that come with a root key's secret.
    ///
    /// Errors: `CryptoLibrary`.
    pub(crate) fn derive(secret: &[u8], bytes: &mut [u8]) -> Result<(), Error> {
        let (sealing, mac) = bytes
            .split_at_mut_checked(BACKUP_KEY_BYTES / 2)
            .ok_or(Error::Internal)?;
        hkdf(Hash::Sha256, secret, &[], purpose::SEAL, sealing)?;
        hkdf(Hash::Sha256, secret, &[], purpose::MAC, mac)
    }

    /// The keys of those bytes.
    ///
    /// Errors: `Internal` (the length), `SecretMemoryExhausted`, `CryptoLibrary`.
    pub(crate) fn new(core: &Core, bytes: &[u8]) -> Result<Self, Error> {
        let (sealing, mac_bytes) = bytes
            .split_at_checked(BACKUP_KEY_BYTES / 2)
            .ok_or(Error::Internal)?;
        let mut mac = core.arena.allocate(BACKUP_KEY_BYTES / 2)?;
        if mac_bytes.len() != mac.len() {
            return Err(Error::Internal);
        }
        mac.copy_from_slice(mac_bytes);
        Ok(Self {
            sealing: AeadKey::from_material(core, SEALING_ALGORITHM, sealing)?,
            mac: HmacKey::of(Hash::Sha256, mac),
        })
    }

    pub(crate) fn secret_bytes(&self) -> usize {
        self.sealing.secret_bytes() + self.mac.secret_bytes()
    }
}
