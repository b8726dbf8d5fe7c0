//! Keys that come in wrapped, keys that leave wrapped, and data keys that are pairs.

use super::{core, open_key, open_spec, root, spec, ID};
use crate::wrap::{wrap, wrapped_bytes};
use crate::{
    Algorithm, Core, Error, Flags, Hash, ImportWrapping, Key, KeySpec, Oaep, PublicKeyFormat,
    RootKey, Signed, Usages, WrapScheme, EXPORT_MAX_BYTES, PRIVATE_KEY_MAX_BYTES,
    SEALED_KEY_MAX_BYTES,
};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

const WRAPPING: ImportWrapping = ImportWrapping::OaepThenKwp(Hash::Sha256);

/// An import key, of 2048 bits here so that tests are short.
fn import_key(core: &Core, root: &RootKey) -> Key {
    let none = Flags::from_bits(0).unwrap();
    let spec = KeySpec::new(ID, 1, Algorithm::Rsa2048, Usages::UNWRAP, none, 0).unwrap();
    open_spec(core, root, &spec)
}

/// Wraps as one would outside: with the public key alone.
fn wrap_to(core: &Core, import: &Key, hash: Hash, transport: &[u8], material: &[u8]) -> Vec<u8> {
    let public = import.public_key(PublicKeyFormat::Der).unwrap();
    let public = PKey::public_key_from_der(&public).unwrap();
    let mut encrypted = vec![0; public.size()];
    let oaep = Oaep { hash, label: b"" };
    crate::rsa::encrypt(&*public, oaep, transport, &mut encrypted).unwrap();
    if transport.len() == 32 && !material.is_empty() {
        let length = wrapped_bytes(WrapScheme::Kwp, material.len()).unwrap();
        let mut wrapped = vec![0; length];
        wrap(core, transport, WrapScheme::Kwp, material, &mut wrapped).unwrap();
        encrypted.extend(wrapped);
    }
    encrypted
}

fn import(
    core: &Core,
    root: &RootKey,
    key: &Key,
    algorithm: Algorithm,
    wrapped: &[u8],
) -> Result<Key, Error> {
    let mut sealed = [0; SEALED_KEY_MAX_BYTES];
    let spec = spec(algorithm, 1);
    let length = key.import(core, root, WRAPPING, wrapped, &spec, &mut sealed)?;
    Key::open(core, root, &sealed[..length], ID, 1)
}

/// A private key that was made by OpenSSL alone, as PKCS#8 by its own writer.
pub(super) fn foreign(algorithm: Algorithm) -> (PKey<Private>, Vec<u8>) {
    let curve = |nid| {
        let group = EcGroup::from_curve_name(nid).unwrap();
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
    };
    let key = match algorithm {
        Algorithm::Rsa2048 => PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
        Algorithm::EcdsaP256 | Algorithm::EcdhP256 => curve(Nid::X9_62_PRIME256V1),
        Algorithm::EcdsaP384 => curve(Nid::SECP384R1),
        Algorithm::EcdsaP521 => curve(Nid::SECP521R1),
        Algorithm::EcdsaSecp256k1 => curve(Nid::SECP256K1),
        Algorithm::Ed25519 => PKey::generate_ed25519().unwrap(),
        Algorithm::X25519 => PKey::generate_x25519().unwrap(),
        other => panic!("{other:?}"),
    };
    let pem = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    (key, openssl::base64::decode_block(&text).unwrap())
}

pub(super) const FOREIGN: [Algorithm; 8] = [
    Algorithm::Rsa2048,
    Algorithm::EcdsaP256,
    Algorithm::EcdhP256,
    Algorithm::EcdsaP384,
    Algorithm::EcdsaP521,
    Algorithm::EcdsaSecp256k1,
    Algorithm::Ed25519,
    Algorithm::X25519,
];

