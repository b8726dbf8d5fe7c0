//! What keys sign and verify.

use super::signature_vectors::digest;
use super::{core, open_key, open_material, open_spec, root, spec, spec_of, ID};
use crate::{Algorithm, Core, EcdsaEncoding, Error, Flags, Hash, Key, KeySpec};
use crate::{PssSalt, SignatureScheme, Signed, Usages};

const ECDSA_P256: SignatureScheme = SignatureScheme::Ecdsa {
    hash: Hash::Sha256,
    encoding: EcdsaEncoding::P1363,
};

fn sign(
    core: &Core,
    key: &Key,
    scheme: SignatureScheme,
    signed: Signed<'_>,
) -> Result<Vec<u8>, Error> {
    let mut signature = vec![0; key.signature_max_bytes(scheme)?];
    let length = key.sign(core, scheme, signed, &mut signature)?;
    signature.truncate(length);
    Ok(signature)
}

/// Every scheme of every kind of key, but for RSA's longer moduli.
fn schemes() -> Vec<(Algorithm, SignatureScheme)> {
    let mut schemes = vec![(Algorithm::Ed25519, SignatureScheme::Ed25519)];
    for algorithm in [
        Algorithm::EcdsaP256,
        Algorithm::EcdsaP384,
        Algorithm::EcdsaP521,
        Algorithm::EcdsaSecp256k1,
    ] {
        for hash in Hash::ALL.into_iter().skip(1) {
            for encoding in [EcdsaEncoding::Der, EcdsaEncoding::P1363] {
                schemes.push((algorithm, SignatureScheme::Ecdsa { hash, encoding }));
            }
        }
    }
    for hash in Hash::ALL.into_iter().skip(1) {
        schemes.push((Algorithm::Rsa2048, SignatureScheme::RsaPkcs1 { hash }));
        for salt in [PssSalt::Auto, PssSalt::Digest, PssSalt::Bytes(20)] {
            schemes.push((Algorithm::Rsa2048, SignatureScheme::RsaPss { hash, salt }));
        }
    }
    schemes
}

/// An RSA key keeps what it last verified with, for one scheme and one thread.
#[test]
fn an_rsa_key_verifies_under_each_scheme_in_turn_and_by_many_threads_at_once() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::Rsa2048);
    let schemes: Vec<_> = schemes()
        .into_iter()
        .filter(|(algorithm, _)| *algorithm == Algorithm::Rsa2048)
        .collect();
    let signed: Vec<_> = schemes
        .iter()
        .map(|(_, scheme)| {
            (
                *scheme,
                sign(&core, &key, *scheme, Signed::Message(b"message")).unwrap(),
            )
        })
        .collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..200 {
                    // Now the same scheme as before, now another.
                    let (scheme, signature) = &signed[round / 2 % signed.len()];
                    let verify =
                        |message| key.verify(&core, *scheme, Signed::Message(message), signature);
                    assert_eq!(verify(b"another"), Ok(false), "{scheme:?}");
                    assert_eq!(verify(b"message"), Ok(true), "{scheme:?}");
                }
            });
        }
    });
    // PKCS#1 v1.5 under another hash, and PSS with a salt of another length: the scheme is part of what is verified.
    for (scheme, signature) in &signed {
        for (_, other) in schemes.iter().filter(|(_, other)| other != scheme) {
            let valid = key
                .verify(&core, *other, Signed::Message(b"message"), signature)
                .unwrap();
            assert_eq!(valid, accepts(*other, *scheme), "{other:?} of {scheme:?}");
        }
    }
}

/// Whether one scheme takes what another one made: PSS of the same hash with as long a salt, or a salt of any length.
fn accepts(verifying: SignatureScheme, signing: SignatureScheme) -> bool {
    match (verifying, signing) {
        (
            SignatureScheme::RsaPss {
                hash,
                salt: PssSalt::Auto,
            },
            SignatureScheme::RsaPss { hash: of, .. },
        ) => hash == of,
        (
            SignatureScheme::RsaPss {
                hash,
                salt: PssSalt::Digest,
            },
            SignatureScheme::RsaPss {
                hash: of,
                salt: PssSalt::Bytes(bytes),
            },
        )
        | (
            SignatureScheme::RsaPss {
                hash,
                salt: PssSalt::Bytes(bytes),
            },
            SignatureScheme::RsaPss {
                hash: of,
                salt: PssSalt::Digest,
            },
        ) => hash == of && hash.digest_bytes() == usize::from(bytes),
        _ => false,
    }
}

