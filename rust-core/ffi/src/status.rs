//! What a function answers with: a failure on this side, and the error struct that the caller sees.

use crate::types::{sr_error_t, ERROR_TEXT_BYTES};
use std::ffi::c_char;
use strongroom_core::Error;
use strongroom_handles as handles;

/// A failure with what the error struct says besides its code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// Which parameter is to blame, from 1; 0 for none.
    pub(crate) argument: u32,
    /// As documented for the function and code.
    pub(crate) numbers: [u64; 2],
}

impl Failure {
    /// `error`, for which parameter `argument` is to blame.
    pub(crate) fn at(argument: u32, error: Error) -> Self {
        Self {
            argument,
            ..error.into()
        }
    }

    /// `error`, with a number to it.
    pub(crate) fn with_number(error: Error, number: u64) -> Self {
        Self {
            numbers: [number, 0],
            ..error.into()
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            error,
            argument: 0,
            numbers: [0, 0],
        }
    }
}

impl From<handles::Error> for Failure {
    fn from(error: handles::Error) -> Self {
        match error {
            handles::Error::Invalid => Error::InvalidHandle,
            handles::Error::WrongKind => Error::WrongKind,
            handles::Error::Stale => Error::StaleHandle,
            handles::Error::TooManyReferences => Error::TooManyReferences,
            handles::Error::Full => Error::HandleTableFull,
            handles::Error::OutOfMemory => Error::OutOfMemory,
        }
        .into()
    }
}

/// The error struct after a call of `operation`.
pub(crate) fn report(operation: u32, outcome: &Result<(), Failure>) -> sr_error_t {
    let mut report = sr_error_t {
        code: 0,
        operation,
        argument: 0,
        reserved: 0,
        numbers: [0, 0],
        text: [0; ERROR_TEXT_BYTES],
    };
    if let Err(failure) = outcome {
        report.code = failure.error.code();
        report.argument = failure.argument;
        report.numbers = failure.numbers;
        // One byte less than there is, so that a NUL always ends it.
        let room = report.text.iter_mut().take(ERROR_TEXT_BYTES - 1);
        for (to, byte) in room.zip(failure.error.text().bytes()) {
            *to = byte as c_char;
        }
    }
    report
}
