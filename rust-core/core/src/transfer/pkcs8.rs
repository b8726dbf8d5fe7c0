//! Private keys as PKCS#8 in DER (RFC 5958), written from the form in which keys are sealed.

use super::der::{OCTET_STRING, SEQUENCE};
use super::PRIVATE_KEY_MAX_BYTES;
use crate::algorithm::{Curve, Family};
use crate::key::scalar_key;
use crate::{Algorithm, Core, Error};
use strongroom_memory::Wiped;

/// `PrivateKeyInfo` up to the algorithm's identifier: version 0.
const VERSION: [u8; 3] = [0x02, 0x01, 0x00];

/// `AlgorithmIdentifier`s (RFC 3279, RFC 5480, RFC 8410, RFC 9881), in DER.
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
    pub(super) const ML_DSA_44: &[u8] = b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x11";
    pub(super) const ML_DSA_65: &[u8] = b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x12";
    pub(super) const ML_DSA_87: &[u8] = b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x13";
}

/// The private key of a pair's material as PKCS#8, of at most [`PRIVATE_KEY_MAX_BYTES`].
///
/// Errors: `Internal` (not a pair), `KeyMaterialInvalid`, `CryptoLibrary`.
pub(crate) fn encode(
    core: &Core,
    algorithm: Algorithm,
    material: &[u8],
) -> Result<Wiped<Vec<u8>>, Error> {
    let identifier = identifier_of(algorithm)?;
    match algorithm.family() {
        Family::Rsa(_) => Ok(private_key_info(identifier, der(material)?)),
        Family::Ed25519 | Family::X25519 => Ok(octets(identifier, material)),
        Family::Ecdsa(curve) | Family::Ecdh(curve) => {
            let key = scalar_key(core, curve, material)?;
            let key = Wiped::new(key.private_key_to_der()?);
            Ok(private_key_info(identifier, &key))
        }
        Family::MlDsa => Ok(Wiped::new(der(material)?.to_vec())),
        _ => Err(Error::Internal),
    }
}

/// The `AlgorithmIdentifier` of a pair's algorithm.
///
/// Errors: `Internal` (not a pair).
pub(super) fn identifier_of(algorithm: Algorithm) -> Result<&'static [u8], Error> {
    Ok(match algorithm.family() {
        Family::Rsa(_) => identifier::RSA,
        Family::Ed25519 => identifier::ED25519,
        Family::X25519 => identifier::X25519,
        Family::Ecdsa(curve) | Family::Ecdh(curve) => match curve {
            Curve::P256 => identifier::P256,
            Curve::P384 => identifier::P384,
            Curve::P521 => identifier::P521,
            Curve::Secp256k1 => identifier::SECP256K1,
        },
        Family::MlDsa => match algorithm {
            Algorithm::MlDsa44 => identifier::ML_DSA_44,
            Algorithm::MlDsa65 => identifier::ML_DSA_65,
            _ => identifier::ML_DSA_87,
        },
        _ => return Err(Error::Internal),
    })
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
pub(super) fn private_key_info(identifier: &[u8], key: &[u8]) -> Wiped<Vec<u8>> {
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
