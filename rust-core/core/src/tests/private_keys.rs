//! Which private keys are taken as PKCS#8. The keys are those of RFC 8410, of ring's tests and of OpenSSL, whose command line
//! made the files in `private_keys`; what is wrong with one is edited into it here.

use super::core;
use super::transfers::{foreign, FOREIGN};
use super::vectors::hex;
use crate::transfer::{decode, encode};
use crate::{Algorithm, Core, Error};
use openssl::ec::PointConversionForm;
use openssl::pkey::{PKey, Private};

pub(super) const INVALID: Result<Vec<u8>, Error> = Err(Error::KeyMaterialInvalid);

/// The material of a key.
pub(super) fn material(core: &Core, algorithm: Algorithm, der: &[u8]) -> Result<Vec<u8>, Error> {
    decode(core, algorithm, der).map(|material| material.to_vec())
}

/// A value in DER.
pub(super) fn value(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = contents.len();
    let header = match length {
        0..=0x7F => vec![tag, length as u8],
        0x80..=0xFF => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    [header, contents].concat()
}

/// Bytes of the header of the value at the start, and of its contents.
pub(super) fn lengths(der: &[u8]) -> (usize, usize) {
    match der[1] {
        0x81 => (3, der[2].into()),
        0x82 => (4, usize::from(der[2]) << 8 | usize::from(der[3])),
        length => (2, length.into()),
    }
}

/// The values within a constructed value, or within an octet string.
pub(super) fn fields(der: &[u8]) -> Vec<Vec<u8>> {
    let (header, length) = lengths(der);
    let mut rest = &der[header..header + length];
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let (header, length) = lengths(rest);
        let (field, others) = rest.split_at(header + length);
        fields.push(field.to_vec());
        rest = others;
    }
    fields
}

pub(super) fn structure(fields: &[Vec<u8>]) -> Vec<u8> {
    value(0x30, &[&fields.concat()])
}

/// The bytes of the public key within a SubjectPublicKeyInfo.
pub(super) fn public_bits(key: &PKey<Private>) -> Vec<u8> {
    let info = key.public_key_to_der().unwrap();
    let bits = &fields(&info)[1];
    bits[lengths(bits).0 + 1..].to_vec()
}

/// OpenSSL's PKCS#8 of a key, with another version and further fields.
pub(super) fn with(der: &[u8], version: &[u8], further: &[&[u8]]) -> Vec<u8> {
    let mut fields = fields(der);
    fields[0] = value(0x02, &[version]);
    fields.extend(further.iter().map(|field| field.to_vec()));
    structure(&fields)
}

fn file(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/private_keys/");
    let pem = std::fs::read_to_string(format!("{folder}{name}.pem")).unwrap();
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    openssl::base64::decode_block(&text).unwrap()
}

#[test]
fn the_private_keys_of_rfc_8410_are_taken_with_and_without_a_public_key() {
    // Section 10.3.
    let core = core();
    let seed = hex("d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842");
    for text in [
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC",
        "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\
         oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\
         Z9w7lshQhqowtrbLDFw4rXAxZuE=",
    ] {
        let der = openssl::base64::decode_block(text).unwrap();
        assert_eq!(material(&core, Algorithm::Ed25519, &der), Ok(seed.clone()));
        // A bit of the last byte: of the seed, or of the public key.
        let mut edited = der;
        *edited.last_mut().unwrap() ^= 1;
        assert_ne!(
            material(&core, Algorithm::Ed25519, &edited),
            Ok(seed.clone())
        );
    }
}

