//! Unseal keys, shares, and the root keys wrapped under them, over the boundary.

use crate::constants::{SR_SHARE_TEXT_BYTES, SR_WRAPPED_ROOT_MAX_BYTES};
use crate::export::export;
use crate::handle::{Counted, Kind};
use crate::key::id;
use crate::key_file;
use crate::root::file_path;
use crate::status::Failure;
use crate::types::{
    sr_buffer_t, sr_bytes_t, sr_root_method_t, sr_root_t, sr_share_progress_t, sr_shares_t,
    sr_unseal_key_t,
};
use strongroom_core::{CollectedShares, Error, Method, RootKey, UnsealKey};

export! {
    functions {
        /// Makes a new key file and opens it.
        100 Started fn sr_unseal_key_create_file(
            library; path: sr_bytes_t, out: *mut sr_unseal_key_t
        ) {
            let path = file_path(path, 1)?;
            let secret = RootKey::generate_secret(&library.core)?;
            // As with root keys: a failure leaves neither handle nor file.
            let bits = UnsealKey::from_file(&library.core, &secret)?.insert(library)?;
            if let Err(failure) = key_file::create(&library.core, path, &secret) {
                UnsealKey::release(library, bits)?;
                return Err(failure);
            }
            out.bits = bits;
            Ok(())
        }

        /// Opens a key file.
        101 Started fn sr_unseal_key_open_file(
            library; path: sr_bytes_t, out: *mut sr_unseal_key_t
        ) {
            let secret = key_file::read(&library.core, file_path(path, 1)?)?;
            out.bits = UnsealKey::from_file(&library.core, &secret)?.insert(library)?;
            Ok(())
        }

        /// One reference more.
        102 Started fn sr_unseal_key_retain(
            library; key: sr_unseal_key_t
        ) as (key = Counted(key.bits)) {
            UnsealKey::retain(library, key)
        }

        /// One reference less; a poisoned key can be released.
        103 Started fn sr_unseal_key_release(
            library; key: sr_unseal_key_t
        ) as (key = Counted(key.bits)) {
            UnsealKey::release(library, key)
        }

        /// The key of a new passphrase.
        104 Started fn sr_unseal_key_create_passphrase(
            library; passphrase: sr_bytes_t, cost: u32, out: *mut sr_unseal_key_t
        ) {
            let cost = u8::try_from(cost).map_err(|_| Failure::at(2, Error::InvalidArgument))?;
            // What fails beside the two is for want of the memory that the cost asks for.
            let key = UnsealKey::from_new_passphrase(&library.core, passphrase, cost)
                .map_err(|error| Failure::at(1 + u32::from(error != Error::LengthOutOfRange), error))?;
            out.bits = key.insert(library)?;
            Ok(())
        }

        /// The key of the passphrase of a wrapped root key.
        105 Started fn sr_unseal_key_open_passphrase(
            library; wrapped: sr_bytes_t, passphrase: sr_bytes_t, out: *mut sr_unseal_key_t
        ) {
            let key = UnsealKey::from_passphrase(&library.core, wrapped, passphrase)?;
            out.bits = key.insert(library)?;
            Ok(())
        }

        /// A new key in shares.
        106 Started fn sr_unseal_key_create_shares(
            library; threshold: u32, count: u32, shares: sr_buffer_t, out: *mut sr_unseal_key_t
        ) {
            let [threshold, count] = [(threshold, 1), (count, 2)].map(|(number, position)| {
                u8::try_from(number).map_err(|_| Failure::at(position, Error::InvalidArgument))
            });
            let (threshold, count) = (threshold?, count?);
            let (room, length) = shares.reserve(SR_SHARE_TEXT_BYTES * usize::from(count))?;
            let mut places = room.chunks_exact_mut(SR_SHARE_TEXT_BYTES);
            let key = UnsealKey::split(&library.core, threshold, count, |text| {
                places.next().ok_or(Error::Internal)?.copy_from_slice(text);
                Ok(())
            })?;
            out.bits = key.insert(library)?;
            *length = SR_SHARE_TEXT_BYTES * usize::from(count);
            Ok(())
        }

        /// The key of enough shares.
        107 Started fn sr_unseal_key_from_shares(
            library; shares: sr_shares_t, out: *mut sr_unseal_key_t
        ) {
            out.bits = shares.unseal_key(&library.core)?.insert(library)?;
            Ok(())
        }

        /// Begins to collect the shares of a wrapped root key.
        108 Started fn sr_shares_collect(library; wrapped: sr_bytes_t, out: *mut sr_shares_t) {
            out.bits = CollectedShares::new(wrapped)?.insert(library)?;
            Ok(())
        }

        /// One reference more.
        109 Started fn sr_shares_retain(
            library; shares: sr_shares_t
        ) as (shares = Counted(shares.bits)) {
            CollectedShares::retain(library, shares)
        }

        /// One reference less; poisoned shares can be released.
        110 Started fn sr_shares_release(
            library; shares: sr_shares_t
        ) as (shares = Counted(shares.bits)) {
            CollectedShares::release(library, shares)
        }

        /// Takes a share.
        111 Started fn sr_shares_add(
            library; shares: sr_shares_t, share: sr_bytes_t, progress: *mut sr_share_progress_t
        ) {
            let found = shares.add(&library.core, share)?;
            *progress = sr_share_progress_t {
                index: found.index.into(),
                have: found.have.into(),
                threshold: found.threshold.into(),
                reserved: 0,
            };
            Ok(())
        }

        /// How a wrapped root key is unsealed.
        112 Started fn sr_root_method(_library; wrapped: sr_bytes_t, out: *mut sr_root_method_t) {
            let method = Method::of(wrapped)?;
            let mut found = sr_root_method_t {
                method: method.number(),
                threshold: 0,
                count: 0,
                cost: 0,
            };
            match method {
                Method::File => {}
                Method::Passphrase(scrypt) => found.cost = scrypt.cost.into(),
                Method::Shares(shares) => {
                    found.threshold = shares.threshold.into();
                    found.count = shares.count() as u32;
                }
            }
            *out = found;
            Ok(())
        }

        /// Makes a root key, wrapped under an unseal key.
        113 Started fn sr_root_create(
            library; key: sr_unseal_key_t, wrapped: sr_buffer_t, out: *mut sr_root_t
        ) {
            let (room, length) = wrapped.reserve(SR_WRAPPED_ROOT_MAX_BYTES)?;
            let (root, bytes) = key.create_root(&library.core)?;
            *length = copy(&bytes, room)?;
            out.bits = root.insert(library)?;
            Ok(())
        }

        /// Opens a wrapped root key.
        114 Started fn sr_root_open(
            library; key: sr_unseal_key_t, wrapped: sr_bytes_t, out: *mut sr_root_t
        ) {
            out.bits = key.open_root(&library.core, wrapped)?.insert(library)?;
            Ok(())
        }

        /// Wraps the root key that a file of `sr_root_create_file` is.
        115 Started fn sr_root_adopt_file(
            library; key: sr_unseal_key_t, path: sr_bytes_t, wrapped: sr_buffer_t, out: *mut sr_root_t
        ) {
            let (room, length) = wrapped.reserve(SR_WRAPPED_ROOT_MAX_BYTES)?;
            let secret = key_file::read(&library.core, file_path(path, 2)?)?;
            let (root, bytes) = key.adopt_root(&library.core, &secret)?;
            *length = copy(&bytes, room)?;
            out.bits = root.insert(library)?;
            Ok(())
        }

        /// Makes the root key that follows a wrapped one.
        116 Started fn sr_root_rotate(
            library; key: sr_unseal_key_t, wrapped: sr_bytes_t, next: sr_buffer_t
        ) {
            next.fill_up_to(SR_WRAPPED_ROOT_MAX_BYTES, |room| {
                copy(&key.rotate_root(&library.core, wrapped)?, room)
            })
        }

        /// Wraps a root key under another unseal key.
        117 Started fn sr_root_rewrap(
            library; from: sr_unseal_key_t, to: sr_unseal_key_t, wrapped: sr_bytes_t, rewrapped: sr_buffer_t
        ) {
            rewrapped.fill_up_to(SR_WRAPPED_ROOT_MAX_BYTES, |room| {
                copy(&from.rewrap_root(&library.core, to, wrapped)?, room)
            })
        }

        /// Seals a key version under another root key.
        118 Started fn sr_key_reseal(
            library; from: sr_root_t, to: sr_root_t, sealed: sr_bytes_t, key_id: sr_bytes_t,
            version: u32, resealed: sr_buffer_t
        ) {
            let id = id(key_id, 4)?;
            resealed.fill(sealed.len(), |room| {
                to.reseal(&library.core, from, id, sealed, version, room)
            })
        }
    }
}

/// Writes `bytes` to the front of `room`. Gives how many they are.
fn copy(bytes: &[u8], room: &mut [u8]) -> Result<usize, Error> {
    room.get_mut(..bytes.len())
        .ok_or(Error::Internal)?
        .copy_from_slice(bytes);
    Ok(bytes.len())
}
