//! Erasing memory in a way that the compiler may not leave out.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// Overwrites `bytes` with zeros. `explicit_bzero(3)` is opaque to the optimiser, so the writes stay even
/// when nothing reads them again, and it runs at the speed of `memset`.
pub fn wipe(bytes: &mut [u8]) {
    // SAFETY: the pointer and length are those of a live exclusive slice, and any bytes are valid for u8.
    unsafe { libc::explicit_bzero(bytes.as_mut_ptr().cast(), bytes.len()) }
}

/// A buffer on the stack or heap that is wiped when it is dropped: for short-lived secrets (derived keys,
/// plaintexts in passing) that need no locked page. Its `Debug` shows nothing of the contents.
///
/// A move may leave a copy behind on the stack: fill it where it stands.
pub struct Wiped<T: AsMut<[u8]>>(T);

impl<T: AsMut<[u8]>> Wiped<T> {
    /// Takes `buffer` over.
    pub const fn new(buffer: T) -> Self {
        Self(buffer)
    }
}

impl Wiped<Vec<u8>> {
    /// A heap buffer of `length` zeros, or `None` where the heap has no room.
    pub fn zeros(length: usize) -> Option<Self> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).ok()?;
        bytes.resize(length, 0);
        Some(Self(bytes))
    }
}

impl<T: AsMut<[u8]>> Deref for Wiped<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: AsMut<[u8]>> DerefMut for Wiped<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: AsMut<[u8]>> Drop for Wiped<T> {
    fn drop(&mut self) {
        wipe(self.0.as_mut());
    }
}

impl<T: AsMut<[u8]>> fmt::Debug for Wiped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wiped(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{wipe, Wiped};

    #[test]
    fn wiping_zeroes_every_byte_and_no_other() {
        let mut bytes = [7u8; 40];
        wipe(&mut bytes[3..37]);
        assert_eq!(&bytes[..3], &[7; 3]);
        assert_eq!(&bytes[3..37], &[0; 34]);
        assert_eq!(&bytes[37..], &[7; 3]);
    }

    #[test]
    fn a_wiped_buffer_is_zero_after_its_drop() {
        let mut storage = [9u8; 16];
        drop(Wiped::new(&mut storage));
        assert_eq!(storage, [0; 16]);
    }

    #[test]
    fn debug_shows_nothing_of_the_contents() {
        assert_eq!(format!("{:?}", Wiped::new([0x41u8; 4])), "Wiped(..)");
    }

    #[test]
    fn a_length_beyond_the_heap_is_none() {
        assert!(Wiped::zeros(isize::MAX as usize).is_none());
        assert_eq!(Wiped::zeros(5).map(|b| b.len()), Some(5));
    }
}
