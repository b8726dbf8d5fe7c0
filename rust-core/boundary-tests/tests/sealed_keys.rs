//! Sealed keys over the boundary: a blob that was edited or moved does not open.

use std::ptr;
use strongroom_boundary_tests::{bytes, dirty_error, invoke, Value, World, KEY_ID};
use strongroom_core::Error;
use strongroom_ffi::*;

fn open(root: sr_root_t, sealed: &[u8], id: &[u8], version: u32) -> (u32, sr_key_t) {
    let mut key = sr_key_t { bits: u64::MAX };
    // SAFETY: each pointer is to a live value.
    let status = unsafe {
        sr_key_open(
            root,
            bytes(sealed),
            bytes(id),
            version,
            &mut key,
            &mut dirty_error(),
        )
    };
    (status, key)
}

#[test]
fn a_sealed_key_edited_at_any_byte_does_not_open_and_gives_no_handle() {
    let world = World::new();
    for at in 0..world.sealed.len() {
        let mut edited = world.sealed.clone();
        edited[at] ^= 0xFF;
        let (status, key) = open(world.root, &edited, &KEY_ID, 1);
        assert!((500..=503).contains(&status), "byte {at}: {status}");
        assert_eq!(key.bits, 0);
    }
    for length in 0..world.sealed.len() {
        let (status, _) = open(world.root, &world.sealed[..length], &KEY_ID, 1);
        assert!([500, 501].contains(&status), "cut to {length}: {status}");
    }
}

#[test]
fn a_sealed_key_is_one_keys_one_versions_and_one_roots() {
    let (world, other) = (World::new(), World::new());
    let status = |root, id: &[u8], version| open(root, &world.sealed, id, version).0;
    assert_eq!(
        status(world.root, b"another key's id", 1),
        Error::SealedBlobNotThisKey.code()
    );
    assert_eq!(
        status(world.root, &KEY_ID, 2),
        Error::SealedBlobNotThisKey.code()
    );
    assert_eq!(
        status(other.root, &KEY_ID, 1),
        Error::SealedBlobNotAuthentic.code()
    );
}

#[test]
fn specs_that_make_no_sense_make_no_key() {
    let mut world = World::new();
    let good = sr_key_spec_t {
        key_id: KEY_ID,
        version: 1,
        algorithm: SR_ALGORITHM_AES_256_GCM,
        usages: SR_USAGE_ENCRYPT,
        flags: SR_FLAG_EXPORTABLE,
        created_at: 1,
    };
    let mut generate = |spec: &sr_key_spec_t| {
        let outputs = &mut *world.outputs;
        let room = sr_buffer_t {
            data: outputs.first.as_mut_ptr(),
            capacity: SR_SEALED_KEY_MAX_BYTES,
            length: &mut outputs.lengths[0],
        };
        let mut error = dirty_error();
        // SAFETY: each pointer is to a live value.
        (
            unsafe { sr_key_generate(world.root, spec, room, &mut error) },
            error.argument,
        )
    };
    for bad in [
        sr_key_spec_t { version: 0, ..good },
        sr_key_spec_t {
            algorithm: 0,
            ..good
        },
        sr_key_spec_t {
            algorithm: 99,
            ..good
        },
        sr_key_spec_t { usages: 0, ..good },
        sr_key_spec_t { usages: 5, ..good },
        sr_key_spec_t { flags: 16, ..good },
    ] {
        assert_eq!(generate(&bad), (Error::InvalidArgument.code(), 2));
    }
    assert_eq!(generate(&good), (SR_OK, 0));
}

#[test]
fn a_rotated_key_keeps_its_spec_but_for_version_and_time() {
    let mut world = World::new();
    world.make("sr_key_rotate");
    let rotated = world.written();
    let (status, key) = open(world.root, &rotated, &KEY_ID, 2);
    assert_eq!(status, SR_OK);
    // SAFETY: the struct is integers throughout.
    let mut description: sr_key_description_t = unsafe { std::mem::zeroed() };
    // SAFETY: each pointer is to a live value.
    unsafe {
        assert_eq!(
            sr_key_describe(key, &mut description, ptr::null_mut()),
            SR_OK
        );
        assert_eq!(sr_key_release(key, ptr::null_mut()), SR_OK);
    }
    let spec = description.spec;
    assert_eq!((spec.key_id, spec.version, spec.created_at), (KEY_ID, 2, 2));
    assert_eq!(spec.algorithm, SR_ALGORITHM_XAES_256_GCM);
    assert_eq!(
        (spec.usages, spec.flags),
        (SR_USAGE_ENCRYPT | SR_USAGE_DECRYPT, 0)
    );
    // XAES's key and K1, with the canary of the allocation.
    assert_eq!(
        (description.ciphertext_overhead, description.secret_bytes),
        (40, 64)
    );
}

#[test]
fn a_failed_decryption_leaves_no_plaintext_and_no_length() {
    let mut world = World::new();
    for at in [0, 24, 40, world.ciphertext.len() - 1] {
        world.ciphertext[at] ^= 1;
        world.spoil_outputs();
        let values = world.values("sr_key_decrypt");
        let mut error = dirty_error();
        let status = invoke("sr_key_decrypt", &values, &mut error);
        assert_eq!(status, Error::AuthenticationFailed.code());
        assert!(world.outputs.first.iter().all(|&byte| byte == 0));
        assert_eq!((world.outputs.lengths[0], error.argument), (0, 0));
        world.ciphertext[at] ^= 1;
    }
}

#[test]
fn a_data_key_can_stay_in_the_core_or_come_out_and_is_the_same_inside_the_ciphertext() {
    let mut world = World::new();
    world.make("sr_key_data_key");
    let plaintext = world.outputs.second[..world.outputs.lengths[1]].to_vec();
    assert_eq!(plaintext.len(), 32);
    world.ciphertext = world.written();
    world.make("sr_key_decrypt");
    assert_eq!(world.written(), plaintext);
    let mut values = world.values("sr_key_data_key");
    let absent = Value::Buffer(ptr::null_mut(), 0, ptr::null_mut());
    values[3] = absent;
    world.spoil_outputs();
    let status = invoke("sr_key_data_key", &values, ptr::null_mut());
    assert_eq!((status, world.outputs.lengths[0]), (SR_OK, 72));
    for bytes in [0, 15, 513, u32::MAX] {
        values[1] = Value::U32(bytes);
        let status = invoke("sr_key_data_key", &values, ptr::null_mut());
        assert_eq!(status, Error::LengthOutOfRange.code(), "{bytes}");
    }
}