#[test]
fn an_imported_private_key_is_the_one_that_was_wrapped() {
    let core = core();
    let root = root(&core);
    let importer = import_key(&core, &root);
    for algorithm in FOREIGN {
        let (foreign, pkcs8) = foreign(algorithm);
        let wrapped = wrap_to(&core, &importer, Hash::Sha256, &[7; 32], &pkcs8);
        let key = import(&core, &root, &importer, algorithm, &wrapped).unwrap();
        assert_eq!(
            key.public_key(PublicKeyFormat::Der).unwrap(),
            foreign.public_key_to_der().unwrap(),
            "{algorithm:?}"
        );
        assert!(key.spec().flags().contains(Flags::IMPORTED));
        if let Some(scheme) = algorithm.signature_scheme() {
            let mut signature = vec![0; key.signature_max_bytes(scheme).unwrap()];
            let message = Signed::Message(b"message");
            let length = key.sign(&core, scheme, message, &mut signature).unwrap();
            let valid = key.verify(&core, scheme, message, &signature[..length]);
            assert_eq!(valid, Ok(true));
        }
    }
}

#[test]
fn an_imported_symmetric_key_is_the_one_that_was_wrapped_with_either_wrapping() {
    let core = core();
    let root = root(&core);
    let importer = import_key(&core, &root);
    let wrapped = wrap_to(&core, &importer, Hash::Sha256, &[7; 32], &[3; 32]);
    let key = import(&core, &root, &importer, Algorithm::HmacSha256, &wrapped).unwrap();
    let mut expected = [0; 32];
    crate::mac::HmacKey::new(&core, Hash::Sha256, &[3; 32])
        .unwrap()
        .mac(&core, &[b"message"], &mut expected)
        .unwrap();
    assert_eq!(key.verify_mac(&core, None, b"message", &expected), Ok(true));

    let mut sealed = [0; SEALED_KEY_MAX_BYTES];
    let direct = wrap_to(&core, &importer, Hash::Sha1, &[3; 32], &[]);
    let spec = spec(Algorithm::HmacSha256, 1);
    let with = ImportWrapping::Oaep(Hash::Sha1);
    let length = importer.import(&core, &root, with, &direct, &spec, &mut sealed);
    let key = Key::open(&core, &root, &sealed[..length.unwrap()], ID, 1).unwrap();
    assert_eq!(key.verify_mac(&core, None, b"message", &expected), Ok(true));
    let longer = [&direct[..], &[0]].concat();
    let result = importer.import(&core, &root, with, &longer, &spec, &mut sealed);
    assert_eq!(result, Err(Error::MalformedCiphertext));
}

#[test]
fn what_does_not_unwrap_is_one_error_and_what_is_no_key_another() {
    let core = core();
    let root = root(&core);
    let importer = import_key(&core, &root);
    let try_import =
        |algorithm, wrapped: &[u8]| import(&core, &root, &importer, algorithm, wrapped).err();
    let wrapped = wrap_to(&core, &importer, Hash::Sha256, &[7; 32], &[3; 32]);
    assert_eq!(try_import(Algorithm::Aes256Gcm, &wrapped), None);
    for at in [0, 255, 256, wrapped.len() - 1] {
        let mut edited = wrapped.clone();
        edited[at] ^= 1;
        let error = try_import(Algorithm::Aes256Gcm, &edited);
        assert_eq!(error, Some(Error::AuthenticationFailed), "{at}");
    }
    let other_hash = wrap_to(&core, &importer, Hash::Sha384, &[7; 32], &[3; 32]);
    let failed = Some(Error::AuthenticationFailed);
    assert_eq!(try_import(Algorithm::Aes256Gcm, &other_hash), failed);
    for length in [1, 16, 24, 31, 33, 64] {
        let transport = wrap_to(&core, &importer, Hash::Sha256, &vec![7; length], &[]);
        let wrapped = [&transport[..], &[0; 40]].concat();
        let error = try_import(Algorithm::Aes256Gcm, &wrapped);
        assert_eq!(error, failed, "a transport key of {length} bytes");
    }
    for length in [0, 255, 256, 271] {
        let error = try_import(Algorithm::Aes256Gcm, &wrapped[..length]);
        assert_eq!(error, Some(Error::MalformedCiphertext), "{length}");
    }
    // It unwraps, to a key of another length, kind, curve or size.
    let invalid = Some(Error::KeyMaterialInvalid);
    assert_eq!(try_import(Algorithm::Aes128Gcm, &wrapped), invalid);
    assert_eq!(try_import(Algorithm::Ed25519, &wrapped), invalid);
    for algorithm in FOREIGN {
        let (_, pkcs8) = foreign(algorithm);
        let wrapped = wrap_to(&core, &importer, Hash::Sha256, &[7; 32], &pkcs8);
        for other in [
            Algorithm::Rsa3072,
            Algorithm::EcdhP384,
            Algorithm::Aes256Gcm,
        ]
        .into_iter()
        .chain(FOREIGN)
        {
            // A key on a curve is as good for either use of the curve.
            let same = other == algorithm
                || (other == Algorithm::EcdhP384) && algorithm == Algorithm::EcdsaP384
                || [other, algorithm]
                    .iter()
                    .all(|one| matches!(one, Algorithm::EcdsaP256 | Algorithm::EcdhP256));
            if !same {
                assert_eq!(
                    try_import(other, &wrapped),
                    invalid,
                    "{algorithm:?} {other:?}"
                );
            }
        }
    }
}

