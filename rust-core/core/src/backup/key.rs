//! What backups are made with: two keys that come with each root key. A root key that two installations have, beside their
//! own, is a backup key that they share.

use crate::aead::AeadKey;
use crate::blob::SEALING_ALGORITHM;
use crate::derivation::hkdf;
use crate::mac::HmacKey;
use crate::{Core, Error, Hash};
use strongroom_memory::SecretBytes;

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
    /// The keys that come with a root key's secret.
    ///
    /// Errors: `SecretMemoryExhausted`, `CryptoLibrary`.
    pub(crate) fn new(core: &Core, secret: &SecretBytes) -> Result<Self, Error> {
        let sealing = AeadKey::new(core, SEALING_ALGORITHM, |key| {
            hkdf(Hash::Sha256, secret, &[], purpose::SEAL, key)
        })?;
        let mut mac = core.arena.allocate(super::MAC_BYTES)?;
        hkdf(Hash::Sha256, secret, &[], purpose::MAC, &mut mac)?;
        let mac = HmacKey::of(Hash::Sha256, mac);
        Ok(Self { sealing, mac })
    }

    pub(crate) fn secret_bytes(&self) -> usize {
        self.sealing.secret_bytes() + self.mac.secret_bytes()
    }
}