#[test]
fn keys_that_ring_writes_are_taken_and_the_broken_ones_of_its_tests_are_not() {
    let core = core();
    // tests/ed25519_from_pkcs8_tests.txt of ring: the public key behind the seed, tagged as ring did before 0.17.
    let sound = [
        "a22efdb713f0e1600d2a5ce948e321ca3a18137c47f15091a12c7126c1749a00a1230321001aeb8e3ee5ba5afd91113466d19f4ea77fa0feffbd8c5adcb499927f12535f77",
        "00b1a7c20b2b4ed9c78f3686db82f854734cdc95be51def304d98e0cd30bf490a12303210063457cd4dfdd0e98a53796265831d46ac6a5a685f2a54c9697a38b2c800d60ba",
        "2dc67de5186d9193021c0b104d9c6ef24bee2bd395ccb5ed5a2db5f37a2fc1f0a12303210000c17e4d8bbff27c1fb618c23fce988703c7efa3cd590aacac12d3f1e3c90c8c",
        "b2579f555a2eabdabac8d46997b1c08fe8ce63858df124efc29c60dfbb86c349a1230321009d421270ce2fcc08672c41e427214876245c9b0f14ab671b8bb9d266a492e400",
    ];
    for key in sound {
        let seed = hex(&key[..64]);
        let old = hex(&format!("3053020101300506032b657004220420{key}"));
        assert_eq!(material(&core, Algorithm::Ed25519, &old), Ok(seed.clone()));
        // As ring does since.
        let new = format!(
            "3051020101300506032b657004220420{}8121{}",
            &key[..64],
            &key[72..]
        );
        assert_eq!(material(&core, Algorithm::Ed25519, &hex(&new)), Ok(seed));
    }
    for broken in [
        // A parameter; version 0 with a public key; the seed without its last byte, and without its first.
        "3030020100300706032b65700500042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "3053020100300506032b657004220420a22efdb713f0e1600d2a5ce948e321ca3a18137c47f15091a12c7126c1749a00a1230321001aeb8e3ee5ba5afd91113466d19f4ea77fa0feffbd8c5adcb499927f12535f77",
        "3052020101300506032b65700421041fa22efdb713f0e1600d2a5ce948e321ca3a18137c47f15091a12c7126c1749aa1230321001aeb8e3ee5ba5afd91113466d19f4ea77fa0feffbd8c5adcb499927f12535f77",
        "3052020101300506032b65700421041fb1a7c20b2b4ed9c78f3686db82f854734cdc95be51def304d98e0cd30bf490a12303210063457cd4dfdd0e98a53796265831d46ac6a5a685f2a54c9697a38b2c800d60ba",
        // The public key without its first byte, without its last, cut off, and with another bit.
        "3052020101300506032b6570042204202dc67de5186d9193021c0b104d9c6ef24bee2bd395ccb5ed5a2db5f37a2fc1f0a122032000c17e4d8bbff27c1fb618c23fce988703c7efa3cd590aacac12d3f1e3c90c8c",
        "3052020101300506032b657004220420b2579f555a2eabdabac8d46997b1c08fe8ce63858df124efc29c60dfbb86c349a1220320009d421270ce2fcc08672c41e427214876245c9b0f14ab671b8bb9d266a492e4",
        "3053020101300506032b657004220420b2579f555a2eabdabac8d46997b1c08fe8ce63858df124efc29c60dfbb86c349a1230321009d421270ce2fcc08672c41e427214876245c9b0f14ab671b8bb9d266a492e4",
        "3053020101300506032b6570042204202dc67de5186d9193021c0b104d9c6ef24bee2bd395ccb5ed5a2db5f37a2fc1f0a12303210000c17e4d8bbff27c1fb618c23fce988703c7efa3cd590aacac12d3f1e3c90c0c",
        // Version 1 without a public key, and with it in the place of the attributes.
        "302e020101300506032b657004220420a22efdb713f0e1600d2a5ce948e321ca3a18137c47f15091a12c7126c1749a00",
        "3053020101300506032b657004220420a22efdb713f0e1600d2a5ce948e321ca3a18137c47f15091a12c7126c1749a00a0230321001aeb8e3ee5ba5afd91113466d19f4ea77fa0feffbd8c5adcb499927f12535f77",
    ] {
        let found = material(&core, Algorithm::Ed25519, &hex(broken));
        assert_eq!(found, INVALID, "{broken}");
    }
}

