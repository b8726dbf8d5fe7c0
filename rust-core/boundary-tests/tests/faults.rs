//! A panic inside of the core: an error code, wiped outputs, a poisoned object, and a library that goes on. Needs
//! `--features fault-injection`.

#![cfg(feature = "fault-injection")]

use strongroom_boundary_tests::{dirty_error, invoke, parameters, text, Value, World, FILL};
use strongroom_core::Error;
use strongroom_ffi::*;

/// Panics with the key at work; gives status, error and what was written.
fn panic_with(key: sr_key_t, twice: u32) -> (u32, sr_error_t, Vec<u8>, usize) {
    let mut room = vec![FILL; 64];
    let mut length = usize::MAX;
    let mut error = dirty_error();
    let out = sr_buffer_t {
        data: room.as_mut_ptr(),
        capacity: 64,
        length: &mut length,
    };
    // SAFETY: each pointer is to a live value.
    let status = unsafe { sr_test_panic(key, twice, out, &mut error) };
    (status, error, room, length)
}

#[test]
fn a_panic_is_an_error_code_and_its_outputs_are_wiped_even_if_dropping_its_payload_panics() {
    for twice in [0, 1] {
        let world = World::new();
        let (status, error, room, length) = panic_with(world.key, twice);
        assert_eq!(
            (status, error.code),
            (Error::Panic.code(), Error::Panic.code())
        );
        assert_eq!(text(&error), "internal failure");
        assert_eq!((room, length), (vec![0; 64], 0));
    }
}

#[test]
fn a_poisoned_key_is_refused_by_every_function_but_release() {
    for (name, index, _) in parameters().filter(|(_, _, ty)| *ty == "sr_key_t") {
        let mut world = World::new();
        let poisoned = world.make("sr_key_open");
        assert_eq!(
            panic_with(sr_key_t { bits: poisoned }, 0).0,
            Error::Panic.code()
        );
        let mut values = world.values(name);
        values[index] = Value::Key(poisoned);
        let mut error = dirty_error();
        let status = invoke(name, &values, &mut error);
        if name == "sr_key_release" {
            assert_eq!(status, SR_OK);
            assert_eq!(invoke(name, &values, &mut error), Error::StaleHandle.code());
        } else {
            assert_eq!(status, Error::HandlePoisoned.code(), "{name}");
            assert_eq!(error.argument as usize, index + 1, "{name}");
        }
        // The other key of the same version, and the root, go on.
        assert!(world.make("sr_key_open") != 0);
        world.make("sr_key_encrypt");
    }
}

#[test]
fn a_poisoned_key_fails_its_item_of_a_batch_and_no_other() {
    let mut world = World::new();
    let poisoned = sr_key_t {
        bits: world.make("sr_key_open"),
    };
    panic_with(poisoned, 0);
    let values = world.values("sr_key_batch");
    let Value::Pointer(items) = values[1] else {
        panic!("the items")
    };
    let items = items.cast::<sr_batch_item_t>();
    // SAFETY: the world's two items, which nothing else refers to now.
    let items = unsafe { std::slice::from_raw_parts_mut(items, 2) };
    items[0].key = poisoned;
    assert_eq!(invoke("sr_key_batch", &values, &mut dirty_error()), SR_OK);
    let codes = [items[0].code, items[1].code];
    assert_eq!(codes, [Error::HandlePoisoned.code(), SR_OK]);
}

#[test]
fn a_panic_in_an_item_fails_that_item_poisons_its_key_and_lets_the_others_finish() {
    let mut world = World::new();
    let victim = sr_key_t {
        bits: world.make("sr_key_open"),
    };
    let values = world.values("sr_key_batch");
    let Value::Pointer(items) = values[1] else {
        panic!("the items")
    };
    // SAFETY: the world's two items, which nothing else refers to now.
    let items = unsafe { std::slice::from_raw_parts_mut(items.cast::<sr_batch_item_t>(), 2) };
    items[0].key = victim;
    for item in items.iter_mut() {
        item.operation = SR_TEST_BATCH_PANIC;
    }
    items[0].number = 1;
    assert_eq!(invoke("sr_key_batch", &values, &mut dirty_error()), SR_OK);
    assert_eq!([items[0].code, items[1].code], [Error::Panic.code(), SR_OK]);
    assert_eq!([items[0].written[0], items[1].written[0]], [0, 100]);
    assert_eq!(world.outputs.first[..100], [0; 100]);
    assert_eq!(world.outputs.first[100..200], [0xAA; 100]);
    let mut error = dirty_error();
    // SAFETY: each pointer is to a live value.
    unsafe {
        let status = sr_key_retain(victim, &mut error);
        assert_eq!(status, Error::HandlePoisoned.code());
        assert_eq!(sr_key_release(victim, &mut error), SR_OK);
    }
    world.make("sr_key_encrypt");
}
