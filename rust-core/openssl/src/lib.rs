//! OpenSSL with its secrets in secret memory, for what the `openssl` crate cannot do safely or without waste: where OpenSSL
//! allocates, SHA-256 states that are copied and wiped, AES contexts that are used again and again, parameters that are set
//! by their names, and RSA keys that stop being made.

mod aes;
mod generation;
mod hooks;
mod memory;
mod parameter;
mod sha256;

pub use aes::{AesBlocks, AesGcm, Ciphers, Failure};
pub use generation::generate_rsa;
pub use memory::{forget_thread, in_secret_memory, install, is_installed, was_exhausted};
pub use parameter::set_parameter;
pub use sha256::Sha256State;