#[test]
fn version_one_has_the_public_key_of_its_private_key_and_version_zero_none() {
    let core = core();
    for algorithm in FOREIGN {
        let (key, der) = foreign(algorithm);
        let expected = material(&core, algorithm, &der).unwrap();
        let public = public_bits(&key);
        let field = value(0x81, &[&[0], &public]);
        let found = material(&core, algorithm, &with(&der, &[1], &[&field]));
        assert_eq!(found, Ok(expected.clone()), "{algorithm:?}");
        let attributes = value(0xA0, &[&hex("300b0603551d0f310403020080")[..]]);
        for attributes in [attributes, value(0xA0, &[])] {
            let both = with(&der, &[1], &[&attributes, &field]);
            assert_eq!(material(&core, algorithm, &both), Ok(expected.clone()));
            let alone = with(&der, &[0], &[&attributes]);
            assert_eq!(material(&core, algorithm, &alone), Ok(expected.clone()));
            let behind = with(&der, &[1], &[&field, &attributes]);
            assert_eq!(material(&core, algorithm, &behind), INVALID);
        }
        let mut edited = public.clone();
        *edited.last_mut().unwrap() ^= 2;
        let (other, _) = foreign(algorithm);
        for wrong in [
            with(&der, &[0], &[&field]),
            with(&der, &[1], &[]),
            with(&der, &[1], &[&field, &field]),
            with(&der, &[1], &[&value(0x81, &[&[0], &edited])]),
            with(&der, &[1], &[&value(0x81, &[&[0], &public_bits(&other)])]),
            with(&der, &[1], &[&value(0x81, &[&[0], &public[1..]])]),
            with(&der, &[1], &[&value(0x81, &[&[0], &public, &[0]])]),
            with(&der, &[1], &[&value(0x81, &[&[1], &public])]),
            with(&der, &[1], &[&value(0x81, &[&public])]),
            with(&der, &[1], &[&value(0x81, &[])]),
            with(&der, &[1], &[&value(0x82, &[&[0], &public])]),
        ] {
            assert_eq!(material(&core, algorithm, &wrong), INVALID, "{algorithm:?}");
        }
        if algorithm != Algorithm::Ed25519 {
            let explicit = value(0xA1, &[&value(0x03, &[&[0], &public])]);
            let wrong = with(&der, &[1], &[&explicit]);
            assert_eq!(material(&core, algorithm, &wrong), INVALID, "{algorithm:?}");
        }
    }
}

#[test]
fn a_key_that_its_identifier_restricts_does_not_become_one_for_everything() {
    let core = core();
    // RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    let restricted = file("rsa_pss_sha256");
    assert!(PKey::private_key_from_pkcs8(&restricted).is_ok());
    assert_eq!(material(&core, Algorithm::Rsa2048, &restricted), INVALID);
    let named = |der: &[u8], identifier: &str| {
        let mut fields = fields(der);
        fields[1] = hex(identifier);
        structure(&fields)
    };
    let plain = named(&restricted, "300d06092a864886f70d0101010500");
    assert!(material(&core, Algorithm::Rsa2048, &plain).is_ok());
    for identifier in [
        // id-RSASSA-PSS without parameters, and with NULL; id-RSAES-OAEP; rsaEncryption without its NULL.
        "300b06092a864886f70d01010a",
        "300d06092a864886f70d01010a0500",
        "300d06092a864886f70d0101073000",
        "300b06092a864886f70d010101",
    ] {
        let wrong = named(&restricted, identifier);
        assert_eq!(material(&core, Algorithm::Rsa2048, &wrong), INVALID);
    }
    let (_, curve) = foreign(Algorithm::EcdsaP256);
    for identifier in [
        // id-ecDH, and id-ecMQV (RFC 5480); id-ecPublicKey with P-384's name, with NULL, and alone.
        "301106052b8104010c06082a8648ce3d030107",
        "301106052b8104010d06082a8648ce3d030107",
        "301006072a8648ce3d020106052b81040022",
        "300b06072a8648ce3d02010500",
        "300906072a8648ce3d0201",
    ] {
        let wrong = named(&curve, identifier);
        assert_eq!(material(&core, Algorithm::EcdsaP256, &wrong), INVALID);
        assert_eq!(material(&core, Algorithm::EcdhP256, &wrong), INVALID);
    }
}

