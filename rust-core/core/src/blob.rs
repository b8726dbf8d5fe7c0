//! The sealed key: one key version as an authenticated blob that may lie anywhere.
//!
//! ```text
//! offset  bytes  field (integers big-endian)
//!      0      4  magic "SRsk"
//!      4      4  format, 1
//!      8     16  key id
//!     24      4  version
//!     28      4  algorithm
//!     32      4  usages
//!     36      4  flags
//!     40      8  created at, seconds since 1970
//!     48     24  nonce
//!     72      n  key material, encrypted with XAES-256-GCM; bytes 0 to 48 are its associated data
//!   72+n     16  tag
//! ```
//!
//! Since the header is bound into the ciphertext, a blob that was edited, or put in another key's place, does not
//! open.

use crate::aead::AeadKey;
use crate::algorithm::KEY_MAX_BYTES;
use crate::{Algorithm, Core, Error, Flags, KeyId, KeySpec, Usages};
use strongroom_memory::SecretBytes;

/// Bytes of the header.
pub const HEADER_BYTES: usize = 48;

/// The longest sealed key that is looked at, and always room enough for one.
pub const SEALED_KEY_MAX_BYTES: usize = sealed_bytes(KEY_MAX_BYTES);

/// What seals keys.
pub(crate) const SEALING_ALGORITHM: Algorithm = Algorithm::Xaes256Gcm;

const MAGIC: [u8; 4] = *b"SRsk";
const FORMAT: u32 = 1;

/// Bytes of a sealed key with `key_bytes` of material.
pub(crate) const fn sealed_bytes(key_bytes: usize) -> usize {
    HEADER_BYTES + SEALING_ALGORITHM.overhead() + key_bytes
}

/// Writes `material` sealed as a version of a key; `output` is exactly `sealed_bytes(material.len())` long.
pub(crate) fn seal(
    core: &Core,
    sealing: &AeadKey,
    spec: &KeySpec,
    material: &[u8],
    output: &mut [u8],
) -> Result<(), Error> {
    if output.len() != sealed_bytes(material.len()) {
        return Err(Error::Internal);
    }
    let (header, body) = output
        .split_at_mut_checked(HEADER_BYTES)
        .ok_or(Error::Internal)?;
    header.copy_from_slice(&encode(spec));
    sealing.seal(core, material, header, body)
}

/// Opens a sealed version of the key `id`: of `version`, or of any where that is `None`.
///
/// Errors: `SealedBlobMalformed`, `SealedBlobFormatUnknown`, `SealedBlobNotAuthentic`, `SealedBlobNotThisKey`,
/// `AlgorithmUnavailable`, `SecretMemoryExhausted`. Nothing of the header but its format is believed before the
/// whole is authenticated.
pub(crate) fn open(
    core: &Core,
    sealing: &AeadKey,
    blob: &[u8],
    id: KeyId,
    version: Option<u32>,
) -> Result<(KeySpec, SecretBytes), Error> {
    if blob.len() > SEALED_KEY_MAX_BYTES {
        return Err(Error::SealedBlobMalformed);
    }
    let (header, body) = blob
        .split_at_checked(HEADER_BYTES)
        .ok_or(Error::SealedBlobMalformed)?;
    let mut fields = Fields(header);
    if fields.bytes()? != MAGIC {
        return Err(Error::SealedBlobMalformed);
    }
    if fields.number()? != FORMAT {
        return Err(Error::SealedBlobFormatUnknown);
    }
    let length = body
        .len()
        .checked_sub(SEALING_ALGORITHM.overhead())
        .filter(|&length| length > 0)
        .ok_or(Error::SealedBlobMalformed)?;
    let mut material = core.arena.allocate(length)?;
    sealing
        .open(core, body, header, &mut material)
        .map_err(|error| match error {
            Error::AuthenticationFailed => Error::SealedBlobNotAuthentic,
            other => other,
        })?;

    let found = (KeyId(fields.bytes()?), fields.number()?);
    if found.0 != id || version.is_some_and(|version| version != found.1) {
        return Err(Error::SealedBlobNotThisKey);
    }
    let algorithm = Algorithm::from_number(fields.number()?).ok_or(Error::AlgorithmUnavailable)?;
    // Authentic, and yet with rights or properties that this build does not know: made by a later one.
    let usages = Usages::from_bits(fields.number()?).ok_or(Error::SealedBlobFormatUnknown)?;
    let flags = Flags::from_bits(fields.number()?).ok_or(Error::SealedBlobFormatUnknown)?;
    let created_at = u64::from_be_bytes(fields.bytes()?);
    let spec = KeySpec::new(id, found.1, algorithm, usages, flags, created_at)
        .map_err(|_| Error::SealedBlobMalformed)?;
    if !algorithm.key_lengths().contains(&material.len()) {
        return Err(Error::SealedBlobMalformed);
    }
    Ok((spec, material))
}

fn encode(spec: &KeySpec) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    let fields = MAGIC
        .into_iter()
        .chain(FORMAT.to_be_bytes())
        .chain(spec.id().0)
        .chain(spec.version().to_be_bytes())
        .chain(spec.algorithm().number().to_be_bytes())
        .chain(spec.usages().bits().to_be_bytes())
        .chain(spec.flags().bits().to_be_bytes())
        .chain(spec.created_at().to_be_bytes());
    for (to, byte) in header.iter_mut().zip(fields) {
        *to = byte;
    }
    header
}

/// The header's fields, read off in order.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (field, rest) = self
            .0
            .split_first_chunk()
            .ok_or(Error::SealedBlobMalformed)?;
        self.0 = rest;
        Ok(*field)
    }

    fn number(&mut self) -> Result<u32, Error> {
        Ok(u32::from_be_bytes(self.bytes()?))
    }
}

#[cfg(test)]
mod tests {
    use super::{encode, sealed_bytes, HEADER_BYTES, SEALED_KEY_MAX_BYTES};
    use crate::{Algorithm, Flags, KeyId, KeySpec, Usages};

    #[test]
    fn the_header_is_laid_out_byte_by_byte_as_documented() {
        let id = KeyId(*b"0123456789abcdef");
        let spec = KeySpec::new(
            id,
            0x01020304,
            Algorithm::Xaes256Gcm,
            Usages::DECRYPT,
            Flags::EXPORTABLE,
            0x1122334455667788,
        );
        let header = encode(&spec.unwrap());
        assert_eq!(&header[0..4], b"SRsk");
        assert_eq!(&header[4..8], &[0, 0, 0, 1]);
        assert_eq!(&header[8..24], b"0123456789abcdef");
        assert_eq!(&header[24..28], &[1, 2, 3, 4]);
        assert_eq!(&header[28..32], &[0, 0, 0, 2]);
        assert_eq!(&header[32..36], &[0, 0, 0, 2]);
        assert_eq!(&header[36..40], &[0, 0, 0, 1]);
        assert_eq!(
            &header[40..48],
            &[0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]
        );
        assert_eq!(header.len(), HEADER_BYTES);
    }

    #[test]
    fn the_room_that_callers_are_told_of_is_room_for_every_algorithm() {
        for algorithm in Algorithm::ALL {
            assert!(sealed_bytes(*algorithm.key_lengths().end()) <= SEALED_KEY_MAX_BYTES);
        }
        assert_eq!(sealed_bytes(Algorithm::Aes256Gcm.key_bytes()), 120);
    }
}
