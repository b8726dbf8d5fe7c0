//! Private keys that come as PEM: the forms that are taken, and what is refused.

use super::core;
use crate::{Algorithm, Core, EcdsaEncoding, Error, Flags, Hash, Key, PssSalt};
use crate::{PublicKeyFormat, SignatureScheme, Signed, Usages};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::symm::Cipher;

fn curve(nid: Nid) -> EcKey<Private> {
    EcKey::generate(&EcGroup::from_curve_name(nid).unwrap()).unwrap()
}

fn text(pem: Vec<u8>) -> String {
    String::from_utf8(pem).unwrap()
}

fn error(core: &Core, text: &str) -> Option<Error> {
    Key::from_pem(core, text.as_bytes()).err()
}

/// Each kind of key in each form that there is of it, with its public key.
fn keys() -> Vec<(Algorithm, String, Vec<u8>)> {
    let mut keys = Vec::new();
    let ed25519 = PKey::generate_ed25519().unwrap();
    let mut add = |algorithm, key: &PKey<Private>, older: Option<Vec<u8>>| {
        let public = key.public_key_to_der().unwrap();
        let pem = key.private_key_to_pem_pkcs8().unwrap();
        for pem in older.into_iter().chain([pem]) {
            keys.push((algorithm, text(pem), public.clone()));
        }
    };
    add(Algorithm::Ed25519, &ed25519, None);
    for (algorithm, nid) in [
        (Algorithm::EcdsaP256, Nid::X9_62_PRIME256V1),
        (Algorithm::EcdsaP384, Nid::SECP384R1),
        (Algorithm::EcdsaP521, Nid::SECP521R1),
    ] {
        let key = curve(nid);
        let older = key.private_key_to_pem().unwrap();
        add(algorithm, &PKey::from_ec_key(key).unwrap(), Some(older));
    }
    for (algorithm, bits) in [(Algorithm::Rsa2048, 2048), (Algorithm::Rsa3072, 3072)] {
        let key = Rsa::generate(bits).unwrap();
        let older = key.private_key_to_pem().unwrap();
        add(algorithm, &PKey::from_rsa(key).unwrap(), Some(older));
    }
    keys
}

fn scheme(algorithm: Algorithm) -> SignatureScheme {
    match algorithm {
        Algorithm::Ed25519 => SignatureScheme::Ed25519,
        Algorithm::Rsa2048 | Algorithm::Rsa3072 => SignatureScheme::RsaPss {
            hash: Hash::Sha256,
            salt: PssSalt::Digest,
        },
        _ => SignatureScheme::Ecdsa {
            hash: Hash::Sha256,
            encoding: EcdsaEncoding::Der,
        },
    }
}

#[test]
fn every_kind_of_key_opens_in_every_form_of_pem_and_may_sign_and_nothing_else() {
    let core = core();
    for (algorithm, pem, public) in keys() {
        let key = Key::from_pem(&core, pem.as_bytes()).unwrap();
        assert_eq!(key.spec().algorithm(), algorithm);
        assert_eq!(key.spec().usages(), Usages::SIGN);
        assert_eq!(key.spec().flags(), Flags::IMPORTED);
        assert_eq!(key.public_key(PublicKeyFormat::Der).unwrap(), public);
        let scheme = scheme(algorithm);
        let mut signature = vec![0; key.signature_max_bytes(scheme).unwrap()];
        let length = key.sign(&core, scheme, Signed::Message(b"a message"), &mut signature);
        assert!(length.unwrap() > 0, "{algorithm:?}");
        let verified = key.verify(&core, scheme, Signed::Message(b"a message"), &signature);
        assert_eq!(verified.err(), Some(Error::UsageNotAllowed));
        assert!(key.secret_bytes() > 0);
    }
}

#[test]
fn certificates_parameters_and_texts_beside_a_key_are_passed_over_and_a_second_key_is_not() {
    let core = core();
    let other = "-----BEGIN CERTIFICATE-----\nnot looked at\n-----END CERTIFICATE-----\n";
    for (algorithm, pem, _) in keys() {
        let beside = format!("a text\n{other}{pem}{other}");
        let key = Key::from_pem(&core, beside.as_bytes()).unwrap();
        assert_eq!(key.spec().algorithm(), algorithm);
        let in_dos = pem.replace('\n', "\r\n");
        assert_eq!(error(&core, &in_dos), None);
        assert_eq!(error(&core, pem.trim_end()), None);
        let twice = format!("{pem}{pem}");
        assert_eq!(error(&core, &twice), Some(Error::KeyMaterialInvalid));
    }
}

