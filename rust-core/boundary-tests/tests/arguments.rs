//! Every parameter of every function, spoilt in every way that a pointer or a length can be.

use std::ptr;
use strongroom_boundary_tests::{dirty_error, functions, invoke, parameters, text, Value, World};
use strongroom_core::Error;
use strongroom_ffi::{sr_error_t, SR_DIAGNOSTICS_MAX, SR_JWS_EDDSA, SR_OK};

/// Calls `name` with parameter `index` replaced, and checks the code, who is blamed, and that no output kept anything.
fn refused(world: &mut World, name: &str, index: usize, bad: Value, expected: Error) {
    let mut values = world.values(name);
    values[index] = bad;
    world.spoil_outputs();
    let mut error = dirty_error();
    let context = format!("{name}, parameter {}: {bad:?}", index + 1);
    assert_eq!(
        invoke(name, &values, &mut error),
        expected.code(),
        "{context}"
    );
    assert_eq!(error.code, expected.code(), "{context}");
    assert_eq!(error.argument as usize, index + 1, "{context}");
    assert_eq!(
        (error.reserved, text(&error)),
        (0, expected.text().to_owned()),
        "{context}"
    );
    assert_outputs_are_zero(world, &values, &context);
}

/// Of the outputs among `values` that are memory of the world's.
fn assert_outputs_are_zero(world: &World, values: &[Value], context: &str) {
    let outputs = &*world.outputs;
    for value in values {
        match *value {
            Value::Buffer(data, capacity, length) => {
                for (index, own) in [&outputs.first[..], &outputs.second[..]]
                    .into_iter()
                    .enumerate()
                {
                    if ptr::eq(data, own.as_ptr()) && capacity <= own.len() {
                        assert!(own[..capacity].iter().all(|&byte| byte == 0), "{context}");
                    }
                    if ptr::eq(length, &outputs.lengths[index]) {
                        assert_eq!(outputs.lengths[index], 0, "{context}");
                    }
                }
            }
            Value::Pointer(pointer) if ptr::eq(pointer, (&raw const outputs.object).cast()) => {
                assert_eq!(outputs.object[0], 0, "{context}");
            }
            _ => {}
        }
    }
}

#[test]
fn good_values_are_good() {
    for function in functions().filter(|function| function.name != "sr_start") {
        let mut own = World::new();
        let values = own.values(function.name);
        let mut error = dirty_error();
        let status = invoke(function.name, &values, &mut error);
        if function.name == "sr_key_export" {
            // Only in a build for it, and only where it is allowed.
            let refused = [Error::FeatureNotBuilt, Error::FeatureNotAllowed];
            assert!(refused.iter().any(|error| error.code() == status));
            continue;
        }
        assert_eq!(status, SR_OK, "{} {}", function.name, text(&error));
        assert_eq!((error.code, error.operation), (SR_OK, function.operation));
        assert_eq!(
            (error.argument, error.numbers, text(&error)),
            (0, [0, 0], String::new())
        );
    }
}

#[test]
fn inputs_that_are_null_with_a_length_or_longer_than_memory_are_refused() {
    let mut world = World::new();
    for (name, index, _) in parameters().filter(|(_, _, ty)| *ty == "sr_bytes_t") {
        let somewhere = [0u8; 8];
        for (bad, expected) in [
            (Value::Bytes(ptr::null(), 1), Error::NullArgument),
            (
                Value::Bytes(ptr::null(), isize::MAX as usize),
                Error::NullArgument,
            ),
            (
                Value::Bytes(somewhere.as_ptr(), isize::MAX as usize + 1),
                Error::LengthOutOfRange,
            ),
            (
                Value::Bytes(somewhere.as_ptr(), usize::MAX),
                Error::LengthOutOfRange,
            ),
            (
                Value::Bytes(usize::MAX as *const u8, 2),
                Error::LengthOutOfRange,
            ),
            (
                Value::Bytes(ptr::null(), usize::MAX),
                Error::LengthOutOfRange,
            ),
        ] {
            refused(&mut world, name, index, bad, expected);
        }
    }
}

