//! Faults of memory, planted: each sanitizer shows that it would find one of ours by finding these (Tests/Proof/sanitize.sh).
//! As the failures of `fault.rs`, no release has them.

#![allow(dead_code)] // EXPORTS, which the manifest leaves out

use crate::export::export;
use crate::types::sr_buffer_t;
use std::cell::UnsafeCell;
use strongroom_core::Error;

/// Reads memory of the core's heap after it was freed.
pub const SR_TEST_USE_AFTER_FREE: u32 = 1;
/// Writes one byte behind the caller's buffer.
pub const SR_TEST_OVERFLOW: u32 = 2;
/// Counts without a lock, so that two threads race.
pub const SR_TEST_RACE: u32 = 3;
/// Loses memory.
pub const SR_TEST_LEAK: u32 = 4;

struct Unlocked(UnsafeCell<u64>);

// SAFETY: it is not safe; that is what it is for.
unsafe impl Sync for Unlocked {}

static COUNT: Unlocked = Unlocked(UnsafeCell::new(0));

/// Enough that two threads that begin together overlap.
const ROUNDS: u32 = 1_000_000;

export! {
    functions {
        /// Does what `kind` says, and then answers as if nothing had happened.
        9001 Started fn sr_test_fault(_library; kind: u32, out: sr_buffer_t) {
            let bytes = out.capacity();
            out.fill(bytes, |room| {
                match kind {
                    SR_TEST_USE_AFTER_FREE => use_after_free(room),
                    SR_TEST_OVERFLOW => overflow(room),
                    SR_TEST_RACE => race(),
                    SR_TEST_LEAK => leak(),
                    _ => return Err(Error::InvalidArgument),
                }
                Ok(())
            })
        }
    }
}

fn use_after_free(room: &mut [u8]) {
    let freed = {
        let memory = Box::new([7u8; 64]);
        memory.as_ptr()
    };
    // SAFETY: none; the memory is freed.
    room.fill(unsafe { freed.read_volatile() });
}

fn overflow(room: &mut [u8]) {
    // SAFETY: none; the byte is the first behind the buffer.
    unsafe { room.as_mut_ptr().add(room.len()).write_volatile(7) }
}

fn race() {
    let count = COUNT.0.get();
    for _ in 0..ROUNDS {
        // SAFETY: none; another thread may be at it.
        unsafe { count.write_volatile(count.read_volatile().wrapping_add(1)) }
    }
}

fn leak() {
    std::hint::black_box(vec![7u8; 64]).leak();
}
