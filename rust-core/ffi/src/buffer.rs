//! Output buffers of the caller's.

use crate::argument::{check_slice, check_struct, Argument};
use crate::overlap::Ranges;
use crate::status::Failure;
use crate::types::sr_buffer_t;
use std::slice;
use strongroom_core::Error;

/// Room to write to, and where to say how much was written.
pub(crate) struct Buffer<'a> {
    room: &'a mut [u8],
    length: &'a mut usize,
    position: u32,
}

impl<'a> Buffer<'a> {
    /// `position` is the number that a failure names it by, from 1.
    pub(crate) fn new(room: &'a mut [u8], length: &'a mut usize, position: u32) -> Self {
        Self {
            room,
            length,
            position,
        }
    }

    /// Bytes there is room for.
    pub(crate) fn capacity(&self) -> usize {
        self.room.len()
    }

    /// Has `write` fill exactly `needed` bytes.
    ///
    /// Errors: those of `write`; `BufferTooSmall`.
    pub(crate) fn fill(
        self,
        needed: usize,
        write: impl FnOnce(&mut [u8]) -> Result<(), Error>,
    ) -> Result<(), Failure> {
        let (room, length) = self.reserve(needed)?;
        write(room)?;
        *length = needed;
        Ok(())
    }

    /// As [`Buffer::fill`], where `write` gives how many of at most `longest` bytes it wrote.
    ///
    /// Errors: those of `write`; `BufferTooSmall`.
    pub(crate) fn fill_up_to(
        self,
        longest: usize,
        write: impl FnOnce(&mut [u8]) -> Result<usize, Error>,
    ) -> Result<(), Failure> {
        let (room, length) = self.reserve(longest)?;
        *length = write(room)?;
        Ok(())
    }

    /// The first `needed` bytes, and where their number goes once they are written.
    ///
    /// Errors: `BufferTooSmall`.
    pub(crate) fn reserve(self, needed: usize) -> Result<(&'a mut [u8], &'a mut usize), Failure> {
        let capacity = self.room.len();
        match self.room.get_mut(..needed) {
            Some(room) => Ok((room, self.length)),
            None => Err(Failure {
                error: Error::BufferTooSmall,
                argument: self.position,
                numbers: [needed as u64, capacity as u64],
            }),
        }
    }
}

impl Argument for sr_buffer_t {
    const RANGES: usize = 2;
    type Object = ();
    type Opened<'a> = Buffer<'a>;

    unsafe fn clear(&self) {
        if !self.data.is_null() && check_slice(self.data, self.capacity).is_ok() {
            // SAFETY: not NULL and of a possible length; the caller's to write, by the contract.
            unsafe { self.data.write_bytes(0, self.capacity) }
        }
        if check_struct(self.length).is_ok() {
            // SAFETY: neither NULL nor misaligned; the caller's to write.
            unsafe { self.length.write(0) }
        }
    }

    fn check(&self) -> Result<(), Error> {
        check_struct(self.length)?;
        check_slice(self.data, self.capacity)
    }

    #[inline(always)]
    fn ranges(&self, ranges: &mut Ranges) {
        ranges.output(self.data, self.capacity);
        let length = if self.length.is_null() {
            0
        } else {
            size_of::<usize>()
        };
        ranges.output(self.length, length);
    }

    fn find(&self) -> Result<(), Failure> {
        Ok(())
    }

    unsafe fn open<'a>(&'a self, _: &'a (), position: u32) -> Buffer<'a> {
        let room = if self.capacity == 0 {
            &mut [][..]
        } else {
            // SAFETY: not NULL, of a possible length, zeroed and so initialised, and overlapping nothing.
            unsafe { slice::from_raw_parts_mut(self.data, self.capacity) }
        };
        // SAFETY: checked, zeroed, and overlapping nothing.
        let length = unsafe { &mut *self.length };
        Buffer::new(room, length, position)
    }

    unsafe fn wipe(&self, failure: &Failure, position: u32) {
        // SAFETY: the caller promised what `clear` needs.
        unsafe { self.clear() };
        let too_small = failure.error == Error::BufferTooSmall && failure.argument == position;
        if too_small && check_struct(self.length).is_ok() {
            // SAFETY: neither NULL nor misaligned; the caller's to write.
            unsafe { self.length.write(failure.numbers[0] as usize) }
        }
    }
}

/// A buffer that may be left out, as {NULL, 0, NULL}.
pub(crate) struct Optional(pub(crate) sr_buffer_t);

impl Optional {
    fn is_absent(&self) -> bool {
        self.0.data.is_null() && self.0.capacity == 0 && self.0.length.is_null()
    }
}

impl Argument for Optional {
    const RANGES: usize = sr_buffer_t::RANGES;
    type Object = ();
    type Opened<'a> = Option<Buffer<'a>>;

    unsafe fn clear(&self) {
        // SAFETY: the caller promised the same; an absent buffer has nothing to follow.
        unsafe { self.0.clear() }
    }

    fn check(&self) -> Result<(), Error> {
        if self.is_absent() {
            Ok(())
        } else {
            self.0.check()
        }
    }

    #[inline(always)]
    fn ranges(&self, ranges: &mut Ranges) {
        self.0.ranges(ranges);
    }

    fn find(&self) -> Result<(), Failure> {
        Ok(())
    }

    unsafe fn open<'a>(&'a self, object: &'a (), position: u32) -> Option<Buffer<'a>> {
        if self.is_absent() {
            return None;
        }
        // SAFETY: the caller promised the same of the buffer, which is there.
        Some(unsafe { self.0.open(object, position) })
    }

    unsafe fn wipe(&self, failure: &Failure, position: u32) {
        // SAFETY: the caller promised the same.
        unsafe { self.0.wipe(failure, position) }
    }
}
