//! Handles as arguments: an object is found, and kept alive for the call, before the body runs.

use crate::argument::Argument;
use crate::state::{library, Library};
use crate::status::Failure;
use crate::types::{sr_key_t, sr_root_t, sr_shares_t, sr_unseal_key_t};
use strongroom_core::{CollectedShares, Error, Key, RootKey, UnsealKey};
use strongroom_handles::HandleTable;
use strongroom_sync::atomic::{AtomicBool, AtomicU64, Ordering};
use strongroom_sync::Arc;

/// An object behind a handle. After a panic with it at work it is poisoned: it can only be released.
/// While it lives, its bytes are counted: a released object that a call is still using counts too.
pub(crate) struct Held<T: Kind> {
    value: T,
    poisoned: AtomicBool,
    bytes: u64,
}

impl<T: Kind> Held<T> {
    fn new(value: T) -> Self {
        let bytes = value.secret_bytes() as u64;
        T::live_bytes().fetch_add(bytes, Ordering::Relaxed);
        Self {
            value,
            poisoned: AtomicBool::new(false),
            bytes,
        }
    }

    pub(crate) fn value(&self) -> &T {
        &self.value
    }

    pub(crate) fn poison(&self) {
        self.poisoned.store(true, Ordering::Relaxed);
    }
}

impl<T: Kind> Drop for Held<T> {
    fn drop(&mut self) {
        T::live_bytes().fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A kind of object that has handles.
pub(crate) trait Kind: Sized + 'static {
    fn table(library: &Library) -> &HandleTable<Held<Self>>;

    /// Bytes of secret memory that the object takes for as long as it lives.
    fn secret_bytes(&self) -> usize;

    /// The sum of that over all objects of the kind.
    fn live_bytes() -> &'static AtomicU64;

    /// Gives `value` a handle, with one reference. Errors: `HandleTableFull`, `OutOfMemory`.
    fn insert(self, library: &Library) -> Result<u64, Failure> {
        Ok(Self::table(library).insert(Arc::new(Held::new(self)))?)
    }

    /// The object of a handle. Errors: those of the table; `HandlePoisoned`.
    fn find(library: &Library, bits: u64) -> Result<Arc<Held<Self>>, Failure> {
        let held = Self::table(library).lookup(bits)?;
        if held.poisoned.load(Ordering::Relaxed) {
            return Err(Error::HandlePoisoned.into());
        }
        Ok(held)
    }

    /// One reference more, as a function's whole body. Errors: those of [`Kind::find`]; `TooManyReferences`.
    fn retain(library: &Library, bits: u64) -> Result<(), Failure> {
        let retained = Self::find(library, bits)
            .and_then(|_| Self::table(library).retain(bits).map_err(Failure::from));
        retained.map_err(|failure| Failure {
            argument: 1,
            ..failure
        })
    }

    /// One reference less, as a function's whole body; a poisoned object can be released too. Errors: those of the
    /// table.
    fn release(library: &Library, bits: u64) -> Result<(), Failure> {
        let ended = Self::table(library).release(bits);
        drop(ended.map_err(|error| Failure {
            argument: 1,
            ..error.into()
        })?);
        Ok(())
    }
}

macro_rules! handle {
    ($ty:ty, $kind:ty, $table:ident) => {
        impl Kind for $kind {
            fn table(library: &Library) -> &HandleTable<Held<Self>> {
                &library.$table
            }

            fn secret_bytes(&self) -> usize {
                self.secret_bytes()
            }

            fn live_bytes() -> &'static AtomicU64 {
                static BYTES: AtomicU64 = AtomicU64::new(0);
                &BYTES
            }
        }

        impl Argument for $ty {
            type Object = Arc<Held<$kind>>;
            type Opened<'a> = &'a $kind;

            fn find(&self) -> Result<Self::Object, Failure> {
                <$kind>::find(library()?, self.bits)
            }

            unsafe fn open<'a>(&'a self, object: &'a Self::Object, _: u32) -> &'a $kind {
                object.value()
            }

            fn poison(object: &Self::Object) {
                object.poison();
            }
        }
    };
}

handle!(sr_root_t, RootKey, roots);
handle!(sr_key_t, Key, keys);
handle!(sr_unseal_key_t, UnsealKey, unseal_keys);
handle!(sr_shares_t, CollectedShares, shares);

/// A handle as a number, not looked up: to count it and not to use it.
pub(crate) struct Counted(pub(crate) u64);

impl Argument for Counted {
    type Object = ();
    type Opened<'a> = u64;

    fn find(&self) -> Result<(), Failure> {
        Ok(())
    }

    unsafe fn open<'a>(&'a self, _: &'a (), _: u32) -> u64 {
        self.0
    }
}
