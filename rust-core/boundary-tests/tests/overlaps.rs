//! Outputs that overlap inputs, each other, their own lengths, or the error struct.

use std::ptr;
use strongroom_boundary_tests::{invoke, parameters, Value, World};
use strongroom_core::Error;
use strongroom_ffi::SR_OK;

/// Memory that two parameters are pointed into. Its first bytes are both.
#[repr(C, align(8))]
struct Shared([u8; 4096]);

#[test]
fn an_output_that_shares_one_byte_with_anything_is_refused() {
    let mut world = World::new();
    let mut shared = Shared([0; 4096]);
    let all: Vec<_> = parameters().collect();
    for &(name, output, output_type) in &all {
        for &(_, other, other_type) in all.iter().filter(|(n, i, _)| *n == name && *i != output) {
            let mut values = world.values(name);
            let base = shared.0.as_mut_ptr();
            let Some(bytes) = point(&mut values[output], output_type, base) else {
                continue;
            };
            // The other one begins at the last byte of the first, or at the last place that is aligned for it.
            let is_struct = other_type.ends_with('*');
            let place = base.wrapping_add(if is_struct {
                (bytes - 1) & !7
            } else {
                bytes - 1
            });
            if input_or_output(&mut values[other], other_type, place).is_none() {
                continue;
            }
            let status = invoke(name, &values, ptr::null_mut());
            assert_eq!(
                status,
                Error::BuffersOverlap.code(),
                "{name} {output} {other}"
            );
        }
    }
}

#[test]
fn a_length_inside_its_own_buffer_and_an_error_struct_inside_an_output_are_refused() {
    let mut world = World::new();
    let mut shared = Shared([0; 4096]);
    for (name, index, _) in parameters().filter(|(_, _, ty)| *ty == "sr_buffer_t") {
        let base = shared.0.as_mut_ptr();
        let mut values = world.values(name);
        let Value::Buffer(_, _, length) = values[index] else {
            panic!("a buffer")
        };
        values[index] = Value::Buffer(base, 1024, base.wrapping_add(1016).cast());
        let status = invoke(name, &values, ptr::null_mut());
        assert_eq!(status, Error::BuffersOverlap.code(), "{name} length");
        values[index] = Value::Buffer(base, 1024, length);
        let status = invoke(name, &values, base.wrapping_add(1016).cast());
        assert_eq!(status, Error::BuffersOverlap.code(), "{name} error");
    }
}

#[test]
fn inputs_may_be_the_same_bytes_and_outputs_may_touch() {
    let mut world = World::new();
    let mut shared = Shared([7; 4096]);
    let base = shared.0.as_mut_ptr();
    let mut values = world.values("sr_key_encrypt");
    let mut length = 0;
    values[1] = Value::Bytes(base, 32);
    values[2] = Value::Bytes(base, 32);
    values[3] = Value::Buffer(base.wrapping_add(32), 72, &mut length);
    assert_eq!(
        invoke("sr_key_encrypt", &values, base.wrapping_add(104).cast()),
        SR_OK
    );
    assert_eq!(length, 72);
}

/// Points an output at `base` and gives its bytes; `None` where the value is no output.
fn point(value: &mut Value, ty: &str, base: *mut u8) -> Option<usize> {
    match value {
        Value::Buffer(data, capacity, _) => {
            *data = base;
            *capacity = 1000;
            Some(1000)
        }
        Value::Pointer(pointer) if !ty.starts_with("const") => {
            *pointer = base.cast();
            Some(match ty {
                "sr_key_description_t *" => 48,
                "sr_secret_memory_t *" => 24,
                "sr_batch_item_t *" => 2 * 176,
                _ => 8,
            })
        }
        _ => None,
    }
}

fn input_or_output(value: &mut Value, ty: &str, base: *mut u8) -> Option<usize> {
    match value {
        Value::Bytes(data, length) => {
            *data = base;
            *length = 16;
            Some(16)
        }
        Value::Pointer(pointer) => {
            *pointer = base.cast();
            Some(8)
        }
        _ => point(value, ty, base),
    }
}
