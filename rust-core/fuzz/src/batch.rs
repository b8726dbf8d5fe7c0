//! Ciphertexts, alone and in batches: an edited one does not decrypt, and items reach nothing but the one input and the one output.

use crate::input::Input;
use std::ptr;
use strongroom_boundary_tests::{bytes, invoke, Value, World};
use strongroom_core::Error;
use strongroom_ffi::*;

pub fn run(world: &mut World, mut input: Input) {
    match input.byte().unwrap_or(0) % 4 {
        0 => decrypt(world, &mut input),
        _ => batch(world, &mut input),
    }
}

fn decrypt(world: &mut World, input: &mut Input) {
    let mut values = world.values("sr_key_decrypt");
    let (edited, changed) = input.edited(&world.ciphertext.clone());
    values[1] = Value::Bytes(edited.as_ptr(), edited.len());
    world.spoil_outputs();
    let status = invoke("sr_key_decrypt", &values, ptr::null_mut());
    assert_eq!(status == SR_OK, !changed);
}

fn batch(world: &mut World, input: &mut Input) {
    let count = input.small() % 6;
    let mut items: Vec<sr_batch_item_t> = (0..count).map(|_| item(world, input)).collect();
    // Exactly as long as they say, so that the sanitizer sees a step beyond.
    let mut output = vec![0xEE; input.small() % 2048].into_boxed_slice();
    let mut text = input.take(300).to_vec();
    if text.first().is_some_and(|first| first % 2 == 0) {
        text.splice(0..0, world.ciphertext.iter().copied());
    }
    let text = text.into_boxed_slice();
    let mut length = 0;
    let room = sr_buffer_t {
        data: output.as_mut_ptr(),
        capacity: output.len(),
        length: &mut length,
    };
    // SAFETY: each pointer is NULL or to memory as long as it says.
    let status = unsafe {
        sr_key_batch(
            bytes(&text),
            items.as_mut_ptr(),
            count,
            room,
            ptr::null_mut(),
        )
    };
    assert!(status == SR_OK || output.iter().all(|&byte| byte == 0));
    for item in &items {
        if status == SR_OK && item.code == SR_OK {
            for (range, written) in item.outputs.iter().zip(item.written) {
                assert!(written <= range.length);
                assert!(written == 0 || range.offset + written <= output.len() as u64);
            }
        }
        assert!(item.code != Error::Panic.code());
    }
}

fn item(world: &World, input: &mut Input) -> sr_batch_item_t {
    let operation = match input.byte().unwrap_or(0) {
        0xFF => input.number() as u32,
        small => u32::from(small) % 24,
    };
    let mut key = || match input.byte().unwrap_or(0) % 8 {
        0 => sr_key_t {
            bits: input.number(),
        },
        _ => world.key,
    };
    let (key, target) = (key(), key());
    let mut number = || input.small() as u64;
    let mut range = || sr_range_t {
        offset: number(),
        length: number(),
    };
    let (inputs, outputs) = ([range(), range(), range()], [range(), range(), range()]);
    let mut small = || number() as u32;
    sr_batch_item_t {
        key,
        target,
        inputs,
        outputs,
        written: [0; 3],
        scheme: sr_signature_scheme_t {
            scheme: small(),
            hash: small(),
            encoding: small(),
            salt_length: small(),
            prehashed: small() % 2,
            reserved: 0,
        },
        operation,
        number: small(),
        code: 0,
        valid: 0,
    }
}
