//! Key versions over the boundary.

use crate::buffer::{Buffer, Optional};
use crate::export::export;
use crate::handle::{Counted, Kind};
use crate::status::Failure;
use crate::types::{
    sr_buffer_t, sr_bytes_t, sr_key_description_t, sr_key_spec_t, sr_key_t, sr_root_t,
};
use strongroom_core::{
    Algorithm, Core, Encryption, Error, Flags, Hash, Key, KeyId, KeySpec, Oaep, Usages,
};

export! {
    functions {
        /// Makes a key version and gives it sealed.
        20 Started fn sr_key_generate(
            library; root: sr_root_t, spec: *const sr_key_spec_t, sealed: sr_buffer_t
        ) {
            let spec = parse(&spec).map_err(|error| Failure::at(2, error))?;
            sealed.fill(Key::sealed_bytes(spec.algorithm()), |room| {
                Key::generate(&library.core, root, &spec, room)
            })
        }

        /// Makes the next version of a sealed key.
        21 Started fn sr_key_rotate(
            library; root: sr_root_t, key_id: sr_bytes_t, previous: sr_bytes_t, version: u32,
            created_at: u64, sealed: sr_buffer_t
        ) {
            let spec =
                root.next_version(&library.core, id(key_id, 2)?, previous, version, created_at)?;
            sealed.fill(Key::sealed_bytes(spec.algorithm()), |room| {
                Key::generate(&library.core, root, &spec, room)
            })
        }

        /// Opens a sealed key version.
        22 Started fn sr_key_open(
            library; root: sr_root_t, sealed: sr_bytes_t, key_id: sr_bytes_t, version: u32,
            out: *mut sr_key_t
        ) {
            let key = Key::open(&library.core, root, sealed, id(key_id, 3)?, version)?;
            out.bits = key.insert(library)?;
            Ok(())
        }

        /// What an open key is.
        23 Started fn sr_key_describe(_library; key: sr_key_t, out: *mut sr_key_description_t) {
            let spec = key.spec();
            *out = sr_key_description_t {
                spec: describe(spec),
                ciphertext_overhead: spec.algorithm().overhead() as u32,
                secret_bytes: u32::try_from(key.secret_bytes()).unwrap_or(u32::MAX),
            };
            Ok(())
        }

        /// One reference more.
        24 Started fn sr_key_retain(library; key: sr_key_t) as (key = Counted(key.bits)) {
            Key::retain(library, key)
        }

        /// One reference less; a poisoned key can be released.
        25 Started fn sr_key_release(library; key: sr_key_t) as (key = Counted(key.bits)) {
            Key::release(library, key)
        }

        /// Encrypts under a fresh random nonce.
        26 Started fn sr_key_encrypt(
            library; key: sr_key_t, plaintext: sr_bytes_t, associated_data: sr_bytes_t,
            ciphertext: sr_buffer_t
        ) {
            encrypt(&library.core, key, plaintext, associated_data, ciphertext)
        }

        /// Decrypts what `sr_key_encrypt` gave.
        27 Started fn sr_key_decrypt(
            library; key: sr_key_t, ciphertext: sr_bytes_t, associated_data: sr_bytes_t,
            plaintext: sr_buffer_t
        ) {
            decrypt(&library.core, key, ciphertext, associated_data, plaintext)
        }

        /// Decrypts under one key and encrypts under another.
        28 Started fn sr_key_reencrypt(
            library; from: sr_key_t, to: sr_key_t, ciphertext: sr_bytes_t,
            associated_data: sr_bytes_t, new_associated_data: sr_bytes_t, new_ciphertext: sr_buffer_t
        ) {
            let data = [associated_data, new_associated_data];
            reencrypt(&library.core, from, to, ciphertext, data, new_ciphertext)
        }

        /// Makes a data key and encrypts it.
        29 Started fn sr_key_data_key(
            library; key: sr_key_t, bytes: u32, associated_data: sr_bytes_t, plaintext: sr_buffer_t,
            ciphertext: sr_buffer_t
        ) as (
            key = key, bytes = bytes, associated_data = associated_data,
            plaintext = Optional(plaintext), ciphertext = ciphertext
        ) {
            data_key(&library.core, key, bytes, associated_data, plaintext, ciphertext)
        }
    }
}

