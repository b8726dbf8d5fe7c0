//! The one seam for locks and atomics: every other crate takes them from here and never from `std::sync`.
//!
//! Why a seam: the standard library comes prebuilt and uninstrumented, so ThreadSanitizer reports races
//! that are none in correct `Mutex` and `Once` code, and an interleaving checker needs locks that it can
//! schedule itself. Both replace this crate's contents under a `--cfg` of their own and nothing else.

#![forbid(unsafe_code)]

mod mutex;

pub use mutex::{Mutex, MutexGuard};
pub use std::sync::{Arc, OnceLock};

/// Atomic integers and their memory orderings.
pub mod atomic {
    pub use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
}
