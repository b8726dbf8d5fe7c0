//! Ciphertexts that move between keys and kinds of encryption.

use super::{core, open_key, root};
use crate::{Algorithm, Encryption, Error, Hash, Oaep};

const OAEP: Encryption<'static> = Encryption::Oaep(Oaep {
    hash: Hash::Sha256,
    label: b"label",
});

#[test]
fn a_message_moves_between_an_aead_and_rsa_and_back() {
    let core = core();
    let root = root(&core);
    let aes = open_key(&core, &root, Algorithm::Aes128Gcm);
    let rsa = open_key(&core, &root, Algorithm::Rsa2048);
    let chacha = open_key(&core, &root, Algorithm::ChaCha20Poly1305);
    let data = Encryption::AssociatedData(b"aad");
    let mut sealed = vec![0; aes.encrypted_bytes(7).unwrap()];
    aes.encrypt(&core, b"message", b"aad", &mut sealed).unwrap();
    let hops = [(&aes, data), (&rsa, OAEP), (&rsa, OAEP), (&chacha, data)];
    for pair in hops.windows(2) {
        let [(from, how), to] = *pair else { panic!() };
        let mut moved = vec![0; from.moved_max_bytes(how, to, sealed.len()).unwrap()];
        let length = from.move_to(&core, how, to, &sealed, &mut moved).unwrap();
        moved.truncate(length);
        sealed = moved;
    }
    let mut opened = [0; 7];
    chacha.decrypt(&core, &sealed, b"aad", &mut opened).unwrap();
    assert_eq!(&opened, b"message");
}

#[test]
fn a_forged_message_does_not_move_and_neither_does_one_that_does_not_fit() {
    let core = core();
    let root = root(&core);
    let aes = open_key(&core, &root, Algorithm::Aes256Gcm);
    let rsa = open_key(&core, &root, Algorithm::Rsa2048);
    let data = Encryption::AssociatedData(b"");
    let mut moved = vec![0; 256];
    let result = aes.move_to(&core, data, (&rsa, OAEP), &[0; 40], &mut moved);
    assert_eq!(result, Err(Error::AuthenticationFailed));
    let mut long = vec![0; aes.encrypted_bytes(191).unwrap()];
    aes.encrypt(&core, &[0; 191], b"", &mut long).unwrap();
    let result = aes.move_to(&core, data, (&rsa, OAEP), &long, &mut moved);
    assert_eq!(result, Err(Error::MessageTooLong));
    let result = rsa.moved_max_bytes(data, (&aes, data), 256);
    assert_eq!(result, Err(Error::SchemeNotOfKey));
}

#[test]
fn a_ciphertext_of_rsa_of_another_length_is_malformed_before_it_asks_for_room() {
    let core = core();
    let root = root(&core);
    let aes = open_key(&core, &root, Algorithm::Aes256Gcm);
    let rsa = open_key(&core, &root, Algorithm::Rsa2048);
    let data = Encryption::AssociatedData(b"");
    for (to, how) in [(&aes, data), (&rsa, OAEP)] {
        for length in [0, 3, 255, 257] {
            let room = rsa.moved_max_bytes(OAEP, (to, how), length);
            assert_eq!(room, Err(Error::MalformedCiphertext), "{length}");
        }
        assert!(rsa.moved_max_bytes(OAEP, (to, how), 256).is_ok());
    }
}
