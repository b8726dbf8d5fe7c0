//! What the functions on keys of each kind give, end to end over the boundary.

use std::ptr;
use strongroom_boundary_tests::{bytes, invoke, Value, World, KEY_ID};
use strongroom_core::Error;
use strongroom_ffi::*;

/// A call with the world's good values, some of them replaced.
fn call(world: &mut World, name: &str, replaced: &[(usize, Value)]) -> u32 {
    let mut values = world.values(name);
    for &(index, value) in replaced {
        values[index] = value;
    }
    invoke(name, &values, ptr::null_mut())
}

fn input(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.as_ptr(), bytes.len())
}

#[test]
fn a_signature_and_a_mac_are_valid_for_what_they_were_made_of_and_nothing_else() {
    let mut world = World::new();
    for (make, verify) in [
        ("sr_key_sign", "sr_key_verify"),
        ("sr_key_mac", "sr_key_verify_mac"),
    ] {
        world.make(make);
        let made = world.written();
        assert_eq!(call(&mut world, verify, &[(3, input(&made))]), SR_OK);
        assert_eq!(world.outputs.object[0], 1, "{verify}");
        let other = [(2, input(b"another message")), (3, input(&made))];
        assert_eq!(call(&mut world, verify, &other), SR_OK);
        assert_eq!(world.outputs.object[0], 0, "{verify}");
    }
}

#[test]
fn schemes_hashes_and_forms_that_do_not_exist_or_do_not_fit_are_refused() {
    let mut world = World::new();
    let scheme = |scheme, hash, prehashed| sr_signature_scheme_t {
        scheme,
        hash,
        encoding: 0,
        salt_length: 0,
        prehashed,
        reserved: 0,
    };
    let no_sha1 = match sr_features() & SR_FEATURE_LEGACY_ALGORITHMS {
        0 => Error::FeatureNotBuilt,
        _ => Error::FeatureNotAllowed,
    };
    for (scheme, expected) in [
        (scheme(0, 0, 0), Error::InvalidArgument),
        (scheme(7, 0, 0), Error::InvalidArgument),
        (scheme(SR_SIGNATURE_ED25519, 0, 2), Error::InvalidArgument),
        (
            scheme(SR_SIGNATURE_RSA_PKCS1, 10, 0),
            Error::InvalidArgument,
        ),
        (
            scheme(SR_SIGNATURE_ECDSA, SR_HASH_SHA256, 0),
            Error::InvalidArgument,
        ),
        (
            scheme(SR_SIGNATURE_RSA_PKCS1, SR_HASH_SHA256, 0),
            Error::SchemeNotOfKey,
        ),
        (scheme(SR_SIGNATURE_ED25519, 0, 1), Error::SchemeNotOfKey),
        (scheme(SR_SIGNATURE_RSA_PKCS1, SR_HASH_SHA1, 0), no_sha1),
    ] {
        let at: *const sr_signature_scheme_t = &scheme;
        let value = Value::Pointer(at.cast_mut().cast());
        let status = call(&mut world, "sr_key_sign", &[(1, value)]);
        assert_eq!(status, expected.code(), "{} {}", scheme.scheme, scheme.hash);
    }
    for (name, index) in [
        ("sr_hash", 0),
        ("sr_key_mac", 1),
        ("sr_key_agree", 2),
        ("sr_key_encrypt_oaep", 1),
        ("sr_key_wrap", 1),
        ("sr_key_public_key", 1),
        ("sr_key_import", 2),
        ("sr_algorithm_available", 0),
        ("sr_key_data_key_pair", 1),
    ] {
        let status = call(&mut world, name, &[(index, Value::U32(99))]);
        assert_eq!(status, Error::InvalidArgument.code(), "{name}");
    }
    let status = call(&mut world, "sr_hash", &[(0, Value::U32(SR_HASH_SHA1))]);
    assert_eq!(status, no_sha1.code());
}

#[test]
fn what_was_encrypted_with_oaep_or_wrapped_comes_back() {
    let mut world = World::new();
    for name in ["sr_key_decrypt_oaep", "sr_key_unwrap"] {
        world.make(name);
        assert_eq!(
            world.written(),
            b"a plaintext of thirty-two bytes.",
            "{name}"
        );
    }
}