#[test]
fn each_scheme_verifies_what_it_signed_and_nothing_else() {
    let core = core();
    let root = root(&core);
    let mut keys: Vec<Key> = Vec::new();
    for (algorithm, scheme) in schemes() {
        let at = keys
            .iter()
            .position(|key| key.spec().algorithm() == algorithm);
        let at = at.unwrap_or_else(|| {
            keys.push(open_key(&core, &root, algorithm));
            keys.len() - 1
        });
        let key = &keys[at];
        let signature = sign(&core, key, scheme, Signed::Message(b"message")).unwrap();
        let verify = |message, signature: &[u8]| {
            key.verify(&core, scheme, Signed::Message(message), signature)
        };
        assert_eq!(verify(b"message", &signature), Ok(true), "{scheme:?}");
        assert_eq!(verify(b"messagf", &signature), Ok(false), "{scheme:?}");
        for at in [0, signature.len() / 2, signature.len() - 1] {
            let mut edited = signature.clone();
            edited[at] ^= 1;
            assert_eq!(
                verify(b"message", &edited),
                Ok(false),
                "{scheme:?} byte {at}"
            );
        }
        assert_eq!(verify(b"message", &signature[1..]), Ok(false), "{scheme:?}");
        assert_eq!(
            verify(b"message", &[&signature[..], &[0]].concat()),
            Ok(false)
        );
        assert_eq!(verify(b"message", b""), Ok(false), "{scheme:?}");
    }
}

#[test]
fn a_digest_signs_like_its_message_and_one_of_another_length_is_refused() {
    let core = core();
    let root = root(&core);
    for algorithm in [Algorithm::EcdsaP256, Algorithm::Rsa2048] {
        let key = open_key(&core, &root, algorithm);
        for (_, scheme) in schemes().into_iter().filter(|(of, _)| *of == algorithm) {
            let (SignatureScheme::Ecdsa { hash, .. }
            | SignatureScheme::RsaPss { hash, .. }
            | SignatureScheme::RsaPkcs1 { hash }) = scheme
            else {
                panic!("a scheme without a hash");
            };
            let digest = digest(hash, b"message");
            let signature = sign(&core, &key, scheme, Signed::Digest(&digest)).unwrap();
            let verified = key.verify(&core, scheme, Signed::Message(b"message"), &signature);
            assert_eq!(verified, Ok(true), "{scheme:?}");
            let verified = key.verify(&core, scheme, Signed::Digest(&digest), &signature);
            assert_eq!(verified, Ok(true), "{scheme:?}");
            for wrong in [&digest[1..], &[&digest[..], &[0]].concat(), b""] {
                let signed = Signed::Digest(wrong);
                assert_eq!(sign(&core, &key, scheme, signed), Err(Error::DigestLength));
                let verified = key.verify(&core, scheme, signed, &signature);
                assert_eq!(verified, Err(Error::DigestLength));
            }
        }
    }
}

#[test]
fn ed25519_gives_the_signature_of_rfc_8032() {
    let core = core();
    let root = root(&core);
    let seed =
        super::vectors::hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    let key = open_material(&core, &root, &spec(Algorithm::Ed25519, 1), &seed);
    let scheme = SignatureScheme::Ed25519;
    let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                    085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    let signature = sign(&core, &key, scheme, Signed::Message(&[0x72]));
    assert_eq!(signature, Ok(super::vectors::hex(expected)));
    let digest = sign(&core, &key, scheme, Signed::Digest(&[0; 64]));
    assert_eq!(digest, Err(Error::SchemeNotOfKey));
}

#[test]
fn ed25519ph_is_signed_with_or_said_to_be_unavailable() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::Ed25519);
    let (pure, ph) = (SignatureScheme::Ed25519, SignatureScheme::Ed25519ph);
    let message = Signed::Message(b"message");
    match sign(&core, &key, ph, message) {
        Ok(signature) => {
            assert_eq!(key.verify(&core, ph, message, &signature), Ok(true));
            assert_eq!(key.verify(&core, pure, message, &signature), Ok(false));
        }
        Err(error) => {
            assert_eq!(error, Error::AlgorithmUnavailable);
            // OpenSSL 3.2 and later has it.
            assert!(openssl::version::number() < 0x3020_0000);
        }
    }
}

#[test]
fn ml_dsa_signs_or_is_said_to_be_unavailable() {
    let core = super::core();
    let root = root(&core);
    for algorithm in [Algorithm::MlDsa44, Algorithm::MlDsa65, Algorithm::MlDsa87] {
        let spec = spec(algorithm, 1);
        let mut sealed = vec![0; Key::sealed_bytes(algorithm)];
        match Key::generate(&core, &root, &spec, &mut sealed) {
            Ok(()) => {
                let key = Key::open(&core, &root, &sealed, ID, 1).unwrap();
                let (scheme, message) = (SignatureScheme::MlDsa, Signed::Message(b"message"));
                let signature = sign(&core, &key, scheme, message).unwrap();
                assert_eq!(key.verify(&core, scheme, message, &signature), Ok(true));
            }
            Err(error) => {
                assert_eq!(error, Error::AlgorithmUnavailable);
                assert!(!core.has(algorithm));
                assert!(openssl::version::number() < 0x3050_0000);
            }
        }
    }
}

