//! What the boundary does with each parameter, by its C type, before and after a function's body.

use crate::constants::SR_BATCH_ITEMS_MAX;
use crate::overlap::Ranges;
use crate::status::Failure;
use crate::types::sr_signature_scheme_t;
use crate::types::{sr_batch_item_t, sr_error_t, sr_root_t, sr_secret_memory_t};
use crate::types::{sr_bytes_t, sr_key_description_t, sr_key_spec_t, sr_key_t};
use crate::types::{sr_root_method_t, sr_share_progress_t, sr_shares_t, sr_unseal_key_t};
use std::slice;
use strongroom_core::Error;

/// A parameter of an exported function (or a group of parameters that belong together).
///
/// The order of a call: every `clear`, every `check`, overlaps, every `find`, every `open`, the body, and on a
/// failure every `wipe`. Pointers are followed by `clear`, `open` and `wipe` alone.
pub(crate) trait Argument {
    /// C parameters that it stands for.
    const PARAMETERS: u32 = 1;
    /// Ranges of memory that it adds at most.
    const RANGES: usize = 0;
    /// What has to be found and kept alive for the call.
    type Object;
    /// What the body gets.
    type Opened<'a>
    where
        Self: 'a;

    /// Zeroes outputs, where the pointers can be followed at all.
    ///
    /// # Safety
    /// Each pointer that is not NULL refers to memory of the caller's of the size that comes with it.
    unsafe fn clear(&self) {}

    /// Judges pointers and lengths without following them.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Says which memory the call reads and writes. Only after `check`.
    #[inline(always)]
    fn ranges(&self, _ranges: &mut Ranges) {}

    /// Looks the object up, if this is a handle.
    fn find(&self) -> Result<Self::Object, Failure>;

    /// What the body gets; `position` is the parameter's number, from 1.
    ///
    /// # Safety
    /// As for `clear`; `check` succeeded, no output overlaps anything, and the memory stays the caller's and
    /// unchanged by others for `'a`.
    unsafe fn open<'a>(&'a self, object: &'a Self::Object, position: u32) -> Self::Opened<'a>;

    /// Makes the object refuse from now on.
    fn poison(_object: &Self::Object) {}

    /// Takes back what was written, after `failure`.
    ///
    /// # Safety
    /// As for `clear`.
    unsafe fn wipe(&self, _failure: &Failure, _position: u32) {
        // SAFETY: the caller promised the same.
        unsafe { self.clear() }
    }
}

macro_rules! by_value {
    ($($ty:ty),*) => {
        $(impl Argument for $ty {
            type Object = ();
            type Opened<'a> = $ty;

            fn find(&self) -> Result<(), Failure> {
                Ok(())
            }

            unsafe fn open<'a>(&'a self, _: &'a (), _: u32) -> $ty {
                *self
            }
        })*
    };
}

by_value!(u32, u64);

impl Argument for sr_bytes_t {
    const RANGES: usize = 1;
    type Object = ();
    type Opened<'a> = &'a [u8];

    fn check(&self) -> Result<(), Error> {
        check_slice(self.data, self.length)
    }

    #[inline(always)]
    fn ranges(&self, ranges: &mut Ranges) {
        ranges.input(self.data, self.length);
    }

    fn find(&self) -> Result<(), Failure> {
        Ok(())
    }

    unsafe fn open<'a>(&'a self, _: &'a (), _: u32) -> &'a [u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: not NULL and of a possible length, by `check`; readable and unchanging, by the contract.
        unsafe { slice::from_raw_parts(self.data, self.length) }
    }
}

/// A type for which all bytes zero is a value, and any bytes are.
///
/// # Safety
/// That is so.
pub(crate) unsafe trait Plain: Copy {}

// SAFETY: an integer.
unsafe impl Plain for u64 {}
// SAFETY: a struct of integers, as are the following.
unsafe impl Plain for sr_root_t {}
// SAFETY: as above.
unsafe impl Plain for sr_key_t {}
// SAFETY: as above.
unsafe impl Plain for sr_unseal_key_t {}
// SAFETY: as above.
unsafe impl Plain for sr_shares_t {}
// SAFETY: as above.
unsafe impl Plain for sr_share_progress_t {}
// SAFETY: as above.
unsafe impl Plain for sr_root_method_t {}
// SAFETY: as above.
unsafe impl Plain for sr_key_spec_t {}
// SAFETY: as above.
unsafe impl Plain for sr_signature_scheme_t {}
// SAFETY: as above.
unsafe impl Plain for sr_key_description_t {}
// SAFETY: as above.
unsafe impl Plain for sr_secret_memory_t {}
// SAFETY: as above.
unsafe impl Plain for sr_error_t {}