#[test]
fn an_rsa_key_whose_numbers_do_not_belong_together_is_not_imported() {
    let core = core();
    let root = root(&core);
    let importer = import_key(&core, &root);
    let (key, pkcs8) = foreign(Algorithm::Rsa2048);
    // A bit of the private exponent, which stands behind the modulus and the public exponent.
    let d = key.rsa().unwrap().d().to_vec();
    let at = pkcs8
        .windows(d.len())
        .position(|window| window == d)
        .unwrap();
    let mut edited = pkcs8;
    edited[at + d.len() - 1] ^= 2;
    let wrapped = wrap_to(&core, &importer, Hash::Sha256, &[7; 32], &edited);
    let error = import(&core, &root, &importer, Algorithm::Rsa2048, &wrapped).err();
    assert_eq!(error, Some(Error::KeyMaterialInvalid));
}

#[test]
fn a_key_without_the_usage_or_of_another_kind_imports_nothing() {
    let core = core();
    let root = root(&core);
    let mut sealed = [0; SEALED_KEY_MAX_BYTES];
    let spec = spec(Algorithm::Aes256Gcm, 1);
    let aes = open_key(&core, &root, Algorithm::Aes256Kwp);
    let result = aes.import(&core, &root, WRAPPING, &[0; 300], &spec, &mut sealed);
    assert_eq!(result, Err(Error::SchemeNotOfKey));
    let none = Flags::from_bits(0).unwrap();
    let usages = Usages::DECRYPT;
    let rsa = KeySpec::new(ID, 1, Algorithm::Rsa2048, usages, none, 0).unwrap();
    let rsa = open_spec(&core, &root, &rsa);
    let result = rsa.import(&core, &root, WRAPPING, &[0; 300], &spec, &mut sealed);
    assert_eq!(result, Err(Error::UsageNotAllowed));
    // And an import key does nothing else.
    let importer = import_key(&core, &root);
    let oaep = Oaep {
        hash: Hash::Sha256,
        label: b"",
    };
    let result = importer.decrypt_oaep(&core, oaep, &[0; 256], &mut [0; 190]);
    assert_eq!(result, Err(Error::UsageNotAllowed));
}

#[test]
fn a_rotated_imported_key_is_imported_no_more() {
    let core = core();
    let root = root(&core);
    let importer = import_key(&core, &root);
    let wrapped = wrap_to(&core, &importer, Hash::Sha256, &[7; 32], &[3; 32]);
    let mut sealed = [0; SEALED_KEY_MAX_BYTES];
    let spec = spec(Algorithm::Aes256Gcm, 1);
    let length = importer
        .import(&core, &root, WRAPPING, &wrapped, &spec, &mut sealed)
        .unwrap();
    let next = root
        .next_version(&core, ID, &sealed[..length], 2, 0)
        .unwrap();
    assert!(!next.flags().contains(Flags::IMPORTED));
    assert!(next.flags().contains(Flags::EXPORTABLE));
}

fn export(
    core: &Core,
    root: &RootKey,
    spec: &KeySpec,
    public: &[u8],
) -> Result<(Key, Vec<u8>), Error> {
    let mut sealed = vec![0; Key::sealed_bytes(spec.algorithm())];
    Key::generate(core, root, spec, &mut sealed).unwrap();
    let key = Key::open(core, root, &sealed, ID, 1).unwrap();
    let mut wrapped = vec![0; EXPORT_MAX_BYTES];
    let hash = Hash::Sha256;
    let length = Key::export(core, root, &sealed, ID, 1, public, hash, &mut wrapped)?;
    wrapped.truncate(length);
    Ok((key, wrapped))
}

