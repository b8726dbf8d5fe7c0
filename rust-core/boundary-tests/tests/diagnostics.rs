//! The diagnostics reporter: off unless asked for, bounded, and with nothing in it that a caller sent. One test, because
//! the ring is the process's.

use std::ptr;
use strongroom_boundary_tests::{dirty_error, invoke, parameters, Value, World};
use strongroom_core::Error;
use strongroom_ffi::*;

const RECORD: usize = size_of::<sr_diagnostic_t>();

fn keep(records: usize) -> u32 {
    // SAFETY: NULL is allowed.
    unsafe { sr_diagnostics_keep(records as u32, ptr::null_mut()) }
}

/// The bytes of the records after a number, read with `room` bytes at an odd address.
fn read_bytes(after: u64, room: usize) -> Result<Vec<u8>, (u32, usize)> {
    let mut bytes = vec![0xEE; room + 1];
    let mut length = usize::MAX;
    let records = sr_buffer_t {
        data: bytes[1..].as_mut_ptr(),
        capacity: room,
        length: &mut length,
    };
    // SAFETY: each pointer is NULL or to a live value.
    match unsafe { sr_diagnostics_read(after, records, ptr::null_mut()) } {
        SR_OK => Ok(bytes[1..=length].to_vec()),
        status => Err((status, length)),
    }
}

fn read(after: u64) -> Vec<sr_diagnostic_t> {
    let bytes = read_bytes(after, 100 * RECORD).expect("room for all");
    bytes
        .chunks_exact(RECORD)
        // SAFETY: the chunk is as long as the struct, which is integers throughout.
        .map(|chunk| unsafe { chunk.as_ptr().cast::<sr_diagnostic_t>().read_unaligned() })
        .collect()
}

fn function(record: &sr_diagnostic_t) -> String {
    let name = record.function.iter().take_while(|&&c| c != 0);
    name.map(|&c| c as u8 as char).collect()
}

/// Fails on purpose, with `length` too little room by so much that the number tells it apart.
fn fail(world: &mut World, room: usize) {
    let mut values = world.values("sr_key_encrypt");
    let Value::Buffer(data, _, length) = values[3] else {
        panic!("a buffer")
    };
    values[3] = Value::Buffer(data, room, length);
    let status = invoke("sr_key_encrypt", &values, ptr::null_mut());
    assert_eq!(status, Error::BufferTooSmall.code());
}

#[test]
fn failures_are_kept_when_it_is_turned_on_the_latest_of_them_in_order_and_without_anything_that_was_sent(
) {
    let mut world = World::new();
    fail(&mut world, 1);
    assert!(read(0).is_empty(), "it is off until it is turned on");

    assert_eq!(keep(4), SR_OK);
    fail(&mut world, 2);
    let [record] = read(0)[..] else {
        panic!("one record")
    };
    assert_eq!(function(&record), "sr_key_encrypt");
    assert_eq!((record.sequence, record.operation, record.item), (1, 26, 0));
    assert_eq!(
        (record.code, record.argument, record.numbers),
        (Error::BufferTooSmall.code(), 4, [72, 2])
    );
    let since = std::time::UNIX_EPOCH
        .elapsed()
        .expect("a clock")
        .as_millis() as u64;
    assert!(record.time <= since && since - record.time < 600_000);

    // Success leaves nothing; the ring keeps the latest, oldest first, and says by a gap what it lost.
    world.make("sr_key_encrypt");
    for room in 3..9 {
        fail(&mut world, room);
    }
    let numbers: Vec<_> = read(0).iter().map(|r| (r.sequence, r.numbers[1])).collect();
    assert_eq!(numbers, [(4, 5), (5, 6), (6, 7), (7, 8)]);
    assert_eq!(read(6).len(), 1);
    assert_eq!(read(7).len(), 0);
    assert_eq!(read(u64::MAX).len(), 0);

    // As many as there is room for, and at least one has to fit.
    assert_eq!(
        read_bytes(0, 2 * RECORD + RECORD - 1).map(|b| b.len()),
        Ok(2 * RECORD)
    );
    assert_eq!(
        read_bytes(0, RECORD - 1),
        Err((Error::BufferTooSmall.code(), RECORD))
    );
    // That was a failure too.
    let last = read(7);
    assert_eq!(
        (function(&last[0]).as_str(), last.len()),
        ("sr_diagnostics_read", 1)
    );

    items_of_a_batch(&mut world);
    nothing_that_was_sent(&mut world);

    // Turned off, and on again: what was kept is gone.
    assert_eq!(keep(0), SR_OK);
    fail(&mut world, 1);
    assert!(read(0).is_empty());
    assert_eq!(keep(SR_DIAGNOSTICS_MAX), SR_OK);
    assert!(read(0).is_empty());
    for _ in 0..SR_DIAGNOSTICS_MAX + 10 {
        fail(&mut world, 1);
    }
    let bytes = read_bytes(0, (SR_DIAGNOSTICS_MAX + 10) * RECORD).expect("room for all");
    assert_eq!(bytes.len(), SR_DIAGNOSTICS_MAX * RECORD);
}

