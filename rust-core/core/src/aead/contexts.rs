//! Cipher contexts in secret memory, kept from one operation to the next. A context that has a key already saves making
//! it and expanding the key, most of what encrypting a short message costs; but it is 1 KiB, and one thread's at a time.
//! So there is a fixed number of them, made at start: sets of four, each set for some of the keys, as in a processor's
//! cache.

use crate::{Core, Error};
use strongroom_memory::Arena;
use strongroom_openssl::{is_installed, AesBlocks, AesGcm, Ciphers, Failure};
use strongroom_sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use strongroom_sync::{Arc, Mutex};

/// Threads that can use one key at once with a kept context each.
const WAYS: usize = 4;
/// What a pair of contexts takes in secret memory (1,792 bytes with OpenSSL 3.0), rounded up.
const PAIR_BYTES: usize = 2048;
/// Contexts get this part of secret memory; what is left suffices for thousands of keys.
const ARENA_PART: usize = 4;
/// Sets in a large arena: contexts for a thousand keys that are used in turn.
const SETS_MAX: usize = 256;
/// The number of no key.
const NO_KEY: u64 = 0;

/// A pair of contexts for one operation.
pub(super) struct Contexts {
    pub(super) gcm: AesGcm,
    pub(super) blocks: AesBlocks,
    /// Which of them has an open key.
    keyed: Keyed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keyed {
    Neither,
    Gcm,
    Blocks,
}

impl Contexts {
    fn new(ciphers: &Ciphers) -> Result<Self, Failure> {
        Ok(Self {
            gcm: AesGcm::new(ciphers)?,
            blocks: AesBlocks::new(ciphers)?,
            keyed: Keyed::Neither,
        })
    }

    /// Messages are encrypted with `key` itself. Of the key before nothing is left.
    pub(super) fn set_gcm_key(&mut self, key: &[u8; 32]) -> Result<(), Failure> {
        if self.keyed == Keyed::Blocks {
            self.blocks.set_key(&[0; 32])?;
        }
        self.keyed = Keyed::Gcm;
        self.gcm.set_key(key)
    }

    /// Messages are encrypted with keys that are derived with `key`. Of the key before nothing is left.
    pub(super) fn set_blocks_key(&mut self, key: &[u8; 32]) -> Result<(), Failure> {
        if self.keyed == Keyed::Gcm {
            self.gcm.set_key(&[0; 32])?;
        }
        self.keyed = Keyed::Blocks;
        self.blocks.set_key(key)
    }

    /// Expands the key of all zeros over every key.
    fn erase(&mut self) -> Result<(), Failure> {
        self.gcm.set_key(&[0; 32])?;
        self.blocks.set_key(&[0; 32])?;
        self.keyed = Keyed::Neither;
        Ok(())
    }
}

/// All kept contexts. Any thread; nobody waits for a context that another uses.
pub(crate) struct ContextCache {
    /// Sets of [`WAYS`], a power of two of them, or none: then each operation makes contexts of its own.
    sets: Vec<Set>,
    next_key: AtomicU64,
}

#[derive(Default)]
struct Set {
    seats: [Seat; WAYS],
    /// Which seat is taken from its key next.
    turn: AtomicUsize,
}

#[derive(Default)]
struct Seat {
    /// The key that the contexts may hold, written only under their lock.
    key: AtomicU64,
    /// `None` where they could not be made or erased: then nobody sits here.
    contexts: Mutex<Option<Contexts>>,
}

impl ContextCache {
    /// As many contexts as their part of `arena` holds; none where OpenSSL's memory is not secret.
    ///
    /// Errors: `OutOfMemory`.
    pub(crate) fn new(arena: &Arena, ciphers: &Ciphers) -> Result<Self, Error> {
        let fitting = arena.usage().capacity / ARENA_PART / (PAIR_BYTES * WAYS);
        let count = match fitting.checked_ilog2() {
            Some(power) if is_installed() => SETS_MAX.min(1 << power),
            _ => 0,
        };
        let mut sets = Vec::new();
        sets.try_reserve_exact(count)
            .map_err(|_| Error::OutOfMemory)?;
        for _ in 0..count {
            let set = Set::default();
            for seat in &set.seats {
                *seat.contexts.lock() = Contexts::new(ciphers).ok();
            }
            sets.push(set);
        }
        Ok(Self {
            sets,
            next_key: AtomicU64::new(NO_KEY + 1),
        })
    }

