//! New key material, in the one form in which an algorithm's keys are sealed.
//!
//! Symmetric keys, and the seeds and scalars of Ed25519 and X25519, are random bytes. A scalar of ECDSA and ECDH is
//! big-endian and as long as the curve's order. RSA is PKCS#1 DER (RFC 8017, A.1.2) and ML-DSA PKCS#8 DER (RFC 5958),
//! both padded with zeros to the algorithm's length, so that every sealed key of an algorithm is as long.

use crate::algorithm::{key_type, Curve, Family};
use crate::secret_memory::in_secret_memory;
use crate::{Algorithm, Core, Error};
use openssl::ec::EcKey;
use openssl::pkey_ctx::PkeyCtx;
use strongroom_memory::{SecretBytes, Wiped};
use strongroom_openssl::generate_rsa;

/// Makes `key_bytes` of material; `key_bytes` is a length that the algorithm has.
///
/// Errors: `AlgorithmUnavailable`, `SecretMemoryExhausted`, `RandomUnavailable`, `Interrupted` (RSA),
/// `CryptoLibrary`.
pub(crate) fn generate(
    core: &Core,
    algorithm: Algorithm,
    key_bytes: usize,
) -> Result<SecretBytes, Error> {
    if !core.has(algorithm) {
        return Err(Error::AlgorithmUnavailable);
    }
    in_secret_memory(|| match algorithm.family() {
        Family::Ecdsa(curve) | Family::Ecdh(curve) => generate_scalar(core, curve),
        Family::Rsa(bits) => {
            let key = generate_rsa(bits, core.interrupted())
                .map_err(|error| core.or_interrupted(error))?;
            let der = Wiped::new(key.rsa()?.private_key_to_der()?);
            padded(core, algorithm, &der)
        }
        Family::MlDsa => {
            let id = key_type(algorithm.name()).ok_or(Error::AlgorithmUnavailable)?;
            let mut context = PkeyCtx::new_id(id)?;
            context.keygen_init()?;
            let der = Wiped::new(context.keygen()?.private_key_to_der()?);
            padded(core, algorithm, &der)
        }
        _ => {
            let mut material = core.arena.allocate(key_bytes)?;
            core.random(&mut material)?;
            Ok(material)
        }
    })
}

/// Copies DER into its place, with zeros behind it. Errors: `KeyMaterialInvalid` (too long), `SecretMemoryExhausted`.
pub(crate) fn padded(core: &Core, algorithm: Algorithm, der: &[u8]) -> Result<SecretBytes, Error> {
    let mut material = core.arena.allocate(algorithm.key_bytes())?;
    material
        .get_mut(..der.len())
        .ok_or(Error::KeyMaterialInvalid)?
        .copy_from_slice(der);
    Ok(material)
}

fn generate_scalar(core: &Core, curve: Curve) -> Result<SecretBytes, Error> {
    let key = EcKey::generate(core.fetched.group(curve)?)?;
    let length = i32::try_from(curve.scalar_bytes()).map_err(|_| Error::Internal)?;
    let scalar = Wiped::new(key.private_key().to_vec_padded(length)?);
    let mut material = core.arena.allocate(scalar.len())?;
    material.copy_from_slice(&scalar);
    Ok(material)
}
