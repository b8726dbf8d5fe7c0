//! Batches: each item on its own, and nothing run where the batch as a whole makes no sense.

use strongroom_boundary_tests::batch::{item, range, run as run_into};
use strongroom_boundary_tests::{World, FILL};
use strongroom_core::Error;
use strongroom_ffi::*;

const MESSAGE: u64 = 8;
const SEALED: u64 = MESSAGE + 40;

/// Status, output and error of a batch with room for all of it.
fn run(input: &[u8], items: &mut [sr_batch_item_t]) -> (u32, Vec<u8>, sr_error_t) {
    run_into(input, items, &mut [FILL; 4096])
}

#[test]
fn what_a_batch_encrypts_a_batch_decrypts_and_reencrypts() {
    let world = World::new();
    let mut items: Vec<_> = (0..10)
        .map(|n| item(SR_BATCH_ENCRYPT, world.key, MESSAGE, n * SEALED, SEALED))
        .collect();
    let (status, sealed, error) = run(b"12345678", &mut items);
    assert_eq!(
        (status, error.operation, sealed.len() as u64),
        (SR_OK, 30, 10 * SEALED)
    );
    assert!(items
        .iter()
        .all(|item| (item.code, item.written) == (SR_OK, [SEALED, 0, 0])));

    // Behind the associated data, which is the input's first bytes. The two operations in one batch.
    let input = [&b"1234abcd"[..], &sealed].concat();
    let at = |n: u64| range(8 + n * SEALED, SEALED);
    let mut items: Vec<_> = (0..10)
        .flat_map(|n| {
            let start = n * (MESSAGE + SEALED);
            let (mut decrypt, mut reencrypt) = (
                item(SR_BATCH_DECRYPT, world.key, 0, start, MESSAGE),
                item(SR_BATCH_REENCRYPT, world.key, 0, start + MESSAGE, SEALED),
            );
            (decrypt.inputs[0], reencrypt.inputs[0]) = (at(n), at(n));
            [decrypt, reencrypt]
        })
        .collect();
    let (status, output, _) = run(&input, &mut items);
    assert_eq!(status, SR_OK);
    let (mut plaintext, mut moved) = (Vec::new(), Vec::new());
    for both in output.chunks((MESSAGE + SEALED) as usize) {
        plaintext.extend_from_slice(&both[..MESSAGE as usize]);
        moved.extend_from_slice(&both[MESSAGE as usize..]);
    }
    assert_eq!(plaintext, b"12345678".repeat(10));
    assert_ne!(moved, sealed);
    let input = [&b"abcd1234"[..], &moved].concat();
    let mut items = [item(SR_BATCH_DECRYPT, world.key, 0, 0, MESSAGE)];
    items[0].inputs[0] = at(9);
    let (status, plaintext, _) = run(&input, &mut items);
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
    let encrypt = |key, offset, room| item(SR_BATCH_ENCRYPT, key, MESSAGE, offset, room);
    let mut items = [
        encrypt(key, 0, SEALED),
        encrypt(stale, 100, SEALED),
        encrypt(key, 200, SEALED - 1),
        encrypt(root, 300, SEALED),
        encrypt(key, 400, SEALED),
    ];
    let (status, output, error) = run(b"12345678", &mut items);
    assert_eq!((status, error.code), (SR_OK, SR_OK));
    let ended: Vec<_> = items
        .iter()
        .map(|item| (item.code, item.written[0]))
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
    let data_key = |plaintext, ciphertext| sr_batch_item_t {
        inputs: [range(0, 4); 3],
        outputs: [plaintext, range(ciphertext, 72), range(0, 0)],
        number: 32,
        ..item(SR_BATCH_DATA_KEY, world.key, 0, 0, 0)
    };
    let mut items = [
        data_key(range(0, 32), 32),
        data_key(range(9999, 0), 104),
        data_key(range(200, 31), 231),
        data_key(range(400, 40), 440),
    ];
    let (status, output, _) = run(b"1234", &mut items);
    assert_eq!(status, SR_OK);
    let ended: Vec<_> = items.iter().map(|item| (item.code, item.written)).collect();
    let too_small = (Error::BufferTooSmall.code(), [32, 0, 0]);
    assert_eq!(
        ended,
        [
            (SR_OK, [32, 72, 0]),
            (SR_OK, [0, 72, 0]),
            too_small,
            (SR_OK, [32, 72, 0])
        ]
    );
    assert!(output[200..303].iter().all(|&byte| byte == 0));
    assert!(output[432..440].iter().all(|&byte| byte == 0));

    let input = [&b"1234"[..], &output].concat();
    for (ciphertext, plaintext) in [(32, &output[..32]), (440, &output[400..432])] {
        let mut items = [item(SR_BATCH_DECRYPT, world.key, 0, 0, 32)];
        items[0].inputs[0] = range(4 + ciphertext, 72);
        assert_eq!(run(&input, &mut items).1, plaintext);
    }
}

#[test]
fn a_batch_that_makes_no_sense_runs_no_item_and_says_which_one_it_was() {
    let world = World::new();
    let encrypt = |offset, room| item(SR_BATCH_ENCRYPT, world.key, MESSAGE, offset, room);
    let good = encrypt(0, SEALED);
    let with = |change: &dyn Fn(&mut sr_batch_item_t)| {
        let mut bad = good;
        change(&mut bad);
        bad
    };
    for bad in [
        with(&|item| item.inputs[0].offset = 1),
        with(&|item| item.inputs[0].length = u64::MAX),
        with(&|item| item.inputs[0].offset = u64::MAX),
        with(&|item| item.inputs[1].offset = 5),
        with(&|item| item.inputs[1].length = u64::MAX),
        with(&|item| item.outputs[0].offset = 4096),
        with(&|item| item.outputs[0].offset = u64::MAX - 3),
        with(&|item| item.outputs[0].length = 4097),
        with(&|item| item.outputs[0].length = u64::MAX),
        with(&|item| {
            item.operation = SR_BATCH_REENCRYPT;
            item.inputs[2].offset = 5;
        }),
        with(&|item| {
            item.operation = SR_BATCH_DATA_KEY;
            item.inputs[0] = range(0, 0);
            item.outputs[1] = range(4096, 1);
        }),
    ] {
        refused([encrypt(0, 0), bad], Error::LengthOutOfRange);
    }
    for operation in [0, 16, u32::MAX] {
        let unknown = with(&|item| item.operation = operation);
        refused([encrypt(0, 0), unknown], Error::InvalidArgument);
    }
    refused([good, encrypt(SEALED - 1, SEALED)], Error::InvalidArgument);
    refused([encrypt(500, SEALED), good], Error::InvalidArgument);
    let second = with(&|item| {
        item.operation = SR_BATCH_DATA_KEY;
        item.outputs[1] = range(SEALED - 1, 72);
    });
    refused([encrypt(0, 0), second], Error::InvalidArgument);
}

fn refused(mut items: [sr_batch_item_t; 2], expected: Error) {
    let (status, output, error) = run(b"12345678", &mut items);
    assert_eq!(
        (status, error.argument, error.numbers[0]),
        (expected.code(), 2, 1)
    );
    assert!(output.is_empty());
    assert!(
        items
            .iter()
            .all(|item| (item.code, item.written, item.valid) == (0, [0; 3], 0)),
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
        let mut items = vec![item(SR_BATCH_ENCRYPT, world.key, 0, 0, 0); count];
        let (status, ..) = run(b"12345678", &mut items);
        assert_eq!(status, expected, "{count}");
    }
}
