//! The one global: what `sr_start` made. The C ABI has no other place for it, for its functions are called with
//! handles alone.

use crate::constants::{SR_KIND_KEY, SR_KIND_ROOT, SR_KIND_SHARES, SR_KIND_UNSEAL_KEY};
use crate::diagnostics::Diagnostics;
use crate::features::Allowed;
use crate::handle::Held;
use crate::panics;
use strongroom_core::{CollectedShares, Core, Error, Key, RootKey, UnsealKey};
use strongroom_handles::{HandleTable, Limits};
use strongroom_memory::Arena;
use strongroom_sync::atomic::{AtomicBool, Ordering};
use strongroom_sync::{Mutex, OnceLock};

/// Unseal keys that can be open, and sets of shares collected, at once.
const UNSEALINGS_MAX: u32 = 256;
/// Root keys that can be open at once.
const ROOTS_MAX: u32 = 4096;
/// Key versions that can be open at once. Secret memory ends before it does.
const KEYS_MAX: u32 = 1 << 20;
/// The highest kind there is.
const KINDS: u8 = SR_KIND_SHARES as u8;

/// Everything that lives between start and exit.
pub(crate) struct Library {
    pub(crate) core: Core,
    pub(crate) roots: HandleTable<Held<RootKey>>,
    pub(crate) keys: HandleTable<Held<Key>>,
    pub(crate) unseal_keys: HandleTable<Held<UnsealKey>>,
    pub(crate) shares: HandleTable<Held<CollectedShares>>,
    pub(crate) allowed: Allowed,
    pub(crate) diagnostics: Diagnostics,
}

static LIBRARY: OnceLock<Library> = OnceLock::new();
static STARTING: Mutex<()> = Mutex::new(());
static FORKED: AtomicBool = AtomicBool::new(false);

/// The library. Errors: `NotStarted`, `Forked`.
pub(crate) fn library() -> Result<&'static Library, Error> {
    let library = LIBRARY.get().ok_or(Error::NotStarted)?;
    not_forked()?;
    Ok(library)
}

/// A forked child has neither the secret pages (they are not inherited) nor the threads that held locks at the time,
/// so that it may touch nothing. Errors: `Forked`.
pub(crate) fn not_forked() -> Result<(), Error> {
    if FORKED.load(Ordering::Relaxed) {
        return Err(Error::Forked);
    }
    Ok(())
}

/// Makes the library, once; a failed start may be tried again. Errors: `AlreadyStarted`; those of `arena` and
/// [`Core::new`].
pub(crate) fn start<E: From<Error>>(arena: impl FnOnce() -> Result<Arena, E>) -> Result<(), E> {
    let _one_at_a_time = STARTING.lock();
    if LIBRARY.get().is_some() {
        return Err(Error::AlreadyStarted.into());
    }
    let library = Library {
        core: Core::new(arena()?)?,
        roots: HandleTable::new(Limits::new(SR_KIND_ROOT as u8, KINDS, ROOTS_MAX)),
        keys: HandleTable::new(Limits::new(SR_KIND_KEY as u8, KINDS, KEYS_MAX)),
        unseal_keys: HandleTable::new(Limits::new(SR_KIND_UNSEAL_KEY as u8, KINDS, UNSEALINGS_MAX)),
        shares: HandleTable::new(Limits::new(SR_KIND_SHARES as u8, KINDS, UNSEALINGS_MAX)),
        allowed: Allowed::default(),
        diagnostics: Diagnostics::default(),
    };
    if !watch_forks() {
        return Err(Error::OutOfMemory.into());
    }
    panics::keep_quiet();
    LIBRARY
        .set(library)
        .map_err(|_| Error::AlreadyStarted.into())
}

/// False where the C library has no memory for it.
fn watch_forks() -> bool {
    extern "C" fn in_the_child() {
        FORKED.store(true, Ordering::Relaxed);
    }
    // SAFETY: the function lives as long as the process, and does nothing but a store to an atomic.
    unsafe { libc::pthread_atfork(None, None, Some(in_the_child)) == 0 }
}
