//! Public keys out of JSON Web Keys (RFC 7518, 6; RFC 8037, 2): from the bytes that their members decode to, which have
//! exactly the lengths that the standards ask for.

use super::edwards::is_sound_point;
use super::peer::{ec_point, is_sound_rsa, UNCOMPRESSED};
use crate::algorithm::Curve;
use crate::{Core, Error};
use openssl::bn::BigNum;
use openssl::ec::EcKey;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::Rsa;

/// The longest modulus that is looked at.
const MODULUS_MAX_BYTES: usize = 1024;

/// A modulus and an exponent, big-endian without leading zeros (RFC 7518, 2), of a key that
/// [`super::peer::is_sound_rsa`] takes.
///
/// Errors: `PublicKeyInvalid`.
pub(crate) fn rsa_numbers([modulus, exponent]: [&[u8]; 2]) -> Result<PKey<Public>, Error> {
    let is_shortest = |number: &[u8]| number.first().is_some_and(|&byte| byte != 0);
    if !is_shortest(modulus) || !is_shortest(exponent) {
        return Err(Error::PublicKeyInvalid);
    }
    if modulus.len() > MODULUS_MAX_BYTES || exponent.len() > MODULUS_MAX_BYTES {
        return Err(Error::PublicKeyInvalid);
    }
    let (modulus, exponent) = (BigNum::from_slice(modulus)?, BigNum::from_slice(exponent)?);
    let rsa = Rsa::from_public_components(modulus, exponent)?;
    if is_sound_rsa(&rsa) {
        Ok(PKey::from_rsa(rsa)?)
    } else {
        Err(Error::PublicKeyInvalid)
    }
}

/// The coordinates of a point, each as long as the curve's (RFC 7518, 6.2.1.2): on the curve, and not at infinity.
///
/// Errors: `PublicKeyInvalid`, `AlgorithmUnavailable`.
pub(crate) fn ec_coordinates(
    core: &Core,
    curve: Curve,
    [x, y]: [&[u8]; 2],
) -> Result<EcKey<Public>, Error> {
    let length = curve.scalar_bytes();
    if x.len() != length || y.len() != length {
        return Err(Error::PublicKeyInvalid);
    }
    ec_point(core, curve, &[&[UNCOMPRESSED], x, y].concat())
}

/// A public key of Ed25519 (RFC 8032, 5.1.5), alone, that [`is_sound_point`] takes. OpenSSL checks only its length.
///
/// Errors: `PublicKeyInvalid`.
pub(crate) fn ed25519_point([point, nothing]: [&[u8]; 2]) -> Result<PKey<Public>, Error> {
    let point: &[u8; 32] = point.try_into().map_err(|_| Error::PublicKeyInvalid)?;
    if !nothing.is_empty() || !is_sound_point(point)? {
        return Err(Error::PublicKeyInvalid);
    }
    PKey::public_key_from_raw_bytes(point, Id::ED25519)
        .map_err(|_: ErrorStack| Error::PublicKeyInvalid)
}
