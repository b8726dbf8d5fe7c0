//! Root keys: one secret gives the same keys each time, and a key a purpose.

use super::core;
use crate::derivation::hkdf;
use crate::{Error, Hash, RootKey};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

#[test]
fn a_secret_gives_the_same_identity_and_macs_each_time_and_another_secret_others() {
    let core = core();
    let mut secret = core.arena().allocate(32).unwrap();
    secret.fill(7);
    let (mut first_mac, mut second_mac) = ([0; 32], [0; 32]);
    let first = RootKey::new(&core, &secret).unwrap();
    let again = RootKey::new(&core, &secret).unwrap();
    first.token_mac(b"token", &mut first_mac);
    again.token_mac(b"token", &mut second_mac);
    assert_eq!(
        (first.identity(), first_mac),
        (again.identity(), second_mac)
    );
    let check = RootKey::check(&secret).unwrap();
    secret[31] ^= 1;
    let other = RootKey::new(&core, &secret).unwrap();
    other.token_mac(b"token", &mut second_mac);
    assert_ne!(first.identity(), other.identity());
    assert_ne!(first_mac, second_mac);
    assert_ne!(check, RootKey::check(&secret).unwrap());
}

#[test]
fn the_identity_is_hkdf_for_its_own_purpose() {
    let core = core();
    let mut secret = core.arena().allocate(32).unwrap();
    secret.fill(7);
    let mut expected = [0; 16];
    hkdf(
        Hash::Sha256,
        &[7; 32],
        &[],
        b"strongroom/v1/root-identity",
        &mut expected,
    )
    .unwrap();
    assert_eq!(RootKey::new(&core, &secret).unwrap().identity(), &expected);
}

#[test]
fn macs_of_records_are_hmac_of_openssl_under_a_key_of_their_own_however_long_the_record() {
    let core = core();
    let mut secret = core.arena().allocate(32).unwrap();
    secret.fill(7);
    let mut key = [0; 32];
    hkdf(
        Hash::Sha256,
        &[7; 32],
        &[],
        b"strongroom/v1/record-mac",
        &mut key,
    )
    .unwrap();
    let root = RootKey::new(&core, &secret).unwrap();
    for length in [0, 1, 55, 56, 63, 64, 65, 1000, 100_000] {
        let record = vec![length as u8; length];
        let (mut mac, mut token_mac) = ([0; 32], [0; 32]);
        root.record_mac(&record, &mut mac);
        root.token_mac(&record, &mut token_mac);
        let key = PKey::hmac(&key).unwrap();
        let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
        assert_eq!(
            mac.to_vec(),
            signer.sign_oneshot_to_vec(&record).unwrap(),
            "{length}"
        );
        assert_ne!(mac, token_mac);
    }
}

#[test]
fn a_secret_of_another_length_is_refused() {
    let core = core();
    for length in [0, 31, 33] {
        let secret = core.arena().allocate(length).unwrap();
        assert_eq!(
            RootKey::new(&core, &secret).err(),
            Some(Error::InvalidArgument)
        );
    }
}

#[test]
fn generated_secrets_differ_and_are_in_secret_memory() {
    let core = core();
    let before = core.arena().usage().used;
    let first = RootKey::generate_secret(&core).unwrap();
    let second = RootKey::generate_secret(&core).unwrap();
    assert_ne!(&first[..], &second[..]);
    // A canary behind each.
    assert_eq!(core.arena().usage().used, before + 2 * 48);
}

#[test]
fn macs_of_the_audit_trail_are_hmac_of_openssl_over_the_one_before_and_the_record() {
    let core = core();
    let mut secret = core.arena().allocate(32).unwrap();
    secret.fill(7);
    let (mut token_key, mut key) = ([0; 32], [0; 32]);
    let derive = |from: &[u8], purpose: &[u8], key: &mut [u8; 32]| {
        hkdf(Hash::Sha256, from, &[], purpose, key).unwrap();
    };
    derive(&[7; 32], b"strongroom/v1/token-mac", &mut token_key);
    derive(&token_key, b"strongroom/v1/audit-mac", &mut key);
    let root = RootKey::new(&core, &secret).unwrap();
    let mut macs = [0; 96];
    root.audit_macs(&[9; 32], b"first\n\nthe third\n", &mut macs)
        .unwrap();
    let key = PKey::hmac(&key).unwrap();
    let mut previous = vec![9; 32];
    for (record, mac) in [&b"first"[..], b"", b"the third"]
        .iter()
        .zip(macs.chunks(32))
    {
        let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
        let expected = signer
            .sign_oneshot_to_vec(&[&previous, *record].concat())
            .unwrap();
        assert_eq!(mac, expected);
        previous = expected;
    }
}

#[test]
fn audit_macs_are_for_whole_records_only_and_for_all_of_them() {
    let core = core();
    let secret = RootKey::generate_secret(&core).unwrap();
    let root = RootKey::new(&core, &secret).unwrap();
    for (records, room) in [
        (&b""[..], 0),
        (b"no end", 0),
        (b"no end", 32),
        (b"one\nno end", 32),
        (b"one\n", 0),
        (b"one\n", 31),
        (b"one\n", 33),
        (b"one\n", 64),
        (b"one\ntwo\n", 32),
    ] {
        let mut macs = vec![0; room];
        assert_eq!(
            root.audit_macs(&[0; 32], records, &mut macs),
            Err(Error::InvalidArgument)
        );
    }
}
