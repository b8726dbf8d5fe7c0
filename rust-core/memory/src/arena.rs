//! The arena: the region and its allocator under one lock.

use crate::allocator::{Granules, GRANULE};
use crate::region::{Protection, Region};
use crate::{wipe, Error, SecretBytes};
use std::ops::Range;
use std::ptr::NonNull;
use strongroom_sync::{Arc, Mutex};

/// Secret memory of a fixed size, chosen once. Clones share it; any thread may use it. It is unmapped when the
/// last clone and the last allocation are gone.
#[derive(Clone, Debug)]
pub struct Arena {
    shared: Arc<Shared>,
}

/// How much of an arena is taken, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Bytes there are, a whole number of pages.
    pub capacity: usize,
    /// Bytes taken, counted in granules of 32.
    pub used: usize,
}

#[derive(Debug)]
struct Shared {
    region: Region,
    granules: Mutex<Granules>,
}

impl Arena {
    /// Reserves `bytes` (1 to [`crate::MAXIMUM_ARENA_BYTES`], rounded up to pages) under the best protection the
    /// kernel gives.
    ///
    /// Errors: `SizeOutOfRange`; `NotLocked`, mostly because of `RLIMIT_MEMLOCK`.
    pub fn new(bytes: usize) -> Result<Self, Error> {
        match Self::with_protection(bytes, Protection::MemfdSecret) {
            Err(Error::NotLocked { .. }) => Self::with_protection(bytes, Protection::Mlock),
            result => result,
        }
    }

    /// As [`Arena::new`], under this protection or not at all.
    pub fn with_protection(bytes: usize, protection: Protection) -> Result<Self, Error> {
        let region = Region::map(bytes, protection)?;
        let granules = Granules::new(region.length() / GRANULE).ok_or(Error::Exhausted)?;
        Ok(Self {
            shared: Arc::new(Shared {
                region,
                granules: Mutex::new(granules),
            }),
        })
    }

    /// Takes `length` zeroed bytes.
    ///
    /// Errors: `Exhausted`.
    pub fn allocate(&self, length: usize) -> Result<SecretBytes, Error> {
        let start = self.take(length).ok_or(Error::Exhausted)?;
        // SAFETY: `take` gave `length` zeroed bytes that are ours alone, and the clone of `self` keeps them mapped.
        Ok(unsafe { SecretBytes::from_parts(start, length, self.clone()) })
    }

    /// How much is taken.
    pub fn usage(&self) -> Usage {
        let used = self.shared.granules.lock().used() * GRANULE;
        Usage {
            capacity: self.shared.region.length(),
            used,
        }
    }

    /// What keeps the pages secret.
    pub fn protection(&self) -> Protection {
        self.shared.region.protection()
    }

    /// The addresses of the pages.
    pub fn addresses(&self) -> Range<usize> {
        let start = self.shared.region.start().as_ptr() as usize;
        start..start + self.shared.region.length()
    }

    /// Takes at least `length` zeroed bytes, aligned to 32, for an owner that is not Rust's: its alone until
    /// [`Arena::release`], for as long as a clone of the arena lives. `None` where there are none.
    pub fn take(&self, length: usize) -> Option<NonNull<u8>> {
        let first = self.shared.granules.lock().take(granules_for(length))?;
        // SAFETY: the allocator only gives granules within the region, so the offset stays inside of it.
        Some(unsafe { self.shared.region.start().add(first * GRANULE) })
    }

    /// The bytes that [`Arena::take`] gave at `start`: those asked for, rounded up to granules.
    pub fn room(&self, start: NonNull<u8>) -> usize {
        self.shared.granules.lock().length(self.granule(start)) * GRANULE
    }

    /// Wipes what [`Arena::take`] gave and takes it back.
    ///
    /// # Safety
    /// `start` is that of an allocation of this arena that nothing uses from here on.
    pub unsafe fn release(&self, start: NonNull<u8>) {
        let room = self.room(start);
        // SAFETY: the caller owns the whole run of granules, which lies inside the mapped region.
        wipe(unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), room) });
        self.shared.granules.lock().give_back(self.granule(start));
    }

    fn granule(&self, start: NonNull<u8>) -> usize {
        (start.as_ptr() as usize).wrapping_sub(self.addresses().start) / GRANULE
    }
}

/// Bytes that an allocation of `length` takes.
pub(crate) fn footprint(length: usize) -> usize {
    granules_for(length) * GRANULE
}

/// Even an empty allocation has a granule, and so an address of its own.
fn granules_for(length: usize) -> usize {
    length.div_ceil(GRANULE).max(1)
}
