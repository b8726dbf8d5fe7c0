//! What can go wrong with secret memory.

use std::fmt;

/// Why secret memory was not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The size asked for is 0 or above the maximum.
    SizeOutOfRange,
    /// The kernel did not give or lock the pages; `limit` is the `RLIMIT_MEMLOCK` in force, in bytes.
    NotLocked {
        /// The soft limit of `RLIMIT_MEMLOCK` in bytes; `u64::MAX` where there is none.
        limit: u64,
    },
    /// The arena has no run of free bytes as long as the one asked for.
    Exhausted,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SizeOutOfRange => f.write_str("the size of secret memory is out of range"),
            Self::NotLocked { limit } => {
                write!(
                    f,
                    "secret memory could not be locked under a limit of {limit} bytes"
                )
            }
            Self::Exhausted => f.write_str("secret memory is exhausted"),
        }
    }
}

impl std::error::Error for Error {}
