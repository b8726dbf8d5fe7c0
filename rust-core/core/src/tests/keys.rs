//! Sealed keys and open ones: what opens, what does not, and what each operation gives.

use super::{aeads, arena, core, root, spec, ID};
use crate::{Algorithm, Core, Error, Key, KeyId, RootKey, MESSAGE_MAX_BYTES, SEALED_KEY_MAX_BYTES};

fn generate(core: &Core, root: &RootKey, algorithm: Algorithm, version: u32) -> Vec<u8> {
    let mut sealed = vec![0; Key::sealed_bytes(algorithm)];
    Key::generate(core, root, &spec(algorithm, version), &mut sealed).unwrap();
    sealed
}

fn key(core: &Core, root: &RootKey, algorithm: Algorithm) -> Key {
    Key::open(core, root, &generate(core, root, algorithm, 1), ID, 1).unwrap()
}

fn encrypt(core: &Core, key: &Key, plaintext: &[u8], aad: &[u8]) -> Vec<u8> {
    let mut ciphertext = vec![0; key.encrypted_bytes(plaintext.len()).unwrap()];
    key.encrypt(core, plaintext, aad, &mut ciphertext).unwrap();
    ciphertext
}

fn decrypt(core: &Core, key: &Key, ciphertext: &[u8], aad: &[u8]) -> Result<Vec<u8>, Error> {
    let mut plaintext = vec![0; key.decrypted_bytes(ciphertext.len())?];
    key.decrypt(core, ciphertext, aad, &mut plaintext)?;
    Ok(plaintext)
}

#[test]
fn an_opened_key_is_what_was_sealed() {
    let core = core();
    let root = root(&core);
    for algorithm in aeads() {
        let sealed = generate(&core, &root, algorithm, 3);
        let key = Key::open(&core, &root, &sealed, ID, 3).unwrap();
        assert_eq!(key.spec(), &spec(algorithm, 3));
    }
}

#[test]
fn a_sealed_key_edited_at_any_byte_or_cut_or_extended_does_not_open() {
    let core = core();
    let root = root(&core);
    let sealed = generate(&core, &root, Algorithm::Aes256Gcm, 1);
    let open = |blob: &[u8]| Key::open(&core, &root, blob, ID, 1).err();
    for at in 0..sealed.len() {
        let mut edited = sealed.clone();
        edited[at] ^= 0x01;
        let expected = match at {
            0..4 => Error::SealedBlobMalformed,
            4..8 => Error::SealedBlobFormatUnknown,
            _ => Error::SealedBlobNotAuthentic,
        };
        assert_eq!(open(&edited), Some(expected), "byte {at}");
    }
    for length in 0..sealed.len() {
        assert!(open(&sealed[..length]).is_some(), "cut to {length}");
    }
    assert_eq!(
        open(&[&sealed[..], &[0]].concat()),
        Some(Error::SealedBlobNotAuthentic)
    );
    assert_eq!(
        open(&vec![0; SEALED_KEY_MAX_BYTES + 1]),
        Some(Error::SealedBlobMalformed)
    );
    assert_eq!(open(&sealed), None);
}

#[test]
fn a_sealed_key_does_not_open_as_another_key_or_version_or_under_another_root() {
    let core = core();
    let (root, other) = (root(&core), root(&core));
    let sealed = generate(&core, &root, Algorithm::Xaes256Gcm, 2);
    let open = |root, id, version| Key::open(&core, root, &sealed, id, version).err();
    assert_eq!(
        open(&root, KeyId([0; 16]), 2),
        Some(Error::SealedBlobNotThisKey)
    );
    assert_eq!(open(&root, ID, 1), Some(Error::SealedBlobNotThisKey));
    assert_eq!(open(&root, ID, 3), Some(Error::SealedBlobNotThisKey));
    assert_eq!(open(&other, ID, 2), Some(Error::SealedBlobNotAuthentic));
    assert_eq!(open(&root, ID, 2), None);
}

#[test]
fn rotation_carries_everything_but_version_and_time_over_and_makes_new_material() {
    let core = core();
    let root = root(&core);
    let first = generate(&core, &root, Algorithm::Aes256Gcm, 4);
    let next = root.next_version(&core, ID, &first, 9, 77).unwrap();
    let before = spec(Algorithm::Aes256Gcm, 4);
    assert_eq!((next.version(), next.created_at()), (9, 77));
    assert_eq!(
        (next.id(), next.algorithm(), next.usages(), next.flags()),
        (
            before.id(),
            before.algorithm(),
            before.usages(),
            before.flags()
        )
    );
    let mut second = vec![0; Key::sealed_bytes(next.algorithm())];
    Key::generate(&core, &root, &next, &mut second).unwrap();
    let old = Key::open(&core, &root, &first, ID, 4).unwrap();
    let new = Key::open(&core, &root, &second, ID, 9).unwrap();
    let ciphertext = encrypt(&core, &old, b"message", b"");
    assert_eq!(
        decrypt(&core, &new, &ciphertext, b""),
        Err(Error::AuthenticationFailed)
    );
}

