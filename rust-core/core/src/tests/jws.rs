//! JSON Web Signatures: the RFCs' own examples, and signatures that are nearly right.

use super::{core, open_key, root};
use crate::{Algorithm, Core, EcdsaEncoding, Error, Hash, JwsAlgorithm, Key, PssSalt};
use crate::{PublicKeyFormat, SignatureScheme, Signed};
use openssl::base64::decode_block;
use openssl::bn::{BigNum, BigNumRef};
use openssl::ecdsa::EcdsaSig;
use openssl::pkey::PKey;

/// The two members of a public key.
pub(super) type Parts = [Vec<u8>; 2];

pub(super) fn verify(
    core: &Core,
    algorithm: JwsAlgorithm,
    key: &Parts,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, Error> {
    core.verify_jws(algorithm, [&key[0], &key[1]], message, signature)
}

fn base64url(text: &str) -> Vec<u8> {
    let padding = "=".repeat(text.len().next_multiple_of(4) - text.len());
    decode_block(&(text.replace('-', "+").replace('_', "/") + &padding)).unwrap()
}

/// The public key of a pair, as a JWK has it.
pub(super) fn parts(key: &Key) -> Parts {
    let algorithm = key.spec().algorithm();
    if let Some(coordinate) = match algorithm {
        Algorithm::EcdsaP256 => Some(32),
        Algorithm::EcdsaP384 => Some(48),
        Algorithm::EcdsaP521 => Some(66),
        _ => None,
    } {
        let point = key.public_key(PublicKeyFormat::Raw).unwrap();
        let (x, y) = point[1..].split_at(coordinate);
        return [x.to_vec(), y.to_vec()];
    }
    if algorithm == Algorithm::Ed25519 {
        return [key.public_key(PublicKeyFormat::Raw).unwrap(), Vec::new()];
    }
    let der = key.public_key(PublicKeyFormat::Der).unwrap();
    let rsa = PKey::public_key_from_der(&der).unwrap().rsa().unwrap();
    [rsa.n().to_vec(), rsa.e().to_vec()]
}

fn sign(core: &Core, key: &Key, scheme: SignatureScheme, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; key.signature_max_bytes(scheme).unwrap()];
    let signed = Signed::Message(message);
    let length = key.sign(core, scheme, signed, &mut signature).unwrap();
    signature.truncate(length);
    signature
}

/// RFC 7515, A.2 to A.4, and RFC 8037, A.4.
const EXAMPLES: [(JwsAlgorithm, &str, &str, &str, &str); 4] = [
    (
        JwsAlgorithm::Rs256,
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        "AQAB",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    ),
    (
        JwsAlgorithm::Es256,
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    ),
    (
        JwsAlgorithm::Es512,
        "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
        "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
        "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
    ),
    (
        JwsAlgorithm::EdDsa,
        "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "",
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    ),
];

#[test]
fn the_examples_of_the_rfcs_verify_and_no_changed_one_does() {
    let core = core();
    for (algorithm, first, second, message, signature) in EXAMPLES {
        let key = [base64url(first), base64url(second)];
        let signature = base64url(signature);
        let check =
            |message: &[u8], signature: &[u8]| verify(&core, algorithm, &key, message, signature);
        let message = message.as_bytes();
        assert_eq!(check(message, &signature), Ok(true), "{algorithm:?}");
        assert_eq!(check(&message[1..], &signature), Ok(false));
        for at in 0..signature.len() {
            let mut changed = signature.clone();
            changed[at] ^= 1;
            assert_eq!(check(message, &changed), Ok(false), "{algorithm:?} {at}");
        }
        // Of another length, with zeros before and behind among them.
        for changed in [
            &signature[1..],
            &signature[..signature.len() - 1],
            &[&[0], &signature[..]].concat(),
            &[&signature[..], &[0]].concat(),
            &[],
        ] {
            assert_eq!(check(message, changed), Ok(false), "{algorithm:?}");
        }
    }
}

