//! Strongroom's core: keys and what may be done with them. Key material is made here, lives in secret memory,
//! leaves only sealed, and is used only for what its sealed header allows.
//!
//! There are no FFI words, no I/O and no globals here: a [`Core`] owns what the operations share and is passed to
//! them. Everything is `Send + Sync`; any thread may call anything at any time.

#![forbid(unsafe_code)]

mod aead;
mod agreement;
mod algorithm;
mod audit;
mod backup;
mod blob;
mod core;
mod derivation;
mod error;
mod key;
mod mac;
mod nonce;
mod public_key;
mod rights;
mod root;
mod rsa;
mod secret_memory;
mod signature;
mod spec;
mod transfer;
mod unseal;
mod wrap;

#[cfg(test)]
mod tests;

pub use crate::core::Core;
pub use agreement::AgreementKdf;
pub use algorithm::{Algorithm, Hash};
pub use audit::audit_records;
pub use backup::{Backup, BackupKey, BACKUP_METADATA_MAX_BYTES, BACKUP_VERSIONS_MAX};
pub use blob::{HEADER_BYTES, SEALED_KEY_MAX_BYTES};
pub use derivation::DERIVED_MAX_BYTES;
pub use error::Error;
pub use key::{Encryption, Key, DATA_KEY_MAX_BYTES, DATA_KEY_MIN_BYTES, MESSAGE_MAX_BYTES};
pub use public_key::PublicKeyFormat;
pub use rights::{Flags, Usages};
pub use root::{
    RootKey, AUDIT_MAC_BYTES, RECORD_MAC_BYTES, ROOT_CHECK_BYTES, ROOT_IDENTITY_BYTES,
    ROOT_KEY_BYTES, TOKEN_MAC_BYTES,
};
pub use rsa::{Oaep, OAEP_LABEL_MAX_BYTES};
pub use signature::{EcdsaEncoding, JwsAlgorithm, PssSalt, SignatureScheme, Signed};
pub use spec::{KeyId, KeySpec, KEY_ID_BYTES};
pub use transfer::{
    DataKeyPair, ImportWrapping, EXPORT_MAX_BYTES, PEM_MAX_BYTES, PRIVATE_KEY_MAX_BYTES,
};
pub use unseal::{
    CollectedShares, Method, Progress, Scrypt, ShareSet, UnsealKey, PASSPHRASE_MAX_BYTES,
    PASSPHRASE_MIN_BYTES, SCRYPT_COST_MAX, SCRYPT_COST_MIN, SHARES_MAX, SHARES_MIN,
    SHARE_TEXT_BYTES, WRAPPED_ROOT_MAX_BYTES,
};
pub use wrap::{WrapScheme, WRAP_MAX_BYTES};