#[test]
fn an_exported_key_is_imported_as_the_same_key_or_refused_in_a_build_without_export() {
    let core = core();
    let root = root(&core);
    let importer = import_key(&core, &root);
    let public = importer.public_key(PublicKeyFormat::Der).unwrap();
    for algorithm in Algorithm::ALL {
        if !core.has(algorithm) || matches!(algorithm, Algorithm::Rsa3072 | Algorithm::Rsa4096) {
            continue;
        }
        let result = export(&core, &root, &spec(algorithm, 1), &public);
        if !cfg!(feature = "export") {
            assert_eq!(result.err(), Some(Error::FeatureNotBuilt));
            continue;
        }
        let (key, wrapped) = result.unwrap();
        let again = import(&core, &root, &importer, algorithm, &wrapped).unwrap();
        let form = PublicKeyFormat::Der;
        assert_eq!(
            again.public_key(form),
            key.public_key(form),
            "{algorithm:?}"
        );
        if algorithm.usages().contains(Usages::MAC) {
            let mut mac = vec![0; key.mac_bytes(&core, None).unwrap()];
            key.mac(&core, None, b"message", &mut mac).unwrap();
            assert_eq!(again.verify_mac(&core, None, b"message", &mac), Ok(true));
        }
    }
}

#[cfg(feature = "export")]
#[test]
fn a_key_without_the_flag_and_a_receiver_that_is_no_sound_rsa_key_export_nothing() {
    let core = core();
    let root = root(&core);
    let importer = import_key(&core, &root);
    let public = importer.public_key(PublicKeyFormat::Der).unwrap();
    let none = Flags::from_bits(0).unwrap();
    let (algorithm, usages) = (Algorithm::Aes256Gcm, Usages::ENCRYPT);
    let kept = KeySpec::new(ID, 1, algorithm, usages, none, 0).unwrap();
    let result = export(&core, &root, &kept, &public).err();
    assert_eq!(result, Some(Error::NotExportable));
    let short = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    let curve = open_key(&core, &root, Algorithm::EcdhP256);
    for receiver in [
        short.public_key_to_der().unwrap(),
        curve.public_key(PublicKeyFormat::Der).unwrap(),
        [&public[..], &[0]].concat(),
        public[1..].to_vec(),
        Vec::new(),
    ] {
        let result = export(&core, &root, &spec(algorithm, 1), &receiver).err();
        assert_eq!(result, Some(Error::PublicKeyInvalid));
    }
}

#[test]
fn a_data_key_pair_decrypts_to_the_private_key_of_its_public_key() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::Xaes256Gcm);
    for algorithm in FOREIGN {
        let room = key.encrypted_bytes(PRIVATE_KEY_MAX_BYTES).unwrap();
        let (mut private, mut sealed) = (vec![0; PRIVATE_KEY_MAX_BYTES], vec![0; room]);
        let pair = key
            .data_key_pair(&core, algorithm, b"aad", Some(&mut private), &mut sealed)
            .unwrap();
        private.truncate(pair.private_key_bytes);
        sealed.truncate(pair.ciphertext_bytes);
        let parsed = PKey::private_key_from_pkcs8(&private).unwrap();
        assert_eq!(parsed.public_key_to_der().unwrap(), pair.public_key);
        let mut opened = vec![0; private.len()];
        key.decrypt(&core, &sealed, b"aad", &mut opened).unwrap();
        assert_eq!(opened, private);
        let mut sealed = vec![0; room];
        let hidden = key.data_key_pair(&core, algorithm, b"", None, &mut sealed);
        assert_ne!(hidden.unwrap().public_key, pair.public_key);
    }
    let result = key.data_key_pair(&core, Algorithm::Aes256Gcm, b"", None, &mut []);
    assert_eq!(result, Err(Error::SchemeNotOfKey));
    let result = key.data_key_pair(&core, Algorithm::Ed25519, b"", None, &mut [0; 10]);
    assert_eq!(result, Err(Error::BufferTooSmall));
}

#[test]
fn ed25519_leaves_as_the_private_key_of_rfc_8410() {
    // Section 10.3.
    let core = core();
    let seed =
        super::vectors::hex("d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842");
    let expected = openssl::base64::decode_block(
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC",
    );
    let encoded = crate::transfer::encode(&core, Algorithm::Ed25519, &seed).unwrap();
    assert_eq!(*encoded, expected.unwrap());
}
