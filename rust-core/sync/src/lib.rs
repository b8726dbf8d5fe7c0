//! The one seam for locks and atomics: every other crate takes them from here and never from `std::sync`.
//!
//! Why a seam: the standard library comes prebuilt and uninstrumented, so ThreadSanitizer reports races
//! that are none in correct `Mutex` and `Once` code, and an interleaving checker needs locks that it can
//! schedule itself. Each replaces what it must under a `--cfg` of its own (`sr_tsan`, `sr_model`) and nothing else.

#![forbid(unsafe_code)]

#[cfg(sr_model)]
pub mod model;
#[cfg(not(sr_model))]
mod mutex;
#[cfg(sr_tsan)]
mod published;

#[cfg(sr_model)]
pub use model::{Mutex, MutexGuard};
#[cfg(not(sr_model))]
pub use mutex::{Mutex, MutexGuard};
#[cfg(sr_tsan)]
pub use published::OnceLock;
pub use std::sync::Arc;
#[cfg(not(sr_tsan))]
pub use std::sync::OnceLock;

/// Atomic integers and their memory orderings.
pub mod atomic {
    #[cfg(sr_model)]
    pub use crate::model::{AtomicBool, AtomicU64, AtomicUsize};
    pub use std::sync::atomic::Ordering;
    #[cfg(not(sr_model))]
    pub use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
}
