//! A function and a batch operation that panic, for the boundary tests. They are not in the manifest and not in a build
//! without `fault-injection`, which no release has.

#![allow(clippy::panic)] // it is for this alone
#![allow(dead_code)] // EXPORTS, which the manifest leaves out

use crate::export::export;
use crate::status::Failure;
use crate::types::{sr_batch_item_t, sr_buffer_t, sr_key_t};

/// A batch operation that writes to each item's output, and panics on those with `data_key_bytes` of 1.
pub const SR_TEST_BATCH_PANIC: u32 = 9000;

pub(crate) fn panic_for(item: &sr_batch_item_t, output: &mut [u8]) -> Result<usize, Failure> {
    output.fill(0xAA);
    assert!(item.data_key_bytes != 1, "a panic on purpose");
    Ok(output.len())
}

/// Panics a second time while the first panic's payload is dropped.
struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("dropping what a panic carried");
    }
}

export! {
    functions {
        /// Writes to `out` and then panics, with a payload that panics when it is dropped where `twice` is not 0.
        9000 Started fn sr_test_panic(_library; key: sr_key_t, twice: u32, out: sr_buffer_t) {
            let _ = key.spec();
            let bytes = out.capacity();
            out.fill(bytes, |room| {
                room.fill(0xAA);
                if twice != 0 {
                    std::panic::panic_any(PanicsOnDrop);
                }
                std::panic::panic_any("a panic on purpose")
            })
        }
    }
}
