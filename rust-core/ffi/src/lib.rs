//! The C ABI of Strongroom's core, as `include/strongroom_core.h` says it. This is the only crate that exports
//! symbols, and next to the secret memory the only one with `unsafe` in it.
//!
//! Each function goes through the macro of `export.rs`, which owns what must not be forgotten: zeroed outputs,
//! checked arguments, the panic guard, wiping on failure, the error struct, and the entry in the manifest.

// A panic must unwind to the boundary, where it becomes an error code. Aborting would take the server down.
#[cfg(panic = "abort")]
compile_error!("strongroom-ffi needs panic = \"unwind\"");

mod algorithm;
mod argument;
mod batch;
mod buffer;
mod constants;
mod derivation;
mod diagnostics;
mod export;
#[cfg(feature = "fault-injection")]
mod fault;
mod features;
mod handle;
mod hex;
mod key;
mod key_file;
mod library;
pub mod manifest;
mod overlap;
mod panics;
mod pem_file;
#[cfg(feature = "fault-injection")]
mod planted;
mod root;
mod signature;
mod state;
mod status;
mod transfer;
mod types;
mod unseal;
mod wrapping;

pub use algorithm::{sr_algorithm_available, sr_hash};
pub use batch::sr_key_batch;
pub use constants::*;
pub use derivation::*;
pub use diagnostics::*;
#[cfg(feature = "fault-injection")]
pub use fault::{sr_test_panic, SR_TEST_BATCH_PANIC};
pub use features::*;
pub use key::*;
pub use library::*;
#[cfg(feature = "fault-injection")]
pub use planted::*;
pub use root::*;
pub use signature::*;
pub use transfer::*;
pub use types::*;
pub use unseal::*;
pub use wrapping::*;
