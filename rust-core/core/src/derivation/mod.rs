//! Keys and bytes from other keys, by HKDF.

mod context;
mod hkdf;

pub(crate) use hkdf::{hkdf, prepare};

use crate::key::Material;
use crate::{Core, Error, Hash, Key, Usages, MESSAGE_MAX_BYTES};
use strongroom_memory::wipe;

/// The most bytes of one derivation: 255 digests of SHA-256 (RFC 5869, 2.3).
pub const DERIVED_MAX_BYTES: usize = 255 * 32;

impl Key {
    /// Fills `output` (1 to [`DERIVED_MAX_BYTES`]) with HKDF-SHA-256 of the key, for the purpose that `info` names.
    ///
    /// Errors: `UsageNotAllowed`, `SchemeNotOfKey`, `LengthOutOfRange`, `MessageTooLong` (salt or info).
    pub fn derive(
        &self,
        _: &Core,
        salt: &[u8],
        info: &[u8],
        output: &mut [u8],
    ) -> Result<(), Error> {
        self.allow(Usages::DERIVE)?;
        if salt.len() > MESSAGE_MAX_BYTES || info.len() > MESSAGE_MAX_BYTES {
            return Err(Error::MessageTooLong);
        }
        let Material::Secret(secret) = self.material() else {
            return Err(Error::SchemeNotOfKey);
        };
        let result = hkdf(Hash::Sha256, secret, salt, info, output);
        if result.is_err() {
            wipe(output);
        }
        result
    }
}
