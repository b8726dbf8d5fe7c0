//! Public keys of JSON Web Keys: which are sound, and that only these are taken.

use super::jws::{parts, verify};
use super::{core, open_key, root};
use crate::{Algorithm, Core, Error, JwsAlgorithm, PublicKeyFormat};
use openssl::bn::BigNum;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;

/// Whether a key is refused, whatever is signed.
fn is_refused(core: &Core, algorithm: JwsAlgorithm, first: &[u8], second: &[u8]) -> bool {
    match core.verify_jws(algorithm, [first, second], b"message", b"") {
        Ok(valid) => {
            assert!(!valid, "an empty signature");
            false
        }
        Err(error) => {
            assert_eq!(error, Error::PublicKeyInvalid);
            true
        }
    }
}

#[test]
fn each_algorithm_takes_keys_of_its_own_kind_and_length_alone() {
    let core = core();
    let root = root(&core);
    use JwsAlgorithm::{EdDsa, Es256, Es384, Es512};
    let rsa = &JwsAlgorithm::ALL[..6];
    for (kind, own) in [
        (Algorithm::Rsa2048, rsa),
        (Algorithm::EcdsaP256, &[Es256]),
        (Algorithm::EcdsaP384, &[Es384]),
        (Algorithm::EcdsaP521, &[Es512]),
        (Algorithm::Ed25519, &[EdDsa]),
    ] {
        let [first, second] = parts(&open_key(&core, &root, kind));
        for algorithm in JwsAlgorithm::ALL {
            let refused = is_refused(&core, algorithm, &first, &second);
            assert_eq!(refused, !own.contains(&algorithm), "{kind:?} {algorithm:?}");
        }
    }
    // Of a curve that JSON Web Signatures have too, but not under these names.
    let other = open_key(&core, &root, Algorithm::EcdsaSecp256k1);
    let point = other.public_key(PublicKeyFormat::Raw).unwrap();
    let (x, y) = point[1..].split_at(32);
    assert!(is_refused(&core, Es256, x, y));
}

#[test]
fn a_point_has_coordinates_of_the_curves_length_and_lies_on_the_curve() {
    let core = core();
    let root = root(&core);
    for (kind, algorithm) in [
        (Algorithm::EcdsaP256, JwsAlgorithm::Es256),
        (Algorithm::EcdsaP384, JwsAlgorithm::Es384),
        (Algorithm::EcdsaP521, JwsAlgorithm::Es512),
    ] {
        let [x, y] = parts(&open_key(&core, &root, kind));
        let refused = |x: &[u8], y: &[u8]| is_refused(&core, algorithm, x, y);
        assert!(!refused(&x, &y), "{kind:?}");
        let mut off = y.clone();
        off[y.len() - 1] ^= 1;
        assert!(refused(&x, &off), "{kind:?}");
        assert!(refused(&y, &x), "{kind:?}");
        let longer = |bytes: &[u8]| [&[0], bytes].concat();
        assert!(refused(&longer(&x), &y) && refused(&x, &longer(&y)));
        assert!(refused(&longer(&x), &longer(&y)));
        assert!(refused(&x[1..], &y) && refused(&x, &y[1..]));
        // As long together as they have to be.
        assert!(refused(&x[1..], &longer(&y)));
        let zero = vec![0; x.len()];
        let all = vec![0xFF; x.len()];
        assert!(refused(&zero, &zero) && refused(&all, &all) && refused(&[], &[]));
    }
}

#[test]
fn an_rsa_key_is_odd_long_enough_and_not_too_long_and_its_exponent_is_too() {
    let core = core();
    let algorithm = JwsAlgorithm::Rs256;
    let number = |bits: i32, low: u32| {
        let mut number = BigNum::new().unwrap();
        number.set_bit(bits - 1).unwrap();
        number.add_word(low).unwrap();
        number.to_vec()
    };
    let refused = |modulus: &[u8], exponent: &[u8]| is_refused(&core, algorithm, modulus, exponent);
    for (bits, sound) in [
        (1024, false),
        (2040, false),
        (2047, false),
        (2048, true),
        (2049, true),
        (4096, true),
        (8192, true),
        (8193, false),
        (16384, false),
    ] {
        assert_eq!(refused(&number(bits, 1), &[1, 0, 1]), !sound, "{bits}");
        assert!(refused(&number(bits, 0), &[1, 0, 1]), "{bits} and even");
    }
    let modulus = number(2048, 1);
    for exponent in [
        &[1][..],
        &[2],
        &[0],
        &[],
        &[1, 0, 0],
        &[0, 3],
        &[0, 1, 0, 1],
        &number(65, 1),
        &modulus,
    ] {
        assert!(refused(&modulus, exponent), "{exponent:?}");
    }
    for exponent in [&[3][..], &[17], &[1, 0, 1], &number(64, 1)] {
        assert!(!refused(&modulus, exponent), "{exponent:?}");
    }
    assert!(refused(&[&[0], &modulus[..]].concat(), &[1, 0, 1]));
    assert!(refused(&[], &[1, 0, 1]));
    assert!(refused(&vec![0xFF; 1 << 20], &[1, 0, 1]));
    assert!(refused(&modulus, &vec![0xFF; 1 << 20]));
}

