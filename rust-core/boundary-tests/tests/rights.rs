//! The rights that are sealed into a key, over the boundary: every operation with every kind of key, with and without the usage
//! that the operation asks for, alone and as an item of a batch.

use std::collections::HashMap;
use strongroom_boundary_tests::batch::{self, as_item, functions};
use strongroom_boundary_tests::handle::handle_parameters;
use strongroom_boundary_tests::{bytes, dirty_error, invoke, Value, World, KEY_ID};
use strongroom_core::Error;
use strongroom_ffi::*;

/// What a key is of, as far as operations tell keys apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Family {
    Aead,
    Ed25519,
    Ecdsa,
    Rsa,
    Mac,
    Agreement,
    Hkdf,
    KeyWrap,
}

use Family::*;

/// An algorithm of each family, and of each form that a family's keys have, with all usages that its keys can have.
const ALGORITHMS: [(u32, Family, u32); 19] = [
    (SR_ALGORITHM_AES_256_GCM, Aead, ENCRYPTION),
    (SR_ALGORITHM_XAES_256_GCM, Aead, ENCRYPTION),
    (SR_ALGORITHM_AES_128_GCM, Aead, ENCRYPTION),
    (SR_ALGORITHM_CHACHA20_POLY1305, Aead, ENCRYPTION),
    (SR_ALGORITHM_ED25519, Ed25519, SIGNING),
    (SR_ALGORITHM_ECDSA_P256, Ecdsa, SIGNING),
    (SR_ALGORITHM_ECDSA_P384, Ecdsa, SIGNING),
    (SR_ALGORITHM_ECDSA_P521, Ecdsa, SIGNING),
    (SR_ALGORITHM_ECDSA_SECP256K1, Ecdsa, SIGNING),
    (
        SR_ALGORITHM_RSA_2048,
        Rsa,
        ENCRYPTION | SIGNING | SR_USAGE_UNWRAP,
    ),
    (SR_ALGORITHM_HMAC_SHA224, Mac, MACS),
    (SR_ALGORITHM_HMAC_SHA512, Mac, MACS),
    (SR_ALGORITHM_AES_256_CMAC, Mac, MACS),
    (SR_ALGORITHM_ECDH_P256, Agreement, SR_USAGE_AGREE),
    (SR_ALGORITHM_ECDH_P384, Agreement, SR_USAGE_AGREE),
    (SR_ALGORITHM_ECDH_P521, Agreement, SR_USAGE_AGREE),
    (SR_ALGORITHM_X25519, Agreement, SR_USAGE_AGREE),
    (SR_ALGORITHM_HKDF_SHA256, Hkdf, SR_USAGE_DERIVE),
    (
        SR_ALGORITHM_AES_256_KWP,
        KeyWrap,
        SR_USAGE_WRAP | SR_USAGE_UNWRAP,
    ),
];
const MACS: u32 = SR_USAGE_MAC | SR_USAGE_VERIFY_MAC;
const ENCRYPTION: u32 = SR_USAGE_ENCRYPT | SR_USAGE_DECRYPT | MACS;
const SIGNING: u32 = SR_USAGE_SIGN | SR_USAGE_VERIFY | MACS;

/// An operation: the function, which of its parameters the key is, the usage that it asks for (0 for none), and the families
/// that it is for. Signatures stand once for each family's scheme.
type Operation = (&'static str, usize, u32, &'static [Family], u32);

