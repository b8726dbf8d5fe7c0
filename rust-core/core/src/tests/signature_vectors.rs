//! Signatures against Wycheproof.

use super::core;
use super::vectors::{bytes, is_valid, run};
use crate::signature::{verify_ecdsa, verify_eddsa, RsaVerifier};
use crate::{Core, EcdsaEncoding, Hash, PssSalt, SignatureScheme};
use openssl::ec::EcKey;
use openssl::pkey::{Id, PKey};
use serde_json::Value;
use std::sync::OnceLock;

/// With any hash, whatever the build lets callers choose. One core serves all cases: making one takes far longer than a digest.
pub(super) fn digest(hash: Hash, message: &[u8]) -> Vec<u8> {
    static CORE: OnceLock<Core> = OnceLock::new();
    let core = CORE.get_or_init(core);
    let mut digest = vec![0; hash.digest_bytes()];
    let md = core.fetched.hash(hash).unwrap();
    crate::mac::digest(md, &[message], &mut digest).unwrap();
    digest
}

#[test]
fn ecdsa_agrees_with_wycheproof() {
    use EcdsaEncoding::{Der, P1363};
    for (file, cases, hash, encoding) in [
        ("ecdsa_secp256r1_sha256_test.json", 484, Hash::Sha256, Der),
        (
            "ecdsa_secp256r1_sha256_p1363_test.json",
            262,
            Hash::Sha256,
            P1363,
        ),
        ("ecdsa_secp384r1_sha384_test.json", 504, Hash::Sha384, Der),
        (
            "ecdsa_secp384r1_sha384_p1363_test.json",
            280,
            Hash::Sha384,
            P1363,
        ),
        ("ecdsa_secp521r1_sha512_test.json", 542, Hash::Sha512, Der),
        (
            "ecdsa_secp521r1_sha512_p1363_test.json",
            318,
            Hash::Sha512,
            P1363,
        ),
        ("ecdsa_secp256k1_sha256_test.json", 476, Hash::Sha256, Der),
    ] {
        run(file, cases, |group, case| {
            let key = EcKey::public_key_from_der(&bytes(group, "publicKeyDer")).unwrap();
            let digest = digest(hash, &bytes(case, "msg"));
            let valid = verify_ecdsa(&key, &digest, encoding, &bytes(case, "sig"));
            assert_eq!(valid, is_valid(case), "{file} {case}");
        });
    }
}

#[test]
fn ed25519_agrees_with_wycheproof() {
    run("ed25519_test.json", 151, |group, case| {
        let key = bytes(&group["publicKey"], "pk");
        let key = PKey::public_key_from_raw_bytes(&key, Id::ED25519).unwrap();
        let scheme = SignatureScheme::Ed25519;
        let valid = verify_eddsa(&key, scheme, &bytes(case, "msg"), &bytes(case, "sig"));
        assert_eq!(valid, Ok(is_valid(case)), "{case}");
    });
}

#[test]
fn rsa_pss_agrees_with_wycheproof() {
    for (file, cases, hash, salt) in [
        (
            "rsa_pss_2048_sha256_mgf1_32_test.json",
            108,
            Hash::Sha256,
            32,
        ),
        (
            "rsa_pss_2048_sha384_mgf1_48_test.json",
            141,
            Hash::Sha384,
            48,
        ),
        (
            "rsa_pss_3072_sha256_mgf1_32_test.json",
            108,
            Hash::Sha256,
            32,
        ),
        (
            "rsa_pss_4096_sha256_mgf1_32_test.json",
            108,
            Hash::Sha256,
            32,
        ),
        (
            "rsa_pss_4096_sha384_mgf1_48_test.json",
            141,
            Hash::Sha384,
            48,
        ),
        (
            "rsa_pss_4096_sha512_mgf1_32_test.json",
            177,
            Hash::Sha512,
            32,
        ),
    ] {
        let salt = PssSalt::Bytes(salt);
        let scheme = SignatureScheme::RsaPss { hash, salt };
        run(file, cases, |group, case| {
            let valid = verify_with_rsa(group, case, hash, scheme);
            assert_eq!(valid, is_valid(case), "{file} {case}");
        });
    }
}

/// One case of each file is acceptable: a DigestInfo without the NULL of its parameters. It is refused.
#[test]
fn rsa_pkcs1_agrees_with_wycheproof() {
    for (bits, hash, cases) in [
        (2048, Hash::Sha256, 259),
        (2048, Hash::Sha384, 258),
        (2048, Hash::Sha512, 259),
        (3072, Hash::Sha256, 259),
        (3072, Hash::Sha384, 259),
        (3072, Hash::Sha512, 260),
        (4096, Hash::Sha256, 258),
        (4096, Hash::Sha384, 259),
        (4096, Hash::Sha512, 259),
    ] {
        let file = format!("rsa_signature_{bits}_{}_test.json", hash.name());
        run(&file, cases, |group, case| {
            let scheme = SignatureScheme::RsaPkcs1 { hash };
            let expected = case["result"] == "valid";
            let valid = verify_with_rsa(group, case, hash, scheme);
            assert_eq!(valid, expected, "{file} {case}");
        });
    }
}

fn verify_with_rsa(group: &Value, case: &Value, hash: Hash, scheme: SignatureScheme) -> bool {
    let key = match group["publicKeyDer"].as_str() {
        Some(_) => PKey::public_key_from_der(&bytes(group, "publicKeyDer")).unwrap(),
        None => panic!("a group without a key"),
    };
    let digest = digest(hash, &bytes(case, "msg"));
    let mut verifier = RsaVerifier::new(&key, scheme).unwrap();
    let mut verify = || verifier.verify(&digest, &bytes(case, "sig"));
    let valid = verify();
    assert_eq!(verify(), valid, "a verifier that was used: {case}");
    valid
}
