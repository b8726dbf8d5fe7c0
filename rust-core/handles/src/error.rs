//! Why a handle, or a table, refused.

use std::fmt;

/// Why an operation on a handle table failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Zero, a kind or slot that does not exist, or a generation that was never given.
    Invalid,
    /// A handle of another kind of object.
    WrongKind,
    /// The object that this handle stood for has ended.
    Stale,
    /// One more reference would overflow the count of the slot.
    TooManyReferences,
    /// Every slot is taken or retired.
    Full,
    /// The heap has no room for another slot.
    OutOfMemory,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => "the handle was never given",
            Self::WrongKind => "the handle is of another kind",
            Self::Stale => "the handle's object has ended",
            Self::TooManyReferences => "the handle has too many references",
            Self::Full => "the handle table is full",
            Self::OutOfMemory => "there is no memory for another handle",
        })
    }
}

impl std::error::Error for Error {}
