//! Algorithms and hashes over the boundary, and the numbers that say which.

use crate::constants::{SR_FEATURE_LEGACY_ALGORITHMS, SR_PLAINTEXT_MAX_BYTES};
use crate::export::export;
use crate::features::require;
use crate::state::Library;
use crate::status::Failure;
use crate::types::{sr_buffer_t, sr_bytes_t};
use strongroom_core::{Algorithm, Error, Hash};

export! {
    functions {
        /// Whether keys of an algorithm can be made and used here.
        40 Started fn sr_algorithm_available(library; algorithm: u32, out: *mut u64) {
            let algorithm = Algorithm::from_number(algorithm)
                .ok_or(Failure::at(1, Error::InvalidArgument))?;
            *out = library.core.has(algorithm).into();
            Ok(())
        }

        /// The digest of a message.
        41 Started fn sr_hash(library; hash: u32, message: sr_bytes_t, digest: sr_buffer_t) {
            let hash = self::hash(library, hash, 1)?;
            if message.len() > SR_PLAINTEXT_MAX_BYTES {
                return Err(Failure::at(2, Error::MessageTooLong));
            }
            digest.fill(hash.digest_bytes(), |room| library.core.hash(hash, message, room))
        }
    }
}

/// A hash that may be used for anything. Errors: `InvalidArgument`; `FeatureNotBuilt`, `FeatureNotAllowed` (SHA-1).
pub(crate) fn hash(library: &Library, number: u32, position: u32) -> Result<Hash, Failure> {
    let hash = oaep_hash(number, position)?;
    if hash == Hash::Sha1 {
        require(library, SR_FEATURE_LEGACY_ALGORITHMS)?;
    }
    Ok(hash)
}

/// As [`hash`], or none where the number is 0.
pub(crate) fn optional_hash(
    library: &Library,
    number: u32,
    position: u32,
) -> Result<Option<Hash>, Failure> {
    match number {
        0 => Ok(None),
        number => hash(library, number, position).map(Some),
    }
}

/// A hash for RSA-OAEP, SHA-1 too. Errors: `InvalidArgument`.
pub(crate) fn oaep_hash(number: u32, position: u32) -> Result<Hash, Failure> {
    Hash::from_number(number).ok_or(Failure::at(position, Error::InvalidArgument))
}