#[test]
fn rotation_refuses_a_version_not_above_an_edited_blob_and_another_key() {
    let core = core();
    let root = root(&core);
    let mut sealed = generate(&core, &root, Algorithm::Aes256Gcm, 4);
    for version in [0, 3, 4] {
        let result = root.next_version(&core, ID, &sealed, version, 0);
        assert_eq!(result, Err(Error::InvalidArgument));
    }
    let other = root.next_version(&core, KeyId([9; 16]), &sealed, 5, 0);
    assert_eq!(other, Err(Error::SealedBlobNotThisKey));
    sealed[35] ^= 2;
    let edited = root.next_version(&core, ID, &sealed, 5, 0);
    assert_eq!(edited, Err(Error::SealedBlobNotAuthentic));
}

#[test]
fn every_length_survives_and_is_longer_by_the_overhead() {
    let core = core();
    let root = root(&core);
    for algorithm in aeads() {
        let key = key(&core, &root, algorithm);
        for length in (0..70).chain([1023, 1024, 65537]) {
            let plaintext: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let ciphertext = encrypt(&core, &key, &plaintext, b"aad");
            assert_eq!(ciphertext.len(), plaintext.len() + algorithm.overhead());
            assert_eq!(decrypt(&core, &key, &ciphertext, b"aad"), Ok(plaintext));
        }
    }
}

#[test]
fn one_message_encrypted_twice_has_two_ciphertexts() {
    let core = core();
    let root = root(&core);
    let key = key(&core, &root, Algorithm::Aes256Gcm);
    assert_ne!(
        encrypt(&core, &key, b"x", b""),
        encrypt(&core, &key, b"x", b"")
    );
}

#[test]
fn an_edited_ciphertext_or_other_associated_data_fails_with_one_and_the_same_error() {
    let core = core();
    let root = root(&core);
    for algorithm in aeads() {
        let key = key(&core, &root, algorithm);
        let ciphertext = encrypt(&core, &key, b"message", b"aad");
        for at in 0..ciphertext.len() {
            let mut edited = ciphertext.clone();
            edited[at] ^= 0x80;
            assert_eq!(
                decrypt(&core, &key, &edited, b"aad"),
                Err(Error::AuthenticationFailed)
            );
        }
        for aad in [&b""[..], b"aae", b"aad "] {
            assert_eq!(
                decrypt(&core, &key, &ciphertext, aad),
                Err(Error::AuthenticationFailed)
            );
        }
    }
}

#[test]
fn reencryption_moves_a_message_to_the_other_key_and_refuses_a_forged_one() {
    let core = core();
    let root = root(&core);
    let from = key(&core, &root, Algorithm::Aes256Gcm);
    let to = key(&core, &root, Algorithm::Xaes256Gcm);
    let mut ciphertext = encrypt(&core, &from, b"message", b"old");
    let mut moved = vec![0; from.reencrypted_bytes(&to, ciphertext.len()).unwrap()];
    from.reencrypt(&core, &to, &ciphertext, b"old", b"new", &mut moved)
        .unwrap();
    assert_eq!(
        decrypt(&core, &to, &moved, b"new").as_deref(),
        Ok(&b"message"[..])
    );
    ciphertext[0] ^= 1;
    let result = from.reencrypt(&core, &to, &ciphertext, b"old", b"new", &mut moved);
    assert_eq!(result, Err(Error::AuthenticationFailed));
}

#[test]
fn a_data_key_decrypts_to_the_plaintext_that_was_given() {
    let core = core();
    let root = root(&core);
    let key = key(&core, &root, Algorithm::Xaes256Gcm);
    for bytes in [16, 32, 512] {
        let mut plaintext = vec![0; bytes];
        let mut sealed = vec![0; key.data_key_bytes(bytes).unwrap()];
        key.data_key(&core, bytes, b"aad", Some(&mut plaintext), &mut sealed)
            .unwrap();
        assert!(plaintext.iter().any(|&byte| byte != 0));
        assert_eq!(decrypt(&core, &key, &sealed, b"aad"), Ok(plaintext));
        key.data_key(&core, bytes, b"aad", None, &mut sealed)
            .unwrap();
        assert_eq!(
            decrypt(&core, &key, &sealed, b"aad").map(|p| p.len()),
            Ok(bytes)
        );
    }
    for bytes in [0, 15, 513] {
        assert_eq!(key.data_key_bytes(bytes), Err(Error::LengthOutOfRange));
    }
}

