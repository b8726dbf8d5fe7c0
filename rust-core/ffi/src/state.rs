//! The one global: what `sr_start` made. The C ABI has no other place for it, for its functions are called with
//! handles alone.

use crate::constants::{SR_KIND_KEY, SR_KIND_ROOT};
use crate::handle::Held;
use strongroom_core::{Core, Error, Key, RootKey};
use strongroom_handles::{HandleTable, Limits};
use strongroom_memory::Arena;
use strongroom_sync::{Mutex, OnceLock};

/// Root keys that can be open at once.
const ROOTS_MAX: u32 = 4096;
/// Key versions that can be open at once. Secret memory ends before it does.
const KEYS_MAX: u32 = 1 << 20;
/// The highest kind there is.
const KINDS: u8 = SR_KIND_KEY as u8;

/// Everything that lives between start and exit.
pub(crate) struct Library {
    pub(crate) core: Core,
    pub(crate) roots: HandleTable<Held<RootKey>>,
    pub(crate) keys: HandleTable<Held<Key>>,
}

static LIBRARY: OnceLock<Library> = OnceLock::new();
static STARTING: Mutex<()> = Mutex::new(());

/// The library. Errors: `NotStarted`.
pub(crate) fn library() -> Result<&'static Library, Error> {
    LIBRARY.get().ok_or(Error::NotStarted)
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
    };
    LIBRARY
        .set(library)
        .map_err(|_| Error::AlreadyStarted.into())
}
