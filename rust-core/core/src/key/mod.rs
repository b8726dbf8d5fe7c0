//! An open key version and what can be done with it. Its rights are checked here, whatever was checked before.

mod encryption;
mod generate;
mod material;
mod reencryption;
mod uses;

pub use encryption::{DATA_KEY_MAX_BYTES, DATA_KEY_MIN_BYTES, MESSAGE_MAX_BYTES};
pub(crate) use generate::{generate, padded};
pub(crate) use material::{prepare, rsa_of, scalar_key, Material};
pub use reencryption::Encryption;

use crate::blob::{self, sealed_bytes};
use crate::mac::MacKey;
use crate::{Algorithm, Core, Error, KeyId, KeySpec, RootKey, Usages};
use strongroom_memory::SecretBytes;
use strongroom_sync::Arc;
use uses::Uses;

/// A key version whose material lies in secret memory, or where OpenSSL works on it in OpenSSL's own, wiped when it is
/// dropped.
///
/// Operations write to a slice of exactly the length that the matching `_bytes` function gives, with no copy on the
/// way, and wipe it when they fail. Where a length is known only afterwards, the function for it is `_max_bytes`, and
/// the operation gives the length.
pub struct Key {
    spec: KeySpec,
    material: Material,
    /// What a key that is none for MACs makes MACs with.
    companion: Option<MacKey>,
    uses: Arc<Uses>,
    /// Bytes of secret memory that it took.
    secret_bytes: usize,
}

impl Key {
    /// Bytes of a sealed key of `algorithm`, of the length that new keys have.
    pub const fn sealed_bytes(algorithm: Algorithm) -> usize {
        sealed_bytes(algorithm.key_bytes())
    }

    /// Makes a key version and writes it sealed ([`Key::sealed_bytes`]).
    ///
    /// Errors: `AlgorithmUnavailable`, `SecretMemoryExhausted`, `RandomUnavailable`, `CryptoLibrary`.
    pub fn generate(
        core: &Core,
        root: &RootKey,
        spec: &KeySpec,
        sealed: &mut [u8],
    ) -> Result<(), Error> {
        Self::generate_sized(core, root, spec, spec.algorithm().key_bytes(), sealed)
    }

    /// Bytes of a sealed key of `algorithm` with `key_bytes` of material.
    ///
    /// Errors: `LengthOutOfRange` (the algorithm has no keys of this length).
    pub fn sealed_bytes_sized(algorithm: Algorithm, key_bytes: usize) -> Result<usize, Error> {
        if algorithm.key_lengths().contains(&key_bytes) {
            Ok(sealed_bytes(key_bytes))
        } else {
            Err(Error::LengthOutOfRange)
        }
    }

    /// As [`Key::generate`], with `key_bytes` of material, for HMAC keys: [`Key::sealed_bytes_sized`].
    ///
    /// Errors: also `LengthOutOfRange`.
    pub fn generate_sized(
        core: &Core,
        root: &RootKey,
        spec: &KeySpec,
        key_bytes: usize,
        sealed: &mut [u8],
    ) -> Result<(), Error> {
        let needed = Self::sealed_bytes_sized(spec.algorithm(), key_bytes)?;
        check_room(needed, sealed)?;
        let material = generate(core, spec.algorithm(), key_bytes)?;
        blob::seal(core, &root.sealing, spec, &material, sealed)
    }

    /// Opens a sealed key, which must be `version` of the key `id`.
    ///
    /// Errors: `SealedBlobMalformed`, `SealedBlobFormatUnknown`, `SealedBlobNotAuthentic` (edited, or another
    /// root's), `SealedBlobNotThisKey`, `AlgorithmUnavailable`, `SecretMemoryExhausted` (what lies in the reserve counts
    /// as taken).
    pub fn open(
        core: &Core,
        root: &RootKey,
        sealed: &[u8],
        id: KeyId,
        version: u32,
    ) -> Result<Self, Error> {
        Self::keep(core, || Self::parse(core, root, sealed, id, version))
    }

