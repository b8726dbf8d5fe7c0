//! A caller of the C ABI that can be careless in every way: it calls any function by its name with any values, and
//! has memory of its own to say whether outputs were zeroed.

pub mod batch;
pub mod handle;
mod invoke;
mod pem;
mod unsealing;
mod web_signature;
mod world;

pub use invoke::{given, invoke, Value};
pub use pem::PEM;
pub use web_signature::{WEB_KEY, WEB_MESSAGE, WEB_SIGNATURE};
pub use world::{bytes, start, World, FILL, KEY_ID, PLAINTEXT};

use strongroom_ffi::manifest::{Export, EXPORTS};
use strongroom_ffi::sr_error_t;

/// Every exported function that returns a status: all but the three that return a value.
pub fn functions() -> impl Iterator<Item = &'static Export> {
    EXPORTS
        .iter()
        .copied()
        .flatten()
        .filter(|export| !export.parameters.is_empty())
}

/// Their parameters without the error struct: (function, index, type).
pub fn parameters() -> impl Iterator<Item = (&'static str, usize, &'static str)> {
    functions().flat_map(|export| {
        let own = export
            .parameters
            .split_last()
            .map_or(&[][..], |(_, own)| own);
        own.iter()
            .enumerate()
            .map(|(index, (ty, _))| (export.name, index, *ty))
    })
}

/// An error struct with every byte set, so that one that is not filled in shows.
pub fn dirty_error() -> sr_error_t {
    sr_error_t {
        code: u32::MAX,
        operation: u32::MAX,
        argument: u32::MAX,
        reserved: u32::MAX,
        numbers: [u64::MAX; 2],
        text: [0x55; 96],
    }
}

/// The text of an error struct up to its NUL.
pub fn text(error: &sr_error_t) -> String {
    error
        .text
        .iter()
        .take_while(|&&c| c != 0)
        .map(|&c| c as u8 as char)
        .collect()
}
