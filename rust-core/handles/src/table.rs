//! The table of one kind of object: shards, each behind a short lock of its own.

use crate::shard::{Released, Shard};
use crate::{Error, Handle, GENERATION_MAX, SLOTS_MAX};
use strongroom_sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use strongroom_sync::{Arc, Mutex};

/// The most shards a table has. The slot's low bits choose the shard. Two show every way through the code, and the interleaving
/// checker has fewer orders to go through.
const SHARDS: u32 = if cfg!(sr_model) { 2 } else { 16 };

/// What a table is made with.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The kind that its handles carry; not 0.
    pub kind: u8,
    /// The highest kind that exists, to tell a handle of another kind from a forged one.
    pub kinds: u8,
    /// Slots at most; 1 to [`SLOTS_MAX`].
    pub capacity: u32,
    /// The generation of a slot's first object; 1 unless a test is after the last one.
    pub first_generation: u32,
    /// References at most to one object.
    pub references: u32,
}

impl Limits {
    /// Limits of a table of `kind` (of `kinds`) with `capacity` slots, everything else at its widest.
    pub const fn new(kind: u8, kinds: u8, capacity: u32) -> Self {
        Self {
            kind,
            kinds,
            capacity,
            first_generation: 1,
            references: u32::MAX,
        }
    }
}

/// Objects of one kind by their handles, with a count of references each. Any thread may call anything: a lookup
/// clones the `Arc` under the shard's lock and works with no lock held, so that a release during use is well
/// defined: the use finishes, and the object is dropped by whoever has the last clone.
pub struct HandleTable<T> {
    shards: Vec<Mutex<Shard<T>>>,
    limits: Limits,
    /// Where the next insertion begins to look; spreads objects over the shards.
    cursor: AtomicUsize,
    live: AtomicU64,
}

impl<T> HandleTable<T> {
    /// An empty table. Capacity and first generation are clamped to what a handle can say.
    pub fn new(limits: Limits) -> Self {
        let capacity = limits.capacity.clamp(1, SLOTS_MAX);
        let first_generation = limits.first_generation.clamp(1, GENERATION_MAX);
        let limits = Limits {
            capacity,
            first_generation,
            ..limits
        };
        let shards = (0..SHARDS)
            // Slots are dealt out in turn, so the first shards have one more where it does not come out even.
            .map(|shard| (capacity + SHARDS - 1 - shard) / SHARDS)
            .map(|slots| Mutex::new(Shard::new(slots, first_generation)))
            .collect();
        Self {
            shards,
            limits,
            cursor: AtomicUsize::new(0),
            live: AtomicU64::new(0),
        }
    }

    /// Puts `object` in, with one reference, and gives its handle.
    ///
    /// Errors: `Full`, `OutOfMemory`; `object` is dropped then.
    pub fn insert(&self, object: Arc<T>) -> Result<u64, Error> {
        let start = self.cursor.fetch_add(1, Ordering::Relaxed);
        let count = self.shards.len();
        let mut failure = Error::Full;
        for step in 0..count {
            let shard = start.wrapping_add(step) % count;
            let Some(slots) = self.shards.get(shard) else {
                continue;
            };
            let inserted = slots.lock().insert(&object);
            match inserted {
                Ok((index, generation)) => {
                    self.live.fetch_add(1, Ordering::Relaxed);
                    let slot = index * SHARDS + shard as u32;
                    return Ok(Handle {
                        kind: self.limits.kind,
                        slot,
                        generation,
                    }
                    .bits());
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// The object of a handle. It lives as long as the clone that is given.
    ///
    /// Errors: `Invalid`, `WrongKind`, `Stale`.
    pub fn lookup(&self, bits: u64) -> Result<Arc<T>, Error> {
        let (shard, index, generation) = self.locate(bits)?;
        shard.lock().lookup(index, generation)
    }

    /// One reference more.
    ///
    /// Errors: those of [`HandleTable::lookup`]; `TooManyReferences`.
    pub fn retain(&self, bits: u64) -> Result<(), Error> {
        let (shard, index, generation) = self.locate(bits)?;
        shard
            .lock()
            .retain(index, generation, self.limits.references)
    }

    /// One reference less. The last one ends the object: it is given back, for the caller to drop with no lock
    /// held.
    ///
    /// Errors: those of [`HandleTable::lookup`].
    pub fn release(&self, bits: u64) -> Result<Option<Arc<T>>, Error> {
        let (shard, index, generation) = self.locate(bits)?;
        let released = shard.lock().release(index, generation)?;
        match released {
            Released::Kept => Ok(None),
            Released::Ended(object) => {
                self.live.fetch_sub(1, Ordering::Relaxed);
                Ok(Some(object))
            }
        }
    }

    /// How many objects have a reference.
    pub fn live(&self) -> u64 {
        self.live.load(Ordering::Relaxed)
    }

    fn locate(&self, bits: u64) -> Result<(&Mutex<Shard<T>>, u32, u32), Error> {
        let handle = Handle::parse(bits, self.limits.kind, self.limits.kinds)?;
        let shard = self
            .shards
            .get((handle.slot % SHARDS) as usize)
            .ok_or(Error::Invalid)?;
        Ok((shard, handle.slot / SHARDS, handle.generation))
    }
}
