//! Signatures and MACs over the boundary.

use crate::algorithm::{hash, optional_hash};
use crate::buffer::Buffer;
use crate::constants::*;
use crate::export::export;
use crate::state::Library;
use crate::status::Failure;
use crate::types::{sr_buffer_t, sr_bytes_t, sr_key_t, sr_signature_scheme_t};
use strongroom_core::{EcdsaEncoding, Error, JwsAlgorithm, Key, PssSalt, SignatureScheme, Signed};

export! {
    functions {
        /// Signs a message or a digest.
        42 Started fn sr_key_sign(
            library; key: sr_key_t, scheme: *const sr_signature_scheme_t, input: sr_bytes_t,
            signature: sr_buffer_t
        ) {
            sign(library, key, &scheme, input, signature)
        }

        /// Whether a signature is one of a message or a digest.
        43 Started fn sr_key_verify(
            library; key: sr_key_t, scheme: *const sr_signature_scheme_t, input: sr_bytes_t,
            signature: sr_bytes_t, valid: *mut u64
        ) {
            *valid = verify(library, key, &scheme, input, signature)?.into();
            Ok(())
        }

        /// The MAC of a message.
        44 Started fn sr_key_mac(
            library; key: sr_key_t, hash: u32, message: sr_bytes_t, mac: sr_buffer_t
        ) {
            self::mac(library, key, hash, message, mac)
        }

        /// Whether a MAC is that of a message.
        45 Started fn sr_key_verify_mac(
            library; key: sr_key_t, hash: u32, message: sr_bytes_t, mac: sr_bytes_t, valid: *mut u64
        ) {
            *valid = verify_mac(library, key, hash, message, mac)?.into();
            Ok(())
        }

        /// Whether a JSON Web Signature is one of a message, under a public key of somebody else's.
        119 Started fn sr_jws_verify(
            library; algorithm: u32, key_first: sr_bytes_t, key_second: sr_bytes_t,
            message: sr_bytes_t, signature: sr_bytes_t, valid: *mut u64
        ) {
            let algorithm = JwsAlgorithm::from_number(algorithm)
                .ok_or(Failure::at(1, Error::InvalidArgument))?;
            let key = [key_first, key_second];
            *valid = library.core.verify_jws(algorithm, key, message, signature)?.into();
            Ok(())
        }
    }
}

/// `sr_key_sign`, alone or as an item of a batch; as the following are.
pub(crate) fn sign(
    library: &Library,
    key: &Key,
    scheme: &sr_signature_scheme_t,
    input: &[u8],
    signature: Buffer<'_>,
) -> Result<(), Failure> {
    let (scheme, signed) = (parse(library, scheme)?, signed(scheme, input));
    signature.fill_up_to(key.signature_max_bytes(scheme)?, |room| {
        key.sign(&library.core, scheme, signed, room)
    })
}

/// `sr_key_verify`.
pub(crate) fn verify(
    library: &Library,
    key: &Key,
    scheme: &sr_signature_scheme_t,
    input: &[u8],
    signature: &[u8],
) -> Result<bool, Failure> {
    let (scheme, signed) = (parse(library, scheme)?, signed(scheme, input));
    Ok(key.verify(&library.core, scheme, signed, signature)?)
}

/// `sr_key_mac`.
pub(crate) fn mac(
    library: &Library,
    key: &Key,
    hash: u32,
    message: &[u8],
    mac: Buffer<'_>,
) -> Result<(), Failure> {
    let hash = optional_hash(library, hash, 2)?;
    mac.fill(key.mac_bytes(&library.core, hash)?, |room| {
        key.mac(&library.core, hash, message, room)
    })
}

/// `sr_key_verify_mac`.
pub(crate) fn verify_mac(
    library: &Library,
    key: &Key,
    hash: u32,
    message: &[u8],
    mac: &[u8],
) -> Result<bool, Failure> {
    let hash = optional_hash(library, hash, 2)?;
    Ok(key.verify_mac(&library.core, hash, message, mac)?)
}

fn signed<'a>(scheme: &sr_signature_scheme_t, input: &'a [u8]) -> Signed<'a> {
    if scheme.prehashed == 0 {
        Signed::Message(input)
    } else {
        Signed::Digest(input)
    }
}

/// Errors: `InvalidArgument`; `FeatureNotBuilt`, `FeatureNotAllowed` (SHA-1).
fn parse(library: &Library, scheme: &sr_signature_scheme_t) -> Result<SignatureScheme, Failure> {
    let invalid = Failure::at(2, Error::InvalidArgument);
    if scheme.prehashed > 1 || scheme.reserved != 0 {
        return Err(invalid);
    }
    match scheme.scheme {
        SR_SIGNATURE_ED25519 => Ok(SignatureScheme::Ed25519),
        SR_SIGNATURE_ED25519PH => Ok(SignatureScheme::Ed25519ph),
        SR_SIGNATURE_ML_DSA => Ok(SignatureScheme::MlDsa),
        SR_SIGNATURE_ECDSA => Ok(SignatureScheme::Ecdsa {
            hash: hash(library, scheme.hash, 2)?,
            encoding: match scheme.encoding {
                SR_ENCODING_DER => EcdsaEncoding::Der,
                SR_ENCODING_P1363 => EcdsaEncoding::P1363,
                _ => return Err(invalid),
            },
        }),
        SR_SIGNATURE_RSA_PSS => Ok(SignatureScheme::RsaPss {
            hash: hash(library, scheme.hash, 2)?,
            salt: match scheme.salt_length {
                SR_SALT_AUTO => PssSalt::Auto,
                SR_SALT_DIGEST => PssSalt::Digest,
                bytes => PssSalt::Bytes(bytes.try_into().map_err(|_| invalid)?),
            },
        }),
        SR_SIGNATURE_RSA_PKCS1 => Ok(SignatureScheme::RsaPkcs1 {
            hash: hash(library, scheme.hash, 2)?,
        }),
        _ => Err(invalid),
    }
}
