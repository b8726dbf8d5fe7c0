//! Each operation of a batch, beside the function that it is named after.

use strongroom_boundary_tests::batch::{self, as_item, functions};
use strongroom_boundary_tests::{dirty_error, invoke, Value, World, FILL};
use strongroom_core::Error;
use strongroom_ffi::*;

/// What a call of a function gave: what it wrote to each buffer, and whether it said valid.
fn outcome(world: &World, values: &[Value]) -> (Vec<Vec<u8>>, u32) {
    let mut written = Vec::new();
    let mut valid = 0;
    for value in values {
        match *value {
            Value::Buffer(data, _, length) => {
                // SAFETY: the world's own buffer and length.
                let bytes = unsafe { std::slice::from_raw_parts(data, *length) };
                written.push(bytes.to_vec());
            }
            Value::Pointer(pointer) if pointer == (&raw const world.outputs.object) as *mut _ => {
                valid = world.outputs.object[0] as u32;
            }
            _ => {}
        }
    }
    (written, valid)
}

/// Operations that give something else each time.
const RANDOM: [&str; 5] = [
    "sr_key_encrypt",
    "sr_key_reencrypt",
    "sr_key_data_key",
    "sr_key_data_key_pair",
    "sr_key_encrypt_oaep",
];

#[test]
fn an_item_gives_what_the_single_function_gives_whatever_else_is_in_the_batch() {
    let mut world = World::new();
    let (mut items, mut expected) = (Vec::new(), Vec::new());
    let (mut input, mut end) = (Vec::new(), 0);
    let mut kept = Vec::new();
    for (export, operation) in functions() {
        let mut values = world.values(export.name);
        if matches!(export.name, "sr_key_derive" | "sr_key_agree") {
            // They fill what room there is.
            let at = values.len() - 1;
            if let Value::Buffer(_, capacity, _) = &mut values[at] {
                *capacity = 48;
            }
        }
        if matches!(export.name, "sr_key_verify" | "sr_key_verify_mac") {
            let making = export
                .name
                .replace("verify_mac", "mac")
                .replace("verify", "sign");
            world.make(&making);
            values = world.values(export.name);
            let written = world.written();
            values[3] = Value::Bytes(written.as_ptr(), written.len());
            kept.push(written);
        }
        items.push(as_item(export, operation, &values, &mut input, &mut end));
        assert_eq!(
            invoke(export.name, &values, &mut dirty_error()),
            SR_OK,
            "{}",
            export.name
        );
        expected.push((export.name, outcome(&world, &values)));
    }
    let mut output = vec![FILL; end as usize];
    let (status, output, _) = batch::run(&input, &mut items, &mut output);
    assert_eq!(status, SR_OK);
    for (item, (name, (written, valid))) in items.iter().zip(expected) {
        assert_eq!((item.code, item.valid), (SR_OK, valid), "{name}");
        assert_eq!(valid, u32::from(name.contains("verify")), "{name}");
        for (index, expected) in written.iter().enumerate() {
            let (start, length) = (
                item.outputs[index].offset as usize,
                item.written[index] as usize,
            );
            assert_eq!(length, expected.len(), "{name} {index}");
            let found = &output[start..start + length];
            assert_eq!(found != expected, RANDOM.contains(&name), "{name} {index}");
        }
    }
}

#[test]
fn an_item_without_the_room_that_it_needs_says_how_much_that_is_as_the_single_function_does() {
    let mut world = World::new();
    for (export, operation) in functions() {
        if matches!(export.name, "sr_key_derive" | "sr_key_agree") {
            continue; // They fill what room there is.
        }
        let values = world.values(export.name);
        let buffers = values
            .iter()
            .enumerate()
            .filter(|(_, value)| matches!(value, Value::Buffer(..)));
        for (index, (at, _)) in buffers.enumerate() {
            let mut values = values.clone();
            if let Value::Buffer(_, capacity, _) = &mut values[at] {
                *capacity = 1;
            }
            let (mut input, mut end) = (Vec::new(), 0);
            let mut items = [as_item(export, operation, &values, &mut input, &mut end)];
            let status = invoke(export.name, &values, &mut dirty_error());
            assert_eq!(status, Error::BufferTooSmall.code(), "{}", export.name);
            let Value::Buffer(_, _, length) = values[at] else {
                panic!("a buffer")
            };
            let mut output = vec![FILL; end as usize];
            let (status, output, _) = batch::run(&input, &mut items, &mut output);
            assert_eq!(
                (status, items[0].code),
                (SR_OK, Error::BufferTooSmall.code())
            );
            let mut needed = [0; 3];
            // SAFETY: the world's own length.
            needed[index] = unsafe { *length } as u64;
            assert_eq!(items[0].written, needed, "{} {index}", export.name);
            assert!(output.iter().all(|&byte| byte == 0));
        }
    }
}

#[test]
fn an_item_with_bad_numbers_fails_as_the_single_function_does() {
    let mut world = World::new();
    for (export, operation) in functions() {
        let mut values = world.values(export.name);
        let (mut input, mut end) = (Vec::new(), 0);
        for value in &mut values {
            if let Value::U32(number) = value {
                *number = 9999;
            }
        }
        let scheme = sr_signature_scheme_t {
            scheme: 99,
            ..batch::item(0, world.key, 0, 0, 0).scheme
        };
        for (value, (ty, _)) in values.iter_mut().zip(export.parameters) {
            if ty.starts_with("const sr_signature_scheme_t") {
                *value = Value::Pointer((&raw const scheme) as *mut _);
            }
        }
        let mut items = [as_item(export, operation, &values, &mut input, &mut end)];
        let status = invoke(export.name, &values, &mut dirty_error());
        let mut output = vec![FILL; end as usize];
        assert_eq!(batch::run(&input, &mut items, &mut output).0, SR_OK);
        assert_eq!(items[0].code, status, "{}", export.name);
        if status == SR_OK {
            continue; // A function without numbers.
        }
        assert_eq!(
            (items[0].written, items[0].valid),
            ([0; 3], 0),
            "{}",
            export.name
        );
    }
}