#[test]
fn messages_and_associated_data_above_the_longest_are_refused() {
    let core = core();
    let root = root(&core);
    let key = key(&core, &root, Algorithm::Aes256Gcm);
    assert_eq!(
        key.encrypted_bytes(MESSAGE_MAX_BYTES),
        Ok(MESSAGE_MAX_BYTES + 28)
    );
    assert_eq!(
        key.encrypted_bytes(MESSAGE_MAX_BYTES + 1),
        Err(Error::MessageTooLong)
    );
    assert_eq!(
        key.decrypted_bytes(MESSAGE_MAX_BYTES + 29),
        Err(Error::MessageTooLong)
    );
    let aad = vec![0; MESSAGE_MAX_BYTES + 1];
    assert_eq!(
        key.encrypt(&core, b"", &aad, &mut [0; 28]),
        Err(Error::MessageTooLong)
    );
    assert_eq!(
        key.decrypt(&core, &[0; 28], &aad, &mut []),
        Err(Error::MessageTooLong)
    );
}

#[test]
fn secret_memory_is_given_back_by_every_key_and_a_full_arena_is_an_error() {
    let core = core();
    let root = root(&core);
    let sealed = generate(&core, &root, Algorithm::Xaes256Gcm, 1);
    let before = core.arena().usage().used;
    let mut keys = Vec::new();
    let error = loop {
        match Key::open(&core, &root, &sealed, ID, 1) {
            Ok(key) => keys.push(key),
            Err(error) => break error,
        }
    };
    assert_eq!(error, Error::SecretMemoryExhausted);
    assert!(keys.len() > 1000);
    drop(keys);
    assert_eq!(core.arena().usage().used, before);
}

#[test]
fn all_that_a_key_takes_of_secret_memory_is_counted_as_its_own_and_given_back_with_it() {
    super::openssl_memory();
    let core = Core::new(arena(1 << 20)).unwrap();
    let root = root(&core);
    // On a thread of its own, for which OpenSSL has made nothing yet.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for algorithm in Algorithm::ALL.into_iter().filter(|&each| core.has(each)) {
                let spec = spec(algorithm, 1);
                let mut sealed = vec![0; Key::sealed_bytes(algorithm)];
                let (made, left) = core
                    .arena()
                    .keep(|| Key::generate(&core, &root, &spec, &mut sealed));
                assert_eq!((made, left), (Ok(()), 0), "making {algorithm:?}");
                let open = || Key::open(&core, &root, &sealed, ID, 1).unwrap();
                let (key, taken) = core.arena().keep(open);
                assert_eq!(key.secret_bytes(), taken, "{algorithm:?}");
                assert!(taken > algorithm.key_bytes() / 2 && taken % 16 == 0);
                // Nothing that OpenSSL keeps for itself was made with the first: what blinds a key differs by a few bytes.
                let again = open().secret_bytes();
                assert!(
                    again.abs_diff(taken) < 256,
                    "opening {algorithm:?}: {taken}, {again}"
                );
                let ((), left) = core.arena().keep(|| drop(open()));
                assert_eq!(left, 0, "closing {algorithm:?}");
            }
        });
    });
}

#[test]
fn an_error_in_secret_memory_leaves_nothing_of_it_taken() {
    super::openssl_memory();
    let core = Core::new(arena(1 << 20)).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for algorithm in [Algorithm::Rsa2048, Algorithm::EcdsaP521, Algorithm::Ed25519] {
                for _ in 0..20 {
                    let (failed, left) = core.arena().keep(|| {
                        let mut material = core.arena().allocate(algorithm.key_bytes()).unwrap();
                        // No DER, and above the order of the curve.
                        material.fill(0xFF);
                        crate::key::Material::new(&core, algorithm, material).is_err()
                    });
                    assert!(failed || algorithm == Algorithm::Ed25519);
                    assert_eq!(left, 0, "{algorithm:?}");
                }
            }
        });
    });
}

#[test]
fn open_keys_never_take_the_reserve_and_what_they_leave_suffices_for_all_else() {
    super::openssl_memory();
    // OpenSSL's objects lie elsewhere in these tests: the boundary's have them in one arena.
    let core = Core::new(arena(256 * 1024)).unwrap();
    let root = root(&core);
    let spec = spec(Algorithm::HmacSha512, 1);
    let mut sealed = vec![0; Key::sealed_bytes(Algorithm::HmacSha512)];
    Key::generate(&core, &root, &spec, &mut sealed).unwrap();
    let mut keys = vec![];
    let full = loop {
        match Key::open(&core, &root, &sealed, ID, 1) {
            Ok(key) => keys.push(key),
            Err(error) => break error,
        }
    };
    assert_eq!(full, Error::SecretMemoryExhausted);
    let taken: usize = keys.iter().map(Key::secret_bytes).sum();
    assert!(taken <= core.key_bytes() && taken > core.key_bytes() * 9 / 10);
    let usage = core.arena().usage();
    assert_eq!(usage.reserve, 64 * 1024);
    assert!(usage.capacity - usage.used >= usage.reserve * 9 / 10);
    for _ in 0..100 {
        Key::generate(&core, &root, &spec, &mut sealed).unwrap();
        super::root(&core);
    }
    keys.pop();
    assert!(Key::open(&core, &root, &sealed, ID, 1).is_ok());
}
