//! The hash functions, as a parameter of operations.

use openssl::md::{Md, MdRef};
use std::ffi::CStr;

/// A hash function (FIPS 180-4, FIPS 202). Numbers are append-only: callers of the boundary know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    /// Broken for signatures: only where the build has `legacy-algorithms`, and as the hash of RSA-OAEP.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA3-224.
    Sha3_224,
    /// SHA3-256.
    Sha3_256,
    /// SHA3-384.
    Sha3_384,
    /// SHA3-512.
    Sha3_512,
}

impl Hash {
    /// Every hash there is, by ascending number from 1.
    pub const ALL: [Hash; 9] = [
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Sha3_224,
        Self::Sha3_256,
        Self::Sha3_384,
        Self::Sha3_512,
    ];

    /// The hash of a number, if there is one.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| hash.number() == number)
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.index() as u32 + 1
    }

    /// Its name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
            Self::Sha3_224 => "sha3-224",
            Self::Sha3_256 => "sha3-256",
            Self::Sha3_384 => "sha3-384",
            Self::Sha3_512 => "sha3-512",
        }
    }

    /// Bytes of a digest.
    pub const fn digest_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha3_256 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 => 64,
        }
    }

    /// Bytes of a block, to which HMAC pads its key.
    pub(crate) const fn block_bytes(self) -> usize {
        match self {
            Self::Sha1 | Self::Sha224 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
            Self::Sha3_224 => 144,
            Self::Sha3_256 => 136,
            Self::Sha3_384 => 104,
            Self::Sha3_512 => 72,
        }
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// OpenSSL's name for it.
    pub(crate) const fn openssl_name(self) -> &'static CStr {
        match self {
            Self::Sha1 => c"SHA1",
            Self::Sha224 => c"SHA2-224",
            Self::Sha256 => c"SHA2-256",
            Self::Sha384 => c"SHA2-384",
            Self::Sha512 => c"SHA2-512",
            Self::Sha3_224 => c"SHA3-224",
            Self::Sha3_256 => c"SHA3-256",
            Self::Sha3_384 => c"SHA3-384",
            Self::Sha3_512 => c"SHA3-512",
        }
    }

    /// OpenSSL's built-in description, for the calls that look the implementation up themselves.
    pub(crate) fn md(self) -> &'static MdRef {
        match self {
            Self::Sha1 => Md::sha1(),
            Self::Sha224 => Md::sha224(),
            Self::Sha256 => Md::sha256(),
            Self::Sha384 => Md::sha384(),
            Self::Sha512 => Md::sha512(),
            Self::Sha3_224 => Md::sha3_224(),
            Self::Sha3_256 => Md::sha3_256(),
            Self::Sha3_384 => Md::sha3_384(),
            Self::Sha3_512 => Md::sha3_512(),
        }
    }
}

/// The longest digest, in bytes.
pub(crate) const DIGEST_MAX_BYTES: usize = 64;
/// The longest block, in bytes.
pub(crate) const BLOCK_MAX_BYTES: usize = 144;

#[cfg(test)]
mod tests {
    use super::{Hash, BLOCK_MAX_BYTES, DIGEST_MAX_BYTES};

    #[test]
    fn lengths_are_openssl_s_and_numbers_find_their_hash() {
        crate::tests::openssl_memory();
        for hash in Hash::ALL {
            assert_eq!(hash.digest_bytes(), hash.md().size(), "{hash:?}");
            assert_eq!(hash.block_bytes(), hash.md().block_size(), "{hash:?}");
            assert!(hash.digest_bytes() <= DIGEST_MAX_BYTES);
            assert!(hash.block_bytes() <= BLOCK_MAX_BYTES);
            assert_eq!(Hash::from_number(hash.number()), Some(hash));
        }
        assert_eq!(Hash::from_number(0), None);
        assert_eq!(Hash::from_number(10), None);
    }
}