/// The receivers of exports are held to the same numbers.
#[test]
fn a_receivers_exponent_is_no_longer_either() {
    core();
    for (bits, sound) in [
        (2, true),
        (17, true),
        (64, true),
        (65, false),
        (2047, false),
    ] {
        let (mut modulus, mut exponent) = (BigNum::new().unwrap(), BigNum::from_u32(1).unwrap());
        modulus.set_bit(2047).unwrap();
        modulus.set_bit(0).unwrap();
        exponent.set_bit(bits - 1).unwrap();
        let rsa = Rsa::from_public_components(modulus, exponent).unwrap();
        let der = PKey::from_rsa(rsa).unwrap().public_key_to_der().unwrap();
        let result = crate::public_key::rsa_public_key(&der).map(|_| ());
        let expected = if sound {
            Ok(())
        } else {
            Err(Error::PublicKeyInvalid)
        };
        assert_eq!(result, expected, "{bits}");
    }
}

/// A longer modulus than 3072 bits verifies with each exponent that is taken.
#[test]
fn what_is_a_sound_rsa_key_can_verify() {
    let core = core();
    let (mut modulus, mut exponent) = (BigNum::new().unwrap(), BigNum::new().unwrap());
    modulus.set_bit(4095).unwrap();
    modulus.add_word(1).unwrap();
    exponent.set_bit(63).unwrap();
    exponent.add_word(1).unwrap();
    let key = [modulus.to_vec(), exponent.to_vec()];
    // 1 is 1 to any power, and no padding.
    let mut signature = vec![0; 512];
    signature[511] = 1;
    let valid = verify(&core, JwsAlgorithm::Rs256, &key, b"message", &signature);
    assert_eq!(valid, Ok(false));
}

#[test]
fn a_key_of_ed25519_is_the_one_encoding_of_a_point_on_the_curve_and_not_of_small_order() {
    let core = core();
    let refused = |key: &[u8], nothing: &[u8]| is_refused(&core, JwsAlgorithm::EdDsa, key, nothing);
    let little = |low: u8, fill: u8, high: u8| {
        let mut bytes = [fill; 32];
        (bytes[0], bytes[31]) = (low, high);
        bytes
    };
    // y = 3, 4 and 5 are on the curve; 2, 7 and 8 are not.
    for (y, sound) in [
        (3, true),
        (4, true),
        (5, true),
        (2, false),
        (7, false),
        (8, false),
    ] {
        for sign in [0, 0x80] {
            assert_eq!(refused(&little(y, 0, sign), &[]), !sound, "{y} {sign}");
            // The same number above the prime.
            assert!(
                refused(&little(0xED + y, 0xFF, 0x7F | sign), &[]),
                "{y} {sign}"
            );
        }
    }
    // Of order 4, 1 and 2, and of order 8.
    let mut small = vec![little(0, 0, 0), little(1, 0, 0), little(0xEC, 0xFF, 0x7F)];
    for text in [
        "26E8958FC2B227B045C3F489F2EF98F0D5DFAC05D3C63339B13802886D53FC05",
        "C7176A703D4DD84FBA3C0B760D10670F2A2053FA2C39CCC64EC7FD7792AC037A",
    ] {
        small.push(super::vectors::hex(text).try_into().unwrap());
    }
    for mut point in small {
        assert!(refused(&point, &[]), "{point:?}");
        point[31] |= 0x80;
        assert!(refused(&point, &[]), "{point:?}");
    }
    let sound = little(3, 0, 0);
    assert!(refused(&sound, &sound) && refused(&sound, &[0]));
    assert!(refused(&sound[..31], &[]) && refused(&[&sound[..], &[0]].concat(), &[]));
    assert!(refused(&[], &[]));
}
