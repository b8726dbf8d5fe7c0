//! The library before and while it is started, in one test: a process starts it once.

use std::ptr;
use strongroom_boundary_tests::{dirty_error, functions, start, text, World};
use strongroom_core::Error;
use strongroom_ffi::*;

#[test]
fn nothing_works_before_the_start_a_failed_start_can_be_tried_again_and_a_second_one_is_refused() {
    let mut error = dirty_error();
    let mut out = u64::MAX;
    // SAFETY: each pointer is to a live value.
    unsafe {
        assert_eq!(
            sr_live_handles(SR_KIND_KEY, &mut out, &mut error),
            Error::NotStarted.code()
        );
        assert_eq!((out, error.code), (0, Error::NotStarted.code()));
        assert_eq!(
            sr_key_release(sr_key_t { bits: 0 }, &mut error),
            Error::NotStarted.code()
        );
        // What is said first is that it is not started, whatever else is wrong.
        let nowhere = sr_buffer_t {
            data: ptr::null_mut(),
            capacity: 9,
            length: ptr::null_mut(),
        };
        assert_eq!(sr_random(nowhere, &mut error), Error::NotStarted.code());
        for bytes in [0, (1 << 30) + 1, u64::MAX] {
            assert_eq!(sr_start(bytes, &mut error), Error::LengthOutOfRange.code());
            assert_eq!(error.argument, 1);
        }
        assert_eq!(
            sr_secret_memory(&mut std::mem::zeroed(), &mut error),
            Error::NotStarted.code()
        );
    }
    start();
    // SAFETY: the error struct is live.
    let again = unsafe { sr_start(1 << 20, &mut error) };
    assert_eq!(
        (again, text(&error)),
        (
            Error::AlreadyStarted.code(),
            "the library is already started".into()
        )
    );
    let mut memory = sr_secret_memory_t {
        capacity: 0,
        used: 0,
        protection: 0,
        key_bytes: 0,
    };
    // SAFETY: each pointer is to a live value.
    assert_eq!(unsafe { sr_secret_memory(&mut memory, &mut error) }, SR_OK);
    assert!(memory.capacity >= 4 << 20 && memory.used < memory.capacity);
    assert!([SR_PROTECTION_MEMFD_SECRET, SR_PROTECTION_MLOCK].contains(&memory.protection));
    // Neither the reserve nor what the library keeps for itself.
    let keys = u64::from(memory.key_bytes);
    assert!(keys > memory.capacity / 2 && keys < memory.capacity * 3 / 4);
    assert!(functions().count() > 20);
    drop(World::new());
}