const OPERATIONS: &[Operation] = &[
    ("sr_key_encrypt", 0, SR_USAGE_ENCRYPT, &[Aead], 0),
    ("sr_key_decrypt", 0, SR_USAGE_DECRYPT, &[Aead], 0),
    ("sr_key_reencrypt", 0, SR_USAGE_DECRYPT, &[Aead, Rsa], 0),
    ("sr_key_reencrypt", 1, SR_USAGE_ENCRYPT, &[Aead, Rsa], 0),
    ("sr_key_data_key", 0, SR_USAGE_ENCRYPT, &[Aead], 0),
    ("sr_key_data_key_pair", 0, SR_USAGE_ENCRYPT, &[Aead], 0),
    ("sr_key_encrypt_oaep", 0, SR_USAGE_ENCRYPT, &[Rsa], 0),
    ("sr_key_decrypt_oaep", 0, SR_USAGE_DECRYPT, &[Rsa], 0),
    (
        "sr_key_sign",
        0,
        SR_USAGE_SIGN,
        &[Ed25519],
        SR_SIGNATURE_ED25519,
    ),
    (
        "sr_key_sign",
        0,
        SR_USAGE_SIGN,
        &[Ecdsa],
        SR_SIGNATURE_ECDSA,
    ),
    (
        "sr_key_sign",
        0,
        SR_USAGE_SIGN,
        &[Rsa],
        SR_SIGNATURE_RSA_PSS,
    ),
    (
        "sr_key_sign",
        0,
        SR_USAGE_SIGN,
        &[Rsa],
        SR_SIGNATURE_RSA_PKCS1,
    ),
    ("sr_key_sign", 0, SR_USAGE_SIGN, &[], SR_SIGNATURE_ML_DSA),
    (
        "sr_key_verify",
        0,
        SR_USAGE_VERIFY,
        &[Ed25519],
        SR_SIGNATURE_ED25519,
    ),
    (
        "sr_key_verify",
        0,
        SR_USAGE_VERIFY,
        &[Ecdsa],
        SR_SIGNATURE_ECDSA,
    ),
    (
        "sr_key_verify",
        0,
        SR_USAGE_VERIFY,
        &[Rsa],
        SR_SIGNATURE_RSA_PSS,
    ),
    (
        "sr_key_verify",
        0,
        SR_USAGE_VERIFY,
        &[Rsa],
        SR_SIGNATURE_RSA_PKCS1,
    ),
    (
        "sr_key_verify",
        0,
        SR_USAGE_VERIFY,
        &[],
        SR_SIGNATURE_ML_DSA,
    ),
    (
        "sr_key_mac",
        0,
        SR_USAGE_MAC,
        &[Mac, Aead, Ed25519, Ecdsa, Rsa],
        0,
    ),
    (
        "sr_key_verify_mac",
        0,
        SR_USAGE_VERIFY_MAC,
        &[Mac, Aead, Ed25519, Ecdsa, Rsa],
        0,
    ),
    ("sr_key_wrap", 0, SR_USAGE_WRAP, &[KeyWrap], 0),
    ("sr_key_unwrap", 0, SR_USAGE_UNWRAP, &[KeyWrap], 0),
    ("sr_key_import", 1, SR_USAGE_UNWRAP, &[Rsa], 0),
    ("sr_key_agree", 0, SR_USAGE_AGREE, &[Agreement], 0),
    ("sr_key_derive", 0, SR_USAGE_DERIVE, &[Hkdf], 0),
    (
        "sr_key_public_key",
        0,
        0,
        &[Ed25519, Ecdsa, Rsa, Agreement],
        0,
    ),
];

/// Functions that take a key and ask for nothing of it.
const FREE: [&str; 5] = [
    "sr_key_describe",
    "sr_key_retain",
    "sr_key_release",
    "sr_key_reserve_uses",
    // Held to contexts below.
    "sr_key_subkey",
];

/// Keys by algorithm, usages and flags, each made once.
#[derive(Default)]
struct Keys(HashMap<(u32, u32, u32), sr_key_t>);

impl Keys {
    fn get(&mut self, root: sr_root_t, algorithm: u32, usages: u32, flags: u32) -> u64 {
        let make = || make_key(root, algorithm, usages, flags);
        let key = self.0.entry((algorithm, usages, flags));
        key.or_insert_with(make).bits
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        for key in self.0.values() {
            // SAFETY: NULL is allowed.
            unsafe { sr_key_release(*key, std::ptr::null_mut()) };
        }
    }
}

fn make_key(root: sr_root_t, algorithm: u32, usages: u32, flags: u32) -> sr_key_t {
    let spec = sr_key_spec_t {
        key_id: KEY_ID,
        version: 1,
        algorithm,
        usages,
        flags,
        created_at: 1,
    };
    let mut sealed = vec![0; SR_SEALED_KEY_MAX_BYTES];
    let mut length = 0;
    let mut key = sr_key_t { bits: 0 };
    let room = sr_buffer_t {
        data: sealed.as_mut_ptr(),
        capacity: sealed.len(),
        length: &mut length,
    };
    let mut error = dirty_error();
    // SAFETY: each pointer is to a live value.
    unsafe {
        assert_eq!(sr_key_generate(root, &spec, room, &mut error), SR_OK);
        let sealed = bytes(&sealed[..length]);
        let opened = sr_key_open(root, sealed, bytes(&KEY_ID), 1, &mut key, &mut error);
        assert_eq!(opened, SR_OK);
    }
    key
}

/// The status of an operation with a key; the same as an item of a batch, where it can be one.
fn status(world: &mut World, operation: &Operation, key: u64) -> u32 {
    let &(name, index, _, _, number) = operation;
    let scheme = sr_signature_scheme_t {
        scheme: number,
        hash: match number {
            SR_SIGNATURE_ED25519 | SR_SIGNATURE_ML_DSA => 0,
            _ => SR_HASH_SHA256,
        },
        encoding: u32::from(number == SR_SIGNATURE_ECDSA) * SR_ENCODING_DER,
        salt_length: u32::from(number == SR_SIGNATURE_RSA_PSS) * SR_SALT_DIGEST,
        prehashed: 0,
        reserved: 0,
    };
    let mut values = world.values(name);
    values[index] = Value::Key(key);
    match name {
        "sr_key_sign" | "sr_key_verify" => {
            values[1] = Value::Pointer((&raw const scheme).cast_mut().cast());
        }
        // The key's own hash.
        "sr_key_mac" | "sr_key_verify_mac" => values[1] = Value::U32(0),
        "sr_key_public_key" => values[1] = Value::U32(SR_PUBLIC_KEY_DER),
        _ => {}
    }
    let alone = invoke(name, &values, &mut dirty_error());
    let mut items = functions().into_iter();
    if let Some((export, number)) = items.find(|(export, _)| export.name == name) {
        let (mut input, mut end) = (Vec::new(), 0);
        let mut item = [as_item(export, number, &values, &mut input, &mut end)];
        let mut output = vec![0; end as usize];
        assert_eq!(batch::run(&input, &mut item, &mut output).0, SR_OK);
        assert_eq!(item[0].code, alone, "{operation:?} in a batch");
    }
    alone
}

