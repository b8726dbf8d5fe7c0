//! Batches: an item to start from, and a run of some.

use crate::{bytes, dirty_error};
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
