//! Keys that come in and leave over the boundary: imports, exports, pairs as data keys, and backups.

use crate::algorithm::oaep_hash;
use crate::buffer::{Buffer, Optional};
use crate::constants::*;
use crate::export::export;
use crate::features;
use crate::handle::Kind;
use crate::key::{describe, id, parse};
use crate::pem_file;
use crate::root::file_path;
use crate::status::Failure;
use crate::types::{sr_buffer_t, sr_bytes_t, sr_key_spec_t, sr_key_t, sr_root_t};
use strongroom_core::{Algorithm, Backup, BackupKey, Core, Error, ImportWrapping, Key};

export! {
    functions {
        /// As `sr_key_generate`, with a length of the material.
        55 Started fn sr_key_generate_sized(
            library; root: sr_root_t, spec: *const sr_key_spec_t, key_bytes: u32, sealed: sr_buffer_t
        ) {
            let spec = parse(&spec).map_err(|error| Failure::at(2, error))?;
            let bytes = key_bytes as usize;
            let needed = Key::sealed_bytes_sized(spec.algorithm(), bytes)
                .map_err(|error| Failure::at(3, error))?;
            sealed.fill(needed, |room| {
                Key::generate_sized(&library.core, root, &spec, bytes, room)
            })
        }

        /// Unwraps a key from outside and gives it sealed.
        56 Started fn sr_key_import(
            library; root: sr_root_t, import_key: sr_key_t, wrapping: u32, hash: u32,
            wrapped: sr_bytes_t, spec: *const sr_key_spec_t, sealed: sr_buffer_t
        ) {
            let hash = oaep_hash(hash, 4)?;
            let wrapping = match wrapping {
                SR_IMPORT_OAEP_KWP => ImportWrapping::OaepThenKwp(hash),
                SR_IMPORT_OAEP => ImportWrapping::Oaep(hash),
                _ => return Err(Failure::at(3, Error::InvalidArgument)),
            };
            let spec = parse(&spec).map_err(|error| Failure::at(6, error))?;
            sealed.fill_up_to(SR_SEALED_KEY_MAX_BYTES, |room| {
                import_key.import(&library.core, root, wrapping, wrapped, &spec, room)
            })
        }

        /// Wraps a sealed key to an RSA key of the receiver's.
        57 Started fn sr_key_export(
            library; root: sr_root_t, sealed: sr_bytes_t, key_id: sr_bytes_t, version: u32,
            public_key: sr_bytes_t, hash: u32, wrapped: sr_buffer_t
        ) {
            features::require(library, SR_FEATURE_EXPORT)?;
            let (id, hash) = (id(key_id, 3)?, oaep_hash(hash, 6)?);
            wrapped.fill_up_to(SR_EXPORT_MAX_BYTES, |room| {
                Key::export(&library.core, root, sealed, id, version, public_key, hash, room)
            })
        }

        /// Makes a pair and encrypts its private key.
        58 Started fn sr_key_data_key_pair(
            library; key: sr_key_t, algorithm: u32, associated_data: sr_bytes_t,
            private_key: sr_buffer_t, ciphertext: sr_buffer_t, public_key: sr_buffer_t
        ) as (
            key = key, algorithm = algorithm, associated_data = associated_data,
            private_key = Optional(private_key), ciphertext = ciphertext, public_key = public_key
        ) {
            let outputs = (private_key, ciphertext, public_key);
            data_key_pair(&library.core, key, algorithm, associated_data, outputs)
        }

        /// Backs a key up.
        59 Started fn sr_key_back_up(
            library; root: sr_root_t, backup_root: sr_root_t, key_id: sr_bytes_t,
            versions: sr_bytes_t, metadata: sr_bytes_t, backup: sr_buffer_t
        ) {
            let id = id(key_id, 3)?;
            let versions = split(versions).map_err(|error| Failure::at(4, error))?;
            let needed = BackupKey::backup_bytes(&versions, metadata.len())?;
            backup.fill(needed, |room| {
                let key = backup_root.backup_key();
                key.back_up(&library.core, root, id, &versions, metadata, room)
            })
        }

        /// What is in a backup beside key material.
        60 Started fn sr_backup_read(
            library; backup_root: sr_root_t, backup: sr_bytes_t, versions: *mut u64,
            metadata: sr_buffer_t
        ) {
            let backup = Backup::open(&library.core, backup_root, backup)?;
            metadata.fill(backup.metadata_bytes(), |room| {
                backup.metadata(&library.core, room)
            })?;
            *versions = backup.versions() as u64;
            Ok(())
        }

        /// Seals a version out of a backup.
        61 Started fn sr_backup_restore(
            library; root: sr_root_t, backup_root: sr_root_t, backup: sr_bytes_t, index: u32,
            spec: *mut sr_key_spec_t, sealed: sr_buffer_t
        ) {
            let backup = Backup::open(&library.core, backup_root, backup)?;
            let index = index as usize;
            let needed = backup
                .sealed_bytes(index)
                .ok_or(Failure::at(4, Error::InvalidArgument))?;
            sealed.fill(needed, |room| {
                *spec = describe(&backup.restore(&library.core, root, index, room)?);
                Ok(())
            })
        }

        /// Opens the private key of a file in PEM.
        62 Started fn sr_key_open_pem_file(library; path: sr_bytes_t, out: *mut sr_key_t) {
            let text = pem_file::read(&library.core, file_path(path, 1)?)?;
            out.bits = Key::from_pem(&library.core, &text)?.insert(library)?;
            Ok(())
        }
    }
}

/// `sr_key_data_key_pair`, alone or as an item of a batch: the private key, its ciphertext and the public key are written.
pub(crate) fn data_key_pair(
    core: &Core,
    key: &Key,
    algorithm: u32,
    associated_data: &[u8],
    (private_key, ciphertext, public_key): (Option<Buffer<'_>>, Buffer<'_>, Buffer<'_>),
) -> Result<(), Failure> {
    let algorithm =
        Algorithm::from_number(algorithm).ok_or(Failure::at(2, Error::InvalidArgument))?;
    let (mut room, mut room_length) = (None, None);
    if let Some(private_key) = private_key {
        let reserved = private_key.reserve(SR_PRIVATE_KEY_MAX_BYTES)?;
        room = Some(reserved.0);
        room_length = Some(reserved.1);
    }
    let needed = key.encrypted_bytes(SR_PRIVATE_KEY_MAX_BYTES)?;
    let (sealed, sealed_length) = ciphertext.reserve(needed)?;
    let (public, public_length) = public_key.reserve(SR_PUBLIC_KEY_MAX_BYTES)?;
    let pair = key.data_key_pair(core, algorithm, associated_data, room, sealed)?;
    public
        .get_mut(..pair.public_key.len())
        .ok_or(Error::Internal)?
        .copy_from_slice(&pair.public_key);
    *public_length = pair.public_key.len();
    *sealed_length = pair.ciphertext_bytes;
    if let Some(length) = room_length {
        *length = pair.private_key_bytes;
    }
    Ok(())
}

/// Takes versions apart: each behind its length, 4 bytes, big-endian. Errors: `LengthOutOfRange`.
fn split(mut bytes: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let mut versions = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let length = u32::from_be_bytes(*length) as usize;
        let (version, rest) = rest
            .split_at_checked(length)
            .ok_or(Error::LengthOutOfRange)?;
        versions.try_reserve(1).map_err(|_| Error::OutOfMemory)?;
        versions.push(version);
        bytes = rest;
    }
    if bytes.is_empty() {
        Ok(versions)
    } else {
        Err(Error::LengthOutOfRange)
    }
}
