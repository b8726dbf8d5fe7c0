//! Every scheme, encoding, salt and form that has a number, over the boundary: a signature of each is valid for its key, and what
//! was wrapped either way comes back.

use std::ptr;
use strongroom_boundary_tests::{bytes, invoke, Value, World, PLAINTEXT};
use strongroom_core::Error;
use strongroom_ffi::*;

/// As long as a digest of SHA-512 is.
const MESSAGE: &[u8] = &[7; 64];
const USAGES: u32 = SR_USAGE_SIGN | SR_USAGE_VERIFY;

fn scheme(scheme: u32, hash: u32) -> sr_signature_scheme_t {
    sr_signature_scheme_t {
        scheme,
        hash,
        encoding: 0,
        salt_length: 0,
        prehashed: 0,
        reserved: 0,
    }
}

/// The status of signing, and where that is `SR_OK` also of verifying what came of it.
fn sign_and_verify(key: sr_key_t, scheme: &sr_signature_scheme_t) -> u32 {
    let (mut signature, mut length, mut valid) = ([0u8; 1024], 0, 0u64);
    let room = sr_buffer_t {
        data: signature.as_mut_ptr(),
        capacity: signature.len(),
        length: &mut length,
    };
    // SAFETY: each pointer is NULL or to a live value.
    let status = unsafe { sr_key_sign(key, scheme, bytes(MESSAGE), room, ptr::null_mut()) };
    if status != SR_OK {
        return status;
    }
    let signature = bytes(&signature[..length]);
    let error = ptr::null_mut();
    // SAFETY: as above.
    let status =
        unsafe { sr_key_verify(key, scheme, bytes(MESSAGE), signature, &mut valid, error) };
    assert_eq!((status, valid), (SR_OK, 1), "{}", scheme.scheme);
    SR_OK
}

#[test]
fn every_signature_scheme_signs_what_it_then_verifies() {
    let mut world = World::new();
    let ed25519 = world.other(SR_ALGORITHM_ED25519, USAGES, 0);
    let p256 = world.other(SR_ALGORITHM_ECDSA_P256, USAGES, 0);
    let rsa = world.other(SR_ALGORITHM_RSA_2048, USAGES, 0);
    let mut schemes = vec![
        (ed25519, scheme(SR_SIGNATURE_ED25519, 0)),
        (rsa, scheme(SR_SIGNATURE_RSA_PKCS1, SR_HASH_SHA256)),
    ];
    for encoding in [SR_ENCODING_DER, SR_ENCODING_P1363] {
        let ecdsa = scheme(SR_SIGNATURE_ECDSA, SR_HASH_SHA256);
        schemes.push((p256, sr_signature_scheme_t { encoding, ..ecdsa }));
    }
    for salt_length in [SR_SALT_AUTO, SR_SALT_DIGEST, 20] {
        let pss = scheme(SR_SIGNATURE_RSA_PSS, SR_HASH_SHA256);
        schemes.push((rsa, sr_signature_scheme_t { salt_length, ..pss }));
    }
    for (key, scheme) in schemes {
        assert_eq!(sign_and_verify(key, &scheme), SR_OK, "{}", scheme.scheme);
    }
}

/// OpenSSL has it from 3.2 on.
#[test]
fn ed25519ph_signs_or_is_said_to_be_unavailable() {
    let mut world = World::new();
    let ed25519 = world.other(SR_ALGORITHM_ED25519, USAGES, 0);
    let status = sign_and_verify(ed25519, &scheme(SR_SIGNATURE_ED25519PH, 0));
    assert!(
        [SR_OK, Error::AlgorithmUnavailable.code()].contains(&status),
        "{status}"
    );
}

#[test]
fn a_scheme_of_another_kind_of_key_is_refused_as_that() {
    let mut world = World::new();
    let ed25519 = world.other(SR_ALGORITHM_ED25519, USAGES, 0);
    let status = sign_and_verify(ed25519, &scheme(SR_SIGNATURE_ML_DSA, 0));
    assert_eq!(status, Error::SchemeNotOfKey.code());
}