#[test]
fn buffers_that_are_null_misaligned_or_larger_than_memory_are_refused() {
    let mut world = World::new();
    for (name, index, _) in parameters().filter(|(_, _, ty)| *ty == "sr_buffer_t") {
        let mut length = 0usize;
        let mut room = [0u8; 64];
        let (data, at): (*mut u8, *mut usize) = (room.as_mut_ptr(), &mut length);
        let misaligned = at.cast::<u8>().wrapping_add(1).cast::<usize>();
        for (bad, expected) in [
            (
                Value::Buffer(data, 64, ptr::null_mut()),
                Error::NullArgument,
            ),
            (
                Value::Buffer(data, 64, misaligned),
                Error::MisalignedArgument,
            ),
            (Value::Buffer(ptr::null_mut(), 64, at), Error::NullArgument),
            (
                Value::Buffer(data, isize::MAX as usize + 1, at),
                Error::LengthOutOfRange,
            ),
            (Value::Buffer(data, usize::MAX, at), Error::LengthOutOfRange),
            (
                Value::Buffer(usize::MAX as *mut u8, 2, at),
                Error::LengthOutOfRange,
            ),
        ] {
            refused(&mut world, name, index, bad, expected);
        }
        // Only the plaintext of a data key may be left out.
        if ![("sr_key_data_key", 3), ("sr_key_data_key_pair", 3)].contains(&(name, index)) {
            let absent = Value::Buffer(ptr::null_mut(), 0, ptr::null_mut());
            refused(&mut world, name, index, absent, Error::NullArgument);
        }
    }
}

#[test]
fn structs_that_are_null_or_misaligned_are_refused() {
    let mut world = World::new();
    for (name, index, _) in parameters().filter(|(_, _, ty)| ty.ends_with('*')) {
        refused(
            &mut world,
            name,
            index,
            Value::Pointer(ptr::null_mut()),
            Error::NullArgument,
        );
        let mut somewhere = [0u64; 64];
        let misaligned = somewhere.as_mut_ptr().cast::<u8>().wrapping_add(1).cast();
        refused(
            &mut world,
            name,
            index,
            Value::Pointer(misaligned),
            Error::MisalignedArgument,
        );
        assert_eq!(somewhere, [0; 64]);
    }
}

#[test]
fn a_misaligned_error_struct_is_refused_and_not_written_to() {
    let mut world = World::new();
    for function in functions().filter(|function| function.name != "sr_start") {
        let values = world.values(function.name);
        let mut somewhere = [u64::MAX; 32];
        let misaligned = somewhere
            .as_mut_ptr()
            .cast::<u8>()
            .wrapping_add(4)
            .cast::<sr_error_t>();
        world.spoil_outputs();
        let status = invoke(function.name, &values, misaligned);
        assert_eq!(
            status,
            Error::MisalignedArgument.code(),
            "{}",
            function.name
        );
        assert_eq!(somewhere, [u64::MAX; 32], "{}", function.name);
        assert_outputs_are_zero(&world, &values, function.name);
    }
}