    /// A place for a key, which takes no context before its first use.
    pub(super) fn place(self: &Arc<Self>) -> Place {
        Place {
            cache: Arc::clone(self),
            key: self.next_key.fetch_add(1, Ordering::Relaxed),
        }
    }

    fn set(&self, key: u64) -> Option<&Set> {
        // Keys are numbered in turn, and so spread evenly.
        self.sets
            .get(key as usize & self.sets.len().wrapping_sub(1))
    }
}

/// A key's place among the kept contexts. When it is dropped, as its key is, every context that holds the key is erased.
pub(super) struct Place {
    cache: Arc<ContextCache>,
    key: u64,
}

impl Place {
    /// Runs `work` with contexts that `prepare` gave the key to, now or before. Where every context is in use, they are
    /// made for this once.
    ///
    /// Errors: those of `work`; `SecretMemoryExhausted`, `CryptoLibrary`.
    pub(super) fn with<T>(
        &self,
        core: &Core,
        prepare: impl FnOnce(&mut Contexts) -> Result<(), Failure>,
        work: impl FnOnce(&mut Contexts) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(set) = self.cache.set(self.key) else {
            return self.with_own(core, prepare, work);
        };
        let kept = set
            .seats
            .iter()
            .filter(|seat| self.sits_on(seat))
            .find_map(|seat| Some((seat, seat.contexts.try_lock()?)));
        if let Some((seat, mut contexts)) = kept {
            // Another key may have taken the seat before it was locked.
            if self.sits_on(seat) {
                if let Some(contexts) = contexts.as_mut() {
                    return work(contexts);
                }
            }
        }
        let turn = set.turn.fetch_add(1, Ordering::Relaxed);
        for step in 0..WAYS {
            let Some(seat) = set.seats.get(turn.wrapping_add(step) % WAYS) else {
                continue;
            };
            let Some(mut locked) = seat.contexts.try_lock() else {
                continue;
            };
            let Some(contexts) = locked.as_mut() else {
                continue;
            };
            seat.key.store(NO_KEY, Ordering::Relaxed);
            if let Err(error) = prepare(contexts) {
                erase(&mut locked);
                return Err(error.into());
            }
            seat.key.store(self.key, Ordering::Relaxed);
            return work(contexts);
        }
        self.with_own(core, prepare, work)
    }

    fn with_own<T>(
        &self,
        core: &Core,
        prepare: impl FnOnce(&mut Contexts) -> Result<(), Failure>,
        work: impl FnOnce(&mut Contexts) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut contexts = Contexts::new(&core.ciphers)?;
        prepare(&mut contexts)?;
        work(&mut contexts)
    }

    fn sits_on(&self, seat: &Seat) -> bool {
        seat.key.load(Ordering::Relaxed) == self.key
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(set) = self.cache.set(self.key) else {
            return;
        };
        for seat in set.seats.iter().filter(|seat| self.sits_on(seat)) {
            let mut contexts = seat.contexts.lock();
            if self.sits_on(seat) {
                seat.key.store(NO_KEY, Ordering::Relaxed);
                erase(&mut contexts);
            }
        }
    }
}

/// Erases contexts, or frees them, which wipes them too.
fn erase(contexts: &mut Option<Contexts>) {
    if contexts.as_mut().is_some_and(|held| held.erase().is_err()) {
        *contexts = None;
    }
}
