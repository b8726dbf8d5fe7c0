//! Private keys as PKCS#8 in DER (RFC 5958), and the way between it and the form in which keys are sealed.

use super::PRIVATE_KEY_MAX_BYTES;
use crate::algorithm::{key_type, Curve, Family};
use crate::key::{padded, scalar_key};
use crate::{Algorithm, Core, Error};
use openssl::ec::EcKey;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use strongroom_memory::{SecretBytes, Wiped};

/// `PrivateKeyInfo` up to the algorithm's identifier: version 0.
const VERSION: [u8; 3] = [0x02, 0x01, 0x00];
const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;

/// `AlgorithmIdentifier`s (RFC 3279, RFC 5480, RFC 8410), in DER.
mod identifier {
    pub(super) const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
    pub(super) const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
    pub(super) const X25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x6e";
    pub(super) const P256: &[u8] =
        b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
    pub(super) const P384: &[u8] =
        b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
    pub(super) const P521: &[u8] =
        b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23";
    pub(super) const SECP256K1: &[u8] =
        b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a";
}

/// The material of a private key that comes as PKCS#8: of the algorithm, and sound.
///
/// Errors: `KeyMaterialInvalid`, `AlgorithmUnavailable`, `SecretMemoryExhausted`, `CryptoLibrary`.
pub(super) fn decode(core: &Core, algorithm: Algorithm, der: &[u8]) -> Result<SecretBytes, Error> {
    let invalid = |_: ErrorStack| Error::KeyMaterialInvalid;
    let key = PKey::private_key_from_pkcs8(der).map_err(invalid)?;
    match algorithm.family() {
        Family::Rsa(bits) => {
            let rsa = key.rsa().map_err(invalid)?;
            check_rsa(&rsa, bits)?;
            padded(core, algorithm, &Wiped::new(rsa.private_key_to_der()?))
        }
        Family::Ecdsa(curve) | Family::Ecdh(curve) => {
            scalar(core, curve, &key.ec_key().map_err(invalid)?)
        }
        Family::Ed25519 | Family::X25519 => {
            let id = match algorithm.family() {
                Family::Ed25519 => Id::ED25519,
                _ => Id::X25519,
            };
            if key.id() != id {
                return Err(Error::KeyMaterialInvalid);
            }
            raw(core, algorithm, &Wiped::new(key.raw_private_key()?))
        }
        Family::MlDsa => {
            let id = key_type(algorithm.name()).ok_or(Error::AlgorithmUnavailable)?;
            if key.id() != id {
                return Err(Error::KeyMaterialInvalid);
            }
            padded(core, algorithm, &Wiped::new(key.private_key_to_der()?))
        }
        _ => Err(Error::Internal),
    }
}

/// Material that comes as it is, for keys that are no pairs.
///
/// Errors: `KeyMaterialInvalid` (its length), `SecretMemoryExhausted`.
pub(super) fn raw(core: &Core, algorithm: Algorithm, bytes: &[u8]) -> Result<SecretBytes, Error> {
    if !algorithm.key_lengths().contains(&bytes.len()) {
        return Err(Error::KeyMaterialInvalid);
    }
    let mut material = core.arena.allocate(bytes.len())?;
    material.copy_from_slice(bytes);
    Ok(material)
}

/// The private key of a pair's material as PKCS#8, of at most [`PRIVATE_KEY_MAX_BYTES`].
///
/// Errors: `Internal` (not a pair), `KeyMaterialInvalid`, `CryptoLibrary`.
pub(crate) fn encode(
    core: &Core,
    algorithm: Algorithm,
    material: &[u8],
) -> Result<Wiped<Vec<u8>>, Error> {
    match algorithm.family() {
        Family::Rsa(_) => Ok(private_key_info(identifier::RSA, der(material)?)),
        Family::Ed25519 => Ok(octets(identifier::ED25519, material)),
        Family::X25519 => Ok(octets(identifier::X25519, material)),
        Family::Ecdsa(curve) | Family::Ecdh(curve) => {
            let identifier = match curve {
                Curve::P256 => identifier::P256,
                Curve::P384 => identifier::P384,
                Curve::P521 => identifier::P521,
                Curve::Secp256k1 => identifier::SECP256K1,
            };
            let key = scalar_key(core, curve, material)?;
            let key = Wiped::new(key.private_key_to_der()?);
            Ok(private_key_info(identifier, &key))
        }
        Family::MlDsa => Ok(Wiped::new(der(material)?.to_vec())),
        _ => Err(Error::Internal),
    }
}

/// Of the right size, with primes that are none too few, and an exponent that is neither small nor long.
fn check_rsa(rsa: &Rsa<Private>, bits: u32) -> Result<(), Error> {
    let sound = u32::try_from(rsa.n().num_bits()) == Ok(bits)
        && (17..=32).contains(&rsa.e().num_bits())
        && rsa.e().is_bit_set(0)
        && rsa.iqmp().is_some()
        && rsa.check_key().unwrap_or(false);
    if sound {
        Ok(())
    } else {
        Err(Error::KeyMaterialInvalid)
    }
}

fn scalar(core: &Core, curve: Curve, key: &EcKey<Private>) -> Result<SecretBytes, Error> {
    if key.group().curve_name() != Some(curve.nid()) || key.check_key().is_err() {
        return Err(Error::KeyMaterialInvalid);
    }
    let length = i32::try_from(curve.scalar_bytes()).map_err(|_| Error::Internal)?;
    let scalar = Wiped::new(key.private_key().to_vec_padded(length)?);
    let mut material = core.arena.allocate(scalar.len())?;
    material.copy_from_slice(&scalar);
    Ok(material)
}

/// The private key of RFC 8410 is an octet string within the octet string.
fn octets(identifier: &[u8], key: &[u8]) -> Wiped<Vec<u8>> {
    let header = header(OCTET_STRING, key.len());
    let mut inner = Wiped::new(Vec::with_capacity(header.len() + key.len()));
    inner.extend_from_slice(&header);
    inner.extend_from_slice(key);
    private_key_info(identifier, &inner)
}

/// Reserved at its full length before anything is written, so that no part of a key stays behind in a buffer that was
/// outgrown.
fn private_key_info(identifier: &[u8], key: &[u8]) -> Wiped<Vec<u8>> {
    let octets = header(OCTET_STRING, key.len());
    let length = VERSION.len() + identifier.len() + octets.len() + key.len();
    let sequence = header(SEQUENCE, length);
    let mut der = Wiped::new(Vec::with_capacity(sequence.len() + length));
    for part in [&sequence[..], &VERSION, identifier, &octets, key] {
        der.extend_from_slice(part);
    }
    debug_assert!(der.len() <= PRIVATE_KEY_MAX_BYTES);
    der
}

/// Tag and length in DER (X.690, 8.1.3).
fn header(tag: u8, length: usize) -> Vec<u8> {
    let bytes = length.to_be_bytes();
    let significant = bytes.iter().skip_while(|&&byte| byte == 0);
    let mut header = vec![tag];
    if length > 0x7F {
        header.push(0x80 | significant.clone().count() as u8);
        header.extend(significant);
    } else {
        header.push(length as u8);
    }
    header
}

/// The DER at the start of material that is padded with zeros.
fn der(material: &[u8]) -> Result<&[u8], Error> {
    let length = match material {
        [SEQUENCE, 0x82, high, low, ..] => 4 + (usize::from(*high) << 8 | usize::from(*low)),
        _ => return Err(Error::KeyMaterialInvalid),
    };
    material.get(..length).ok_or(Error::KeyMaterialInvalid)
}
