//! HMAC and CMAC against their RFCs and Wycheproof, and the MACs that keys make.

use super::vectors::{bytes, hex, is_valid, run};
use super::{core, open_key, open_material, root, spec, spec_for};
use crate::mac::{cmac, cmac_key, HmacKey};
use crate::{Algorithm, Core, Error, Hash, Key, Usages};

fn hmac(core: &Core, hash: Hash, key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = vec![0; hash.digest_bytes()];
    HmacKey::new(core, hash, key)
        .unwrap()
        .mac(core, &[message], &mut mac)
        .unwrap();
    mac
}

fn mac(core: &Core, key: &Key, hash: Option<Hash>, message: &[u8]) -> Result<Vec<u8>, Error> {
    let mut mac = vec![0; key.mac_bytes(core, hash)?];
    key.mac(core, hash, message, &mut mac)?;
    Ok(mac)
}

#[test]
fn hmac_gives_the_macs_of_rfc_4231() {
    let core = core();
    let message = b"what do ya want for nothing?";
    for (hash, expected) in [
        (
            Hash::Sha224,
            "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
        ),
        (
            Hash::Sha256,
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
    ] {
        assert_eq!(hmac(&core, hash, b"Jefe", message), hex(expected));
    }
    let long = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
    let message = b"Test Using Larger Than Block-Size Key - Hash Key First";
    assert_eq!(hmac(&core, Hash::Sha256, &[0xAA; 131], message), hex(long));
}

#[test]
fn hmac_agrees_with_wycheproof() {
    let core = core();
    for (hash, file, cases) in [
        (Hash::Sha224, "hmac_sha224_test.json", 172),
        (Hash::Sha256, "hmac_sha256_test.json", 174),
        (Hash::Sha384, "hmac_sha384_test.json", 174),
        (Hash::Sha512, "hmac_sha512_test.json", 174),
    ] {
        run(file, cases, |_, case| {
            let tag = bytes(case, "tag");
            let found = hmac(&core, hash, &bytes(case, "key"), &bytes(case, "msg"));
            assert_eq!(found.starts_with(&tag), is_valid(case), "{case}");
        });
    }
}

#[test]
fn hmac_with_every_hash_agrees_with_openssl_s_own() {
    use openssl::hash::MessageDigest;
    use openssl::pkey::PKey;
    use openssl::sign::Signer;
    let core = core();
    for hash in Hash::ALL {
        for length in [1, hash.block_bytes(), hash.block_bytes() + 1, 512] {
            let key = vec![7; length];
            let digest = MessageDigest::from_nid(hash.md().type_()).unwrap();
            let other = PKey::hmac(&key).unwrap();
            let expected = Signer::new(digest, &other)
                .unwrap()
                .sign_oneshot_to_vec(b"message")
                .unwrap();
            assert_eq!(hmac(&core, hash, &key, b"message"), expected, "{hash:?}");
        }
    }
}

#[test]
fn cmac_agrees_with_wycheproof() {
    // Keys of other lengths than AES's are among the cases, and no keys to us.
    run("aes_cmac_test.json", 311, |_, case| {
        let mut found = [0; 16];
        let result = cmac_key(&bytes(case, "key"))
            .and_then(|key| cmac(&key, &bytes(case, "msg"), &mut found));
        let agrees = result.is_ok() && found.to_vec() == bytes(case, "tag");
        assert_eq!(agrees, is_valid(case), "{case}");
    });
}

#[test]
fn cmac_gives_the_macs_of_nist_sp_800_38b() {
    // Appendix D.3, AES-256.
    let key = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    let message =
        hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411");
    let core = core();
    let root = root(&core);
    let mut material = core.arena().allocate(32).unwrap();
    material.copy_from_slice(&key);
    let key = open_material(&core, &root, &spec(Algorithm::Aes256Cmac, 1), &material);
    for (length, expected) in [
        (0, "028962f61b7bf89efc6b551f4667d983"),
        (16, "28a7023f452e8f82bd4bf28d8c37c35c"),
        (40, "aaf3d8f1de5640c232f5b169b9c911e6"),
    ] {
        assert_eq!(
            mac(&core, &key, None, &message[..length]),
            Ok(hex(expected))
        );
    }
    assert_eq!(
        mac(&core, &key, Some(Hash::Sha256), b""),
        Err(Error::SchemeNotOfKey)
    );
}

#[test]
fn a_mac_key_makes_macs_with_its_own_hash_or_another_and_verifies_them() {
    let core = core();
    let root = root(&core);
    for (algorithm, own) in [
        (Algorithm::HmacSha224, Hash::Sha224),
        (Algorithm::HmacSha256, Hash::Sha256),
        (Algorithm::HmacSha384, Hash::Sha384),
        (Algorithm::HmacSha512, Hash::Sha512),
    ] {
        let key = open_key(&core, &root, algorithm);
        let made = mac(&core, &key, None, b"message").unwrap();
        assert_eq!(mac(&core, &key, Some(own), b"message"), Ok(made.clone()));
        let sha3 = mac(&core, &key, Some(Hash::Sha3_256), b"message").unwrap();
        let verify = |hash, message: &[u8], mac: &[u8]| key.verify_mac(&core, hash, message, mac);
        assert_eq!(verify(None, b"message", &made), Ok(true));
        assert_eq!(verify(Some(Hash::Sha3_256), b"message", &sha3), Ok(true));
        assert_eq!(verify(None, b"messagf", &made), Ok(false));
        for at in 0..made.len() {
            let mut edited = made.clone();
            edited[at] ^= 1;
            assert_eq!(verify(None, b"message", &edited), Ok(false));
        }
        assert_eq!(verify(None, b"message", &made[1..]), Ok(false));
        assert_eq!(verify(None, b"message", b""), Ok(false));
    }
}

#[test]
fn the_length_of_an_hmac_key_can_be_chosen_within_bounds() {
    let core = core();
    let root = root(&core);
    let spec = spec(Algorithm::HmacSha256, 1);
    for length in [16, 33, 512] {
        let mut sealed = vec![0; Key::sealed_bytes_sized(spec.algorithm(), length).unwrap()];
        Key::generate_sized(&core, &root, &spec, length, &mut sealed).unwrap();
        let key = Key::open(&core, &root, &sealed, super::ID, 1).unwrap();
        assert!(mac(&core, &key, None, b"").is_ok());
    }
    for length in [0, 15, 513] {
        let result = Key::sealed_bytes_sized(spec.algorithm(), length);
        assert_eq!(result, Err(Error::LengthOutOfRange));
    }
    assert_eq!(
        Key::sealed_bytes_sized(Algorithm::Aes256Gcm, 33),
        Err(Error::LengthOutOfRange)
    );
}

#[test]
fn a_key_for_another_purpose_makes_macs_under_a_companion_key_of_its_own() {
    let core = core();
    let root = root(&core);
    let mut macs = Vec::new();
    for algorithm in [Algorithm::Xaes256Gcm, Algorithm::Ed25519] {
        let mut material = core.arena().allocate(32).unwrap();
        material.fill(3);
        let key = open_material(&core, &root, &spec(algorithm, 1), &material);
        let made = mac(&core, &key, None, b"message").unwrap();
        assert_ne!(made, hmac(&core, Hash::Sha256, &[3; 32], b"message"));
        assert_eq!(key.verify_mac(&core, None, b"message", &made), Ok(true));
        macs.push(made);
    }
    assert_eq!(macs[0], macs[1]);
    // And only if its usages say so.
    let usages = Usages::ENCRYPT.union(Usages::VERIFY_MAC);
    let verifies = super::open_spec(&core, &root, &spec_for(usages));
    assert_eq!(
        mac(&core, &verifies, None, b""),
        Err(Error::UsageNotAllowed)
    );
    assert_eq!(verifies.verify_mac(&core, None, b"", b"x"), Ok(false));
    let encrypts = super::open_spec(&core, &root, &spec_for(Usages::ENCRYPT));
    let refused = encrypts.verify_mac(&core, None, b"", b"");
    assert_eq!(refused, Err(Error::UsageNotAllowed));
}

#[test]
fn sha_1_is_refused_unless_the_build_has_it() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::HmacSha256);
    let result = mac(&core, &key, Some(Hash::Sha1), b"");
    assert_eq!(result.is_ok(), cfg!(feature = "legacy-algorithms"));
    if let Err(error) = result {
        assert_eq!(error, Error::FeatureNotBuilt);
    }
}
