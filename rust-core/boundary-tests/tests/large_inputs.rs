//! What is public takes no secret memory, however long it is: with hardly any left, each function answers as it does with all
//! of it free. One test, because secret memory is the process's.

use std::ptr;
use strongroom_boundary_tests::{bytes, functions, invoke, parameters, Value, World, KEY_ID};
use strongroom_core::Error;
use strongroom_ffi::*;

/// Longer than the reserve, which is what operations find room in.
const LARGE: usize = 1 << 20;

#[test]
fn a_long_public_input_is_answered_alike_with_hardly_any_secret_memory_left() {
    let mut world = World::new();
    let large = vec![b'a'; LARGE];
    let with_all_free = answers(&mut world, &large);
    let served = ["sr_key_encrypt 2", "sr_key_data_key 2", "sr_key_subkey 1"]
        .into_iter()
        .chain([
            "sr_key_sign 2",
            "sr_key_mac 2",
            "sr_key_verify 2",
            "sr_key_verify_mac 2",
        ])
        .chain([
            "sr_key_derive 1",
            "sr_key_derive 2",
            "sr_key_agree 3",
            "sr_key_agree 4",
        ])
        .chain([
            "sr_key_reencrypt 4",
            "sr_hash 1",
            "sr_root_record_mac 1",
            "sr_root_token_mac 1",
        ]);
    for name in served {
        assert!(with_all_free.contains(&(name.into(), SR_OK)), "{name}");
    }
    let cmac = world.other(
        SR_ALGORITHM_AES_256_CMAC,
        SR_USAGE_MAC | SR_USAGE_VERIFY_MAC,
        0,
    );
    let ecdsa = world.other(SR_ALGORITHM_ECDSA_P521, SR_USAGE_SIGN | SR_USAGE_MAC, 0);
    let keys = fill(&world);

    assert_eq!(answers(&mut world, &large), with_all_free);
    for (key, hash) in [(cmac, 0), (ecdsa, SR_HASH_SHA3_512)] {
        let values = [
            Value::Key(key.bits),
            Value::U32(hash),
            Value::Bytes(large.as_ptr(), large.len()),
            world.values("sr_key_mac")[3],
        ];
        assert_eq!(invoke("sr_key_mac", &values, ptr::null_mut()), SR_OK);
    }
    // SAFETY: NULL is allowed.
    let release = |key| unsafe { sr_key_release(key, ptr::null_mut()) };
    assert!(keys.into_iter().all(|key| release(key) == SR_OK));
}

/// What each function answers with each of its inputs made long; what it gives is given back.
fn answers(world: &mut World, large: &[u8]) -> Vec<(String, u32)> {
    let mut answers = vec![];
    // What is made when it is first asked for.
    functions().for_each(|function| drop(world.values(function.name)));
    for (name, index, _) in parameters() {
        let takes_long = name.ends_with("_passphrase") || name == "sr_start";
        let mut values = world.values(name);
        let Value::Bytes(..) = values[index] else {
            continue;
        };
        if takes_long {
            continue;
        }
        values[index] = Value::Bytes(large.as_ptr(), large.len());
        world.outputs.object[0] = 0;
        let status = invoke(name, &values, ptr::null_mut());
        answers.push((format!("{name} {index}"), status));
        if name == "sr_key_subkey" {
            let subkey = sr_key_t {
                bits: world.outputs.object[0],
            };
            // SAFETY: NULL is allowed.
            assert_eq!(unsafe { sr_key_release(subkey, ptr::null_mut()) }, SR_OK);
        }
    }
    answers
}

/// Opens keys until there is no room for one more, and then closes some: room enough for what a subkey takes.
fn fill(world: &World) -> Vec<sr_key_t> {
    let mut keys = vec![];
    loop {
        let mut key = sr_key_t { bits: 0 };
        let (sealed, id) = (bytes(&world.sealed), bytes(&KEY_ID));
        // SAFETY: each pointer is to a live value.
        match unsafe { sr_key_open(world.root, sealed, id, 1, &mut key, ptr::null_mut()) } {
            SR_OK => keys.push(key),
            status => {
                assert_eq!(status, Error::SecretMemoryExhausted.code());
                break;
            }
        }
    }
    for key in keys.split_off(keys.len() - 200) {
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { sr_key_release(key, ptr::null_mut()) }, SR_OK);
    }
    keys
}
