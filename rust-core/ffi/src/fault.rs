//! A function that panics, for the boundary tests. It is not in the manifest and not in a build without
//! `fault-injection`, which no release has.

#![allow(clippy::panic)] // it is for this alone
#![allow(dead_code)] // EXPORTS, which the manifest leaves out

use crate::export::export;
use crate::types::{sr_buffer_t, sr_key_t};

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