#[test]
fn an_imported_key_opens_and_is_marked() {
    let mut world = World::new();
    world.make("sr_key_import");
    let sealed = world.written();
    let mut key = sr_key_t { bits: 0 };
    // SAFETY: a struct of integers throughout.
    let mut description: sr_key_description_t = unsafe { std::mem::zeroed() };
    // SAFETY: each pointer is NULL or to a live value.
    unsafe {
        let id = bytes(&KEY_ID);
        let opened = sr_key_open(world.root, bytes(&sealed), id, 1, &mut key, ptr::null_mut());
        assert_eq!(opened, SR_OK);
        sr_key_describe(key, &mut description, ptr::null_mut());
        assert_eq!(description.spec.flags, SR_FLAG_IMPORTED);
        assert_eq!(sr_key_release(key, ptr::null_mut()), SR_OK);
    }
}

#[test]
fn a_restored_version_decrypts_what_the_one_that_was_backed_up_encrypted() {
    let mut world = World::new();
    let ciphertext = world.ciphertext.clone();
    world.make("sr_backup_read");
    assert_eq!(world.outputs.object[0], 1);
    assert_eq!(world.written(), b"associated data");
    world.make("sr_backup_restore");
    let sealed = world.written();
    assert_ne!(sealed, world.sealed);
    let mut key = sr_key_t { bits: 0 };
    // SAFETY: each pointer is NULL or to a live value.
    unsafe {
        let id = bytes(&KEY_ID);
        let opened = sr_key_open(world.root, bytes(&sealed), id, 1, &mut key, ptr::null_mut());
        assert_eq!(opened, SR_OK);
    }
    let replaced = [(0, Value::Key(key.bits)), (1, input(&ciphertext))];
    assert_eq!(call(&mut world, "sr_key_decrypt", &replaced), SR_OK);
    assert_eq!(world.written(), b"a plaintext of thirty-two bytes.");
    // SAFETY: as above.
    unsafe { sr_key_release(key, ptr::null_mut()) };
    let beyond = call(&mut world, "sr_backup_restore", &[(3, Value::U32(1))]);
    assert_eq!(beyond, Error::InvalidArgument.code());
    let edited = call(&mut world, "sr_backup_read", &[(1, input(&[0; 200]))]);
    assert_eq!(edited, Error::BackupMalformed.code());
}

#[test]
fn versions_that_do_not_come_apart_make_no_backup() {
    let mut world = World::new();
    let long = [&[0, 0, 0, 200][..], &[0; 100]].concat();
    for versions in [&[0, 0, 0][..], &[0, 0, 0, 1], &long, &[]] {
        let status = call(&mut world, "sr_key_back_up", &[(3, input(versions))]);
        assert_eq!(status, Error::LengthOutOfRange.code());
    }
}

#[test]
fn reserved_uses_run_out_and_the_limit_asks_for_a_rotation() {
    let mut world = World::new();
    let key = world.other(SR_ALGORITHM_AES_256_GCM, SR_USAGE_ENCRYPT, 0);
    let key = (0, Value::Key(key.bits));
    let mut reserve = |start, count| {
        let values = [key, (1, Value::U64(start)), (2, Value::U64(count))];
        call(&mut world, "sr_key_reserve_uses", &values)
    };
    assert_eq!(reserve(5, 1), SR_OK);
    assert_eq!(reserve(5, 1), Error::InvalidArgument.code());
    assert_eq!(reserve(1 << 32, 1), Error::RotationRequired.code());
    assert_eq!(call(&mut world, "sr_key_encrypt", &[key]), SR_OK);
    let status = call(&mut world, "sr_key_encrypt", &[key]);
    assert_eq!(status, Error::UsesNotReserved.code());
    let last = [key, (1, Value::U64((1 << 32) - 1)), (2, Value::U64(9))];
    assert_eq!(call(&mut world, "sr_key_reserve_uses", &last), SR_OK);
    assert_eq!(call(&mut world, "sr_key_encrypt", &[key]), SR_OK);
    let status = call(&mut world, "sr_key_encrypt", &[key]);
    assert_eq!(status, Error::RotationRequired.code());
}
