//! RSA-OAEP against Wycheproof, and what RSA keys encrypt.

use super::vectors::{bytes, is_valid, run};
use super::{core, open_key, root};
use crate::key::Material;
use crate::rsa::decrypt;
use crate::signature::RsaPair;
use crate::{Algorithm, Core, Error, Hash, Key, Oaep};
use openssl::pkey::PKey;

fn encrypt(core: &Core, key: &Key, oaep: Oaep<'_>, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
    let mut ciphertext = vec![0; key.oaep_modulus_bytes()?];
    key.encrypt_oaep(core, oaep, plaintext, &mut ciphertext)?;
    Ok(ciphertext)
}

fn decrypt_with(core: &Core, key: &Key, oaep: Oaep<'_>, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let mut plaintext = vec![0xAA; key.oaep_max_plaintext(oaep.hash)?];
    match key.decrypt_oaep(core, oaep, sealed, &mut plaintext) {
        Ok(length) => {
            plaintext.truncate(length);
            Ok(plaintext)
        }
        Err(Error::MalformedCiphertext) => Err(Error::MalformedCiphertext),
        Err(error) => {
            assert!(
                plaintext.iter().all(|&byte| byte == 0),
                "plaintext was left behind"
            );
            Err(error)
        }
    }
}

#[test]
fn oaep_agrees_with_wycheproof() {
    for (file, cases, hash) in [
        ("rsa_oaep_2048_sha1_mgf1sha1_test.json", 36, Hash::Sha1),
        (
            "rsa_oaep_2048_sha256_mgf1sha256_test.json",
            37,
            Hash::Sha256,
        ),
        (
            "rsa_oaep_3072_sha256_mgf1sha256_test.json",
            37,
            Hash::Sha256,
        ),
        (
            "rsa_oaep_4096_sha256_mgf1sha256_test.json",
            37,
            Hash::Sha256,
        ),
    ] {
        run(file, cases, |group, case| {
            let key = PKey::private_key_from_pkcs8(&bytes(group, "privateKeyPkcs8")).unwrap();
            let key = Material::Rsa(RsaPair::new(key));
            let label = bytes(case, "label");
            let oaep = Oaep {
                hash,
                label: &label,
            };
            let mut plaintext = [0; 512];
            let found = decrypt(&key, oaep, &bytes(case, "ct"), &mut plaintext);
            if is_valid(case) {
                let length = found.unwrap();
                assert_eq!(plaintext[..length].to_vec(), bytes(case, "msg"), "{case}");
            } else {
                let refused = [Error::AuthenticationFailed, Error::MalformedCiphertext];
                assert!(refused.contains(&found.unwrap_err()), "{case}");
            }
        });
    }
}

#[test]
fn oaep_decrypts_what_it_encrypted_with_each_hash_up_to_the_longest_message() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::Rsa2048);
    for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        let oaep = Oaep {
            hash,
            label: b"label",
        };
        let longest = key.oaep_max_plaintext(hash).unwrap();
        assert_eq!(longest, 256 - 2 * hash.digest_bytes() - 2);
        for length in [0, 1, longest] {
            let plaintext = vec![5; length];
            let sealed = encrypt(&core, &key, oaep, &plaintext).unwrap();
            assert_eq!(decrypt_with(&core, &key, oaep, &sealed), Ok(plaintext));
        }
        let result = encrypt(&core, &key, oaep, &vec![5; longest + 1]);
        assert_eq!(result, Err(Error::MessageTooLong));
    }
}

#[test]
fn whatever_is_wrong_with_a_ciphertext_the_error_is_one_and_the_same() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::Rsa2048);
    let oaep = Oaep {
        hash: Hash::Sha256,
        label: b"label",
    };
    let sealed = encrypt(&core, &key, oaep, b"message").unwrap();
    let refused = Err(Error::AuthenticationFailed);
    let other_label = Oaep { label: b"", ..oaep };
    assert_eq!(decrypt_with(&core, &key, other_label, &sealed), refused);
    let other_hash = Oaep {
        hash: Hash::Sha384,
        ..oaep
    };
    assert_eq!(decrypt_with(&core, &key, other_hash, &sealed), refused);
    for at in [0, 1, 128, 255] {
        let mut edited = sealed.clone();
        edited[at] ^= 1;
        assert_eq!(decrypt_with(&core, &key, oaep, &edited), refused);
    }
    assert_eq!(decrypt_with(&core, &key, oaep, &[0; 256]), refused);
    assert_eq!(decrypt_with(&core, &key, oaep, &[0xFF; 256]), refused);
    for length in [0, 255, 257] {
        let malformed = decrypt_with(&core, &key, oaep, &vec![1; length]);
        assert_eq!(malformed, Err(Error::MalformedCiphertext));
    }
}

#[test]
fn an_overlong_label_and_a_key_of_another_kind_are_refused() {
    let core = core();
    let root = root(&core);
    let label = vec![0; crate::OAEP_LABEL_MAX_BYTES + 1];
    let oaep = Oaep {
        hash: Hash::Sha256,
        label: &label,
    };
    let key = open_key(&core, &root, Algorithm::Rsa2048);
    assert_eq!(encrypt(&core, &key, oaep, b""), Err(Error::MessageTooLong));
    let other = open_key(&core, &root, Algorithm::Aes256Gcm);
    assert_eq!(
        encrypt(&core, &other, oaep, b""),
        Err(Error::SchemeNotOfKey)
    );
    assert_eq!(key.encrypted_bytes(1), Err(Error::SchemeNotOfKey));
    assert_eq!(key.decrypted_bytes(99), Err(Error::SchemeNotOfKey));
}