fn refusal(status: u32) -> Option<Error> {
    let refusals = [
        Error::UsageNotAllowed,
        Error::SchemeNotOfKey,
        Error::ContextMismatch,
    ];
    refusals.into_iter().find(|error| error.code() == status)
}

#[test]
fn every_function_that_takes_a_key_is_in_the_table() {
    for (name, index, kind) in handle_parameters() {
        let listed = OPERATIONS
            .iter()
            .any(|operation| (operation.0, operation.1) == (name, index));
        assert!(
            kind != SR_KIND_KEY || listed || FREE.contains(&name),
            "{name} {index}"
        );
    }
}

#[test]
fn every_operation_is_refused_to_a_key_without_its_usage() {
    let mut world = World::new();
    let mut keys = Keys::default();
    for operation in OPERATIONS.iter().filter(|operation| operation.2 != 0) {
        let &(name, index, usage, families, _) = operation;
        for (algorithm, family, all) in ALGORITHMS {
            let others = all & !usage;
            if others == 0 {
                continue;
            }
            let key = keys.get(world.root, algorithm, others, 0);
            let found = refusal(status(&mut world, operation, key));
            let what = format!("{name} {index} {algorithm}");
            if families.contains(&family) {
                assert_eq!(found, Some(Error::UsageNotAllowed), "{what}");
            } else {
                assert!(found.is_some(), "{what}");
            }
        }
    }
}

#[test]
fn every_operation_is_done_with_the_keys_that_it_is_for_and_refused_to_every_other_kind() {
    let mut world = World::new();
    let mut keys = Keys::default();
    for operation in OPERATIONS {
        let &(name, index, usage, families, _) = operation;
        for (algorithm, family, all) in ALGORITHMS {
            let is_for = families.contains(&family);
            // Its usage alone is enough, and all others add nothing.
            for usages in [all, all & usage] {
                if usages == 0 {
                    continue;
                }
                let key = keys.get(world.root, algorithm, usages, 0);
                let found = refusal(status(&mut world, operation, key));
                let expected = match (is_for, usage == 0 || usages & usage != 0) {
                    (true, true) => None,
                    (false, true) => Some(Error::SchemeNotOfKey),
                    (_, false) => Some(found.expect("some refusal")),
                };
                assert_eq!(found, expected, "{name} {index} {algorithm} {usages:#x}");
            }
        }
    }
}

#[test]
fn a_derived_key_does_nothing_itself_and_a_subkey_what_its_usages_say() {
    let mut world = World::new();
    let mut keys = Keys::default();
    for operation in OPERATIONS {
        let &(name, index, usage, families, _) = operation;
        for (algorithm, family, all) in ALGORITHMS {
            if !matches!(family, Aead | Ed25519) || !families.contains(&family) {
                continue;
            }
            let is_mac = usage & MACS != 0;
            let parent = keys.get(world.root, algorithm, all, SR_FLAG_DERIVED);
            let found = refusal(status(&mut world, operation, parent));
            // MACs are made under the companion key, which has no contexts.
            let expected = (!is_mac).then_some(Error::ContextMismatch);
            assert_eq!(found, expected, "{name} {index} {algorithm}");
            for usages in [all, all & !usage] {
                let parent = keys.get(world.root, algorithm, usages, SR_FLAG_DERIVED);
                let subkey = subkey(parent).expect("a derived key has subkeys");
                let found = refusal(status(&mut world, operation, subkey.bits));
                let expected = match usage == 0 || usages & usage != 0 {
                    true if is_mac => Some(Error::SchemeNotOfKey),
                    true => None,
                    false => Some(Error::UsageNotAllowed),
                };
                assert_eq!(found, expected, "{name} {index} {algorithm} {usages:#x}");
                // SAFETY: NULL is allowed.
                unsafe { sr_key_release(subkey, std::ptr::null_mut()) };
            }
        }
    }
    for (algorithm, _, all) in ALGORITHMS {
        let key = keys.get(world.root, algorithm, all, 0);
        let refused = subkey(key).err();
        assert_eq!(refused, Some(Error::ContextMismatch.code()), "{algorithm}");
    }
}

fn subkey(parent: u64) -> Result<sr_key_t, u32> {
    let mut subkey = sr_key_t { bits: 0 };
    let parent = sr_key_t { bits: parent };
    // SAFETY: each pointer is to a live value.
    let status =
        unsafe { sr_key_subkey(parent, bytes(b"context"), &mut subkey, &mut dirty_error()) };
    if status == SR_OK {
        Ok(subkey)
    } else {
        Err(status)
    }
}
