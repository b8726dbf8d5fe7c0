//! Batches: an item to start from, and a run of some.

use crate::{bytes, dirty_error, Value};
use strongroom_ffi::manifest::{Export, COMMITTED, EXPORTS};
use strongroom_ffi::*;

/// A range of a batch's input or output.
pub fn range(offset: u64, length: u64) -> sr_range_t {
    sr_range_t { offset, length }
}

/// An item over the first bytes of the input, with associated data from there too, and room for `capacity` bytes at
/// `offset`.
pub fn item(
    operation: u32,
    key: sr_key_t,
    length: u64,
    offset: u64,
    capacity: u64,
) -> sr_batch_item_t {
    sr_batch_item_t {
        key,
        target: key,
        inputs: [range(0, length), range(0, 4), range(4, 4)],
        outputs: [range(offset, capacity), range(0, 0), range(0, 0)],
        written: [u64::MAX; 3],
        scheme: sr_signature_scheme_t {
            scheme: 0,
            hash: 0,
            encoding: 0,
            salt_length: 0,
            prehashed: 0,
            reserved: 0,
        },
        operation,
        number: 0,
        code: u32::MAX,
        valid: u32::MAX,
    }
}

/// Runs a batch into `output`. Gives the status, what was written up to the end of the last range, and the error.
pub fn run(
    input: &[u8],
    items: &mut [sr_batch_item_t],
    output: &mut [u8],
) -> (u32, Vec<u8>, sr_error_t) {
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
    (status, output[..length].to_vec(), error)
}

/// The functions on data that the manifest has, each with its number in a batch.
pub fn functions() -> Vec<(&'static Export, u32)> {
    let constants: Vec<_> = COMMITTED
        .lines()
        .filter_map(|line| line.strip_prefix("constant SR_BATCH_"))
        .filter(|line| !line.starts_with("ITEMS_MAX"))
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    assert_eq!(constants.len(), 15);
    let exports: Vec<_> = EXPORTS.iter().copied().flatten().collect();
    constants
        .into_iter()
        .map(|(name, number)| {
            let name = format!("sr_key_{}", name.to_lowercase());
            let export = exports.iter().find(|export| export.name == name);
            (*export.expect(&name), number.parse().unwrap())
        })
        .collect()
}

/// The call of a single function as an item, with its input behind `input` and its outputs from `*end` on.
pub fn as_item(
    export: &Export,
    operation: u32,
    values: &[Value],
    input: &mut Vec<u8>,
    end: &mut u64,
) -> sr_batch_item_t {
    let none = sr_key_t { bits: 0 };
    let mut item = item(operation, none, 0, 0, 0);
    item.inputs = [range(0, 0); 3];
    let (mut keys, mut inputs, mut outputs) = (0, 0, 0);
    for (value, (ty, _)) in values.iter().zip(export.parameters) {
        match *value {
            Value::Key(bits) if keys == 0 => (item.key, keys) = (sr_key_t { bits }, 1),
            Value::Key(bits) => item.target = sr_key_t { bits },
            Value::Bytes(data, length) => {
                item.inputs[inputs] = range(input.len() as u64, length as u64);
                // SAFETY: the world's own, which lives on.
                input.extend_from_slice(unsafe { std::slice::from_raw_parts(data, length) });
                inputs += 1;
            }
            Value::Buffer(_, capacity, _) => {
                item.outputs[outputs] = range(*end, capacity as u64);
                *end += capacity as u64;
                outputs += 1;
            }
            Value::U32(number) => item.number = number,
            Value::Pointer(pointer) if ty.starts_with("const sr_signature_scheme_t") => {
                // SAFETY: the world's own scheme.
                item.scheme = unsafe { *pointer.cast::<sr_signature_scheme_t>() };
            }
            // Whether it is valid.
            Value::Pointer(_) => {}
            other => panic!("{other:?}"),
        }
    }
    item
}