/// `sr_key_encrypt`, alone or as an item of a batch; as the following are.
pub(crate) fn encrypt(
    core: &Core,
    key: &Key,
    plaintext: &[u8],
    associated_data: &[u8],
    ciphertext: Buffer<'_>,
) -> Result<(), Failure> {
    ciphertext.fill(key.encrypted_bytes(plaintext.len())?, |room| {
        key.encrypt(core, plaintext, associated_data, room)
    })
}

/// `sr_key_decrypt`.
pub(crate) fn decrypt(
    core: &Core,
    key: &Key,
    ciphertext: &[u8],
    associated_data: &[u8],
    plaintext: Buffer<'_>,
) -> Result<(), Failure> {
    plaintext.fill(key.decrypted_bytes(ciphertext.len())?, |room| {
        key.decrypt(core, ciphertext, associated_data, room)
    })
}

/// `sr_key_reencrypt`; associated data before and after.
pub(crate) fn reencrypt(
    core: &Core,
    from: &Key,
    to: &Key,
    ciphertext: &[u8],
    [before, after]: [&[u8]; 2],
    new_ciphertext: Buffer<'_>,
) -> Result<(), Failure> {
    if from.spec().algorithm().is_rsa() || to.spec().algorithm().is_rsa() {
        let source = encryption(from, before);
        let target = (to, encryption(to, after));
        let longest = from.moved_max_bytes(source, target, ciphertext.len())?;
        new_ciphertext.fill_up_to(longest, |room| {
            from.move_to(core, source, target, ciphertext, room)
        })
    } else {
        new_ciphertext.fill(from.reencrypted_bytes(to, ciphertext.len())?, |room| {
            from.reencrypt(core, to, ciphertext, before, after, room)
        })
    }
}

/// `sr_key_data_key`.
pub(crate) fn data_key(
    core: &Core,
    key: &Key,
    bytes: u32,
    associated_data: &[u8],
    plaintext: Option<Buffer<'_>>,
    ciphertext: Buffer<'_>,
) -> Result<(), Failure> {
    let bytes = bytes as usize;
    let (mut room, mut length) = (None, None);
    let encrypted = key.data_key_bytes(bytes)?;
    if let Some(plaintext) = plaintext {
        let reserved = plaintext.reserve(bytes)?;
        room = Some(reserved.0);
        length = Some(reserved.1);
    }
    ciphertext.fill(encrypted, |sealed| {
        key.data_key(core, bytes, associated_data, room.take(), sealed)
    })?;
    if let Some(length) = length {
        *length = bytes;
    }
    Ok(())
}

/// How `sr_key_reencrypt` encrypts with a key: an RSA key with OAEP, whose label the associated data is.
fn encryption<'a>(key: &Key, associated_data: &'a [u8]) -> Encryption<'a> {
    if key.spec().algorithm().is_rsa() {
        Encryption::Oaep(Oaep {
            hash: Hash::Sha256,
            label: associated_data,
        })
    } else {
        Encryption::AssociatedData(associated_data)
    }
}

pub(crate) fn describe(spec: &KeySpec) -> sr_key_spec_t {
    sr_key_spec_t {
        key_id: spec.id().0,
        version: spec.version(),
        algorithm: spec.algorithm().number(),
        usages: spec.usages().bits(),
        flags: spec.flags().bits(),
        created_at: spec.created_at(),
    }
}

/// Errors: `InvalidArgument`.
pub(crate) fn parse(spec: &sr_key_spec_t) -> Result<KeySpec, Error> {
    KeySpec::new(
        KeyId(spec.key_id),
        spec.version,
        Algorithm::from_number(spec.algorithm).ok_or(Error::InvalidArgument)?,
        Usages::from_bits(spec.usages).ok_or(Error::InvalidArgument)?,
        Flags::from_bits(spec.flags).ok_or(Error::InvalidArgument)?,
        spec.created_at,
    )
}

/// Errors: `LengthOutOfRange`.
pub(crate) fn id(bytes: &[u8], position: u32) -> Result<KeyId, Failure> {
    let id = bytes
        .try_into()
        .map_err(|_| Failure::at(position, Error::LengthOutOfRange))?;
    Ok(KeyId(id))
}
