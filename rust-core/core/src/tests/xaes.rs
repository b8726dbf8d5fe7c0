//! XAES-256-GCM against the vectors of its specification (C2SP), and against its construction from CMAC and
//! AES-256-GCM, done here by other means of OpenSSL's.

use super::vectors::hex;
use super::{aead_key, core, open, seal, small_core};
use crate::{Algorithm, Core};
use openssl::hash::{Hasher, MessageDigest};
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::symm;

const NONCE: &[u8; 24] = b"ABCDEFGHIJKLMNOPQRSTUVWX";
const PLAINTEXT: &[u8] = b"XAES-256-GCM";

#[test]
fn the_published_vectors_come_out_and_open() {
    for core in [core(), small_core()] {
        give_the_published_vectors(&core);
    }
}

fn give_the_published_vectors(core: &Core) {
    let vectors: [(u8, &[u8], &str); 2] = [
        (
            1,
            b"",
            "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271",
        ),
        (
            3,
            b"c2sp.org/XAES-256-GCM",
            "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d",
        ),
    ];
    for (byte, aad, sealed) in vectors {
        let key = aead_key(core, Algorithm::Xaes256Gcm, &[byte; 32]);
        assert_eq!(seal(core, &key, NONCE, PLAINTEXT, aad), hex(sealed));
        assert_eq!(
            open(core, &key, NONCE, &hex(sealed), aad).as_deref(),
            Ok(PLAINTEXT)
        );
    }
}

/// 10,000 random messages, their lengths and contents drawn from one SHAKE-128 and their ciphertexts hashed by another.
#[test]
fn the_published_hash_over_ten_thousand_random_messages_comes_out() {
    const ITERATIONS: usize = 10_000;
    const LONGEST: usize = 32 + 24 + 1 + 255 + 1 + 255;
    let core = core();
    let mut stream = vec![0; ITERATIONS * LONGEST];
    Hasher::new(MessageDigest::shake_128())
        .unwrap()
        .finish_xof(&mut stream)
        .unwrap();
    let mut rest = &stream[..];
    let mut draw = |length| {
        let (drawn, after) = rest.split_at(length);
        rest = after;
        drawn
    };
    let mut hash = Hasher::new(MessageDigest::shake_128()).unwrap();
    for _ in 0..ITERATIONS {
        let (key, nonce) = (draw(32), draw(24));
        let length = draw(1)[0];
        let plaintext = draw(length.into());
        let length = draw(1)[0];
        let aad = draw(length.into());
        let key = aead_key(&core, Algorithm::Xaes256Gcm, key);
        let sealed = seal(&core, &key, nonce, plaintext, aad);
        assert_eq!(
            open(&core, &key, nonce, &sealed, aad).as_deref(),
            Ok(plaintext)
        );
        hash.update(&sealed).unwrap();
    }
    let mut found = [0; 32];
    hash.finish_xof(&mut found).unwrap();
    let published = "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939";
    assert_eq!(found.to_vec(), hex(published));
}

#[test]
fn the_construction_from_cmac_and_aes_gcm_gives_the_same() {
    let core = core();
    // Keys for which AES of the zero block has its top bit set and clear, so that both ways to K1 are taken.
    for byte in 0..32u8 {
        let key = [byte; 32];
        let derived = [cmac(&key, 1), cmac(&key, 2)].concat();
        let mut tag = [0; 16];
        let cipher = symm::Cipher::aes_256_gcm();
        let mut expected = symm::encrypt_aead(
            cipher,
            &derived,
            Some(&NONCE[12..]),
            b"aad",
            PLAINTEXT,
            &mut tag,
        )
        .unwrap();
        expected.extend(tag);
        let key = aead_key(&core, Algorithm::Xaes256Gcm, &key);
        assert_eq!(
            seal(&core, &key, NONCE, PLAINTEXT, b"aad"),
            expected,
            "{byte}"
        );
    }
}

/// CMAC of counter || "X" || 0 || the nonce's first half.
fn cmac(key: &[u8], counter: u8) -> Vec<u8> {
    let key = PKey::cmac(&symm::Cipher::aes_256_cbc(), key).unwrap();
    let mut signer = Signer::new_without_digest(&key).unwrap();
    let message = [&[0, counter, b'X', 0], &NONCE[..12]].concat();
    signer.sign_oneshot_to_vec(&message).unwrap()
}
