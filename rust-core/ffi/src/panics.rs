//! Panics: caught twice, silent, and told as a number.

use crate::status::Failure;
use std::cell::Cell;
use std::panic::{self, catch_unwind, AssertUnwindSafe};
use strongroom_core::Error;

thread_local! {
    /// Whether this thread is inside of a guard.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    /// Line and column of the last panic inside of one.
    static PLACE: Cell<[u64; 2]> = const { Cell::new([0; 2]) };
}

/// Runs `body`; a panic in it is `Panic`, with the line and column that it came from. Dropping what a panic carries can
/// panic again, so that has a guard of its own; what the second one carries is forgotten.
pub(crate) fn guard(body: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    let outer = GUARDED.replace(true);
    let result = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result,
        Err(payload) => {
            let numbers = PLACE.get();
            if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(second);
            }
            Err(Failure {
                numbers,
                ..Error::Panic.into()
            })
        }
    };
    GUARDED.set(outer);
    result
}

/// Has panics inside of a guard noted instead of printed: a panic's text may quote what the core was given, and standard
/// error is the caller's log. All other panics go where they went before.
pub(crate) fn keep_quiet() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if GUARDED.get() {
            let place = info.location();
            PLACE.set(place.map_or([0; 2], |at| [at.line().into(), at.column().into()]));
        } else {
            before(info);
        }
    }));
}
