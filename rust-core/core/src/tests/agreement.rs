//! ECDH and X25519 against Wycheproof, and what two keys agree on.

use super::vectors::{bytes, run};
use super::{core, open_key, root};
use crate::agreement::secret;
use crate::algorithm::Curve;
use crate::derivation::hkdf;
use crate::key::scalar_key;
use crate::public_key::{ec_point, x25519_point};
use crate::{AgreementKdf, Algorithm, Error, Hash, PublicKeyFormat, DERIVED_MAX_BYTES};
use openssl::pkey::{Id, PKey};
use serde_json::Value;

const KDF: AgreementKdf<'static> = AgreementKdf {
    hash: Hash::Sha256,
    salt: b"",
    info: b"alice and bob",
};

fn has_flag(case: &Value, flag: &str) -> bool {
    case["flags"]
        .as_array()
        .unwrap()
        .iter()
        .any(|found| found == flag)
}

/// Valid cases agree. Every acceptable one is a public key in another encoding than the canonical, with explicit
/// parameters or a compressed point: all of them are refused.
#[test]
fn ecdh_agrees_with_wycheproof() {
    let core = core();
    for (file, cases, curve) in [
        ("ecdh_secp256r1_test.json", 612, Curve::P256),
        ("ecdh_secp384r1_test.json", 1047, Curve::P384),
        ("ecdh_secp521r1_test.json", 916, Curve::P521),
    ] {
        run(file, cases, |_, case| {
            let private = bytes(case, "private");
            let zeros = private.iter().take_while(|&&byte| byte == 0).count();
            let mut scalar = vec![0; curve.scalar_bytes() + zeros - private.len()];
            scalar.extend(&private[zeros..]);
            let pair = scalar_key(&core, curve, &scalar).unwrap();
            let pair = PKey::from_ec_key(pair).unwrap();
            let mut found = [0; 66];
            let result = ec_point(&core, curve, &bytes(case, "public")).and_then(|point| {
                let length = secret(&pair, &*PKey::from_ec_key(point)?, &mut found)?;
                Ok(found[..length].to_vec())
            });
            if case["result"] == "valid" {
                assert_eq!(result, Ok(bytes(case, "shared")), "{file} {case}");
            } else {
                assert_eq!(result, Err(Error::PublicKeyInvalid), "{file} {case}");
            }
        });
    }
}

/// Acceptable cases agree (points on the twist, and coordinates that are not reduced, as RFC 7748 has it), but for
/// those whose secret is zero, which are refused.
#[test]
fn x25519_agrees_with_wycheproof() {
    run("x25519_test.json", 518, |_, case| {
        let pair = PKey::private_key_from_raw_bytes(&bytes(case, "private"), Id::X25519).unwrap();
        let mut found = [0; 66];
        let result = x25519_point(&bytes(case, "public")).and_then(|point| {
            let length = secret(&pair, &point, &mut found)?;
            Ok(found[..length].to_vec())
        });
        if has_flag(case, "ZeroSharedSecret") {
            assert_eq!(result, Err(Error::PublicKeyInvalid), "{case}");
        } else {
            assert_eq!(result, Ok(bytes(case, "shared")), "{case}");
        }
    });
}

const AGREEMENTS: [Algorithm; 4] = [
    Algorithm::EcdhP256,
    Algorithm::EcdhP384,
    Algorithm::EcdhP521,
    Algorithm::X25519,
];

#[test]
fn two_keys_agree_on_the_same_bytes_whatever_form_the_public_key_comes_in() {
    let core = core();
    let root = root(&core);
    for algorithm in AGREEMENTS {
        let (alice, bob) = (
            open_key(&core, &root, algorithm),
            open_key(&core, &root, algorithm),
        );
        let mut shared = Vec::new();
        for (mine, theirs) in [(&alice, &bob), (&bob, &alice)] {
            for format in [PublicKeyFormat::Der, PublicKeyFormat::Raw] {
                let mut output = [0; 40];
                let public = theirs.public_key(format).unwrap();
                mine.agree(&core, &public, KDF, &mut output).unwrap();
                shared.push(output);
            }
        }
        assert!(
            shared.iter().all(|output| output == &shared[0]),
            "{algorithm:?}"
        );
        let mut other = [0; 40];
        let public = bob.public_key(PublicKeyFormat::Raw).unwrap();
        let kdf = AgreementKdf {
            info: b"others",
            ..KDF
        };
        alice.agree(&core, &public, kdf, &mut other).unwrap();
        assert_ne!(other, shared[0]);
    }
}

#[test]
fn what_two_keys_agree_on_is_hkdf_of_the_secret_and_not_the_secret() {
    let core = core();
    let root = root(&core);
    let alice = open_key(&core, &root, Algorithm::X25519);
    let other = PKey::generate_x25519().unwrap();
    let public = alice.public_key(PublicKeyFormat::Raw).unwrap();
    let public = PKey::public_key_from_raw_bytes(&public, Id::X25519).unwrap();
    let mut raw = [0; 66];
    let length = secret(&other, &public, &mut raw).unwrap();
    let mut expected = [0; 32];
    hkdf(
        Hash::Sha384,
        &raw[..length],
        b"salt",
        b"info",
        &mut expected,
    )
    .unwrap();
    let kdf = AgreementKdf {
        hash: Hash::Sha384,
        salt: b"salt",
        info: b"info",
    };
    let mut found = [0; 32];
    alice
        .agree(&core, &other.raw_public_key().unwrap(), kdf, &mut found)
        .unwrap();
    assert_eq!(found, expected);
    assert_ne!(&found[..], &raw[..32]);
}

#[test]
fn public_keys_of_other_curves_or_none_and_lengths_out_of_range_are_refused() {
    let core = core();
    let root = root(&core);
    let keys = AGREEMENTS.map(|algorithm| open_key(&core, &root, algorithm));
    let mut output = [0; 16];
    for (at, key) in keys.iter().enumerate() {
        for (other, peer) in keys.iter().enumerate().filter(|(other, _)| *other != at) {
            for format in [PublicKeyFormat::Der, PublicKeyFormat::Raw] {
                let public = peer.public_key(format).unwrap();
                let result = key.agree(&core, &public, KDF, &mut output);
                assert_eq!(
                    result,
                    Err(Error::PublicKeyInvalid),
                    "{at} {other} {format:?}"
                );
            }
        }
        let own = key.public_key(PublicKeyFormat::Der).unwrap();
        for wrong in [b"", &own[1..], &own[..own.len() - 1], &[0; 33]] {
            let result = key.agree(&core, wrong, KDF, &mut output);
            assert_eq!(result, Err(Error::PublicKeyInvalid));
        }
        for length in [0, DERIVED_MAX_BYTES + 1] {
            let result = key.agree(&core, &own, KDF, &mut vec![0; length]);
            assert_eq!(result, Err(Error::LengthOutOfRange));
        }
    }
    let other = open_key(&core, &root, Algorithm::Ed25519);
    let result = other.agree(&core, &[9; 32], KDF, &mut output);
    assert_eq!(result, Err(Error::UsageNotAllowed));
}
