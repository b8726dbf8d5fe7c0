//! RSA encryption, key wrap and public keys over the boundary.

use crate::algorithm::oaep_hash;
use crate::buffer::Buffer;
use crate::constants::*;
use crate::export::export;
use crate::status::Failure;
use crate::types::{sr_buffer_t, sr_bytes_t, sr_key_t};
use strongroom_core::{Core, Error, Key, Oaep, PublicKeyFormat, WrapScheme};

export! {
    functions {
        /// Encrypts with RSA-OAEP.
        50 Started fn sr_key_encrypt_oaep(
            library; key: sr_key_t, hash: u32, label: sr_bytes_t, plaintext: sr_bytes_t,
            ciphertext: sr_buffer_t
        ) {
            encrypt_oaep(&library.core, key, hash, label, plaintext, ciphertext)
        }

        /// Decrypts with RSA-OAEP.
        51 Started fn sr_key_decrypt_oaep(
            library; key: sr_key_t, hash: u32, label: sr_bytes_t, ciphertext: sr_bytes_t,
            plaintext: sr_buffer_t
        ) {
            decrypt_oaep(&library.core, key, hash, label, ciphertext, plaintext)
        }

        /// Wraps key material.
        52 Started fn sr_key_wrap(
            library; key: sr_key_t, scheme: u32, material: sr_bytes_t, wrapped: sr_buffer_t
        ) {
            wrap(&library.core, key, scheme, material, wrapped)
        }

        /// Unwraps key material.
        53 Started fn sr_key_unwrap(
            library; key: sr_key_t, scheme: u32, wrapped: sr_bytes_t, material: sr_buffer_t
        ) {
            unwrap(&library.core, key, scheme, wrapped, material)
        }

        /// The public half of a pair.
        54 Started fn sr_key_public_key(
            _library; key: sr_key_t, format: u32, public_key: sr_buffer_t
        ) {
            let format = match format {
                SR_PUBLIC_KEY_DER => PublicKeyFormat::Der,
                SR_PUBLIC_KEY_PEM => PublicKeyFormat::Pem,
                SR_PUBLIC_KEY_JWK => PublicKeyFormat::Jwk,
                SR_PUBLIC_KEY_RAW => PublicKeyFormat::Raw,
                _ => return Err(Failure::at(2, Error::InvalidArgument)),
            };
            let found = key.public_key(format)?;
            public_key.fill(found.len(), |room| {
                room.copy_from_slice(&found);
                Ok(())
            })
        }
    }
}

/// `sr_key_encrypt_oaep`, alone or as an item of a batch; as the following are.
pub(crate) fn encrypt_oaep(
    core: &Core,
    key: &Key,
    hash: u32,
    label: &[u8],
    plaintext: &[u8],
    ciphertext: Buffer<'_>,
) -> Result<(), Failure> {
    let hash = oaep_hash(hash, 2)?;
    ciphertext.fill(key.oaep_modulus_bytes()?, |room| {
        key.encrypt_oaep(core, Oaep { hash, label }, plaintext, room)
    })
}

/// `sr_key_decrypt_oaep`.
pub(crate) fn decrypt_oaep(
    core: &Core,
    key: &Key,
    hash: u32,
    label: &[u8],
    ciphertext: &[u8],
    plaintext: Buffer<'_>,
) -> Result<(), Failure> {
    let hash = oaep_hash(hash, 2)?;
    plaintext.fill_up_to(key.oaep_max_plaintext(hash)?, |room| {
        key.decrypt_oaep(core, Oaep { hash, label }, ciphertext, room)
    })
}

/// `sr_key_wrap`.
pub(crate) fn wrap(
    core: &Core,
    key: &Key,
    scheme: u32,
    material: &[u8],
    wrapped: Buffer<'_>,
) -> Result<(), Failure> {
    let scheme = parse(scheme)?;
    wrapped.fill(key.wrapped_bytes(scheme, material.len())?, |room| {
        key.wrap(core, scheme, material, room)
    })
}

/// `sr_key_unwrap`.
pub(crate) fn unwrap(
    core: &Core,
    key: &Key,
    scheme: u32,
    wrapped: &[u8],
    material: Buffer<'_>,
) -> Result<(), Failure> {
    let scheme = parse(scheme)?;
    material.fill_up_to(key.unwrapped_max_bytes(scheme, wrapped.len())?, |room| {
        key.unwrap(core, scheme, wrapped, room)
    })
}

/// Errors: `InvalidArgument`.
fn parse(scheme: u32) -> Result<WrapScheme, Failure> {
    match scheme {
        SR_WRAP_KWP => Ok(WrapScheme::Kwp),
        SR_WRAP_KW => Ok(WrapScheme::Kw),
        _ => Err(Failure::at(2, Error::InvalidArgument)),
    }
}