fn items_of_a_batch(world: &mut World) {
    assert_eq!(keep(8), SR_OK);
    let values = world.values("sr_key_batch");
    let Value::Pointer(items) = values[1] else {
        panic!("the items")
    };
    // SAFETY: the world's two items, which nothing else refers to now.
    let items = unsafe { std::slice::from_raw_parts_mut(items.cast::<sr_batch_item_t>(), 2) };
    items[1].outputs[0].length = 3;
    assert_eq!(invoke("sr_key_batch", &values, &mut dirty_error()), SR_OK);
    let [record] = read(0)[..] else {
        panic!("one record")
    };
    assert_eq!(function(&record), "sr_key_batch");
    assert_eq!((record.operation, record.item), (30, 2));
    assert_eq!(record.numbers, [48, 3]);
}

/// Every input of every function holds a canary, which no record has.
fn nothing_that_was_sent(world: &mut World) {
    const CANARY: &[u8] = b"canary5ecret-canary5ecret-canary5ecret";
    // It is a path too, and a root key's file is made there.
    std::env::set_current_dir(&world.folder).unwrap();
    assert_eq!(keep(SR_DIAGNOSTICS_MAX), SR_OK);
    let mut calls = 0;
    for (name, index, ty) in
        parameters().filter(|(name, ..)| *name != "sr_start" && *name != "sr_diagnostics_keep")
    {
        let mut values = world.values(name);
        for value in &mut values {
            if let Value::Bytes(data, length) = value {
                (*data, *length) = (CANARY.as_ptr(), CANARY.len());
            }
        }
        // The one parameter, spoilt in a way that its text could tell of.
        match ty {
            "sr_root_t" => values[index] = Value::Root(u64::from_ne_bytes(*b"canary5e")),
            "sr_unseal_key_t" => values[index] = Value::UnsealKey(u64::from_ne_bytes(*b"canary5e")),
            "sr_shares_t" => values[index] = Value::Shares(u64::from_ne_bytes(*b"canary5e")),
            "sr_key_t" => values[index] = Value::Key(u64::from_ne_bytes(*b"canary5e")),
            "uint32_t" => values[index] = Value::U32(u32::from_ne_bytes(*b"cana")),
            "uint64_t" => values[index] = Value::U64(u64::from_ne_bytes(*b"canary5e")),
            _ => {}
        }
        invoke(name, &values, &mut dirty_error());
        calls += 1;
    }
    let bytes = read_bytes(0, SR_DIAGNOSTICS_MAX * RECORD).expect("room for all");
    // Every one of them failed, and is here.
    assert!(
        bytes.len() / RECORD >= calls / 2,
        "{} of {calls}",
        bytes.len() / RECORD
    );
    for part in [&b"cana"[..], b"5ecr", b"anac", b"rce5"] {
        assert!(!bytes.windows(4).any(|window| window == part));
    }
}
