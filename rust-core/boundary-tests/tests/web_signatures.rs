//! JSON Web Signatures over the boundary: what is valid, what is not, and what is no key.

use strongroom_boundary_tests::{bytes, dirty_error, start};
use strongroom_boundary_tests::{WEB_KEY, WEB_MESSAGE, WEB_SIGNATURE};
use strongroom_core::Error;
use strongroom_ffi::*;

/// The status, and what was said of the signature.
fn verify(algorithm: u32, key: [&[u8]; 2], message: &[u8], signature: &[u8]) -> (u32, u64) {
    let (mut valid, mut error) = (u64::MAX, dirty_error());
    // SAFETY: each pointer is to a live value.
    let status = unsafe {
        sr_jws_verify(
            algorithm,
            bytes(key[0]),
            bytes(key[1]),
            bytes(message),
            bytes(signature),
            &mut valid,
            &mut error,
        )
    };
    assert_eq!((error.code, error.operation), (status, 119));
    (status, valid)
}

#[test]
fn the_rfcs_signature_is_valid_and_another_is_not() {
    start();
    let key = [&WEB_KEY[..], &[]];
    assert_eq!(
        verify(SR_JWS_EDDSA, key, WEB_MESSAGE, &WEB_SIGNATURE),
        (SR_OK, 1)
    );
    assert_eq!(
        verify(SR_JWS_EDDSA, key, b"another", &WEB_SIGNATURE),
        (SR_OK, 0)
    );
    assert_eq!(verify(SR_JWS_EDDSA, key, WEB_MESSAGE, &[0; 64]), (SR_OK, 0));
    assert_eq!(verify(SR_JWS_EDDSA, key, WEB_MESSAGE, &[]), (SR_OK, 0));
}

#[test]
fn what_is_no_key_of_the_algorithm_is_an_error_and_valid_is_zero() {
    start();
    let invalid = (Error::PublicKeyInvalid.code(), 0);
    for algorithm in SR_JWS_RS256..SR_JWS_EDDSA {
        assert_eq!(
            verify(algorithm, [&WEB_KEY, &[]], WEB_MESSAGE, &WEB_SIGNATURE),
            invalid
        );
        assert_eq!(
            verify(algorithm, [&WEB_KEY, &WEB_KEY], WEB_MESSAGE, &WEB_SIGNATURE),
            invalid
        );
    }
    for key in [
        [&WEB_KEY[..], &WEB_KEY[..]],
        [&WEB_KEY[1..], &[]],
        [&[0; 32], &[]],
        [&[], &WEB_KEY],
    ] {
        assert_eq!(
            verify(SR_JWS_EDDSA, key, WEB_MESSAGE, &WEB_SIGNATURE),
            invalid
        );
    }
}
