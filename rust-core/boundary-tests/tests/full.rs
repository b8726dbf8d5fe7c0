//! What is used up is an error code, and comes back with the first release.

use std::ptr;
use strongroom_boundary_tests::{bytes, dirty_error, World, KEY_ID};
use strongroom_core::Error;
use strongroom_ffi::*;

#[test]
fn a_full_handle_table_and_full_secret_memory_are_codes_and_end_with_a_release() {
    let mut world = World::new();
    let mut roots = vec![];
    let status = loop {
        let values = world.values("sr_root_open_file");
        match strongroom_boundary_tests::invoke("sr_root_open_file", &values, ptr::null_mut()) {
            SR_OK => roots.push(sr_root_t {
                bits: world.outputs.object[0],
            }),
            status => break status,
        }
    };
    // The world's own root is one more.
    assert_eq!((status, roots.len()), (Error::HandleTableFull.code(), 4095));
    // SAFETY: NULL is allowed.
    let release = |root| unsafe { sr_root_release(root, ptr::null_mut()) };
    assert_eq!(roots.pop().map(release), Some(SR_OK));
    world.make("sr_root_open_file");
    release(sr_root_t {
        bits: world.outputs.object[0],
    });
    assert!(roots.into_iter().all(|root| release(root) == SR_OK));

    let mut keys = vec![];
    let mut key = sr_key_t { bits: 0 };
    let mut error = dirty_error();
    let mut open = |key: &mut sr_key_t| {
        let (sealed, id) = (bytes(&world.sealed), bytes(&KEY_ID));
        // SAFETY: each pointer is to a live value.
        unsafe { sr_key_open(world.root, sealed, id, 1, key, &mut error) }
    };
    let status = loop {
        match open(&mut key) {
            SR_OK => keys.push(key),
            status => break status,
        }
    };
    assert_eq!((status, key.bits), (Error::SecretMemoryExhausted.code(), 0));
    assert!(keys.len() > 10_000);
    // SAFETY: NULL is allowed.
    let release = |key| unsafe { sr_key_release(key, ptr::null_mut()) };
    for _ in 0..4 {
        assert_eq!(keys.pop().map(release), Some(SR_OK));
    }
    assert_eq!(open(&mut key), SR_OK);
    keys.push(key);
    assert!(keys.into_iter().all(|key| release(key) == SR_OK));
}
