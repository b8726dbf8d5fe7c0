//! Public keys of others. A key on a curve comes raw or as SubjectPublicKeyInfo in DER; of the latter exactly the
//! encoding that we would write is taken, so that no parameters of the sender's choice are ever read.

use crate::algorithm::Curve;
use crate::{Core, Error};
use openssl::bn::BigNumContext;
use openssl::ec::{EcKey, EcPoint};
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::{Rsa, RsaRef};
use std::ops::RangeInclusive;

pub(super) const UNCOMPRESSED: u8 = 4;
const X25519_BYTES: usize = 32;
/// An RSA key of others has at least so many bits, and at most as many as the longest of ours doubled.
const RSA_BITS: RangeInclusive<i32> = 2048..=8192;
/// Bits of its exponent, which is at least 3. OpenSSL takes no longer one with a modulus of more than 3072 bits.
const RSA_EXPONENT_BITS: RangeInclusive<i32> = 2..=64;
const RSA_DER_MAX_BYTES: usize = 2048;

/// A point on `curve`, raw (04 || x || y) or in DER: on the curve, and not the point at infinity.
///
/// Errors: `PublicKeyInvalid`, `AlgorithmUnavailable`.
pub(crate) fn ec_point(core: &Core, curve: Curve, key: &[u8]) -> Result<EcKey<Public>, Error> {
    let group = core.fetched.group(curve)?;
    let length = 1 + 2 * curve.scalar_bytes();
    let raw = last(key, length)?;
    if raw.first() != Some(&UNCOMPRESSED) {
        return Err(Error::PublicKeyInvalid);
    }
    let parse = || {
        let mut context = BigNumContext::new()?;
        let point = EcPoint::from_bytes(group, raw, &mut context)?;
        let parsed = EcKey::from_public_key(group, &point)?;
        parsed.check_key()?;
        let der = parsed.public_key_to_der()?;
        Ok((parsed, der))
    };
    let parsed: Result<_, openssl::error::ErrorStack> = parse();
    match parsed {
        Ok((parsed, der)) if key.len() == length || der == key => Ok(parsed),
        _ => Err(Error::PublicKeyInvalid),
    }
}

/// A public key of X25519, raw (32 bytes) or in DER. Those of small order fail when they are used.
///
/// Errors: `PublicKeyInvalid`.
pub(crate) fn x25519_point(key: &[u8]) -> Result<PKey<Public>, Error> {
    let raw = last(key, X25519_BYTES)?;
    let parse = || {
        let parsed = PKey::public_key_from_raw_bytes(raw, Id::X25519)?;
        let der = parsed.public_key_to_der()?;
        Ok((parsed, der))
    };
    let parsed: Result<_, openssl::error::ErrorStack> = parse();
    match parsed {
        Ok((parsed, der)) if key.len() == X25519_BYTES || der == key => Ok(parsed),
        _ => Err(Error::PublicKeyInvalid),
    }
}

/// An RSA key that [`is_sound_rsa`] takes, SubjectPublicKeyInfo in DER.
///
/// Errors: `PublicKeyInvalid`.
pub(crate) fn rsa_public_key(der: &[u8]) -> Result<PKey<Public>, Error> {
    if der.len() > RSA_DER_MAX_BYTES {
        return Err(Error::PublicKeyInvalid);
    }
    let rsa = Rsa::public_key_from_der(der).map_err(|_| Error::PublicKeyInvalid)?;
    if !is_sound_rsa(&rsa) {
        return Err(Error::PublicKeyInvalid);
    }
    let key = PKey::from_rsa(rsa)?;
    if key.public_key_to_der()? == der {
        Ok(key)
    } else {
        Err(Error::PublicKeyInvalid)
    }
}

/// Whether an RSA key of others has a modulus of 2048 to 8192 bits and an exponent above 1 of at most 64 bits, both odd.
pub(super) fn is_sound_rsa(rsa: &RsaRef<Public>) -> bool {
    let (modulus, exponent) = (rsa.n(), rsa.e());
    modulus.is_bit_set(0)
        && exponent.is_bit_set(0)
        && RSA_BITS.contains(&modulus.num_bits())
        && RSA_EXPONENT_BITS.contains(&exponent.num_bits())
}

/// The point at the end of an encoding, which is all of it, or what a header stands before.
fn last(key: &[u8], length: usize) -> Result<&[u8], Error> {
    key.len()
        .checked_sub(length)
        .and_then(|start| key.get(start..))
        .ok_or(Error::PublicKeyInvalid)
}
