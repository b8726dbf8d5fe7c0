//! Unseal keys out of passphrases, by scrypt (RFC 7914).

use super::method::{Scrypt, SALT_BYTES};
use super::{Method, UnsealKey, UNSEAL_SECRET_BYTES};
use crate::{Core, Error};
use openssl::pkcs5;
use strongroom_memory::SecretBytes;

/// The shortest passphrase, in bytes (NIST SP 800-63B asks for 8 characters at least).
pub const PASSPHRASE_MIN_BYTES: usize = 12;
/// The longest passphrase, in bytes.
pub const PASSPHRASE_MAX_BYTES: usize = 1024;
/// The lowest cost that a new passphrase can be given.
pub const SCRYPT_COST_MIN: u8 = 14;
/// The highest.
pub const SCRYPT_COST_MAX: u8 = 20;

const BLOCK: u8 = 8;
const PARALLEL: u8 = 1;

impl UnsealKey {
    /// The key of a passphrase that is new: with a fresh salt, and N = 2^`cost`, r = 8, p = 1.
    ///
    /// Errors: `LengthOutOfRange` (the passphrase), `InvalidArgument` (the cost), `RandomUnavailable`,
    /// `SecretMemoryExhausted`, `OutOfMemory` (for scrypt itself).
    pub fn from_new_passphrase(core: &Core, passphrase: &[u8], cost: u8) -> Result<Self, Error> {
        if !(PASSPHRASE_MIN_BYTES..=PASSPHRASE_MAX_BYTES).contains(&passphrase.len()) {
            return Err(Error::LengthOutOfRange);
        }
        if !(SCRYPT_COST_MIN..=SCRYPT_COST_MAX).contains(&cost) {
            return Err(Error::InvalidArgument);
        }
        let mut salt = [0; SALT_BYTES];
        core.random(&mut salt)?;
        let scrypt = Scrypt {
            cost,
            block: BLOCK,
            parallel: PARALLEL,
            salt,
        };
        let secret = derive(core, passphrase, &scrypt)?;
        Self::new(core, &secret, Method::Passphrase(scrypt))
    }

    /// The key of the passphrase of a wrapped root key.
    ///
    /// Errors: `UnsealKeyWrong` (another passphrase), `UnsealMethodWrong`, `WrappedRootMalformed`,
    /// `SecretMemoryExhausted`, `OutOfMemory`.
    pub fn from_passphrase(core: &Core, wrapped: &[u8], passphrase: &[u8]) -> Result<Self, Error> {
        let (identity, method) = super::wrapped::read(wrapped)?;
        let Method::Passphrase(scrypt) = &method else {
            return Err(Error::UnsealMethodWrong);
        };
        if passphrase.is_empty() || passphrase.len() > PASSPHRASE_MAX_BYTES {
            return Err(Error::UnsealKeyWrong);
        }
        let secret = derive(core, passphrase, scrypt)?;
        Self::new(core, &secret, method)?.checked(identity)
    }
}

fn derive(core: &Core, passphrase: &[u8], scrypt: &Scrypt) -> Result<SecretBytes, Error> {
    let mut secret = core.arena.allocate(UNSEAL_SECRET_BYTES)?;
    let (r, p) = (u64::from(scrypt.block), u64::from(scrypt.parallel));
    fill(
        passphrase,
        &scrypt.salt,
        1 << scrypt.cost,
        r,
        p,
        &mut secret,
    )?;
    Ok(secret)
}

fn fill(
    passphrase: &[u8],
    salt: &[u8],
    n: u64,
    r: u64,
    p: u64,
    key: &mut [u8],
) -> Result<(), Error> {
    // What it needs (RFC 7914, section 2), and as much again for what OpenSSL counts beside.
    let memory = 2 * 128 * r * (n + p);
    pkcs5::scrypt(passphrase, salt, n, r, p, memory, key).map_err(|_| Error::OutOfMemory)
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn keys_are_those_of_the_rfc() {
        // RFC 7914, section 12, whose first half is what a shorter key has.
        crate::tests::openssl_memory();
        let mut key = [0; 32];
        fill(b"password", b"NaCl", 1024, 8, 16, &mut key).unwrap();
        let expected = "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc82378 30e77376634b373162";
        let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text, expected.replace(' ', ""));
    }
}
