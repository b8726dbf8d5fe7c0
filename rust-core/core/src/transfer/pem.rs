//! Private keys as PEM (RFC 7468): PKCS#8, and the two forms before it, ECPrivateKey (RFC 5915) and RSAPrivateKey (RFC 8017).

use super::private_key::{decode_any, Form};
use crate::{Core, Error, Flags, Key, KeyId, KeySpec, Usages};
use strongroom_memory::SecretBytes;

/// The longest text in PEM, in bytes: a key with the certificates that may stand beside it.
pub const PEM_MAX_BYTES: usize = 65536;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

impl Key {
    /// Opens the private key that a text in PEM holds, to sign with and for nothing else. There has to be one, and only one, and
    /// it may not be encrypted. Certificates and parameters beside it are passed over.
    ///
    /// Errors: `KeyMaterialInvalid` (none, several, or no sound key), `KeyFileEncrypted`, `AlgorithmUnavailable` (of a kind or
    /// size that no key here has), `SecretMemoryExhausted`, `CryptoLibrary`.
    pub fn from_pem(core: &Core, text: &[u8]) -> Result<Self, Error> {
        let (form, body) = private_block(text)?;
        let (der, length) = decode(core, body)?;
        let der = der.get(..length).ok_or(Error::Internal)?;
        Self::keep(core, || {
            let (algorithm, material) = decode_any(core, form, der)?;
            let (id, usages) = (KeyId([0; 16]), Usages::SIGN);
            let spec = KeySpec::new(id, 1, algorithm, usages, Flags::IMPORTED, 0)?;
            Self::of_material(core, spec, material)
        })
    }
}

/// What stands between the two lines of the one block that is a private key.
fn private_block(text: &[u8]) -> Result<(Form, &[u8]), Error> {
    let mut found = None;
    let mut rest = text;
    while let Some((label, after)) = next_begin(rest) {
        let (body, behind) = until_end(after, label)?;
        rest = behind;
        let form = match label {
            b"PRIVATE KEY" => Form::Pkcs8,
            b"EC PRIVATE KEY" => Form::Ec,
            b"RSA PRIVATE KEY" => Form::Rsa,
            b"ENCRYPTED PRIVATE KEY" => return Err(Error::KeyFileEncrypted),
            other if other.ends_with(b"PRIVATE KEY") => return Err(Error::AlgorithmUnavailable),
            _ => continue,
        };
        // Of the headers of RFC 1421 there is one that anyone writes.
        if lines(body).any(|(line, _)| line.starts_with(b"Proc-Type:")) {
            return Err(Error::KeyFileEncrypted);
        }
        if found.replace((form, body)).is_some() {
            return Err(Error::KeyMaterialInvalid);
        }
    }
    found.ok_or(Error::KeyMaterialInvalid)
}

/// The label of the next block, and what follows the line that it stands in.
fn next_begin(text: &[u8]) -> Option<(&[u8], &[u8])> {
    lines(text).find_map(|(line, rest)| {
        let label = line.strip_prefix(BEGIN)?.strip_suffix(DASHES)?;
        Some((label, rest))
    })
}

/// The lines before the one that ends a block, and what is behind that. Errors: `KeyMaterialInvalid`.
fn until_end<'a>(text: &'a [u8], label: &[u8]) -> Result<(&'a [u8], &'a [u8]), Error> {
    let mut before = 0;
    for (line, rest) in lines(text) {
        let ended = line
            .strip_prefix(END)
            .and_then(|line| line.strip_suffix(DASHES));
        if let Some(ended) = ended {
            let body = text.get(..before).ok_or(Error::Internal)?;
            return (ended == label)
                .then_some((body, rest))
                .ok_or(Error::KeyMaterialInvalid);
        }
        if line.starts_with(BEGIN) {
            break;
        }
        before = text.len() - rest.len();
    }
    Err(Error::KeyMaterialInvalid)
}

/// Each line without the blanks at its end, and what follows it.
fn lines(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let length = rest.iter().position(|&byte| byte == b'\n');
        let (line, after) = match length {
            Some(length) => (rest.get(..length)?, rest.get(length + 1..)?),
            None => (rest, &[][..]),
        };
        rest = after;
        Some((line.trim_ascii_end(), after))
    })
}

/// Base64 (RFC 4648) with its padding, and blanks anywhere. Gives the bytes and how many they are.
///
/// Errors: `KeyMaterialInvalid`, `SecretMemoryExhausted`.
fn decode(core: &Core, body: &[u8]) -> Result<(SecretBytes, usize), Error> {
    let mut room = core.arena.allocate(body.len() / 4 * 3 + 3)?;
    let (mut bits, mut digits, mut padding, mut length) = (0u32, 0usize, 0usize, 0usize);
    let mut write = |bits: u32, count: usize| {
        let [_, bytes @ ..] = bits.to_be_bytes();
        let (to, from) = (room.get_mut(length..length + count), bytes.get(..count));
        to.zip(from)
            .map(|(to, from)| to.copy_from_slice(from))
            .ok_or(Error::Internal)?;
        length += count;
        Ok::<(), Error>(())
    };
    for &byte in body.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        if byte == b'=' {
            padding += 1;
            continue;
        }
        if padding > 0 {
            return Err(Error::KeyMaterialInvalid);
        }
        bits = bits << 6 | sextet(byte)?;
        digits += 1;
        if digits % 4 == 0 {
            write(bits, 3)?;
            bits = 0;
        }
    }
    match (digits % 4, padding) {
        (0, 0) if digits > 0 => {}
        (2, 2) if bits & 0xF == 0 => write(bits << 12, 1)?,
        (3, 1) if bits & 0x3 == 0 => write(bits << 6, 2)?,
        _ => return Err(Error::KeyMaterialInvalid),
    }
    Ok((room, length))
}

/// Errors: `KeyMaterialInvalid`.
fn sextet(digit: u8) -> Result<u32, Error> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return Err(Error::KeyMaterialInvalid),
    };
    Ok(value.into())
}
