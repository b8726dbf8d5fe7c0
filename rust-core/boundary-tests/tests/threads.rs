//! Threads that use handles while others release them: each use ends well or finds the handle stale.

use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Barrier;
use strongroom_boundary_tests::{bytes, World, KEY_ID};
use strongroom_core::Error;
use strongroom_ffi::*;

const ROUNDS: usize = 2000;

fn open(world: &World) -> Option<u64> {
    let mut key = sr_key_t { bits: 0 };
    let (sealed, id) = (bytes(&world.sealed), bytes(&KEY_ID));
    // SAFETY: each pointer is NULL or to a live value.
    let status = unsafe { sr_key_open(world.root, sealed, id, 1, &mut key, ptr::null_mut()) };
    (status == SR_OK).then_some(key.bits)
}

/// Encrypts and decrypts; gives the first status that is not OK. A plaintext that comes out wrong is `Internal`.
fn round_trip(bits: u64) -> u32 {
    let key = sr_key_t { bits };
    let (mut ciphertext, mut plaintext) = ([0u8; 64], [0u8; 64]);
    let (mut sealed_length, mut length) = (0, 0);
    let sealed = sr_buffer_t {
        data: ciphertext.as_mut_ptr(),
        capacity: 64,
        length: &mut sealed_length,
    };
    let opened = sr_buffer_t {
        data: plaintext.as_mut_ptr(),
        capacity: 64,
        length: &mut length,
    };
    let none = bytes(&[]);
    // SAFETY: each pointer is NULL or to a live value.
    let status = unsafe { sr_key_encrypt(key, bytes(b"message"), none, sealed, ptr::null_mut()) };
    if status != SR_OK {
        return status;
    }
    let sealed = bytes(&ciphertext[..sealed_length]);
    // SAFETY: as above.
    let status = unsafe { sr_key_decrypt(key, sealed, none, opened, ptr::null_mut()) };
    if status == SR_OK && &plaintext[..length] != b"message" {
        return Error::Internal.code();
    }
    status
}

#[test]
fn a_release_during_use_ends_the_key_for_the_next_use_and_never_this_one() {
    let world = World::new();
    let stale = Error::StaleHandle.code();
    let current = AtomicU64::new(0);
    // Counted and judged at the end: a thread that panicked would leave the others waiting at the barrier.
    let (found, lost, surprises) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let barrier = Barrier::new(3);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    barrier.wait();
                    for _ in 0..4 {
                        let counter = match round_trip(current.load(Ordering::SeqCst)) {
                            SR_OK => &found,
                            status if status == stale => &lost,
                            _ => &surprises,
                        };
                        counter.fetch_add(1, Ordering::Relaxed);
                    }
                    barrier.wait();
                }
            });
        }
        for round in 0..ROUNDS {
            let bits = open(&world).unwrap_or(0);
            current.store(bits, Ordering::SeqCst);
            barrier.wait();
            // Sometimes at once, sometimes in the middle of the others' work.
            for _ in 0..round % 50 * 20 {
                std::hint::spin_loop();
            }
            // SAFETY: NULL is allowed.
            let status = unsafe { sr_key_release(sr_key_t { bits }, ptr::null_mut()) };
            barrier.wait();
            if status != SR_OK || round_trip(bits) != stale {
                surprises.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    assert_eq!(surprises.into_inner(), 0);
    // Without either there was no race.
    assert!(found.into_inner() > 0 && lost.into_inner() > 0);
}

#[test]
fn of_many_threads_that_release_one_handle_at_once_one_succeeds() {
    let world = World::new();
    for _ in 0..200 {
        let bits = open(&world).unwrap();
        let released = AtomicU64::new(0);
        let barrier = Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    barrier.wait();
                    // SAFETY: NULL is allowed.
                    let status = unsafe { sr_key_release(sr_key_t { bits }, ptr::null_mut()) };
                    assert!([SR_OK, Error::StaleHandle.code()].contains(&status));
                    released.fetch_add(u64::from(status == SR_OK), Ordering::Relaxed);
                });
            }
        });
        assert_eq!(released.into_inner(), 1);
    }
}
