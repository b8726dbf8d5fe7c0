//! AES key wrap against Wycheproof and its RFCs, and what keys wrap.

use super::vectors::{bytes, hex, is_valid, run_where};
use super::{core, open_key, root};
use crate::wrap::{unwrap, unwrapped_max_bytes, wrap, wrapped_bytes};
use crate::{Algorithm, Core, Error, WrapScheme, WRAP_MAX_BYTES};

fn wrapped(core: &Core, key: &[u8], scheme: WrapScheme, material: &[u8]) -> Result<Vec<u8>, Error> {
    let mut output = vec![0; wrapped_bytes(scheme, material.len())?];
    wrap(core, key, scheme, material, &mut output)?;
    Ok(output)
}

fn unwrapped(core: &Core, key: &[u8], scheme: WrapScheme, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let mut output = vec![0xAA; unwrapped_max_bytes(scheme, sealed.len())?];
    let result = unwrap(core, key, scheme, sealed, &mut output);
    if result.is_err() {
        assert!(
            output.iter().all(|&byte| byte == 0),
            "material was left behind"
        );
    }
    output.truncate(result?);
    Ok(output)
}

/// The acceptable case wraps 8 bytes without padding, for which KW is not defined: it is refused.
#[test]
fn both_schemes_agree_with_wycheproof() {
    let core = core();
    for (file, cases, scheme) in [
        ("aes_kwp_test.json", 94, WrapScheme::Kwp),
        ("aes_wrap_test.json", 68, WrapScheme::Kw),
    ] {
        run_where(
            file,
            cases,
            |group| group["keySize"] == 256,
            |_, case| {
                let (key, material) = (bytes(case, "key"), bytes(case, "msg"));
                let found = unwrapped(&core, &key, scheme, &bytes(case, "ct"));
                if case["result"] != "acceptable" && is_valid(case) {
                    assert_eq!(found, Ok(material.clone()), "{case}");
                    assert_eq!(
                        wrapped(&core, &key, scheme, &material),
                        Ok(bytes(case, "ct"))
                    );
                } else {
                    let refused = [Error::AuthenticationFailed, Error::MalformedCiphertext];
                    assert!(refused.contains(&found.unwrap_err()), "{case}");
                }
            },
        );
    }
}

#[test]
fn kw_gives_the_wrapped_keys_of_rfc_3394() {
    let core = core();
    let key = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    // 4.3 and 4.6.
    for (material, expected) in [
        (
            "00112233445566778899aabbccddeeff",
            "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7",
        ),
        (
            "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
            "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21",
        ),
    ] {
        let found = wrapped(&core, &key, WrapScheme::Kw, &hex(material));
        assert_eq!(found, Ok(hex(expected)));
    }
}

#[test]
fn every_length_survives_wrapping_and_edits_do_not() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::Aes256Kwp);
    for (scheme, lengths) in [
        (
            WrapScheme::Kwp,
            (1..40).chain([4095, WRAP_MAX_BYTES]).collect::<Vec<_>>(),
        ),
        (WrapScheme::Kw, vec![16, 24, 32, WRAP_MAX_BYTES]),
    ] {
        for length in lengths {
            let material: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let mut sealed = vec![0; key.wrapped_bytes(scheme, length).unwrap()];
            key.wrap(&core, scheme, &material, &mut sealed).unwrap();
            let mut opened = vec![0; key.unwrapped_max_bytes(scheme, sealed.len()).unwrap()];
            let found = key.unwrap(&core, scheme, &sealed, &mut opened);
            assert_eq!(found, Ok(length));
            assert_eq!(opened[..length], material);
            for at in [0, 7, sealed.len() - 1] {
                let mut edited = sealed.clone();
                edited[at] ^= 1;
                let result = key.unwrap(&core, scheme, &edited, &mut opened);
                assert_eq!(result, Err(Error::AuthenticationFailed));
            }
        }
    }
}

#[test]
fn lengths_that_a_scheme_does_not_have_are_refused() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::Aes256Kwp);
    for (scheme, lengths) in [
        (WrapScheme::Kwp, vec![0, WRAP_MAX_BYTES + 1]),
        (WrapScheme::Kw, vec![0, 8, 15, 17, WRAP_MAX_BYTES + 8]),
    ] {
        for length in lengths {
            let result = key.wrapped_bytes(scheme, length);
            assert_eq!(result, Err(Error::LengthOutOfRange), "{length}");
        }
        for length in [0, 8, 15, 17, WRAP_MAX_BYTES + 16] {
            let result = key.unwrapped_max_bytes(scheme, length);
            assert_eq!(result, Err(Error::MalformedCiphertext), "{length}");
        }
    }
    let other = open_key(&core, &root, Algorithm::Rsa2048);
    assert_eq!(
        other.wrapped_bytes(WrapScheme::Kwp, 8),
        Err(Error::UsageNotAllowed)
    );
    assert_eq!(
        other.unwrapped_max_bytes(WrapScheme::Kwp, 16),
        Err(Error::SchemeNotOfKey)
    );
}
