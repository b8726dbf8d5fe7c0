//! AES key wrap (NIST SP 800-38F): key material under a key, with an integrity check and no nonce.

use crate::key::{check_room, Material};
use crate::{Algorithm, Core, Error, Key, Usages};
use openssl::cipher::CipherRef;
use openssl::cipher_ctx::CipherCtx;
use strongroom_memory::{wipe, Wiped};

/// The longest material that is wrapped, in bytes.
pub const WRAP_MAX_BYTES: usize = 64 << 10;

const BLOCK_BYTES: usize = 8;
const KEY_BYTES: usize = 32;
/// KW is defined from two blocks on.
const KW_MIN_BYTES: usize = 2 * BLOCK_BYTES;

/// How material is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrapScheme {
    /// With padding (KWP, RFC 5649): 1 to [`WRAP_MAX_BYTES`].
    Kwp,
    /// Without (KW, RFC 3394): multiples of 8, from 16.
    Kw,
}

impl Key {
    /// Bytes that wrapping `length` bytes gives.
    ///
    /// Errors: `UsageNotAllowed`, `SchemeNotOfKey`, `LengthOutOfRange`.
    pub fn wrapped_bytes(&self, scheme: WrapScheme, length: usize) -> Result<usize, Error> {
        self.allow(Usages::WRAP)?;
        self.wrapping_key()?;
        wrapped_bytes(scheme, length)
    }

    /// Wraps `material`; `wrapped` has [`Key::wrapped_bytes`].
    ///
    /// Errors: those of [`Key::wrapped_bytes`]; `OutOfMemory`.
    pub fn wrap(
        &self,
        core: &Core,
        scheme: WrapScheme,
        material: &[u8],
        wrapped: &mut [u8],
    ) -> Result<(), Error> {
        check_room(self.wrapped_bytes(scheme, material.len())?, wrapped)?;
        wrap(core, self.wrapping_key()?, scheme, material, wrapped)
    }

    /// Bytes that unwrapping `length` bytes gives, at most: with KWP it may be up to 7 less.
    ///
    /// Errors: `UsageNotAllowed`, `SchemeNotOfKey`, `MalformedCiphertext` (no wrapped material has this length).
    pub fn unwrapped_max_bytes(&self, scheme: WrapScheme, length: usize) -> Result<usize, Error> {
        self.allow(Usages::UNWRAP)?;
        self.wrapping_key()?;
        unwrapped_max_bytes(scheme, length)
    }

    /// Unwraps, and gives the length of the material; `material` has [`Key::unwrapped_max_bytes`].
    ///
    /// Errors: those of [`Key::unwrapped_max_bytes`]; `AuthenticationFailed`, `OutOfMemory`.
    pub fn unwrap(
        &self,
        core: &Core,
        scheme: WrapScheme,
        wrapped: &[u8],
        material: &mut [u8],
    ) -> Result<usize, Error> {
        check_room(self.unwrapped_max_bytes(scheme, wrapped.len())?, material)?;
        unwrap(core, self.wrapping_key()?, scheme, wrapped, material)
    }

    fn wrapping_key(&self) -> Result<&[u8], Error> {
        match (self.spec().algorithm(), self.material()) {
            (Algorithm::Aes256Kwp, Material::Secret(key)) => Ok(key),
            _ => Err(Error::SchemeNotOfKey),
        }
    }
}

/// Errors: `LengthOutOfRange`.
pub(crate) fn wrapped_bytes(scheme: WrapScheme, length: usize) -> Result<usize, Error> {
    let fits = match scheme {
        WrapScheme::Kwp => (1..=WRAP_MAX_BYTES).contains(&length),
        WrapScheme::Kw => {
            (KW_MIN_BYTES..=WRAP_MAX_BYTES).contains(&length) && length % BLOCK_BYTES == 0
        }
    };
    if fits {
        Ok(length.next_multiple_of(BLOCK_BYTES) + BLOCK_BYTES)
    } else {
        Err(Error::LengthOutOfRange)
    }
}

/// Errors: `MalformedCiphertext`.
pub(crate) fn unwrapped_max_bytes(scheme: WrapScheme, length: usize) -> Result<usize, Error> {
    length
        .checked_sub(BLOCK_BYTES)
        .filter(|&inside| wrapped_bytes(scheme, inside) == Ok(length))
        .ok_or(Error::MalformedCiphertext)
}

/// Writes `material` wrapped ([`wrapped_bytes`]).
///
/// Errors: `AlgorithmUnavailable`, `OutOfMemory`, `CryptoLibrary`.
pub(crate) fn wrap(
    core: &Core,
    key: &[u8],
    scheme: WrapScheme,
    material: &[u8],
    wrapped: &mut [u8],
) -> Result<(), Error> {
    let cipher = cipher(core, scheme, key)?;
    // The binding asks for room for the input and a block; padding and check may need more than that.
    let mut room = Wiped::zeros(material.len() + 3 * BLOCK_BYTES).ok_or(Error::OutOfMemory)?;
    let mut context = CipherCtx::new()?;
    context.encrypt_init(Some(cipher), Some(key), None)?;
    let written = context.cipher_update(material, Some(&mut room))?;
    match room.get(..written) {
        Some(found) if written == wrapped.len() => wrapped.copy_from_slice(found),
        _ => return Err(Error::CryptoLibrary),
    }
    Ok(())
}

/// Writes what is wrapped, for which `material` has room ([`unwrapped_max_bytes`]), and gives its length. On an error
/// `material` is wiped.
///
/// Errors: `AuthenticationFailed`, `AlgorithmUnavailable`, `OutOfMemory`.
pub(crate) fn unwrap(
    core: &Core,
    key: &[u8],
    scheme: WrapScheme,
    wrapped: &[u8],
    material: &mut [u8],
) -> Result<usize, Error> {
    let cipher = cipher(core, scheme, key)?;
    let mut room = Wiped::zeros(wrapped.len() + 3 * BLOCK_BYTES).ok_or(Error::OutOfMemory)?;
    let mut context = CipherCtx::new()?;
    context.decrypt_init(Some(cipher), Some(key), None)?;
    let result = context
        .cipher_update(wrapped, Some(&mut room))
        .map_err(|_| Error::AuthenticationFailed)
        .and_then(|written| {
            let found = room.get(..written).ok_or(Error::CryptoLibrary)?;
            material
                .get_mut(..written)
                .ok_or(Error::CryptoLibrary)?
                .copy_from_slice(found);
            Ok(written)
        });
    if result.is_err() {
        wipe(material);
    }
    result
}

/// Errors: `Internal` (the key's length), `AlgorithmUnavailable`.
fn cipher<'a>(core: &'a Core, scheme: WrapScheme, key: &[u8]) -> Result<&'a CipherRef, Error> {
    if key.len() != KEY_BYTES {
        return Err(Error::Internal);
    }
    match scheme {
        WrapScheme::Kwp => core.fetched.cipher(Algorithm::Aes256Kwp),
        WrapScheme::Kw => core.fetched.aes_256_wrap(),
    }
}
