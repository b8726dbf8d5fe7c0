//! The functions that OpenSSL allocates and frees with. They never unwind: nothing in them can panic.

use crate::memory::{arena_in_scope, arena_of, take};
use libc::{c_char, c_int, c_void, size_t};
use std::ptr::{self, NonNull};
use strongroom_memory::wipe;

type Allocate = unsafe extern "C" fn(size_t, *const c_char, c_int) -> *mut c_void;
type Reallocate = unsafe extern "C" fn(*mut c_void, size_t, *const c_char, c_int) -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void, *const c_char, c_int);

extern "C" {
    /// `CRYPTO_set_mem_functions(3)`, which the bindings lack. 1 where the functions were taken.
    fn CRYPTO_set_mem_functions(allocate: Allocate, reallocate: Reallocate, free: Free) -> c_int;
}

/// Whether OpenSSL took the functions: it does before its first allocation, and not after.
pub(crate) fn install() -> bool {
    // SAFETY: the three functions keep malloc's contract with each other. OpenSSL refuses them unless nothing was
    // allocated with others.
    let taken = unsafe { CRYPTO_set_mem_functions(allocate, reallocate, free) } == 1;
    // What it makes once for itself is made here, outside of any scope.
    openssl_sys::init();
    taken
}

/// Bytes from secret memory inside of a scope, else from the heap. NULL where there are none.
unsafe extern "C" fn allocate(bytes: size_t, _: *const c_char, _: c_int) -> *mut c_void {
    if bytes == 0 {
        return ptr::null_mut();
    }
    match arena_in_scope() {
        Some(arena) => take(arena, bytes).cast(),
        // SAFETY: malloc may be asked for any size.
        None => unsafe { libc::malloc(bytes) },
    }
}

/// As realloc, and leaves nothing behind where the old block was.
unsafe extern "C" fn reallocate(
    old: *mut c_void,
    bytes: size_t,
    file: *const c_char,
    line: c_int,
) -> *mut c_void {
    let Some(block) = NonNull::new(old.cast::<u8>()) else {
        // SAFETY: there is nothing to keep.
        return unsafe { allocate(bytes, file, line) };
    };
    if bytes == 0 {
        // SAFETY: OpenSSL gives a block of ours, and lets go of it.
        unsafe { free(old, file, line) };
        return ptr::null_mut();
    }
    let arena = arena_of(block);
    // SAFETY: a block of ours, by OpenSSL's promise.
    let room = unsafe { room(block) };
    if bytes <= room {
        // SAFETY: the block is `room` bytes long, and OpenSSL needs what lies beyond `bytes` no more.
        wipe(unsafe { std::slice::from_raw_parts_mut(block.as_ptr().add(bytes), room - bytes) });
        return old;
    }
    let new = match arena {
        // What is secret stays secret, also when it grows after its scope.
        Some(arena) => take(arena, bytes).cast(),
        // SAFETY: as malloc.
        None => unsafe { allocate(bytes, file, line) },
    };
    if !new.is_null() {
        // SAFETY: `new` is longer than `room`, the length of the old block, and neither overlaps the other.
        unsafe { ptr::copy_nonoverlapping(block.as_ptr(), new.cast(), room) };
        // SAFETY: OpenSSL gives a block of ours, and uses the new one from here on.
        unsafe { free(old, file, line) };
    }
    new
}

/// Wipes a block and gives it back to where it is from.
unsafe extern "C" fn free(block: *mut c_void, _: *const c_char, _: c_int) {
    let Some(start) = NonNull::new(block.cast::<u8>()) else {
        return;
    };
    if let Some(arena) = arena_of(start) {
        // SAFETY: a block inside of the arena is one that `take` gave, and OpenSSL lets go of it.
        unsafe { arena.release(start) };
        return;
    }
    // SAFETY: a block of malloc's, all of whose room is ours until it is freed.
    wipe(unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), room(start)) });
    // SAFETY: a block of malloc's that OpenSSL lets go of.
    unsafe { libc::free(block) };
}

/// Bytes that can be used of a block, at least those it was asked for.
///
/// # Safety
/// One of these functions gave the block.
unsafe fn room(block: NonNull<u8>) -> usize {
    match arena_of(block) {
        Some(arena) => arena.room(block),
        // SAFETY: what is not in the arena came from malloc.
        None => unsafe { libc::malloc_usable_size(block.as_ptr().cast()) },
    }
}

#[cfg(test)]
mod tests {
    use super::{allocate, free, reallocate};
    use crate::memory::{in_secret_memory, ARENA};
    use libc::c_void;
    use std::ptr;
    use strongroom_memory::Arena;

    fn new(bytes: usize) -> *mut c_void {
        // SAFETY: any size may be asked for.
        unsafe { allocate(bytes, ptr::null(), 0) }
    }

    fn resized(block: *mut c_void, bytes: usize) -> *mut c_void {
        // SAFETY: the tests give blocks of ours, once.
        unsafe { reallocate(block, bytes, ptr::null(), 0) }
    }

    fn bytes<'a>(block: *mut c_void, length: usize) -> &'a mut [u8] {
        // SAFETY: the tests ask for no more than they allocated, and for nothing freed.
        unsafe { std::slice::from_raw_parts_mut(block.cast(), length) }
    }

    #[test]
    fn a_block_keeps_its_contents_and_its_kind_of_memory_however_its_size_changes() {
        let arena = ARENA.get_or_init(|| Arena::new(4096).ok()).clone().unwrap();
        for secret in [true, false] {
            let block = if secret {
                in_secret_memory(|| new(32))
            } else {
                new(32)
            };
            bytes(block, 32).fill(0xAA);
            let block = resized(block, 2000);
            assert_eq!(bytes(block, 32), [0xAA; 32]);
            assert_eq!(arena.addresses().contains(&(block as usize)), secret);
            bytes(block, 2000).fill(0xBB);
            assert_eq!(resized(block, 10), block);
            assert_eq!(bytes(block, 10), [0xBB; 10]);
            assert_eq!(bytes(block, 2000)[10..], [0; 1990], "the rest is wiped");
            assert!(resized(block, 0).is_null(), "freed");
            assert_eq!(arena.usage().used, 0);
        }
    }

    #[test]
    fn nothing_is_given_for_no_bytes_and_nothing_is_no_block_to_free() {
        assert!(new(0).is_null());
        // SAFETY: NULL is no block.
        unsafe { free(ptr::null_mut(), ptr::null(), 0) };
        let block = resized(ptr::null_mut(), 5);
        assert!(!block.is_null());
        assert!(resized(block, 0).is_null());
    }
}
