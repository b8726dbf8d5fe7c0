//! ECDSA (FIPS 186-5) on a digest, and the two ways its signatures are written.

use super::EcdsaEncoding;
use crate::algorithm::Curve;
use crate::Error;
use openssl::bn::BigNum;
use openssl::ec::EcKeyRef;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::pkey::{HasPublic, Private};

/// Bytes of a signature, at most.
pub(super) const fn max_bytes(curve: Curve, encoding: EcdsaEncoding) -> usize {
    let scalar = curve.scalar_bytes();
    match (encoding, curve) {
        (EcdsaEncoding::P1363, _) => 2 * scalar,
        // P-521's order is a bit longer than 65 bytes: its integers need no byte for the sign, and the sequence has
        // more than 127 bytes, which takes a length of two.
        (EcdsaEncoding::Der, Curve::P521) => 3 + 2 * (2 + scalar),
        (EcdsaEncoding::Der, _) => 2 + 2 * (2 + 1 + scalar),
    }
}

/// Writes the signature of `digest` and gives its length.
///
/// Errors: `CryptoLibrary`.
pub(super) fn sign(
    key: &EcKeyRef<Private>,
    digest: &[u8],
    encoding: EcdsaEncoding,
    output: &mut [u8],
) -> Result<usize, Error> {
    let signature = EcdsaSig::sign(digest, key)?;
    let bytes = match encoding {
        EcdsaEncoding::Der => signature.to_der()?,
        EcdsaEncoding::P1363 => {
            let half = i32::try_from(output.len() / 2).map_err(|_| Error::Internal)?;
            let r = signature.r().to_vec_padded(half)?;
            [r, signature.s().to_vec_padded(half)?].concat()
        }
    };
    output
        .get_mut(..bytes.len())
        .ok_or(Error::Internal)?
        .copy_from_slice(&bytes);
    Ok(bytes.len())
}

/// Whether the signature is one of `digest`. DER has to be the one encoding there is of its numbers.
pub(crate) fn verify<T: HasPublic>(
    key: &EcKeyRef<T>,
    digest: &[u8],
    encoding: EcdsaEncoding,
    signature: &[u8],
) -> bool {
    decode(key, encoding, signature)
        .is_ok_and(|signature| signature.is_some_and(|s| s.verify(digest, key).unwrap_or(false)))
}

fn decode<T>(
    key: &EcKeyRef<T>,
    encoding: EcdsaEncoding,
    signature: &[u8],
) -> Result<Option<EcdsaSig>, ErrorStack>
where
    T: HasPublic,
{
    match encoding {
        EcdsaEncoding::Der => {
            let decoded = EcdsaSig::from_der(signature)?;
            let canonical = decoded.to_der()? == signature;
            Ok(canonical.then_some(decoded))
        }
        EcdsaEncoding::P1363 => {
            let half = usize::try_from(key.group().order_bits().div_ceil(8)).unwrap_or(0);
            if signature.len() != 2 * half {
                return Ok(None);
            }
            let (r, s) = signature.split_at(half);
            let (r, s) = (BigNum::from_slice(r)?, BigNum::from_slice(s)?);
            EcdsaSig::from_private_components(r, s).map(Some)
        }
    }
}
