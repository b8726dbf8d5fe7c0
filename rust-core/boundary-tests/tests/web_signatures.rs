//! JSON Web Signatures over the boundary: what is valid, what is not, and what is no key.

use strongroom_boundary_tests::{bytes, dirty_error, start};
use strongroom_core::Error;
use strongroom_ffi::*;

/// RFC 8037, A.2 and A.4.
const KEY: [u8; 32] = [
    0xD7, 0x5A, 0x98, 0x01, 0x82, 0xB1, 0x0A, 0xB7, 0xD5, 0x4B, 0xFE, 0xD3, 0xC9, 0x64, 0x07, 0x3A,
    0x0E, 0xE1, 0x72, 0xF3, 0xDA, 0xA6, 0x23, 0x25, 0xAF, 0x02, 0x1A, 0x68, 0xF7, 0x07, 0x51, 0x1A,
];
const MESSAGE: &[u8] = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
const SIGNATURE: [u8; 64] = [
    0x86, 0x0C, 0x98, 0xD2, 0x29, 0x7F, 0x30, 0x60, 0xA3, 0x3F, 0x42, 0x73, 0x96, 0x72, 0xD6, 0x1B,
    0x53, 0xCF, 0x3A, 0xDE, 0xFE, 0xD3, 0xD3, 0xC6, 0x72, 0xF3, 0x20, 0xDC, 0x02, 0x1B, 0x41, 0x1E,
    0x9D, 0x59, 0xB8, 0x62, 0x8D, 0xC3, 0x51, 0xE2, 0x48, 0xB8, 0x8B, 0x29, 0x46, 0x8E, 0x0E, 0x41,
    0x85, 0x5B, 0x0F, 0xB7, 0xD8, 0x3B, 0xB1, 0x5B, 0xE9, 0x02, 0xBF, 0xCC, 0xB8, 0xCD, 0x0A, 0x02,
];

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
    let key = [&KEY[..], &[]];
    assert_eq!(verify(SR_JWS_EDDSA, key, MESSAGE, &SIGNATURE), (SR_OK, 1));
    assert_eq!(
        verify(SR_JWS_EDDSA, key, b"another", &SIGNATURE),
        (SR_OK, 0)
    );
    assert_eq!(verify(SR_JWS_EDDSA, key, MESSAGE, &[0; 64]), (SR_OK, 0));
    assert_eq!(verify(SR_JWS_EDDSA, key, MESSAGE, &[]), (SR_OK, 0));
}

#[test]
fn what_is_no_key_of_the_algorithm_is_an_error_and_valid_is_zero() {
    start();
    let invalid = (Error::PublicKeyInvalid.code(), 0);
    for algorithm in SR_JWS_RS256..SR_JWS_EDDSA {
        assert_eq!(verify(algorithm, [&KEY, &[]], MESSAGE, &SIGNATURE), invalid);
        assert_eq!(
            verify(algorithm, [&KEY, &KEY], MESSAGE, &SIGNATURE),
            invalid
        );
    }
    for key in [
        [&KEY[..], &KEY[..]],
        [&KEY[1..], &[]],
        [&[0; 32], &[]],
        [&[], &KEY],
    ] {
        assert_eq!(verify(SR_JWS_EDDSA, key, MESSAGE, &SIGNATURE), invalid);
    }
}
