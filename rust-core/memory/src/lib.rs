//! Secret memory: one region of locked pages between guard pages, reserved at start, with an allocator inside
//! of it that wipes what is given back. A canary stands behind each allocation, and what is free is zero: where either was
//! written to, the process ends, since nothing that it holds can be trusted. Keys live here and nowhere else.
//!
//! The kernel's `memfd_secret(2)` is used where it works: its pages leave the kernel's own map of memory, so
//! that neither root through `/proc/pid/mem`, nor ptrace, nor a kernel bug that reads at random finds them.
//! Otherwise the pages are anonymous and `mlock`ed, which keeps them from swap.

mod allocator;
mod arena;
mod canary;
mod error;
mod kept;
mod region;
mod secret_bytes;
mod wipe;

pub use arena::{Arena, Usage};
pub use error::Error;
pub use region::Protection;
pub use secret_bytes::SecretBytes;
pub use wipe::{wipe, Wiped};

/// The largest arena, in bytes: 1 GiB.
pub const MAXIMUM_ARENA_BYTES: usize = 1 << 30;
