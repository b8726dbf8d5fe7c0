//! The private numbers of open pairs stand in secret memory alone, also after they were used, and nowhere once the key is
//! closed.

use super::contexts::SCAN;
use super::{core, open_material, openssl_memory, root, spec};
use crate::key::generate;
use crate::{AgreementKdf, Algorithm, Core, Hash, Key, PublicKeyFormat, Signed, Usages};
use openssl::rsa::Rsa;
use strongroom_memory_scan::Needle;

/// A number as OpenSSL keeps it: its limbs from the lowest.
fn little_endian(number: &[u8]) -> Vec<u8> {
    number.iter().rev().copied().collect()
}

fn use_key(core: &Core, key: &Key) {
    let algorithm = key.spec().algorithm();
    if let Some(scheme) = algorithm.signature_scheme() {
        let mut signature = vec![0; key.signature_max_bytes(scheme).unwrap()];
        let message = Signed::Message(b"message");
        key.sign(core, scheme, message, &mut signature).unwrap();
    }
    if algorithm.usages().contains(Usages::AGREE) {
        let public = key.public_key(PublicKeyFormat::Raw).unwrap();
        let kdf = AgreementKdf {
            hash: Hash::Sha256,
            salt: b"",
            info: b"",
        };
        key.agree(core, &public, kdf, &mut [0; 16]).unwrap();
    }
}

#[test]
fn private_numbers_stand_in_secret_memory_alone_and_not_after_the_key_is_closed() {
    let _alone = SCAN.lock();
    let core = core();
    let root = root(&core);
    for algorithm in [
        Algorithm::Rsa2048,
        Algorithm::EcdsaP256,
        Algorithm::EcdhP384,
        Algorithm::Ed25519,
        Algorithm::X25519,
    ] {
        let material = generate(&core, algorithm, algorithm.key_bytes()).unwrap();
        let needle = match algorithm {
            Algorithm::Rsa2048 => {
                let rsa =
                    strongroom_openssl::in_secret_memory(|| Rsa::private_key_from_der(&material));
                let mut prime = rsa.unwrap().p().unwrap().to_vec();
                let mut number = little_endian(&prime);
                let needle = Needle::new(&number);
                prime.fill(0);
                number.fill(0);
                std::hint::black_box((&prime, &number));
                needle
            }
            Algorithm::Ed25519 | Algorithm::X25519 => Needle::new(&material),
            _ => {
                let mut number = little_endian(&material);
                let needle = Needle::new(&number);
                number.fill(0);
                std::hint::black_box(&number);
                needle
            }
        };
        let key = open_material(&core, &root, &spec(algorithm, 1), &material);
        drop(material);
        use_key(&core, &key);
        let secret = [openssl_memory().addresses(), core.arena().addresses()];
        let places = || {
            let found = needle.find().unwrap();
            let inside = |place: &usize| secret.iter().any(|range| range.contains(place));
            let kept = found.iter().filter(|place| inside(place)).count();
            (kept, found.len() - kept)
        };
        let (kept, elsewhere) = places();
        assert!(kept > 0, "{algorithm:?}: the search finds nothing");
        assert_eq!(elsewhere, 0, "{algorithm:?}");
        drop(key);
        assert_eq!(places(), (0, 0), "{algorithm:?}");
    }
}
