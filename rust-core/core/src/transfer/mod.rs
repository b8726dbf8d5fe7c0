//! Keys that come in from outside, and keys that leave: wrapped both ways, to an RSA key of the receiver's.

mod der;
mod export;
mod import;
mod pair;
mod pem;
mod pkcs8;
mod private_key;

pub use export::EXPORT_MAX_BYTES;
pub use import::ImportWrapping;
pub use pair::DataKeyPair;
pub use pem::PEM_MAX_BYTES;
#[cfg(test)]
pub(crate) use {pkcs8::encode, private_key::decode};

/// Bytes of the AES key that stands between the RSA key and the material.
const TRANSPORT_KEY_BYTES: usize = 32;

/// The longest private key as PKCS#8, in bytes.
pub const PRIVATE_KEY_MAX_BYTES: usize = crate::algorithm::KEY_MAX_BYTES + 64;
