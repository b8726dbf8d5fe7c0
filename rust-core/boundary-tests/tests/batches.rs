//! Batches: each item on its own, and nothing run where the batch as a whole makes no sense.

use strongroom_boundary_tests::{bytes, dirty_error, World, FILL};
use strongroom_core::Error;
use strongroom_ffi::*;

const MESSAGE: u64 = 8;
const SEALED: u64 = MESSAGE + 40;

/// An item over the first bytes of the input, with room for `capacity` bytes at `offset`.
fn item(key: sr_key_t, input_length: u64, offset: u64, capacity: u64) -> sr_batch_item_t {
    sr_batch_item_t {
        key,
        target: key,
        input_offset: 0,
        input_length,
        associated_data_offset: 0,
        associated_data_length: 4,
        new_associated_data_offset: 4,
        new_associated_data_length: 4,
        output_offset: offset,
        output_capacity: capacity,
        second_output_offset: 0,
        second_output_capacity: 0,
        data_key_bytes: 0,
        code: u32::MAX,
        output_length: u64::MAX,
    }
}

/// Status, output and error of a batch.
fn run(operation: u32, input: &[u8], items: &mut [sr_batch_item_t]) -> (u32, Vec<u8>, sr_error_t) {
    let mut output = vec![FILL; 4096];
    let mut length = usize::MAX;
    let mut error = dirty_error();
    let room = sr_buffer_t {
        data: output.as_mut_ptr(),
        capacity: output.len(),
        length: &mut length,
    };
    // SAFETY: each pointer is to a live value.
    let status = unsafe {
        sr_key_batch(
            operation,
            bytes(input),
            items.as_mut_ptr(),
            items.len(),
            room,
            &mut error,
        )
    };
    assert!(
        output[length..].iter().all(|&byte| byte == 0),
        "bytes beyond the last range"
    );
    output.truncate(length);
    (status, output, error)
}

#[test]
fn what_a_batch_encrypts_a_batch_decrypts_and_reencrypts() {
    let world = World::new();
    let mut items: Vec<_> = (0..10)
        .map(|n| item(world.key, MESSAGE, n * SEALED, SEALED))
        .collect();
    let (status, sealed, error) = run(SR_BATCH_ENCRYPT, b"12345678", &mut items);
    assert_eq!(
        (status, error.operation, sealed.len() as u64),
        (SR_OK, 30, 10 * SEALED)
    );
    assert!(items
        .iter()
        .all(|item| (item.code, item.output_length) == (SR_OK, SEALED)));

    // Behind the associated data, which is the input's first bytes.
    let input = [&b"1234abcd"[..], &sealed].concat();
    let at = |n: u64| 8 + n * SEALED;
    let mut items: Vec<_> = (0..10)
        .map(|n| sr_batch_item_t {
            input_offset: at(n),
            ..item(world.key, SEALED, n * MESSAGE, MESSAGE)
        })
        .collect();
    let (status, plaintext, _) = run(SR_BATCH_DECRYPT, &input, &mut items);
    assert_eq!((status, plaintext), (SR_OK, b"12345678".repeat(10)));

    let mut items: Vec<_> = (0..10)
        .map(|n| sr_batch_item_t {
            input_offset: at(n),
            ..item(world.key, SEALED, n * SEALED, SEALED)
        })
        .collect();
    let (status, moved, _) = run(SR_BATCH_REENCRYPT, &input, &mut items);
    assert_eq!(status, SR_OK);
    assert_ne!(moved, sealed);
    let input = [&b"abcd1234"[..], &moved].concat();
    let mut items = [sr_batch_item_t {
        input_offset: at(9),
        ..item(world.key, SEALED, 0, MESSAGE)
    }];
    let (status, plaintext, _) = run(SR_BATCH_DECRYPT, &input, &mut items);
    assert_eq!(
        (status, items[0].code, plaintext),
        (SR_OK, SR_OK, b"12345678".to_vec())
    );
}

#[test]
fn a_failed_item_leaves_zeros_and_its_neighbours_are_done() {
    let world = World::new();
    let key = world.key;
    let stale = sr_key_t { bits: key.bits + 1 };
    let root = sr_key_t {
        bits: world.root.bits,
    };
    let mut items = [
        item(key, MESSAGE, 0, SEALED),
        item(stale, MESSAGE, 100, SEALED),
        item(key, MESSAGE, 200, SEALED - 1),
        item(root, MESSAGE, 300, SEALED),
        item(key, MESSAGE, 400, SEALED),
    ];
    let (status, output, error) = run(SR_BATCH_ENCRYPT, b"12345678", &mut items);
    assert_eq!((status, error.code), (SR_OK, SR_OK));
    let ended: Vec<_> = items
        .iter()
        .map(|item| (item.code, item.output_length))
        .collect();
    assert_eq!(
        ended,
        [
            (SR_OK, SEALED),
            (Error::InvalidHandle.code(), 0),
            (Error::BufferTooSmall.code(), SEALED),
            (Error::WrongKind.code(), 0),
            (SR_OK, SEALED),
        ]
    );
    for (item, range) in items
        .iter()
        .zip([0..48, 100..148, 200..247, 300..348, 400..448])
    {
        let zero = output[range].iter().all(|&byte| byte == 0);
        assert_eq!(zero, item.code != SR_OK);
    }
}

