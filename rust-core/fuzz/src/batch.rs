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
    let operation = match input.byte().unwrap_or(0) {
        0xFF => input.number() as u32,
        small => u32::from(small) % 24,
    };
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
            operation,
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
            assert!(item.output_length <= item.output_capacity);
            assert!(item.output_offset + item.output_length <= output.len() as u64);
        }
        assert!(item.code != Error::Panic.code());
    }
}

fn item(world: &World, input: &mut Input) -> sr_batch_item_t {
    let mut key = || match input.byte().unwrap_or(0) % 8 {
        0 => sr_key_t {
            bits: input.number(),
        },
        _ => world.key,
    };
    let (key, target) = (key(), key());
    let mut number = || input.small() as u64;
    sr_batch_item_t {
        key,
        target,
        input_offset: number(),
        input_length: number(),
        associated_data_offset: number(),
        associated_data_length: number(),
        new_associated_data_offset: number(),
        new_associated_data_length: number(),
        output_offset: number(),
        output_capacity: number(),
        second_output_offset: number(),
        second_output_capacity: number(),
        data_key_bytes: number() as u32,
        code: 0,
        output_length: 0,
    }
}
