//! Public keys: those of our pairs in the forms that others read, and those of others, checked before use.

mod edwards;
mod format;
mod json_web_key;
mod peer;

pub use format::PublicKeyFormat;
pub(crate) use json_web_key::{ec_coordinates, ed25519_point, rsa_numbers};
pub(crate) use peer::{ec_point, rsa_public_key, x25519_point};

use crate::key::Material;
use crate::{Algorithm, Error, Key};

impl Key {
    /// The public half of a pair. It is no secret, and every usage sees it.
    ///
    /// Errors: `SchemeNotOfKey` (not a pair, or one without this form), `ContextMismatch`.
    pub fn public_key(&self, format: PublicKeyFormat) -> Result<Vec<u8>, Error> {
        self.material().public_key(self.spec().algorithm(), format)
    }
}

impl Material {
    /// As [`Key::public_key`].
    pub(crate) fn public_key(
        &self,
        algorithm: Algorithm,
        format: PublicKeyFormat,
    ) -> Result<Vec<u8>, Error> {
        match self {
            Self::Ec(key) => format::of_ec(key, algorithm, format),
            Self::Rsa(pair) => format::of_pair(pair.key(), algorithm, format),
            Self::Pair(key) => format::of_pair(key, algorithm, format),
            Self::Parent(_) => Err(Error::ContextMismatch),
            _ => Err(Error::SchemeNotOfKey),
        }
    }
}
