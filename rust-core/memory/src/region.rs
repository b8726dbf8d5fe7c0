//! The pages themselves: reserved between two guard pages, locked, out of core dumps, absent from a fork.

use crate::{Error, MAXIMUM_ARENA_BYTES};
use std::ptr::{self, NonNull};

/// `memfd_secret(2)` has this number on every architecture that has the call (Linux 5.14).
const SYS_MEMFD_SECRET: libc::c_long = 447;

/// What keeps the pages secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// `memfd_secret(2)`: out of the kernel's map, unreadable through /proc and ptrace even for root.
    MemfdSecret,
    /// Anonymous pages under `mlock(2)`: never swapped.
    Mlock,
}

/// A mapping of `length` bytes of secret pages with one inaccessible page on either side. Unmapped on drop; the
/// arena wipes each allocation before that.
#[derive(Debug)]
pub(crate) struct Region {
    reservation: NonNull<u8>,
    reserved: usize,
    pages: NonNull<u8>,
    length: usize,
    protection: Protection,
}

// SAFETY: a region is plain memory owned by this value alone; nothing in it is tied to a thread.
unsafe impl Send for Region {}
// SAFETY: `&Region` only gives out addresses; who may access which bytes is the arena's business.
unsafe impl Sync for Region {}

impl Region {
    /// Maps `bytes`, rounded up to whole pages, under the protection asked for.
    ///
    /// Errors: `SizeOutOfRange`; `NotLocked` when the kernel refuses any part of it.
    pub(crate) fn map(bytes: usize, protection: Protection) -> Result<Self, Error> {
        if bytes == 0 || bytes > MAXIMUM_ARENA_BYTES {
            return Err(Error::SizeOutOfRange);
        }
        let page = page_size();
        let length = bytes.div_ceil(page) * page;
        let reserved = length + 2 * page;
        // SAFETY: a new anonymous mapping at an address of the kernel's choice touches no other memory.
        let reservation = unsafe {
            libc::mmap(
                ptr::null_mut(),
                reserved,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        let reservation = mapped(reservation).ok_or_else(not_locked)?;
        // SAFETY: one page in is inside the reservation, which is at least two pages and the region long.
        let pages = unsafe { reservation.add(page) };
        // From here on the drop unmaps everything, whatever fails.
        let region = Self {
            reservation,
            reserved,
            pages,
            length,
            protection,
        };
        match protection {
            Protection::MemfdSecret => region.map_secret()?,
            Protection::Mlock => region.map_locked()?,
        }
        region.advise(libc::MADV_DONTDUMP)?;
        region.advise(libc::MADV_DONTFORK)?;
        Ok(region)
    }

    pub(crate) fn start(&self) -> NonNull<u8> {
        self.pages
    }

    pub(crate) fn length(&self) -> usize {
        self.length
    }

    pub(crate) fn protection(&self) -> Protection {
        self.protection
    }

    /// Puts a `memfd_secret` mapping between the guards. The kernel locks such pages itself and counts them
    /// against `RLIMIT_MEMLOCK`.
    fn map_secret(&self) -> Result<(), Error> {
        // SAFETY: the call takes flags only; close-on-exec is the one flag it knows.
        let descriptor = unsafe { libc::syscall(SYS_MEMFD_SECRET, libc::O_CLOEXEC) };
        let descriptor = libc::c_int::try_from(descriptor).map_err(|_| not_locked())?;
        if descriptor < 0 {
            return Err(not_locked());
        }
        let length = libc::off_t::try_from(self.length).map_err(|_| Error::SizeOutOfRange)?;
        // SAFETY: `descriptor` was opened above and is ours.
        let sized = unsafe { libc::ftruncate(descriptor, length) } == 0;
        let done = sized && self.map_over(libc::MAP_SHARED, descriptor);
        // SAFETY: `descriptor` is ours and closed once; a mapping outlives its descriptor.
        unsafe { libc::close(descriptor) };
        if done && self.touch() {
            Ok(())
        } else {
            Err(not_locked())
        }
    }

    fn map_locked(&self) -> Result<(), Error> {
        if !self.map_over(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1) {
            return Err(not_locked());
        }
        // SAFETY: the range is the mapping just made. mlock faults every page in, or fails.
        if unsafe { libc::mlock(self.pages.as_ptr().cast(), self.length) } != 0 {
            return Err(not_locked());
        }
        Ok(())
    }

    fn map_over(&self, kind: libc::c_int, descriptor: libc::c_int) -> bool {
        // SAFETY: MAP_FIXED replaces only pages of our own reservation, which nothing refers to yet.
        let address = unsafe {
            libc::mmap(
                self.pages.as_ptr().cast(),
                self.length,
                libc::PROT_READ | libc::PROT_WRITE,
                kind | libc::MAP_FIXED,
                descriptor,
                0,
            )
        };
        mapped(address) == Some(self.pages)
    }

    /// Faults every page in. A page that cannot be had would otherwise be a SIGBUS at its first use; when the
    /// kernel itself writes to it, through getrandom(2), it is a plain EFAULT here.
    fn touch(&self) -> bool {
        (0..self.length).step_by(page_size()).all(|offset| {
            // SAFETY: `offset` is inside the mapping, and one writable byte is asked for.
            unsafe {
                let byte = self.pages.as_ptr().add(offset);
                let written = libc::getrandom(byte.cast(), 1, 0);
                if written == 1 {
                    byte.write_volatile(0);
                }
                written == 1
            }
        })
    }

    fn advise(&self, advice: libc::c_int) -> Result<(), Error> {
        // SAFETY: the range is our mapping; neither advice used changes its contents.
        match unsafe { libc::madvise(self.pages.as_ptr().cast(), self.length, advice) } {
            0 => Ok(()),
            _ => Err(not_locked()),
        }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the reservation is ours, and no allocation outlives the arena that owns the region.
        unsafe { libc::munmap(self.reservation.as_ptr().cast(), self.reserved) };
    }
}

pub(crate) fn page_size() -> usize {
    // SAFETY: sysconf only reads a constant of the system.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096).max(4096)
}

fn mapped(address: *mut libc::c_void) -> Option<NonNull<u8>> {
    if address == libc::MAP_FAILED {
        return None;
    }
    NonNull::new(address.cast())
}

fn not_locked() -> Error {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a live rlimit for the call to fill.
    unsafe { libc::getrlimit(libc::RLIMIT_MEMLOCK, &mut limit) };
    Error::NotLocked {
        limit: limit.rlim_cur,
    }
}
