//! Panics inside of the core are noted and not printed: their texts could quote what the core was given, and standard
//! error is the caller's log. One test, because the hook is the process's. Needs `--features fault-injection`.

#![cfg(feature = "fault-injection")]

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use strongroom_boundary_tests::{dirty_error, World};
use strongroom_core::Error;
use strongroom_ffi::*;

static PRINTED: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_panic_is_told_by_line_and_column_and_printed_only_where_it_is_not_the_cores() {
    // What would print, had the library not put its own before it.
    panic::set_hook(Box::new(|_| {
        PRINTED.fetch_add(1, Ordering::Relaxed);
    }));
    let world = World::new();
    let (mut room, mut length, mut error) = ([0u8; 8], 0, dirty_error());
    let out = sr_buffer_t {
        data: room.as_mut_ptr(),
        capacity: 8,
        length: &mut length,
    };
    // SAFETY: each pointer is to a live value.
    let status = unsafe { sr_test_panic(world.key, 0, out, &mut error) };
    assert_eq!(status, Error::Panic.code());
    let source = include_str!("../../ffi/src/fault.rs");
    let [line, column] = error.numbers.map(|number| number as usize);
    let found = source.lines().nth(line - 1).unwrap();
    assert!(found[column - 1..].starts_with("std::panic::panic_any(\"a panic on purpose\")"));
    assert_eq!(PRINTED.load(Ordering::Relaxed), 0);
    assert!(panic::catch_unwind(|| panic!("the caller's own")).is_err());
    assert_eq!(PRINTED.load(Ordering::Relaxed), 1);
    let _ = panic::take_hook();
}