    /// A key that `make` makes, with the secret memory that it took, none of which is of the reserve.
    pub(crate) fn keep(
        core: &Core,
        make: impl FnOnce() -> Result<Self, Error>,
    ) -> Result<Self, Error> {
        let (made, secret_bytes) = core.arena.keep(make);
        Ok(Self {
            secret_bytes,
            ..made?
        })
    }

    /// A key of material that is sealed nowhere.
    ///
    /// Errors: `AlgorithmUnavailable`, `KeyMaterialInvalid`, `SecretMemoryExhausted`, `CryptoLibrary`.
    pub(crate) fn of_material(
        core: &Core,
        spec: KeySpec,
        material: SecretBytes,
    ) -> Result<Self, Error> {
        Ok(Self {
            spec,
            material: Material::new(core, spec.algorithm(), material)?,
            companion: None,
            uses: Arc::new(Uses::new(spec.algorithm().use_limit())),
            secret_bytes: 0,
        })
    }

    fn parse(
        core: &Core,
        root: &RootKey,
        sealed: &[u8],
        id: KeyId,
        version: u32,
    ) -> Result<Self, Error> {
        let (spec, material) = blob::open(core, &root.sealing, sealed, id, Some(version))?;
        let algorithm = spec.algorithm();
        let has_companion = spec
            .usages()
            .intersects(Usages::MAC.union(Usages::VERIFY_MAC))
            && !algorithm.makes_macs();
        let companion = has_companion
            .then(|| MacKey::companion(core, &material))
            .transpose()?;
        let material = if spec.is_derived() {
            Material::Parent(material)
        } else {
            Material::new(core, algorithm, material)?
        };
        let uses = Arc::new(Uses::new(algorithm.use_limit()));
        Ok(Self {
            spec,
            material,
            companion,
            uses,
            secret_bytes: 0,
        })
    }

    /// What it is.
    pub fn spec(&self) -> &KeySpec {
        &self.spec
    }

    /// Bytes of secret memory that it takes for as long as it lives, OpenSSL's objects among them.
    pub fn secret_bytes(&self) -> usize {
        self.secret_bytes
    }

    /// Counts its encryptions from now on within a block that was reserved for it: the next `count` from `start`, the
    /// number of encryptions that were reserved for the version before, in this process or another. A block that
    /// reaches beyond the limit is cut there. What is left of an earlier block is given up.
    ///
    /// Until the first block is given, what this opened key does is counted from 0, against the limit alone.
    ///
    /// Errors: `RotationRequired` (the block begins at the limit), `InvalidArgument` (it is empty, or begins before the
    /// end of the last one). Algorithms without a limit take any block and count nothing.
    pub fn reserve_uses(&self, start: u64, count: u64) -> Result<(), Error> {
        self.uses.reserve(start, count)
    }

    /// How many encryptions are left of what is reserved; `None` where there is no limit.
    pub fn uses_left(&self) -> Option<u64> {
        self.uses.left()
    }

    pub(crate) fn material(&self) -> &Material {
        &self.material
    }

    pub(crate) fn mac_key(&self) -> Result<&MacKey, Error> {
        match (&self.material, &self.companion) {
            (Material::Mac(key), _) | (_, Some(key)) => Ok(key),
            _ => Err(Error::SchemeNotOfKey),
        }
    }

    /// This key with other material, which counts its uses together with it.
    pub(crate) fn derived(&self, material: Material) -> Self {
        Self {
            spec: self.spec,
            material,
            companion: None,
            uses: Arc::clone(&self.uses),
            secret_bytes: 0,
        }
    }

    /// Errors: `UsageNotAllowed`.
    pub(crate) fn allow(&self, usage: Usages) -> Result<(), Error> {
        if self.spec.usages().contains(usage) {
            Ok(())
        } else {
            Err(Error::UsageNotAllowed)
        }
    }
}

pub(crate) fn check_room(needed: usize, room: &[u8]) -> Result<(), Error> {
    if room.len() == needed {
        Ok(())
    } else {
        Err(Error::Internal)
    }
}