/// An output struct.
impl<T: Plain> Argument for *mut T {
    const RANGES: usize = 1;
    type Object = ();
    type Opened<'a>
        = &'a mut T
    where
        T: 'a;

    unsafe fn clear(&self) {
        if check_struct(*self).is_ok() {
            // SAFETY: neither NULL nor misaligned; writable by the contract; zero is a value of T.
            unsafe { self.write_bytes(0, 1) }
        }
    }

    fn check(&self) -> Result<(), Error> {
        check_struct(*self)
    }

    #[inline(always)]
    fn ranges(&self, ranges: &mut Ranges) {
        ranges.output(*self, size_of::<T>());
    }

    fn find(&self) -> Result<(), Failure> {
        Ok(())
    }

    unsafe fn open<'a>(&'a self, _: &'a (), _: u32) -> &'a mut T {
        // SAFETY: checked, zeroed and so initialised, and overlapping nothing, as the caller promises.
        unsafe { &mut **self }
    }
}

/// An input struct, copied so that a change by the caller during the call changes nothing.
impl<T: Plain> Argument for *const T {
    const RANGES: usize = 1;
    type Object = ();
    type Opened<'a>
        = T
    where
        T: 'a;

    fn check(&self) -> Result<(), Error> {
        check_struct(*self)
    }

    #[inline(always)]
    fn ranges(&self, ranges: &mut Ranges) {
        ranges.input(*self, size_of::<T>());
    }

    fn find(&self) -> Result<(), Failure> {
        Ok(())
    }

    unsafe fn open<'a>(&'a self, _: &'a (), _: u32) -> T {
        // SAFETY: neither NULL nor misaligned by `check`, readable by the contract, and any bytes are a T.
        unsafe { self.read() }
    }
}

/// The items of a batch: 1 to `SR_BATCH_ITEMS_MAX` structs that are read, and the outcome of each written.
pub(crate) struct Items(pub(crate) *mut sr_batch_item_t, pub(crate) usize);

impl Argument for Items {
    const PARAMETERS: u32 = 2;
    const RANGES: usize = 1;
    type Object = ();
    type Opened<'a> = &'a mut [sr_batch_item_t];

    unsafe fn clear(&self) {
        if self.check().is_ok() {
            // SAFETY: neither NULL nor misaligned, a length in range, and the caller's to write.
            for item in unsafe { slice::from_raw_parts_mut(self.0, self.1) } {
                item.code = 0;
                item.written = [0; 3];
                item.valid = 0;
            }
        }
    }

    fn check(&self) -> Result<(), Error> {
        if self.1 == 0 || self.1 > SR_BATCH_ITEMS_MAX {
            return Err(Error::LengthOutOfRange);
        }
        check_struct(self.0)
    }

    #[inline(always)]
    fn ranges(&self, ranges: &mut Ranges) {
        ranges.output(self.0, self.1.saturating_mul(size_of::<sr_batch_item_t>()));
    }

    fn find(&self) -> Result<(), Failure> {
        Ok(())
    }

    unsafe fn open<'a>(&'a self, _: &'a (), _: u32) -> &'a mut [sr_batch_item_t] {
        // SAFETY: checked as in `clear`, overlapping nothing, and any bytes are items.
        unsafe { slice::from_raw_parts_mut(self.0, self.1) }
    }
}

/// Judges a pointer to a struct.
pub(crate) fn check_struct<T>(pointer: *const T) -> Result<(), Error> {
    if pointer.is_null() {
        Err(Error::NullArgument)
    } else if !pointer.is_aligned() {
        Err(Error::MisalignedArgument)
    } else {
        Ok(())
    }
}

/// Judges a run of bytes.
pub(crate) fn check_slice(data: *const u8, length: usize) -> Result<(), Error> {
    if isize::try_from(length).is_err() || (data as usize).checked_add(length).is_none() {
        Err(Error::LengthOutOfRange)
    } else if data.is_null() && length > 0 {
        Err(Error::NullArgument)
    } else {
        Ok(())
    }
}