#[test]
fn material_comes_back_out_of_either_wrap() {
    let mut world = World::new();
    let material = [7u8; 32];
    for wrap in [SR_WRAP_KWP, SR_WRAP_KW] {
        let mut values = world.values("sr_key_wrap");
        values[1] = Value::U32(wrap);
        values[2] = Value::Bytes(material.as_ptr(), material.len());
        assert_eq!(invoke("sr_key_wrap", &values, ptr::null_mut()), SR_OK);
        let wrapped = world.written();
        let mut values = world.values("sr_key_unwrap");
        values[1] = Value::U32(wrap);
        values[2] = Value::Bytes(wrapped.as_ptr(), wrapped.len());
        assert_eq!(invoke("sr_key_unwrap", &values, ptr::null_mut()), SR_OK);
        assert_eq!(world.written(), material);
    }
}

#[test]
fn a_ciphertext_moves_to_an_rsa_key_with_its_label_and_back() {
    let mut world = World::new();
    let usages = SR_USAGE_ENCRYPT | SR_USAGE_DECRYPT | SR_USAGE_UNWRAP;
    let rsa = Value::Key(world.other(SR_ALGORITHM_RSA_2048, usages, 0).bits);
    let label = Value::Bytes(b"label".as_ptr(), 5);
    let hash = Value::U32(SR_HASH_SHA256);

    let mut values = world.values("sr_key_reencrypt");
    (values[1], values[4]) = (rsa, label);
    assert_eq!(invoke("sr_key_reencrypt", &values, ptr::null_mut()), SR_OK);
    let moved = world.written();
    let moved = Value::Bytes(moved.as_ptr(), moved.len());
    let mut values = world.values("sr_key_decrypt_oaep");
    (values[1], values[2], values[3]) = (hash, label, moved);
    assert_eq!(
        invoke("sr_key_decrypt_oaep", &values, ptr::null_mut()),
        SR_OK
    );
    assert_eq!(world.written(), PLAINTEXT);

    let mut values = world.values("sr_key_reencrypt");
    (values[0], values[2], values[3]) = (rsa, moved, label);
    assert_eq!(invoke("sr_key_reencrypt", &values, ptr::null_mut()), SR_OK);
    let back = world.written();
    let mut values = world.values("sr_key_decrypt");
    values[1] = Value::Bytes(back.as_ptr(), back.len());
    assert_eq!(invoke("sr_key_decrypt", &values, ptr::null_mut()), SR_OK);
    assert_eq!(world.written(), PLAINTEXT);

    // Another label than it was moved with is refused.
    let mut values = world.values("sr_key_reencrypt");
    (values[0], values[2]) = (rsa, moved);
    assert_eq!(
        invoke("sr_key_reencrypt", &values, ptr::null_mut()),
        Error::AuthenticationFailed.code()
    );
}

#[test]
fn a_specification_of_no_algorithm_is_blamed_wherever_it_stands() {
    let mut world = World::new();
    let spec = sr_key_spec_t {
        key_id: [7; 16],
        version: 1,
        algorithm: u32::MAX,
        usages: SR_USAGE_ENCRYPT,
        flags: 0,
        created_at: 1,
    };
    for (name, index) in [
        ("sr_key_generate", 1),
        ("sr_key_generate_sized", 1),
        ("sr_key_import", 5),
    ] {
        let mut values = world.values(name);
        values[index] = Value::Pointer((&raw const spec).cast_mut().cast());
        let mut error = strongroom_boundary_tests::dirty_error();
        assert_eq!(
            invoke(name, &values, &mut error),
            Error::InvalidArgument.code(),
            "{name}"
        );
        assert_eq!(error.argument as usize, index + 1, "{name}");
    }
}

#[test]
fn a_mac_of_no_hash_is_of_the_keys_own() {
    let mut world = World::new();
    world.make("sr_key_mac");
    let made = world.written();
    let mut values = world.values("sr_key_mac");
    values[1] = Value::U32(0);
    assert_eq!(invoke("sr_key_mac", &values, ptr::null_mut()), SR_OK);
    assert_eq!(world.written(), made);
}
