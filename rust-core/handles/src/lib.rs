//! A table of shared objects behind handles that are numbers: a stale, forged or doubled handle is an error and
//! never memory of someone else's. Safe Rust throughout.
//!
//! A handle is 64 bits: 8 of kind, 24 of slot, 32 of generation; zero is never one. A slot's generation goes up
//! when its object ends, and a slot that has used up its generations is retired, so that a handle that has gone
//! stale can never come alive again.

#![forbid(unsafe_code)]

mod error;
mod handle;
mod shard;
mod table;

pub use error::Error;
pub use handle::{Handle, GENERATION_MAX, SLOTS_MAX};
pub use table::{HandleTable, Limits};
