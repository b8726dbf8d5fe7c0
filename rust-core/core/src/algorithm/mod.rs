//! The algorithms, each written down once in [`table`]: what a key of it looks like, what it can be used for, and
//! whether the OpenSSL at run time has it.

mod availability;
mod curve;
mod hash;
mod table;

pub(crate) use availability::{key_type, Fetched};
pub(crate) use curve::Curve;
pub use hash::Hash;
pub(crate) use hash::{BLOCK_MAX_BYTES, DIGEST_MAX_BYTES};
pub use table::Algorithm;
pub(crate) use table::Family;

use crate::Usages;
use std::ops::RangeInclusive;

impl Algorithm {
    /// The algorithm of a number, if there is one.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.number() == number)
    }

    /// The number that is sealed into keys.
    pub const fn number(self) -> u32 {
        self.row().number
    }

    /// Its name, in lower case.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The standard that defines it.
    pub const fn standard(self) -> &'static str {
        self.row().standard
    }

    /// Bytes of key material that a new key has, as it is sealed.
    pub const fn key_bytes(self) -> usize {
        self.row().key_bytes
    }

    /// Bytes of key material that a key may have; more than one length for MAC keys alone.
    pub const fn key_lengths(self) -> RangeInclusive<usize> {
        match self.row().family {
            Family::Hmac(_) => HMAC_KEY_MIN_BYTES..=HMAC_KEY_MAX_BYTES,
            _ => self.key_bytes()..=self.key_bytes(),
        }
    }

    /// Bytes of nonce, at the front of each ciphertext.
    pub const fn nonce_bytes(self) -> usize {
        self.row().nonce_bytes
    }

    /// Bytes of authentication tag, at the end of each ciphertext.
    pub const fn tag_bytes(self) -> usize {
        self.row().tag_bytes
    }

    /// What a key of this algorithm can be allowed to do.
    pub const fn usages(self) -> Usages {
        self.row().usages
    }

    /// Bytes that a ciphertext is longer than its plaintext.
    pub const fn overhead(self) -> usize {
        self.nonce_bytes() + self.tag_bytes()
    }

    /// How many messages one version may encrypt, where random nonces set a limit (NIST SP 800-38D, 8.3).
    pub const fn use_limit(self) -> Option<u64> {
        match self.nonce_bytes() {
            NONCE_BYTES_WITH_LIMIT => Some(USE_LIMIT),
            _ => None,
        }
    }

    /// Whether its keys have a public half.
    pub const fn is_pair(self) -> bool {
        matches!(
            self.row().family,
            Family::Ecdsa(_)
                | Family::Ed25519
                | Family::MlDsa
                | Family::Rsa(_)
                | Family::Ecdh(_)
                | Family::X25519
        )
    }

    /// Whether its keys are RSA keys.
    pub const fn is_rsa(self) -> bool {
        matches!(self.row().family, Family::Rsa(_))
    }

    pub(crate) const fn family(self) -> Family {
        self.row().family
    }

    /// Whether its keys are for MACs, so that they need no companion key for them.
    pub(crate) const fn makes_macs(self) -> bool {
        matches!(self.row().family, Family::Hmac(_) | Family::Cmac)
    }

    /// Whether subkeys can be derived from its keys by context.
    pub(crate) const fn is_derivable(self) -> bool {
        matches!(self.row().family, Family::Aead | Family::Ed25519)
    }
}

/// The longest key material, as it is sealed, of any algorithm.
pub(crate) const KEY_MAX_BYTES: usize = 5120;

const HMAC_KEY_MIN_BYTES: usize = 16;
const HMAC_KEY_MAX_BYTES: usize = 512;
const NONCE_BYTES_WITH_LIMIT: usize = 12;
const USE_LIMIT: u64 = 1 << 32;

#[cfg(test)]
mod tests {
    use super::{Algorithm, KEY_MAX_BYTES};
    use std::collections::HashSet;

    #[test]
    fn each_algorithm_is_found_by_its_number_and_no_other_number_finds_one() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_number(algorithm.number()), Some(algorithm));
        }
        for number in [0, 27, u32::MAX] {
            assert_eq!(Algorithm::from_number(number), None);
        }
    }

    #[test]
    fn no_two_algorithms_share_a_name_and_no_key_is_longer_than_the_longest() {
        let names: HashSet<_> = Algorithm::ALL.map(Algorithm::name).into_iter().collect();
        assert_eq!(names.len(), Algorithm::ALL.len());
        for algorithm in Algorithm::ALL {
            assert!(*algorithm.key_lengths().end() <= KEY_MAX_BYTES);
            assert!(!algorithm.usages().is_empty());
        }
    }

    #[test]
    fn just_the_ninety_six_bit_nonces_have_a_limit_of_use() {
        assert_eq!(Algorithm::Aes128Gcm.use_limit(), Some(4_294_967_296));
        assert_eq!(Algorithm::ChaCha20Poly1305.use_limit(), Some(1 << 32));
        assert_eq!(Algorithm::Xaes256Gcm.use_limit(), None);
        assert_eq!(Algorithm::Ed25519.use_limit(), None);
    }
}
