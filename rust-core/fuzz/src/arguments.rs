//! Any function with one argument of the fuzzer's, in the bounds of what a caller may do: pointers are NULL, misaligned or to
//! memory that is as long as they say. Functions are those of the manifest, so new ones are met without a word here.

use crate::input::Input;
use std::ptr;
use strongroom_boundary_tests::{dirty_error, functions, given, invoke, Value, World};
use strongroom_ffi::*;

/// Not these: they end what the world is made of, or go to the file system by a path of the fuzzer's.
const LEFT_OUT: [&str; 14] = [
    "sr_start",
    "sr_root_release",
    "sr_key_release",
    "sr_unseal_key_release",
    "sr_shares_release",
    "sr_root_create_file",
    "sr_root_open_file",
    "sr_root_adopt_file",
    "sr_key_open_pem_file",
    "sr_unseal_key_create_file",
    "sr_unseal_key_open_file",
    "sr_features_allow",
    // By a cost of the fuzzer's they take a second and a gigabyte.
    "sr_unseal_key_create_passphrase",
    "sr_unseal_key_open_passphrase",
];

/// Making a pair of RSA takes a second.
const SLOW: [u32; 3] = [
    SR_ALGORITHM_RSA_2048,
    SR_ALGORITHM_RSA_3072,
    SR_ALGORITHM_RSA_4096,
];

pub fn run(world: &mut World, mut input: Input) {
    let functions: Vec<_> = functions()
        .filter(|export| !LEFT_OUT.contains(&export.name))
        .collect();
    let mut calls = 0;
    while let (Some(choice), true) = (input.byte(), calls < 8) {
        calls += 1;
        let export = functions[usize::from(choice) % functions.len()];
        let mut values = world.values(export.name);
        // Memory for what the fuzzer makes up, as long as its bytes are, so that the sanitizer sees its end.
        let own = input.small() % 256;
        let mut own = input.take(own).to_vec().into_boxed_slice();
        let mut spec = spec(&mut input);
        let index = input.small() % values.len();
        let by_hand = spoil(
            &mut values[index],
            export.parameters[index].0,
            &mut input,
            &mut own,
            &mut spec,
        );
        world.spoil_outputs();
        let mut error = dirty_error();
        let status = invoke(export.name, &values, &mut error);
        assert_eq!(
            (error.code, error.operation),
            (status, export.operation),
            "{}",
            export.name
        );
        if status == SR_OK {
            release_what_was_given(world, export.parameters, index, by_hand);
        } else {
            outputs_are_zero(&values);
        }
    }
}

/// A struct of the fuzzer's that a key may be asked for with.
fn spec(input: &mut Input) -> Box<sr_key_spec_t> {
    let algorithm = input.small() as u32 % 40;
    Box::new(sr_key_spec_t {
        key_id: [7; 16],
        version: input.small() as u32,
        algorithm: if SLOW.contains(&algorithm) {
            0
        } else {
            algorithm
        },
        usages: input.small() as u32,
        flags: input.small() as u32,
        created_at: input.number(),
    })
}

/// Puts another value in place of a good one. True where a handle is not the world's any more.
fn spoil(
    value: &mut Value,
    ty: &str,
    input: &mut Input,
    own: &mut [u8],
    spec: &mut sr_key_spec_t,
) -> bool {
    let how = input.byte().unwrap_or(0);
    match value {
        Value::Root(bits) | Value::Key(bits) | Value::UnsealKey(bits) | Value::Shares(bits) => {
            *bits ^= input.number();
            return true;
        }
        Value::Bytes(data, length) => match how % 4 {
            0 => (*data, *length) = (ptr::null(), input.small()),
            1 => *length = usize::MAX - input.small() % 1024,
            _ => (*data, *length) = (own.as_ptr(), own.len()),
        },
        Value::Buffer(data, capacity, length) => match how % 5 {
            0 => (*data, *capacity) = (ptr::null_mut(), input.small()),
            1 => *capacity = usize::MAX - input.small() % 1024,
            2 => *length = ptr::null_mut(),
            3 => *length = length.wrapping_byte_add(1),
            _ => (*data, *capacity) = (own.as_mut_ptr(), own.len()),
        },
        Value::U32(number) => {
            let other = input.small() as u32;
            *number = if SLOW.contains(&other) { 0 } else { other };
        }
        Value::U64(number) => *number = input.number(),
        // A count of structs: as many as there are, or more than there can be.
        Value::Size(count) => {
            *count = if how % 2 == 0 {
                usize::MAX / 2
            } else {
                *count.min(&mut 1)
            }
        }
        Value::Pointer(pointer) => match how % 3 {
            0 => *pointer = ptr::null_mut(),
            1 => *pointer = pointer.wrapping_byte_add(1),
            _ if ty == "const sr_key_spec_t *" => *pointer = ptr::from_mut(spec).cast(),
            _ => {}
        },
    }
    false
}

/// A handle that a call gave is the fuzzer's to give back, unless it went where nobody looks.
fn release_what_was_given(
    world: &World,
    parameters: &[(&str, &str)],
    spoilt: usize,
    foreign: bool,
) {
    for (index, (ty, _)) in parameters.iter().enumerate() {
        let bits = world.outputs.object[0];
        let Some((name, value)) = given(ty, bits) else {
            continue;
        };
        assert!(index != spoilt || !foreign);
        assert_eq!(invoke(name, &[value], ptr::null_mut()), SR_OK);
    }
}

/// What a failed call was given room in holds nothing.
fn outputs_are_zero(values: &[Value]) {
    for value in values {
        let Value::Buffer(data, capacity, length) = value else {
            continue;
        };
        if data.is_null() || *capacity > 1 << 20 || length.is_null() || !length.is_aligned() {
            continue;
        }
        // SAFETY: the memory of the world, or of the fuzzer's, and as long as it says.
        let room = unsafe { std::slice::from_raw_parts(*data, *capacity) };
        assert!(room.iter().all(|&byte| byte == 0));
    }
}