#[test]
fn an_output_with_too_little_room_stays_zero_and_says_what_it_needs() {
    let mut world = World::new();
    for (name, index, _) in parameters().filter(|(_, _, ty)| *ty == "sr_buffer_t") {
        if matches!(
            name,
            "sr_random" | "sr_diagnostics_read" | "sr_key_batch" | "sr_key_derive" | "sr_key_agree"
        ) {
            continue; // They take what room there is, and room by item.
        }
        if name == "sr_key_export" {
            continue; // Refused before it asks for room, in a build without it.
        }
        let mut values = world.values(name);
        let Value::Buffer(data, _, length) = values[index] else {
            panic!("a buffer")
        };
        assert_eq!(invoke(name, &values, ptr::null_mut()), SR_OK);
        // SAFETY: the world's own length, which nothing else refers to now.
        let written = unsafe { *length };
        // Where the length is not known before, room for the longest output is asked for.
        values[index] = Value::Buffer(data, 0, length);
        let mut error = dirty_error();
        let status = invoke(name, &values, &mut error);
        assert_eq!(status, Error::BufferTooSmall.code(), "{name}");
        let needed = error.numbers[0] as usize;
        assert!(written > 0 && written <= needed, "{name}");
        let step = if needed > 512 { 97 } else { 1 };
        for capacity in (0..needed).step_by(step).chain([needed - 1]) {
            for data in [data, ptr::null_mut()] {
                if data.is_null() && capacity > 0 {
                    continue;
                }
                values[index] = Value::Buffer(data, capacity, length);
                world.spoil_outputs();
                let mut error = dirty_error();
                let status = invoke(name, &values, &mut error);
                assert_eq!(status, Error::BufferTooSmall.code(), "{name} {capacity}");
                assert_eq!(error.argument as usize, index + 1);
                assert_eq!(error.numbers, [needed as u64, capacity as u64]);
                // SAFETY: as above.
                assert_eq!(unsafe { *length }, needed);
                let outputs = &world.outputs;
                for own in [&outputs.first[..], &outputs.second[..]] {
                    let room = if ptr::eq(own.as_ptr(), data) {
                        capacity
                    } else {
                        0
                    };
                    assert!(
                        own[..room].iter().all(|&byte| byte == 0),
                        "{name} {capacity}"
                    );
                }
            }
        }
        values[index] = Value::Buffer(data, needed, length);
        assert_eq!(
            invoke(name, &values, ptr::null_mut()),
            SR_OK,
            "{name} with just enough"
        );
    }
}

#[test]
fn lengths_and_numbers_out_of_their_range_are_refused() {
    let mut world = World::new();
    let out = |world: &mut World, capacity| {
        let length: *mut usize = &mut world.outputs.lengths[0];
        Value::Buffer(world.outputs.first.as_mut_ptr(), capacity, length)
    };
    let empty = out(&mut world, 0);
    refused(&mut world, "sr_random", 0, empty, Error::LengthOutOfRange);
    let mut large = vec![1u8; 65537];
    let mut length = 0;
    let bad = Value::Buffer(large.as_mut_ptr(), large.len(), &mut length);
    refused(&mut world, "sr_random", 0, bad, Error::LengthOutOfRange);
    assert!(large.iter().all(|&byte| byte == 0));
    for name in ["sr_live_handles", "sr_live_bytes"] {
        for kind in [0, 5] {
            let bad = Value::U32(kind);
            refused(&mut world, name, 0, bad, Error::InvalidArgument);
        }
    }
    for algorithm in [0, SR_JWS_EDDSA + 1] {
        let bad = Value::U32(algorithm);
        refused(&mut world, "sr_jws_verify", 0, bad, Error::InvalidArgument);
    }
    let too_many = Value::U32(SR_DIAGNOSTICS_MAX as u32 + 1);
    refused(
        &mut world,
        "sr_diagnostics_keep",
        0,
        too_many,
        Error::LengthOutOfRange,
    );
    let id = [0u8; 17];
    for length in [0, 15, 17] {
        let bad = Value::Bytes(id.as_ptr(), length);
        refused(&mut world, "sr_key_open", 2, bad, Error::LengthOutOfRange);
        refused(&mut world, "sr_key_rotate", 1, bad, Error::LengthOutOfRange);
    }
    for path in [&b""[..], b"a\0b"] {
        let bad = Value::Bytes(path.as_ptr(), path.len());
        refused(
            &mut world,
            "sr_root_create_file",
            0,
            bad,
            Error::InvalidArgument,
        );
        for name in ["sr_root_open_file", "sr_key_open_pem_file"] {
            refused(&mut world, name, 0, bad, Error::InvalidArgument);
        }
    }
}
