//! One shard of a table: its slots, and which of them are free. Used under the shard's lock alone.

use crate::{Error, GENERATION_MAX};
use strongroom_sync::Arc;

/// A slot is vacant (with the generation that its next object gets), occupied, or retired for good.
enum Slot<T> {
    Vacant {
        next: u32,
    },
    Occupied {
        generation: u32,
        references: u32,
        object: Arc<T>,
    },
    Retired,
}

/// What a release did.
pub(crate) enum Released<T> {
    /// There are references left.
    Kept,
    /// That was the last one. The object is handed out, so that it can be dropped with no lock held.
    Ended(Arc<T>),
}

/// Up to `capacity` slots, made as they are first needed.
pub(crate) struct Shard<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    capacity: u32,
    first_generation: u32,
}

impl<T> Shard<T> {
    pub(crate) fn new(capacity: u32, first_generation: u32) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            capacity,
            first_generation,
        }
    }

    /// Puts `object` into a free slot and gives (slot, generation). On an error it is dropped by the caller, who
    /// still owns a clone.
    pub(crate) fn insert(&mut self, object: &Arc<T>) -> Result<(u32, u32), Error> {
        let index = self.free_slot()?;
        let slot = self.slots.get_mut(index as usize).ok_or(Error::Invalid)?;
        let Slot::Vacant { next } = *slot else {
            return Err(Error::Invalid);
        };
        *slot = Slot::Occupied {
            generation: next,
            references: 1,
            object: Arc::clone(object),
        };
        Ok((index, next))
    }

    /// The object of a live handle.
    pub(crate) fn lookup(&self, index: u32, generation: u32) -> Result<Arc<T>, Error> {
        match self.slots.get(index as usize).ok_or(Error::Invalid)? {
            Slot::Occupied {
                generation: live,
                object,
                ..
            } if *live == generation => Ok(Arc::clone(object)),
            slot => Err(self.dead(slot, generation)),
        }
    }

    /// One reference more, up to `limit` of them.
    pub(crate) fn retain(&mut self, index: u32, generation: u32, limit: u32) -> Result<(), Error> {
        match self.slots.get_mut(index as usize) {
            Some(Slot::Occupied {
                generation: live,
                references,
                ..
            }) if *live == generation => {
                if *references >= limit {
                    return Err(Error::TooManyReferences);
                }
                *references += 1;
                Ok(())
            }
            Some(_) => Err(self.dead_at(index, generation)),
            None => Err(Error::Invalid),
        }
    }

    /// One reference less.
    pub(crate) fn release(&mut self, index: u32, generation: u32) -> Result<Released<T>, Error> {
        let slot = match self.slots.get_mut(index as usize) {
            Some(slot) => slot,
            None => return Err(Error::Invalid),
        };
        match slot {
            Slot::Occupied {
                generation: live,
                references,
                ..
            } if *live == generation => {
                if *references > 1 {
                    *references -= 1;
                    return Ok(Released::Kept);
                }
            }
            _ => return Err(self.dead_at(index, generation)),
        }
        let retired = generation == GENERATION_MAX;
        let after = if retired {
            Slot::Retired
        } else {
            Slot::Vacant {
                next: generation + 1,
            }
        };
        let before = std::mem::replace(slot, after);
        if !retired {
            // Room for every slot was reserved when the slots were made.
            self.free.push(index);
        }
        match before {
            Slot::Occupied { object, .. } => Ok(Released::Ended(object)),
            Slot::Vacant { .. } | Slot::Retired => Err(Error::Invalid),
        }
    }

    fn free_slot(&mut self) -> Result<u32, Error> {
        if let Some(index) = self.free.pop() {
            return Ok(index);
        }
        let index = u32::try_from(self.slots.len()).map_err(|_| Error::Full)?;
        if index >= self.capacity {
            return Err(Error::Full);
        }
        self.slots.try_reserve(1).map_err(|_| Error::OutOfMemory)?;
        // The free list is empty here. Reserve what it takes to list every slot, so that a release never allocates.
        self.free
            .try_reserve(self.slots.len() + 1)
            .map_err(|_| Error::OutOfMemory)?;
        self.slots.push(Slot::Vacant {
            next: self.first_generation,
        });
        Ok(index)
    }

    fn dead_at(&self, index: u32, generation: u32) -> Error {
        self.slots
            .get(index as usize)
            .map_or(Error::Invalid, |slot| self.dead(slot, generation))
    }

    /// Tells a handle whose object has ended from one that was never given.
    fn dead(&self, slot: &Slot<T>, generation: u32) -> Error {
        let never_given = match slot {
            Slot::Vacant { next } => generation >= *next,
            Slot::Occupied {
                generation: live, ..
            } => generation > *live,
            Slot::Retired => false,
        };
        if never_given || generation < self.first_generation {
            Error::Invalid
        } else {
            Error::Stale
        }
    }
}
