//! The forms of a public key: SubjectPublicKeyInfo in DER (RFC 5280, 4.1) and PEM (RFC 7468), JWK (RFC 7517) and raw.

use crate::algorithm::{Curve, Family};
use crate::{Algorithm, Error};
use openssl::base64::encode_block;
use openssl::bn::BigNumContext;
use openssl::ec::{EcKeyRef, PointConversionForm};
use openssl::pkey::{PKeyRef, Private};

/// How a public key is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicKeyFormat {
    /// SubjectPublicKeyInfo in DER.
    Der,
    /// The same in PEM: ASCII, with a line end behind it.
    Pem,
    /// A JSON Web Key (RFC 7517; RFC 8037 for Ed25519 and X25519, RFC 8812 for secp256k1): ASCII, its members in
    /// lexicographic order (RFC 7638), so that a thumbprint is its hash. Not for ML-DSA.
    Jwk,
    /// The point: 04 || x || y on a curve (SEC 1, 2.3.3), 32 bytes for Ed25519 and X25519. Not for RSA.
    Raw,
}

/// Errors: `Internal` (not a curve's algorithm), `CryptoLibrary`.
pub(super) fn of_ec(
    key: &EcKeyRef<Private>,
    algorithm: Algorithm,
    format: PublicKeyFormat,
) -> Result<Vec<u8>, Error> {
    let (Family::Ecdsa(curve) | Family::Ecdh(curve)) = algorithm.family() else {
        return Err(Error::Internal);
    };
    match format {
        PublicKeyFormat::Der => Ok(key.public_key_to_der()?),
        PublicKeyFormat::Pem => Ok(pem(&key.public_key_to_der()?)),
        PublicKeyFormat::Raw => point(key),
        PublicKeyFormat::Jwk => ec_jwk(curve, &point(key)?),
    }
}

/// Errors: `SchemeNotOfKey` (no such form of this algorithm), `CryptoLibrary`.
pub(super) fn of_pair(
    key: &PKeyRef<Private>,
    algorithm: Algorithm,
    format: PublicKeyFormat,
) -> Result<Vec<u8>, Error> {
    if let Family::Ecdh(_) = algorithm.family() {
        return of_ec(&*key.ec_key()?, algorithm, format);
    }
    match format {
        PublicKeyFormat::Der => Ok(key.public_key_to_der()?),
        PublicKeyFormat::Pem => Ok(pem(&key.public_key_to_der()?)),
        PublicKeyFormat::Raw => match algorithm.family() {
            Family::Rsa(_) => Err(Error::SchemeNotOfKey),
            _ => Ok(key.raw_public_key()?),
        },
        PublicKeyFormat::Jwk => match algorithm.family() {
            Family::Rsa(_) => {
                let rsa = key.rsa()?;
                let (e, n) = (base64url(&rsa.e().to_vec()), base64url(&rsa.n().to_vec()));
                Ok(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#).into_bytes())
            }
            Family::Ed25519 => Ok(okp_jwk("Ed25519", &key.raw_public_key()?)),
            Family::X25519 => Ok(okp_jwk("X25519", &key.raw_public_key()?)),
            _ => Err(Error::SchemeNotOfKey),
        },
    }
}

fn point(key: &EcKeyRef<Private>) -> Result<Vec<u8>, Error> {
    let mut context = BigNumContext::new()?;
    let form = PointConversionForm::UNCOMPRESSED;
    Ok(key.public_key().to_bytes(key.group(), form, &mut context)?)
}

fn ec_jwk(curve: Curve, point: &[u8]) -> Result<Vec<u8>, Error> {
    let coordinates = point.get(1..).ok_or(Error::Internal)?;
    let (x, y) = coordinates
        .split_at_checked(curve.scalar_bytes())
        .ok_or(Error::Internal)?;
    let (name, x, y) = (curve.jwk_name(), base64url(x), base64url(y));
    Ok(format!(r#"{{"crv":"{name}","kty":"EC","x":"{x}","y":"{y}"}}"#).into_bytes())
}

fn okp_jwk(curve: &str, point: &[u8]) -> Vec<u8> {
    let x = base64url(point);
    format!(r#"{{"crv":"{curve}","kty":"OKP","x":"{x}"}}"#).into_bytes()
}

/// RFC 4648, section 5, without padding, as JWKs have it.
fn base64url(bytes: &[u8]) -> String {
    encode_block(bytes)
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_")
}

fn pem(der: &[u8]) -> Vec<u8> {
    let mut pem = b"-----BEGIN PUBLIC KEY-----\n".to_vec();
    for line in encode_block(der).as_bytes().chunks(64) {
        pem.extend_from_slice(line);
        pem.push(b'\n');
    }
    pem.extend_from_slice(b"-----END PUBLIC KEY-----\n");
    pem
}
