//! HKDF against its RFC and Wycheproof, and what keys derive.

use super::vectors::{bytes, hex, is_valid, run};
use super::{core, open_key, root, spec_of};
use crate::derivation::hkdf;
use crate::{Algorithm, Error, Flags, Hash, Usages, DERIVED_MAX_BYTES};
use openssl::pkey::Id;
use openssl::pkey_ctx::PkeyCtx;

#[test]
fn hkdf_gives_the_keys_of_rfc_5869() {
    super::openssl_memory();
    let mut found = [0; 42];
    let (salt, info) = (
        hex("000102030405060708090a0b0c"),
        hex("f0f1f2f3f4f5f6f7f8f9"),
    );
    hkdf(Hash::Sha256, &[0x0B; 22], &salt, &info, &mut found).unwrap();
    let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf\
                    34007208d5b887185865";
    assert_eq!(found.to_vec(), hex(expected));
    // Appendix A.3: neither salt nor info.
    hkdf(Hash::Sha256, &[0x0B; 22], &[], &[], &mut found).unwrap();
    let expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d\
                    9d201395faa4b61a96c8";
    assert_eq!(found.to_vec(), hex(expected));
}

#[test]
fn hkdf_agrees_with_wycheproof() {
    for (hash, file, cases) in [
        (Hash::Sha256, "hkdf_sha256_test.json", 86),
        (Hash::Sha384, "hkdf_sha384_test.json", 83),
        (Hash::Sha512, "hkdf_sha512_test.json", 83),
    ] {
        run(file, cases, |_, case| {
            let size = usize::try_from(case["size"].as_u64().unwrap()).unwrap();
            let mut found = vec![0; size];
            let (key, salt) = (bytes(case, "ikm"), bytes(case, "salt"));
            let result = hkdf(hash, &key, &salt, &bytes(case, "info"), &mut found);
            if is_valid(case) {
                assert_eq!(result, Ok(()), "{case}");
                assert_eq!(found, bytes(case, "okm"), "{case}");
            } else {
                assert_eq!(result, Err(Error::LengthOutOfRange), "{case}");
            }
        });
    }
}

#[test]
fn hkdf_gives_what_openssls_own_gives() {
    super::openssl_memory();
    let bytes = |length: usize, seed: usize| -> Vec<u8> {
        (0..length).map(|at| (at * 31 + seed) as u8).collect()
    };
    for hash in Hash::ALL {
        let (block, digest) = (hash.block_bytes(), hash.digest_bytes());
        // Around a block, past which HMAC replaces its key by a digest; and outputs around whole digests.
        for salt in [0, 1, digest, block - 1, block, block + 1, 3000] {
            for info in [0, 1, 1000] {
                for length in [1, digest - 1, digest, digest + 1, 3 * digest, 255 * digest] {
                    let key = bytes(1 + (salt + info) % 100, 1);
                    let (salt, info) = (bytes(salt, 2), bytes(info, 3));
                    let mut context = PkeyCtx::new_id(Id::HKDF).unwrap();
                    context.derive_init().unwrap();
                    context.set_hkdf_md(hash.md()).unwrap();
                    context.set_hkdf_key(&key).unwrap();
                    if !salt.is_empty() {
                        context.set_hkdf_salt(&salt).unwrap();
                    }
                    context.add_hkdf_info(&info).unwrap();
                    let mut expected = vec![0; length];
                    context.derive(Some(&mut expected)).unwrap();
                    let mut found = vec![0; length];
                    hkdf(hash, &key, &salt, &info, &mut found).unwrap();
                    assert_eq!(found, expected, "{hash:?} {} {length}", salt.len());
                }
            }
        }
    }
}

#[test]
fn a_derivation_key_derives_the_same_each_time_and_other_bytes_for_another_purpose() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::HkdfSha256);
    let derive = |salt: &[u8], info: &[u8], length| {
        let mut output = vec![0; length];
        key.derive(&core, salt, info, &mut output).map(|()| output)
    };
    let first = derive(b"", b"billing", 32).unwrap();
    assert_eq!(derive(b"", b"billing", 32), Ok(first.clone()));
    assert_ne!(derive(b"", b"billing2", 32), Ok(first.clone()));
    assert_ne!(derive(b"salt", b"billing", 32), Ok(first));
    assert!(derive(b"", b"", DERIVED_MAX_BYTES).is_ok());
    for length in [0, DERIVED_MAX_BYTES + 1] {
        assert_eq!(derive(b"", b"", length), Err(Error::LengthOutOfRange));
    }
}

#[test]
fn a_derived_key_encrypts_under_a_subkey_a_context_and_never_itself() {
    let core = core();
    let root = root(&core);
    for algorithm in super::aeads() {
        let key = super::open_spec(&core, &root, &spec_of(algorithm, Flags::DERIVED));
        let seal = |context: &[u8]| {
            let subkey = key.subkey(&core, context).unwrap();
            let mut output = vec![0; subkey.encrypted_bytes(7).unwrap()];
            subkey.encrypt(&core, b"message", b"", &mut output).unwrap();
            output
        };
        let open = |context: &[u8], sealed: &[u8]| {
            let mut output = vec![0; 7];
            key.subkey(&core, context)?
                .decrypt(&core, sealed, b"", &mut output)
                .map(|()| output)
        };
        let sealed = seal(b"tenant 1");
        assert_eq!(open(b"tenant 1", &sealed).as_deref(), Ok(&b"message"[..]));
        assert_eq!(open(b"tenant 2", &sealed), Err(Error::AuthenticationFailed));
        assert_eq!(open(b"", &sealed), Err(Error::ContextMismatch));
        assert_ne!(seal(b"tenant 1"), sealed);
        assert_eq!(key.encrypted_bytes(7), Err(Error::ContextMismatch));
        assert_eq!(key.decrypted_bytes(77), Err(Error::ContextMismatch));
    }
    let plain = open_key(&core, &root, Algorithm::Aes256Gcm);
    assert_eq!(
        plain.subkey(&core, b"x").err(),
        Some(Error::ContextMismatch)
    );
}

