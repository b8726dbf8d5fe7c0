//! Root keys over the boundary.

use crate::export::export;
use crate::handle::{Counted, Kind};
use crate::key_file;
use crate::status::Failure;
use crate::types::{sr_buffer_t, sr_bytes_t, sr_root_t};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use strongroom_core::{
    audit_records, Error, RootKey, AUDIT_MAC_BYTES, RECORD_MAC_BYTES, ROOT_IDENTITY_BYTES,
    TOKEN_MAC_BYTES,
};

export! {
    functions {
        /// Makes a new root key, writes it to a new file, and opens it.
        10 Started fn sr_root_create_file(library; path: sr_bytes_t, out: *mut sr_root_t) {
            let path = file_path(path, 1)?;
            let secret = RootKey::generate_secret(&library.core)?;
            // The handle before the file: a full table leaves no file behind, and a file that cannot be made
            // leaves no handle.
            let bits = RootKey::new(&library.core, &secret)?.insert(library)?;
            if let Err(failure) = key_file::create(&library.core, path, &secret) {
                RootKey::release(library, bits)?;
                return Err(failure);
            }
            out.bits = bits;
            Ok(())
        }

        /// Opens the root key of a file.
        11 Started fn sr_root_open_file(library; path: sr_bytes_t, out: *mut sr_root_t) {
            let secret = key_file::read(&library.core, file_path(path, 1)?)?;
            out.bits = RootKey::new(&library.core, &secret)?.insert(library)?;
            Ok(())
        }

        /// One reference more.
        12 Started fn sr_root_retain(library; root: sr_root_t) as (root = Counted(root.bits)) {
            RootKey::retain(library, root)
        }

        /// One reference less; a poisoned root can be released.
        13 Started fn sr_root_release(library; root: sr_root_t) as (root = Counted(root.bits)) {
            RootKey::release(library, root)
        }

        /// What tells root keys apart.
        14 Started fn sr_root_identity(_library; root: sr_root_t, identity: sr_buffer_t) {
            identity.fill(ROOT_IDENTITY_BYTES, |room| {
                room.copy_from_slice(root.identity());
                Ok(())
            })
        }

        /// The MAC of an access token.
        15 Started fn sr_root_token_mac(_library; root: sr_root_t, token: sr_bytes_t, mac: sr_buffer_t) {
            mac.fill(TOKEN_MAC_BYTES, |room| {
                let room = room.first_chunk_mut().ok_or(Error::Internal)?;
                root.token_mac(token, room);
                Ok(())
            })
        }

        /// The MAC of a stored record.
        16 Started fn sr_root_record_mac(_library; root: sr_root_t, record: sr_bytes_t, mac: sr_buffer_t) {
            mac.fill(RECORD_MAC_BYTES, |room| {
                let room = room.first_chunk_mut().ok_or(Error::Internal)?;
                root.record_mac(record, room);
                Ok(())
            })
        }

        /// The MACs that chain records of the audit trail.
        17 Started fn sr_root_audit_macs(
            _library; root: sr_root_t, previous: sr_bytes_t, records: sr_bytes_t, macs: sr_buffer_t
        ) {
            let previous = previous
                .try_into()
                .map_err(|_| Failure::at(2, Error::InvalidArgument))?;
            let count = audit_records(records).count();
            macs.fill(count * AUDIT_MAC_BYTES, |room| {
                root.audit_macs(previous, records, room)
            })
        }
    }
}

/// Errors: `InvalidArgument` (empty, or with a NUL).
pub(crate) fn file_path(bytes: &[u8], position: u32) -> Result<&Path, Failure> {
    if bytes.is_empty() || bytes.contains(&0) {
        return Err(Failure::at(position, Error::InvalidArgument));
    }
    Ok(Path::new(OsStr::from_bytes(bytes)))
}