#[test]
fn a_scheme_of_another_kind_of_key_is_refused() {
    let core = core();
    let root = root(&core);
    let keys = [Algorithm::Ed25519, Algorithm::EcdsaP256, Algorithm::Rsa2048]
        .map(|algorithm| open_key(&core, &root, algorithm));
    for (algorithm, scheme) in schemes()
        .into_iter()
        .chain([(Algorithm::MlDsa44, SignatureScheme::MlDsa)])
    {
        for key in keys.iter().filter(|key| {
            key.spec().algorithm().name().split('-').next() != algorithm.name().split('-').next()
        }) {
            let result = key.signature_max_bytes(scheme);
            assert_eq!(result, Err(Error::SchemeNotOfKey), "{scheme:?}");
            let result = key.verify(&core, scheme, Signed::Message(b""), b"");
            assert_eq!(result, Err(Error::SchemeNotOfKey), "{scheme:?}");
        }
    }
}

#[test]
fn a_salt_that_does_not_fit_is_refused_and_the_longest_that_does_is_taken() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::Rsa2048);
    let scheme = |bytes| SignatureScheme::RsaPss {
        hash: Hash::Sha256,
        salt: PssSalt::Bytes(bytes),
    };
    let longest = 256 - 32 - 2;
    let message = Signed::Message(b"message");
    let signature = sign(&core, &key, scheme(longest), message).unwrap();
    assert_eq!(
        key.verify(&core, scheme(longest), message, &signature),
        Ok(true)
    );
    // Salts of another length than the one asked for are not taken; with `Auto` all are.
    assert_eq!(
        key.verify(&core, scheme(32), message, &signature),
        Ok(false)
    );
    let auto = SignatureScheme::RsaPss {
        hash: Hash::Sha256,
        salt: PssSalt::Auto,
    };
    assert_eq!(key.verify(&core, auto, message, &signature), Ok(true));
    for bytes in [longest + 1, u16::MAX] {
        let result = sign(&core, &key, scheme(bytes), message);
        assert_eq!(result, Err(Error::InvalidArgument));
    }
}

#[test]
fn sha_1_is_refused_unless_the_build_has_it() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::EcdsaP256);
    let scheme = SignatureScheme::Ecdsa {
        hash: Hash::Sha1,
        encoding: EcdsaEncoding::Der,
    };
    let result = sign(&core, &key, scheme, Signed::Digest(&[0; 20]));
    assert_eq!(result.is_ok(), cfg!(feature = "legacy-algorithms"));
    if let Err(error) = result {
        assert_eq!(error, Error::FeatureNotBuilt);
    }
}

#[test]
fn a_key_that_only_verifies_does_not_sign_and_the_other_way_round() {
    let core = core();
    let root = root(&core);
    let none = Flags::from_bits(0).unwrap();
    let key_for = |usages| {
        let spec = KeySpec::new(ID, 1, Algorithm::EcdsaP256, usages, none, 0).unwrap();
        open_spec(&core, &root, &spec)
    };
    let (signs, verifies) = (key_for(Usages::SIGN), key_for(Usages::VERIFY));
    let message = Signed::Message(b"message");
    assert!(sign(&core, &signs, ECDSA_P256, message).is_ok());
    let refused = signs.verify(&core, ECDSA_P256, message, b"");
    assert_eq!(refused, Err(Error::UsageNotAllowed));
    assert_eq!(
        sign(&core, &verifies, ECDSA_P256, message),
        Err(Error::UsageNotAllowed)
    );
    assert_eq!(verifies.verify(&core, ECDSA_P256, message, b""), Ok(false));
}

#[test]
fn a_derived_ed25519_key_signs_with_a_key_a_context() {
    let core = core();
    let root = root(&core);
    let key = open_spec(&core, &root, &spec_of(Algorithm::Ed25519, Flags::DERIVED));
    let scheme = SignatureScheme::Ed25519;
    let message = Signed::Message(b"message");
    assert_eq!(
        sign(&core, &key, scheme, message),
        Err(Error::ContextMismatch)
    );
    let subkey = key.subkey(&core, b"a").unwrap();
    let signature = sign(&core, &subkey, scheme, message).unwrap();
    assert_eq!(subkey.verify(&core, scheme, message, &signature), Ok(true));
    let other = key.subkey(&core, b"b").unwrap();
    assert_eq!(other.verify(&core, scheme, message, &signature), Ok(false));
}
