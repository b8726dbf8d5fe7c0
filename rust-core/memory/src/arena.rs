//! The arena: the region and its allocator under one lock.

use crate::allocator::{Granules, Part, GRANULE};
use crate::canary::{Canaries, CANARY_BYTES};
use crate::region::{Protection, Region};
use crate::{kept, wipe, Error, SecretBytes, MAXIMUM_ARENA_BYTES};
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
    /// Bytes taken, counted in granules of 16, canaries among them.
    pub used: usize,
    /// Bytes of the reserve, taken or not.
    pub reserve: usize,
}

#[derive(Debug)]
struct Shared {
    region: Region,
    granules: Mutex<Granules>,
    canaries: Canaries,
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
                canaries: Canaries::new(),
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
        let granules = self.shared.granules.lock();
        Usage {
            capacity: self.shared.region.length(),
            used: granules.used() * GRANULE,
            reserve: granules.reserved() * GRANULE,
        }
    }

    /// Makes the last `bytes` the reserve, in place of the one before. Nothing that [`Arena::keep`] counts lies there from here
    /// on, so that what is kept never uses all of the arena. Everything else lies there first.
    pub fn set_reserve(&self, bytes: usize) {
        self.shared.granules.lock().set_reserve(bytes / GRANULE);
    }

    /// Runs `body`, which makes something that is kept for long. Gives the bytes of secret memory that this thread took for it
    /// and did not give back, canaries included; none of them lie in the reserve. Calls may nest.
    pub fn keep<T>(&self, body: impl FnOnce() -> T) -> (T, usize) {
        kept::count(body)
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

    /// Takes at least `length` zeroed bytes, aligned to 16, for an owner that is not Rust's: its alone until
    /// [`Arena::release`], for as long as a clone of the arena lives. `None` where there are none.
    pub fn take(&self, length: usize) -> Option<NonNull<u8>> {
        let granules = granules_for(length)?;
        let part = if kept::is_counting() {
            Part::BeforeReserve
        } else {
            Part::Any
        };
        let first = self.shared.granules.lock().take(granules, part)?;
        kept::add(granules * GRANULE);
        // SAFETY: the allocator only gives granules within the region, so the offset stays inside of it.
        let start = unsafe { self.shared.region.start().add(first * GRANULE) };
        // SAFETY: the whole run is ours alone from here on, and lies inside the mapped region.
        let run = unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), granules * GRANULE) };
        if run.iter().any(|&byte| byte != 0) {
            corrupted();
        }
        if let Some(end) = run.last_chunk_mut() {
            *end = self.canary(start, granules * GRANULE);
        }
        Some(start)
    }

    /// The bytes that [`Arena::take`] gave at `start`: at least those asked for.
    pub fn room(&self, start: NonNull<u8>) -> usize {
        self.run_bytes(start).saturating_sub(CANARY_BYTES)
    }

    /// Wipes what [`Arena::take`] gave and takes it back.
    ///
    /// # Safety
    /// `start` is that of an allocation of this arena that nothing uses from here on.
    pub unsafe fn release(&self, start: NonNull<u8>) {
        let bytes = self.run_bytes(start);
        // SAFETY: the caller owns the whole run of granules, which lies inside the mapped region.
        let run = unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), bytes) };
        if run.last_chunk() != Some(&self.canary(start, bytes)) {
            corrupted();
        }
        wipe(run);
        self.shared.granules.lock().give_back(self.granule(start));
        kept::subtract(bytes);
    }

    /// The bytes of the run that begins at `start`, its canary included.
    fn run_bytes(&self, start: NonNull<u8>) -> usize {
        self.shared.granules.lock().length(self.granule(start)) * GRANULE
    }

    fn canary(&self, start: NonNull<u8>, bytes: usize) -> [u8; CANARY_BYTES] {
        self.shared.canaries.at(start.as_ptr() as usize + bytes)
    }

    fn granule(&self, start: NonNull<u8>) -> usize {
        (start.as_ptr() as usize).wrapping_sub(self.addresses().start) / GRANULE
    }
}

/// Bytes that an allocation of `length` takes.
pub(crate) fn footprint(length: usize) -> usize {
    granules_for(length).map_or(usize::MAX, |granules| granules * GRANULE)
}

/// The granules of an allocation and its canary; `None` where it is longer than any arena.
fn granules_for(length: usize) -> Option<usize> {
    let bytes = length.checked_add(CANARY_BYTES)?;
    (bytes <= MAXIMUM_ARENA_BYTES).then(|| bytes.div_ceil(GRANULE))
}

/// Something wrote where nothing is: past the end of an allocation, before its start, or to one that was given back. Keys
/// may be wrong from here on, and whoever did it may do more: the process ends, and leaves no core.
#[cold]
fn corrupted() -> ! {
    // The interleaving checker has to live to say which order it was.
    #[cfg(sr_model)]
    panic!("secret memory was written to outside of what was given out");
    #[cfg(not(sr_model))]
    end();
}

#[cfg(not(sr_model))]
fn end() -> ! {
    let text = b"strongroom: secret memory was written to outside of what was given out\n";
    // SAFETY: the bytes are live for the call. What fails of it is not to be helped.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
    std::process::abort();
}
