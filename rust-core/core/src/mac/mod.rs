//! Message authentication: HMAC with any hash, AES-CMAC, and the companion MAC keys that keys for other purposes have.

pub(crate) mod cmac;
mod hmac;
mod hmac_sha256;

#[cfg(test)]
pub(crate) use cmac::{key as cmac_key, mac as cmac};
pub(crate) use hmac::{digest, hmac, HmacKey};
pub(crate) use hmac_sha256::{HmacSha256Key, MAC_BYTES as HMAC_SHA256_BYTES};

use crate::algorithm::{Family, DIGEST_MAX_BYTES};
use crate::derivation::hkdf;
use crate::key::check_room;
use crate::{Algorithm, Core, Error, Hash, Key, Usages, MESSAGE_MAX_BYTES};
use openssl::memcmp;
use openssl::pkey::{PKey, Private};
use strongroom_memory::{SecretBytes, Wiped};

/// Keeps a companion key apart from all else that is derived of the same material: HKDF's salt, which nothing else
/// has.
const COMPANION: &[u8] = b"strongroom/v1/companion-mac";
const COMPANION_BYTES: usize = 32;

/// A key that makes MACs.
pub(crate) enum MacKey {
    Hmac(HmacKey),
    Cmac(PKey<Private>),
}

impl MacKey {
    /// A key of an algorithm for MACs.
    ///
    /// Errors: `Internal` (another algorithm), `CryptoLibrary`.
    pub(crate) fn new(algorithm: Algorithm, material: SecretBytes) -> Result<Self, Error> {
        match algorithm.family() {
            Family::Hmac(hash) => Ok(Self::Hmac(HmacKey::of(hash, material))),
            Family::Cmac => Ok(Self::Cmac(cmac::key(&material)?)),
            _ => Err(Error::Internal),
        }
    }

    /// The HMAC key that a key for another purpose has beside it: HKDF-SHA-256 of its material, with a salt of its
    /// own.
    ///
    /// Errors: `SecretMemoryExhausted`, `CryptoLibrary`.
    pub(crate) fn companion(core: &Core, material: &[u8]) -> Result<Self, Error> {
        let mut key = core.arena.allocate(COMPANION_BYTES)?;
        hkdf(Hash::Sha256, material, COMPANION, &[], &mut key)?;
        Ok(Self::Hmac(HmacKey::of(Hash::Sha256, key)))
    }

    /// Errors: `SchemeNotOfKey` (a hash for CMAC).
    fn mac_bytes(&self, hash: Option<Hash>) -> Result<usize, Error> {
        match (self, hash) {
            (Self::Hmac(key), asked) => Ok(asked.unwrap_or(key.hash()).digest_bytes()),
            (Self::Cmac(_), None) => Ok(cmac::CMAC_BYTES),
            (Self::Cmac(_), Some(_)) => Err(Error::SchemeNotOfKey),
        }
    }

    fn mac(
        &self,
        core: &Core,
        asked: Option<Hash>,
        message: &[u8],
        mac: &mut [u8],
    ) -> Result<(), Error> {
        match self {
            Self::Hmac(key) => key.mac_with(core, asked.unwrap_or(key.hash()), &[message], mac),
            Self::Cmac(key) => cmac::mac(key, message, mac),
        }
    }
}

impl Key {
    /// Bytes of a MAC: the digest of `hash`, or of the algorithm's own where that is `None`; 16 for CMAC.
    ///
    /// Errors: `UsageNotAllowed`, `SchemeNotOfKey` (a hash for CMAC), `FeatureNotBuilt` (SHA-1),
    /// `AlgorithmUnavailable`.
    pub fn mac_bytes(&self, core: &Core, hash: Option<Hash>) -> Result<usize, Error> {
        self.allow(Usages::MAC)?;
        self.mac_room(core, hash)
    }

    /// Writes the MAC of `message`, in full length. A key that is none for MACs makes HMACs (SHA-256 where `hash` is
    /// `None`) under a companion key derived from it.
    ///
    /// Errors: those of [`Key::mac_bytes`]; `MessageTooLong`, `SecretMemoryExhausted`.
    pub fn mac(
        &self,
        core: &Core,
        hash: Option<Hash>,
        message: &[u8],
        mac: &mut [u8],
    ) -> Result<(), Error> {
        check_room(self.mac_bytes(core, hash)?, mac)?;
        self.mac_key()?.mac(core, hash, check_length(message)?, mac)
    }

    /// Whether `mac` is the MAC of `message`, compared in constant time. One of another length is not.
    ///
    /// Errors: as [`Key::mac`].
    pub fn verify_mac(
        &self,
        core: &Core,
        hash: Option<Hash>,
        message: &[u8],
        mac: &[u8],
    ) -> Result<bool, Error> {
        self.allow(Usages::VERIFY_MAC)?;
        let length = self.mac_room(core, hash)?;
        let mut expected = Wiped::new([0; DIGEST_MAX_BYTES]);
        let expected = expected.get_mut(..length).ok_or(Error::Internal)?;
        self.mac_key()?
            .mac(core, hash, check_length(message)?, expected)?;
        Ok(mac.len() == length && memcmp::eq(expected, mac))
    }

    fn mac_room(&self, core: &Core, hash: Option<Hash>) -> Result<usize, Error> {
        if let Some(hash) = hash {
            core.allowed(hash)?;
        }
        self.mac_key()?.mac_bytes(hash)
    }
}

fn check_length(message: &[u8]) -> Result<&[u8], Error> {
    if message.len() <= MESSAGE_MAX_BYTES {
        Ok(message)
    } else {
        Err(Error::MessageTooLong)
    }
}
