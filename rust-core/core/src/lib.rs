//! Strongroom's core: keys and what may be done with them. Key material is made here, lives in secret memory,
//! leaves only sealed, and is used only for what its sealed header allows.
//!
//! There are no FFI words, no I/O and no globals here: a [`Core`] owns what the operations share and is passed to
//! them. Everything is `Send + Sync`; any thread may call anything at any time.

#![forbid(unsafe_code)]

mod aead;
mod algorithm;
mod blob;
mod core;
mod error;
mod hkdf;
mod hmac;
mod key;
mod nonce;
mod rights;
mod root;
mod spec;

#[cfg(test)]
mod tests;

pub use crate::core::Core;
pub use algorithm::Algorithm;
pub use blob::{HEADER_BYTES, SEALED_KEY_MAX_BYTES};
pub use error::Error;
pub use key::{Key, DATA_KEY_MAX_BYTES, DATA_KEY_MIN_BYTES, MESSAGE_MAX_BYTES};
pub use rights::{Flags, Usages};
pub use root::{RootKey, ROOT_CHECK_BYTES, ROOT_IDENTITY_BYTES, ROOT_KEY_BYTES, TOKEN_MAC_BYTES};
pub use spec::{KeyId, KeySpec, KEY_ID_BYTES};