#[test]
fn a_subkey_is_hkdf_of_the_material_with_the_context_as_info() {
    let core = core();
    let root = root(&core);
    let mut material = core.arena().allocate(32).unwrap();
    material.fill(9);
    let spec = spec_of(Algorithm::Aes256Gcm, Flags::DERIVED);
    let key = super::open_material(&core, &root, &spec, &material);
    let mut sealed = vec![0; 35];
    key.subkey(&core, b"ctx")
        .unwrap()
        .encrypt(&core, b"message", b"aad", &mut sealed)
        .unwrap();
    let mut expected = [0; 32];
    hkdf(Hash::Sha256, &[9; 32], &[], b"ctx", &mut expected).unwrap();
    let (nonce, sealed) = sealed.split_at(12);
    let plain = super::aead_key(&core, Algorithm::Aes256Gcm, &expected);
    assert_eq!(
        super::open(&core, &plain, nonce, sealed, b"aad").as_deref(),
        Ok(&b"message"[..])
    );
}

#[test]
fn a_convergent_key_gives_one_ciphertext_a_message_and_another_for_whatever_differs() {
    let core = core();
    let root = root(&core);
    let flags = Flags::DERIVED.union(Flags::CONVERGENT);
    for algorithm in super::aeads() {
        let key = super::open_spec(&core, &root, &spec_of(algorithm, flags));
        let seal = |context: &[u8], aad: &[u8], message: &[u8]| {
            let subkey = key.subkey(&core, context).unwrap();
            let mut output = vec![0; subkey.encrypted_bytes(message.len()).unwrap()];
            subkey.encrypt(&core, message, aad, &mut output).unwrap();
            let mut opened = vec![0; message.len()];
            subkey.decrypt(&core, &output, aad, &mut opened).unwrap();
            assert_eq!(opened, message);
            output
        };
        let first = seal(b"ctx", b"aad", b"message");
        assert_eq!(seal(b"ctx", b"aad", b"message"), first);
        // The nonce itself differs with each input, and with where one ends and the next begins.
        let nonce = |sealed: &[u8]| sealed[..algorithm.nonce_bytes()].to_vec();
        let nonces = [
            nonce(&first),
            nonce(&seal(b"ctx", b"aad", b"messagf")),
            nonce(&seal(b"ctx", b"aae", b"message")),
            nonce(&seal(b"ctz", b"aad", b"message")),
            nonce(&seal(b"ctx", b"aadm", b"essage")),
            nonce(&seal(b"ctx", b"", b"aadmessage")),
        ];
        for (index, one) in nonces.iter().enumerate() {
            assert!(!nonces[..index].contains(one), "{index}");
        }
    }
}

#[test]
fn properties_that_an_algorithm_cannot_have_make_no_key() {
    let make = |algorithm: Algorithm, flags| {
        let usages = algorithm.usages();
        crate::KeySpec::new(super::ID, 1, algorithm, usages, flags, 0).err()
    };
    let refused = Some(Error::InvalidArgument);
    assert_eq!(make(Algorithm::Rsa2048, Flags::DERIVED), refused);
    assert_eq!(make(Algorithm::EcdsaP256, Flags::DERIVED), refused);
    assert_eq!(make(Algorithm::Aes256Gcm, Flags::CONVERGENT), refused);
    let both = Flags::DERIVED.union(Flags::CONVERGENT);
    assert_eq!(make(Algorithm::Ed25519, both), refused);
    assert_eq!(make(Algorithm::Aes256Gcm, both), None);
    assert_eq!(make(Algorithm::Ed25519, Flags::DERIVED), None);
}

#[test]
fn a_subkey_counts_its_uses_with_its_key_and_the_limit_holds() {
    let core = core();
    let root = root(&core);
    for flags in [Flags::DERIVED, Flags::DERIVED.union(Flags::CONVERGENT)] {
        let key = super::open_spec(&core, &root, &spec_of(Algorithm::Aes256Gcm, flags));
        key.reserve_uses((1 << 32) - 3, 100).unwrap();
        assert_eq!(key.uses_left(), Some(3));
        let seal = |context: &[u8]| {
            key.subkey(&core, context)
                .unwrap()
                .encrypt(&core, b"", b"", &mut [0; 28])
        };
        // The same message once more is an encryption too, convergent or not.
        assert_eq!([seal(b"a"), seal(b"b"), seal(b"a")], [Ok(()); 3]);
        assert_eq!(seal(b"a"), Err(Error::RotationRequired));
        assert_eq!(key.reserve_uses(1 << 32, 1), Err(Error::RotationRequired));
    }
}

#[test]
fn a_key_without_the_usage_does_not_derive() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::Aes256Kwp);
    assert_eq!(
        key.derive(&core, b"", b"", &mut [0; 8]),
        Err(Error::UsageNotAllowed)
    );
    assert!(!key.spec().usages().contains(Usages::DERIVE));
}
