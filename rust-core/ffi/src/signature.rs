//! Signatures and MACs over the boundary.

use crate::algorithm::{hash, optional_hash};
use crate::constants::*;
use crate::export::export;
use crate::state::Library;
use crate::status::Failure;
use crate::types::{sr_buffer_t, sr_bytes_t, sr_key_t, sr_signature_scheme_t};
use strongroom_core::{EcdsaEncoding, Error, PssSalt, SignatureScheme, Signed};

export! {
    functions {
        /// Signs a message or a digest.
        42 Started fn sr_key_sign(
            library; key: sr_key_t, scheme: *const sr_signature_scheme_t, input: sr_bytes_t,
            signature: sr_buffer_t
        ) {
            let (scheme, signed) = (parse(library, &scheme)?, signed(&scheme, input));
            signature.fill_up_to(key.signature_max_bytes(scheme)?, |room| {
                key.sign(&library.core, scheme, signed, room)
            })
        }

        /// Whether a signature is one of a message or a digest.
        43 Started fn sr_key_verify(
            library; key: sr_key_t, scheme: *const sr_signature_scheme_t, input: sr_bytes_t,
            signature: sr_bytes_t, valid: *mut u64
        ) {
            let (scheme, signed) = (parse(library, &scheme)?, signed(&scheme, input));
            *valid = key.verify(&library.core, scheme, signed, signature)?.into();
            Ok(())
        }

        /// The MAC of a message.
        44 Started fn sr_key_mac(
            library; key: sr_key_t, hash: u32, message: sr_bytes_t, mac: sr_buffer_t
        ) {
            let hash = optional_hash(library, hash, 2)?;
            mac.fill(key.mac_bytes(&library.core, hash)?, |room| {
                key.mac(&library.core, hash, message, room)
            })
        }

        /// Whether a MAC is that of a message.
        45 Started fn sr_key_verify_mac(
            library; key: sr_key_t, hash: u32, message: sr_bytes_t, mac: sr_bytes_t, valid: *mut u64
        ) {
            let hash = optional_hash(library, hash, 2)?;
            *valid = key.verify_mac(&library.core, hash, message, mac)?.into();
            Ok(())
        }
    }
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
