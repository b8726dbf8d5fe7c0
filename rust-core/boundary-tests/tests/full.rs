//! What is used up is an error code, and comes back with the first release.

use std::ptr;
use strongroom_boundary_tests::{bytes, dirty_error, invoke, World, KEY_ID};
use strongroom_core::Error;
use strongroom_ffi::*;

#[test]
fn a_full_handle_table_and_full_secret_memory_are_codes_and_end_with_a_release() {
    let mut world = World::new();
    let mut roots = vec![];
    let status = loop {
        let values = world.values("sr_root_open_file");
        match invoke("sr_root_open_file", &values, ptr::null_mut()) {
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

    let others = one_of_each(&world);
    let root = world.values("sr_root_open_file");
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
    without_room(&world, &others);
    assert_eq!(invoke("sr_root_open_file", &root, ptr::null_mut()), SR_OK);
    let root = sr_root_t {
        bits: world.outputs.object[0],
    };
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { sr_root_release(root, ptr::null_mut()) }, SR_OK);
    for _ in 0..4 {
        assert_eq!(keys.pop().map(release), Some(SR_OK));
    }
    assert_eq!(open(&mut key), SR_OK);
    keys.push(key);
    assert!(keys.into_iter().all(|key| release(key) == SR_OK));
}

/// Every algorithm, with a sealed key of it.
fn one_of_each(world: &World) -> Vec<(sr_key_spec_t, Vec<u8>)> {
    let algorithms = strongroom_core::Algorithm::ALL.into_iter();
    algorithms
        .filter_map(|algorithm| {
            let spec = sr_key_spec_t {
                key_id: KEY_ID,
                version: 1,
                algorithm: algorithm.number(),
                usages: algorithm.usages().bits(),
                flags: 0,
                created_at: 1,
            };
            match generate(world, &spec) {
                (SR_OK, sealed) => Some((spec, sealed)),
                (status, _) => {
                    assert_eq!(status, Error::AlgorithmUnavailable.code(), "{algorithm:?}");
                    None
                }
            }
        })
        .collect()
}

fn generate(world: &World, spec: &sr_key_spec_t) -> (u32, Vec<u8>) {
    let mut sealed = vec![0; SR_SEALED_KEY_MAX_BYTES];
    let mut length = 0;
    let room = sr_buffer_t {
        data: sealed.as_mut_ptr(),
        capacity: sealed.len(),
        length: &mut length,
    };
    // SAFETY: each pointer is to a live value.
    let status = unsafe { sr_key_generate(world.root, spec, room, ptr::null_mut()) };
    sealed.truncate(length);
    (status, sealed)
}

/// Opening a key finds no room, whatever it was that OpenSSL found none for. Making one does, in the reserve.
fn without_room(world: &World, others: &[(sr_key_spec_t, Vec<u8>)]) {
    assert!(others.len() > 12);
    let rsa = [
        SR_ALGORITHM_RSA_2048,
        SR_ALGORITHM_RSA_3072,
        SR_ALGORITHM_RSA_4096,
    ];
    for (spec, sealed) in others {
        let mut key = sr_key_t { bits: 0 };
        let id = bytes(&KEY_ID);
        // SAFETY: each pointer is to a live value.
        let status =
            unsafe { sr_key_open(world.root, bytes(sealed), id, 1, &mut key, ptr::null_mut()) };
        let exhausted = Error::SecretMemoryExhausted.code();
        // A last granule may be left, and room enough for something short.
        let fits = status == SR_OK && !rsa.contains(&spec.algorithm);
        assert!(
            fits || status == exhausted,
            "opening {}: {status}",
            spec.algorithm
        );
        // SAFETY: NULL is allowed.
        unsafe { sr_key_release(key, ptr::null_mut()) };
        let (status, _) = generate(world, spec);
        assert_eq!(status, SR_OK, "making {}", spec.algorithm);
    }
}
