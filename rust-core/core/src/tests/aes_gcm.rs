//! AES-256-GCM against Wycheproof.

use super::vectors::{bytes, cases, is_valid, wycheproof};
use super::{aead_key, core, open, seal};
use crate::{Algorithm, Error};

/// Cases with a key of 256 bits, a nonce of 96 and a tag of 128: what this service uses.
const CASES: usize = 66;

#[test]
fn wycheproof_ciphertexts_come_out_and_open_and_forged_ones_do_not() {
    let core = core();
    let mut run = 0;
    let groups = wycheproof("aes_gcm_test.json", CASES);
    for group in groups.iter().filter(|group| {
        (
            group["keySize"].as_u64(),
            group["ivSize"].as_u64(),
            group["tagSize"].as_u64(),
        ) == (Some(256), Some(96), Some(128))
    }) {
        for case in cases(group) {
            let key = aead_key(&core, Algorithm::Aes256Gcm, &bytes(case, "key"));
            let (nonce, aad) = (bytes(case, "iv"), bytes(case, "aad"));
            let (message, sealed) = (
                bytes(case, "msg"),
                [bytes(case, "ct"), bytes(case, "tag")].concat(),
            );
            let opened = open(&core, &key, &nonce, &sealed, &aad);
            if is_valid(case) {
                assert_eq!(seal(&core, &key, &nonce, &message, &aad), sealed, "{case}");
                assert_eq!(opened.as_ref(), Ok(&message), "{case}");
            } else {
                assert_eq!(opened, Err(Error::AuthenticationFailed), "{case}");
            }
            run += 1;
        }
    }
    assert!(groups.is_empty() || run == CASES, "{run} cases ran");
}

#[test]
fn a_ciphertext_shorter_than_nonce_and_tag_is_malformed() {
    let core = core();
    for algorithm in Algorithm::ALL {
        let key = aead_key(&core, algorithm, &[1; 32]);
        for length in 0..algorithm.overhead() {
            let result = key.open(&core, &vec![0; length], &[], &mut []);
            assert_eq!(result, Err(Error::MalformedCiphertext), "{length}");
        }
    }
}
