//! AES-GCM and ChaCha20-Poly1305 against Wycheproof.

use super::vectors::{bytes, is_valid, run_where};
use super::{aead_key, aeads, core, open, seal, small_core};
use crate::{Algorithm, Core, Error};

/// The cases with nonces of 96 bits and tags of 128: what this service uses.
#[test]
fn wycheproof_ciphertexts_come_out_and_open_and_forged_ones_do_not() {
    for core in [core(), small_core()] {
        agree_with_wycheproof(&core);
    }
}

fn agree_with_wycheproof(core: &Core) {
    for (algorithm, file, key_bits, cases) in [
        (Algorithm::Aes256Gcm, "aes_gcm_test.json", 256, 66),
        (Algorithm::Aes128Gcm, "aes_gcm_test.json", 128, 67),
        (
            Algorithm::ChaCha20Poly1305,
            "chacha20_poly1305_test.json",
            256,
            316,
        ),
    ] {
        let take = |group: &serde_json::Value| {
            [&group["keySize"], &group["ivSize"], &group["tagSize"]] == [key_bits, 96, 128]
        };
        run_where(file, cases, take, |_, case| {
            let key = aead_key(core, algorithm, &bytes(case, "key"));
            let (nonce, aad) = (bytes(case, "iv"), bytes(case, "aad"));
            let (message, sealed) = (
                bytes(case, "msg"),
                [bytes(case, "ct"), bytes(case, "tag")].concat(),
            );
            let opened = open(core, &key, &nonce, &sealed, &aad);
            if is_valid(case) {
                assert_eq!(seal(core, &key, &nonce, &message, &aad), sealed, "{case}");
                assert_eq!(opened.as_ref(), Ok(&message), "{case}");
            } else {
                assert_eq!(opened, Err(Error::AuthenticationFailed), "{case}");
            }
        });
    }
}

#[test]
fn a_ciphertext_shorter_than_nonce_and_tag_is_malformed() {
    let core = core();
    for algorithm in aeads() {
        let key = aead_key(&core, algorithm, &vec![1; algorithm.key_bytes()]);
        for length in 0..algorithm.overhead() {
            let result = key.open(&core, &vec![0; length], &[], &mut []);
            assert_eq!(result, Err(Error::MalformedCiphertext), "{length}");
        }
    }
}
