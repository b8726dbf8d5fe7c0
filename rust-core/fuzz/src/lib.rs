//! Fuzz targets over the C ABI, each as libFuzzer calls it. What they hold the library to is more than that it does not crash:
//! scripts of calls are held to a model, and nothing that was edited may open or decrypt.

mod arguments;
mod batch;
mod blobs;
mod handles;
mod input;

use input::Input;
use std::cell::RefCell;
use std::ffi::c_int;
use strongroom_boundary_tests::World;

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

/// # Safety
/// `data` is valid for `length` bytes, as libFuzzer gives it.
unsafe fn run(data: *const u8, length: usize, target: fn(&mut World, Input)) -> c_int {
    let bytes = if length == 0 {
        &[]
    } else {
        // SAFETY: the caller promised it.
        unsafe { std::slice::from_raw_parts(data, length) }
    };
    WORLD.with(|world| target(&mut world.borrow_mut(), Input::new(bytes)));
    0
}

macro_rules! targets {
    ($($(#[$doc:meta])* $name:ident = $target:path;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Safety
            /// `data` is valid for `length` bytes.
            #[no_mangle]
            pub unsafe extern "C" fn $name(data: *const u8, length: usize) -> c_int {
                // SAFETY: the caller promised the same.
                unsafe { run(data, length, $target) }
            }
        )*
    };
}

targets! {
    /// A script of calls on handles, against a model of their counts.
    fuzz_handles = handles::run;
    /// Every function with arguments spoilt in every way that a caller could.
    fuzz_arguments = arguments::run;
    /// Sealed keys and backups, edited or made up.
    fuzz_blobs = blobs::run;
    /// Ciphertexts and batches, edited or made up.
    fuzz_batch = batch::run;
}
