//! An owned run of secret bytes.

use crate::arena::footprint;
use crate::Arena;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Bytes in secret memory: zeroed when given, wiped and given back on drop. Not `Clone`, so that a secret has
/// one place; its `Debug` shows the length only. Compare contents in constant time, never with `==`.
pub struct SecretBytes {
    start: NonNull<u8>,
    length: usize,
    arena: Arena,
}

// SAFETY: the bytes are owned by this value alone, like a Box<[u8]>, and the arena is Send and Sync.
unsafe impl Send for SecretBytes {}
// SAFETY: shared access is read-only, like that to a Box<[u8]>.
unsafe impl Sync for SecretBytes {}

impl SecretBytes {
    /// # Safety
    /// `start` is valid for reads and writes of `length` initialised bytes inside `arena`, owned by the new
    /// value alone, and was given by the arena's allocator for exactly `length` bytes.
    pub(crate) unsafe fn from_parts(start: NonNull<u8>, length: usize, arena: Arena) -> Self {
        Self {
            start,
            length,
            arena,
        }
    }

    /// Bytes of the arena that it takes: its length, rounded up to what the arena gives at least.
    pub fn footprint(&self) -> usize {
        footprint(self.length)
    }
}

impl Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: `from_parts` was promised `length` initialised bytes that live as long as this value.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl DerefMut for SecretBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`, and `&mut self` makes the access exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        // SAFETY: the allocation is this value's own and is not used again.
        unsafe { self.arena.release(self.start) }
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.length)
    }
}