#[test]
fn an_algorithm_is_one_scheme_with_one_hash_and_one_length_of_salt() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::Rsa2048);
    let public = parts(&key);
    let (hashes, rsa) = ([Hash::Sha256, Hash::Sha384, Hash::Sha512], 0..6);
    let own = |at: usize| {
        let hash = hashes[at % 3];
        let salt = PssSalt::Digest;
        if at < 3 {
            SignatureScheme::RsaPkcs1 { hash }
        } else {
            SignatureScheme::RsaPss { hash, salt }
        }
    };
    for made in rsa.clone() {
        let signature = sign(&core, &key, own(made), b"message");
        for asked in rsa.clone() {
            let algorithm = JwsAlgorithm::ALL[asked];
            let valid = verify(&core, algorithm, &public, b"message", &signature);
            assert_eq!(valid, Ok(asked == made), "{algorithm:?}");
        }
    }
    for salt in [0, 20, 31, 33, 48]
        .map(PssSalt::Bytes)
        .into_iter()
        .chain([PssSalt::Auto])
    {
        let hash = Hash::Sha256;
        let signature = sign(
            &core,
            &key,
            SignatureScheme::RsaPss { hash, salt },
            b"message",
        );
        let valid = verify(&core, JwsAlgorithm::Ps256, &public, b"message", &signature);
        assert_eq!(valid, Ok(false), "{salt:?}");
    }
    // ES256 is SHA-256 on P-256, and no other hash on it.
    let key = open_key(&core, &root, Algorithm::EcdsaP256);
    for hash in hashes {
        let encoding = EcdsaEncoding::P1363;
        let signature = sign(
            &core,
            &key,
            SignatureScheme::Ecdsa { hash, encoding },
            b"message",
        );
        let valid = verify(
            &core,
            JwsAlgorithm::Es256,
            &parts(&key),
            b"message",
            &signature,
        );
        assert_eq!(valid, Ok(hash == Hash::Sha256), "{hash:?}");
    }
}

#[test]
fn numbers_of_an_ecdsa_signature_are_raw_and_from_one_to_the_order() {
    let core = core();
    let root = root(&core);
    let key = open_key(&core, &root, Algorithm::EcdsaP256);
    let public = parts(&key);
    let scheme = |encoding| SignatureScheme::Ecdsa {
        hash: Hash::Sha256,
        encoding,
    };
    let raw = sign(&core, &key, scheme(EcdsaEncoding::P1363), b"message");
    let check =
        |signature: &[u8]| verify(&core, JwsAlgorithm::Es256, &public, b"message", signature);
    assert_eq!(check(&raw), Ok(true));
    let (r, s) = raw.split_at(32);
    let number = |bytes: &[u8]| BigNum::from_slice(bytes).unwrap();
    let der = EcdsaSig::from_private_components(number(r), number(s)).unwrap();
    assert_eq!(check(&der.to_der().unwrap()), Ok(false));
    let zero = [0; 32];
    let order = number(&super::vectors::hex(
        "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
    ));
    let order_bytes = order.to_vec();
    for signature in [
        [&zero[..], s].concat(),
        [r, &zero[..]].concat(),
        [&zero[..], &zero[..]].concat(),
        [&order_bytes[..], s].concat(),
        [r, &order_bytes[..]].concat(),
        [&order_bytes[..], &order_bytes[..]].concat(),
        [&[0], r, &[0], s].concat(),
        [&[0], r, s].concat(),
        [r, s, r, s].concat(),
    ] {
        assert_eq!(check(&signature), Ok(false), "{signature:?}");
    }
}

#[test]
fn the_second_number_of_an_ed25519_signature_is_below_the_order() {
    let core = core();
    let (_, first, _, message, signature) = EXAMPLES[3];
    let (key, signature) = ([base64url(first), Vec::new()], base64url(signature));
    let number = |little: &[u8]| {
        let big: Vec<u8> = little.iter().rev().copied().collect();
        BigNum::from_slice(&big).unwrap()
    };
    let order = number(&super::vectors::hex(
        "EDD3F55C1A631258D69CF7A2DEF9DE1400000000000000000000000000000010",
    ));
    let mut other = number(&signature[32..]);
    for _ in 0..8 {
        let sum: &BigNumRef = &other;
        other = sum + &order;
        let mut bytes = other.to_vec_padded(32).unwrap();
        bytes.reverse();
        let changed = [&signature[..32], &bytes[..]].concat();
        let valid = verify(
            &core,
            JwsAlgorithm::EdDsa,
            &key,
            message.as_bytes(),
            &changed,
        );
        assert_eq!(valid, Ok(false));
    }
}

#[test]
fn a_message_is_no_longer_than_one_operation_takes() {
    let core = core();
    let long = vec![0; crate::MESSAGE_MAX_BYTES + 1];
    for (algorithm, first, second, _, signature) in EXAMPLES {
        let (key, signature) = ([base64url(first), base64url(second)], base64url(signature));
        let valid = verify(&core, algorithm, &key, &long, &signature);
        assert_eq!(valid, Err(Error::MessageTooLong), "{algorithm:?}");
    }
}

#[test]
fn numbers_find_their_algorithm() {
    for (index, algorithm) in JwsAlgorithm::ALL.into_iter().enumerate() {
        assert_eq!(algorithm.number() as usize, index + 1);
        assert_eq!(
            JwsAlgorithm::from_number(algorithm.number()),
            Some(algorithm)
        );
    }
    assert_eq!(JwsAlgorithm::from_number(0), None);
    assert_eq!(JwsAlgorithm::from_number(11), None);
}
