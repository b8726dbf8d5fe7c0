//! The forms of public keys, read back by OpenSSL's own parsers.

use super::{core, open_key, open_material, root, spec, spec_of};
use crate::{Algorithm, Error, Flags, PublicKeyFormat};
use openssl::base64::decode_block;
use openssl::pkey::PKey;
use serde_json::Value;

fn base64url(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap().replace('-', "+").replace('_', "/");
    assert!(!text.contains('='));
    let padding = "=".repeat(text.len().next_multiple_of(4) - text.len());
    decode_block(&(text + &padding)).unwrap()
}

#[test]
fn each_form_of_a_pair_says_the_same_key() {
    let core = core();
    let root = root(&core);
    for algorithm in Algorithm::ALL {
        if !algorithm.is_pair() || !core.has(algorithm) || algorithm == Algorithm::Rsa4096 {
            continue;
        }
        let key = open_key(&core, &root, algorithm);
        let form = |format| key.public_key(format).unwrap();
        let der = form(PublicKeyFormat::Der);
        let parsed = PKey::public_key_from_der(&der).unwrap();
        let pem = form(PublicKeyFormat::Pem);
        assert_eq!(parsed.public_key_to_pem().unwrap(), pem, "{algorithm:?}");
        let jwk: Value = serde_json::from_slice(&form(PublicKeyFormat::Jwk)).unwrap();
        match jwk["kty"].as_str().unwrap() {
            "RSA" => {
                let rsa = parsed.rsa().unwrap();
                assert_eq!(base64url(&jwk["n"]), rsa.n().to_vec());
                assert_eq!(base64url(&jwk["e"]), [1, 0, 1]);
                let raw = key.public_key(PublicKeyFormat::Raw);
                assert_eq!(raw, Err(Error::SchemeNotOfKey));
            }
            "EC" => {
                let (x, y) = (base64url(&jwk["x"]), base64url(&jwk["y"]));
                let raw = form(PublicKeyFormat::Raw);
                assert_eq!(raw, [&[4], &x[..], &y[..]].concat());
                assert!(der.ends_with(&raw));
            }
            "OKP" => {
                let raw = form(PublicKeyFormat::Raw);
                assert_eq!(raw, parsed.raw_public_key().unwrap());
                assert_eq!(base64url(&jwk["x"]), raw);
            }
            other => panic!("{other}"),
        }
    }
}

/// RFC 8037, appendix A.2.
#[test]
fn the_published_jwk_of_ed25519_comes_out() {
    let core = core();
    let root = root(&core);
    let seed = decode_block("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=").unwrap();
    let key = open_material(&core, &root, &spec(Algorithm::Ed25519, 1), &seed);
    let expected =
        br#"{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    assert_eq!(key.public_key(PublicKeyFormat::Jwk), Ok(expected.to_vec()));
}

#[test]
fn a_jwk_names_its_curve() {
    let core = core();
    let root = root(&core);
    for (algorithm, name) in [
        (Algorithm::EcdsaP256, "P-256"),
        (Algorithm::EcdhP384, "P-384"),
        (Algorithm::EcdsaP521, "P-521"),
        (Algorithm::EcdsaSecp256k1, "secp256k1"),
        (Algorithm::X25519, "X25519"),
    ] {
        let key = open_key(&core, &root, algorithm);
        let jwk = key.public_key(PublicKeyFormat::Jwk).unwrap();
        let jwk: Value = serde_json::from_slice(&jwk).unwrap();
        assert_eq!(jwk["crv"], name);
    }
}

#[test]
fn a_key_that_is_no_pair_has_no_public_half_and_a_derived_one_has_it_a_context() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::HkdfSha256);
    assert_eq!(
        key.public_key(PublicKeyFormat::Der),
        Err(Error::SchemeNotOfKey)
    );
    let derived = super::open_spec(&core, &root, &spec_of(Algorithm::Ed25519, Flags::DERIVED));
    let form = PublicKeyFormat::Raw;
    assert_eq!(derived.public_key(form), Err(Error::ContextMismatch));
    let of = |context| {
        derived
            .subkey(&core, context)
            .unwrap()
            .public_key(form)
            .unwrap()
    };
    assert_eq!(of(b"a"), of(b"a"));
    assert_ne!(of(b"a"), of(b"b"));
}
