//! Having OpenSSL work in secret memory, where its failures are told apart from a want of room.

use crate::Error;

/// Runs `body` as [`strongroom_openssl::in_secret_memory`] does.
///
/// Errors: those of `body`; `SecretMemoryExhausted` in the place of any where there was no room for what OpenSSL wanted, which
/// it reports as it does everything else.
pub(crate) fn in_secret_memory<T, E: Into<Error>>(
    body: impl FnOnce() -> Result<T, E>,
) -> Result<T, Error> {
    strongroom_openssl::in_secret_memory(body).map_err(|error| {
        let error = error.into();
        strongroom_openssl::forget_thread();
        if strongroom_openssl::was_exhausted() {
            Error::SecretMemoryExhausted
        } else {
            error
        }
    })
}