#[test]
fn rsa_keys_of_three_primes_and_with_an_exponent_out_of_range_are_refused() {
    let core = core();
    assert_eq!(
        material(&core, Algorithm::Rsa2048, &file("rsa_three_primes")),
        INVALID
    );
    let (key, der) = foreign(Algorithm::Rsa2048);
    // d and the modulus: as good for computing as d, and too long.
    let (d, n) = (
        key.rsa().unwrap().d().to_owned().unwrap(),
        key.rsa().unwrap(),
    );
    let fields = fields(&der);
    let mut numbers = self::fields(&fields[2][lengths(&fields[2]).0..]);
    let mut lambda = n.p().unwrap().to_owned().unwrap();
    lambda.sub_word(1).unwrap();
    let mut other = n.q().unwrap().to_owned().unwrap();
    other.sub_word(1).unwrap();
    let (mut phi, mut long) = (
        openssl::bn::BigNum::new().unwrap(),
        openssl::bn::BigNum::new().unwrap(),
    );
    let mut context = openssl::bn::BigNumContext::new().unwrap();
    phi.checked_mul(&lambda, &other, &mut context).unwrap();
    long.checked_add(&d, &phi).unwrap();
    while &*long < n.n() {
        let last = long.to_owned().unwrap();
        long.checked_add(&last, &phi).unwrap();
    }
    let bytes = long.to_vec();
    let sign: &[u8] = if bytes[0] > 0x7F { &[0] } else { &[] };
    numbers[3] = value(0x02, &[sign, &bytes]);
    let octets = value(0x04, &[&structure(&numbers)]);
    let wrong = structure(&[fields[0].clone(), fields[1].clone(), octets]);
    assert_eq!(material(&core, Algorithm::Rsa2048, &wrong), INVALID);
}