#[test]
fn data_keys_come_with_their_plaintexts_or_without() {
    let world = World::new();
    let data_key = |offset, second, capacity| sr_batch_item_t {
        second_output_offset: second,
        second_output_capacity: capacity,
        data_key_bytes: 32,
        ..item(world.key, 0, offset, 72)
    };
    let mut items = [
        data_key(0, 72, 32),
        data_key(104, 9999, 0),
        data_key(200, 300, 31),
        data_key(400, 500, 40),
    ];
    let (status, output, _) = run(SR_BATCH_DATA_KEY, b"1234", &mut items);
    assert_eq!(status, SR_OK);
    let ended: Vec<_> = items
        .iter()
        .map(|item| (item.code, item.output_length))
        .collect();
    let too_small = (Error::BufferTooSmall.code(), 32);
    assert_eq!(ended, [(SR_OK, 72), (SR_OK, 72), too_small, (SR_OK, 72)]);
    assert!(output[200..331].iter().all(|&byte| byte == 0));
    assert!(output[532..].iter().all(|&byte| byte == 0));

    let input = [&b"1234"[..], &output].concat();
    for (at, plaintext) in [(0, &output[72..104]), (400, &output[500..532])] {
        let mut items = [sr_batch_item_t {
            input_offset: 4 + at,
            ..item(world.key, 72, 0, 32)
        }];
        assert_eq!(run(SR_BATCH_DECRYPT, &input, &mut items).1, plaintext);
    }
}

#[test]
fn a_batch_that_makes_no_sense_runs_no_item_and_says_which_one_it_was() {
    let world = World::new();
    let good = || item(world.key, MESSAGE, 0, SEALED);
    let out_of_range = [
        sr_batch_item_t {
            input_offset: 1,
            ..good()
        },
        sr_batch_item_t {
            input_length: u64::MAX,
            ..good()
        },
        sr_batch_item_t {
            input_offset: u64::MAX,
            ..good()
        },
        sr_batch_item_t {
            associated_data_offset: 5,
            ..good()
        },
        sr_batch_item_t {
            associated_data_length: u64::MAX,
            ..good()
        },
        sr_batch_item_t {
            output_offset: 4096,
            ..good()
        },
        sr_batch_item_t {
            output_offset: u64::MAX - 3,
            ..good()
        },
        sr_batch_item_t {
            output_capacity: 4097,
            ..good()
        },
        sr_batch_item_t {
            output_capacity: u64::MAX,
            ..good()
        },
    ];
    for bad in out_of_range {
        refused(
            SR_BATCH_ENCRYPT,
            [item(world.key, MESSAGE, 0, 0), bad],
            Error::LengthOutOfRange,
        );
    }
    let far = sr_batch_item_t {
        new_associated_data_offset: 5,
        ..good()
    };
    refused(
        SR_BATCH_REENCRYPT,
        [item(world.key, MESSAGE, 0, 0), far],
        Error::LengthOutOfRange,
    );
    let overlapping = item(world.key, MESSAGE, SEALED - 1, SEALED);
    refused(
        SR_BATCH_ENCRYPT,
        [good(), overlapping],
        Error::InvalidArgument,
    );
    let descending = item(world.key, MESSAGE, 0, SEALED);
    refused(
        SR_BATCH_ENCRYPT,
        [item(world.key, MESSAGE, 500, SEALED), descending],
        Error::InvalidArgument,
    );
    let second = sr_batch_item_t {
        second_output_offset: 71,
        second_output_capacity: 1,
        data_key_bytes: 32,
        ..item(world.key, 0, 0, 72)
    };
    refused(
        SR_BATCH_DATA_KEY,
        [item(world.key, 0, 0, 0), second],
        Error::InvalidArgument,
    );
    let beyond = sr_batch_item_t {
        second_output_offset: 4096,
        ..second
    };
    refused(
        SR_BATCH_DATA_KEY,
        [item(world.key, 0, 0, 0), beyond],
        Error::LengthOutOfRange,
    );
}

fn refused(operation: u32, mut items: [sr_batch_item_t; 2], expected: Error) {
    let (status, output, error) = run(operation, b"12345678", &mut items);
    assert_eq!(
        (status, error.argument, error.numbers[0]),
        (expected.code(), 3, 1)
    );
    assert!(output.is_empty());
    assert!(
        items
            .iter()
            .all(|item| (item.code, item.output_length) == (0, 0)),
        "an item was run"
    );
}

#[test]
fn none_and_more_than_a_thousand_items_are_refused_and_a_thousand_are_not() {
    let world = World::new();
    for (count, expected) in [
        (0, Error::LengthOutOfRange.code()),
        (1000, SR_OK),
        (1001, Error::LengthOutOfRange.code()),
    ] {
        let mut items = vec![item(world.key, 0, 0, 0); count];
        let (status, ..) = run(SR_BATCH_ENCRYPT, b"12345678", &mut items);
        assert_eq!(status, expected, "{count}");
    }
}