#[test]
fn an_encrypted_key_is_called_that_in_both_forms() {
    let core = core();
    let key = curve(Nid::X9_62_PRIME256V1);
    let cipher = Cipher::aes_128_cbc();
    let older = key.private_key_to_pem_passphrase(cipher, b"a passphrase");
    let pair = PKey::from_ec_key(key).unwrap();
    let pkcs8 = pair.private_key_to_pem_pkcs8_passphrase(cipher, b"a passphrase");
    for pem in [older.unwrap(), pkcs8.unwrap()] {
        assert_eq!(error(&core, &text(pem)), Some(Error::KeyFileEncrypted));
    }
}

#[test]
fn keys_of_another_kind_or_size_are_not_available() {
    let core = core();
    let short = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    let odd = PKey::from_rsa(Rsa::generate(2056).unwrap()).unwrap();
    let koblitz = curve(Nid::SECP256K1);
    let older = text(koblitz.private_key_to_pem().unwrap());
    let koblitz = PKey::from_ec_key(koblitz).unwrap();
    let x25519 = PKey::generate_x25519().unwrap();
    for key in [short, odd, koblitz, x25519] {
        let pem = text(key.private_key_to_pem_pkcs8().unwrap());
        assert_eq!(error(&core, &pem), Some(Error::AlgorithmUnavailable));
    }
    assert_eq!(error(&core, &older), Some(Error::AlgorithmUnavailable));
    let openssh = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
    assert_eq!(error(&core, openssh), Some(Error::AlgorithmUnavailable));
}

#[test]
fn a_text_that_is_not_sound_pem_holds_no_key() {
    let core = core();
    let (_, pem, _) = keys().remove(0);
    let body = pem.lines().nth(1).unwrap();
    let bad = [
        String::new(),
        "no pem".to_owned(),
        pem.replace("-----END PRIVATE KEY-----", ""),
        pem.replace("-----END PRIVATE", "-----END EC PRIVATE"),
        pem.replace("BEGIN PRIVATE", "BEGIN EC PRIVATE"),
        pem.replace(body, ""),
        pem.replace(body, &body[1..]),
        pem.replace(body, &body[..body.len() - 4]),
        pem.replace(body, &format!("{body}AAAA")),
        pem.replace(body, &format!("{body}=")),
        pem.replace(body, &format!("{}-{}", &body[..10], &body[11..])),
        pem.replace(body, &format!("A: b\n{body}")),
        format!("-----BEGIN PRIVATE KEY-----\n{pem}"),
    ];
    for text in bad {
        assert_eq!(
            error(&core, &text),
            Some(Error::KeyMaterialInvalid),
            "{text}"
        );
    }
    for length in 0..pem.trim_end().len() {
        assert_eq!(
            error(&core, &pem[..length]),
            Some(Error::KeyMaterialInvalid)
        );
    }
}

#[test]
fn digits_behind_the_last_byte_of_base64_are_refused() {
    let core = core();
    let key = curve(Nid::SECP384R1);
    let pem = text(
        PKey::from_ec_key(key)
            .unwrap()
            .private_key_to_pem_pkcs8()
            .unwrap(),
    );
    let at = pem.find('=').unwrap();
    let last = pem.as_bytes()[at - 1] as char;
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let next = digits.as_bytes()[digits.find(last).unwrap() ^ 1] as char;
    let edited = format!("{}{next}{}", &pem[..at - 1], &pem[at..]);
    assert_eq!(error(&core, &pem), None);
    assert_eq!(error(&core, &edited), Some(Error::KeyMaterialInvalid));
}

#[test]
fn a_dropped_key_and_one_that_is_refused_leave_no_secret_memory_taken() {
    let core = core();
    let all = keys();
    let before = core.arena().usage().used;
    for (_, pem, _) in &all {
        assert!(core.arena().usage().used >= before);
        drop(Key::from_pem(&core, pem.as_bytes()).unwrap());
        assert!(error(&core, &pem[..pem.len() / 2]).is_some());
        assert_eq!(core.arena().usage().used, before);
    }
}