#[test]
fn the_public_key_within_a_key_on_a_curve_is_compared_in_either_encoding() {
    let core = core();
    let algorithm = Algorithm::EcdsaP256;
    let plain = material(&core, algorithm, &file("p256_no_public")).unwrap();
    let compressed = material(&core, algorithm, &file("p256_compressed"));
    assert_eq!(compressed.as_ref(), Ok(&plain));
    // RFC 5480, section 2.2, has two encodings of points, and RFC 5915 leaves explicit parameters to others.
    assert_eq!(material(&core, algorithm, &file("p256_hybrid")), INVALID);
    assert_eq!(material(&core, algorithm, &file("p256_explicit")), INVALID);

    let (key, der) = foreign(algorithm);
    let ec = key.ec_key().unwrap();
    let mut context = openssl::bn::BigNumContext::new().unwrap();
    let mut point = |form| {
        let point = ec.public_key().to_bytes(ec.group(), form, &mut context);
        point.unwrap()
    };
    let uncompressed = point(PointConversionForm::UNCOMPRESSED);
    let compressed = point(PointConversionForm::COMPRESSED);
    let hybrid = point(PointConversionForm::HYBRID);
    let scalar = value(0x04, &[&ec.private_key().to_vec_padded(32).unwrap()]);
    let version = value(0x02, &[&[1]]);
    let parameters = value(0xA0, &[&hex("06082a8648ce3d030107")]);
    let public = |point: &[u8]| value(0xA1, &[&value(0x03, &[&[0], point])]);
    let fields = fields(&der);
    let with_inner = |inner: &[&[u8]]| {
        let inner: Vec<_> = inner.iter().map(|field| field.to_vec()).collect();
        let octets = value(0x04, &[&structure(&inner)]);
        let der = structure(&[fields[0].clone(), fields[1].clone(), octets]);
        material(&core, algorithm, &der)
    };
    let expected = material(&core, algorithm, &der);
    for sound in [
        &[&version[..], &scalar][..],
        &[&version, &scalar, &parameters],
        &[&version, &scalar, &public(&uncompressed)],
        &[&version, &scalar, &parameters, &public(&uncompressed)],
        &[&version, &scalar, &parameters, &public(&compressed)],
    ] {
        assert_eq!(with_inner(sound), expected);
    }
    let short = value(0x04, &[&[7; 31]]);
    let long = value(0x04, &[&[0], &scalar[2..]]);
    let p384 = value(0xA0, &[&hex("06052b81040022")]);
    let mut sign = compressed.clone();
    sign[0] ^= 1;
    for wrong in [
        &[&value(0x02, &[&[0]])[..], &scalar][..],
        &[&value(0x02, &[&[2]]), &scalar],
        &[&version],
        &[&version, &short],
        &[&version, &long],
        &[&version, &value(0x04, &[&[0; 32]])],
        &[&version, &value(0x04, &[&[0xFF; 32]])],
        &[&version, &scalar, &p384],
        &[&version, &scalar, &value(0xA0, &[])],
        &[&version, &scalar, &public(&uncompressed), &parameters],
        &[&version, &scalar, &parameters, &parameters],
        &[&version, &scalar, &public(&hybrid)],
        &[&version, &scalar, &public(&sign)],
        &[&version, &scalar, &public(&uncompressed[1..])],
        &[&version, &scalar, &public(&[0])],
        &[&version, &scalar, &public(&[])],
        &[&version, &scalar, &value(0x81, &[&[0], &uncompressed])],
    ] {
        assert_eq!(with_inner(wrong), INVALID, "{wrong:x?}");
    }
}

#[test]
fn attributes_are_a_set_of_identifiers_with_values() {
    let core = core();
    let (_, der) = foreign(Algorithm::Ed25519);
    let attribute = |bytes: &str| hex(bytes);
    let (first, second) = (
        attribute("300b0603551d0f310403020080"),
        attribute("300b0603551d10310403020080"),
    );
    let found = |attributes: &[&[u8]]| {
        let field = value(0xA0, attributes);
        material(&core, Algorithm::Ed25519, &with(&der, &[0], &[&field])).is_ok()
    };
    assert!(found(&[]) && found(&[&first]) && found(&[&first, &second]));
    assert!(!found(&[&second, &first]), "in another order");
    for wrong in [
        "0500",
        "3000",
        "300506032b6570",
        "3006060031020500",
        "30090603551d0f31020500ff",
        "300a0603551d0f310205000500",
        "30080603551d0f310105",
        "300b0603551d0f310406010005",
        "30090603551d0f31021f00",
    ] {
        assert!(!found(&[&attribute(wrong)]), "{wrong}");
    }
}

#[test]
fn what_is_written_is_read_as_what_it_was() {
    let core = core();
    for algorithm in FOREIGN {
        let (_, der) = foreign(algorithm);
        let found = material(&core, algorithm, &der).unwrap();
        let written = encode(&core, algorithm, &found).unwrap();
        assert_eq!(
            material(&core, algorithm, &written),
            Ok(found),
            "{algorithm:?}"
        );
    }
}
#[test]
fn reading_a_key_leaves_nothing_of_it_in_secret_memory() {
    let core = core();
    for algorithm in FOREIGN {
        let (_, der) = foreign(algorithm);
        let (_, other) = foreign(match algorithm {
            Algorithm::Ed25519 => Algorithm::X25519,
            _ => Algorithm::Ed25519,
        });
        for der in [der, other] {
            let read = || drop(decode(&core, algorithm, &der));
            let ((), left) = core.arena().keep(read);
            assert_eq!(left, 0, "{algorithm:?}");
        }
    }
}
