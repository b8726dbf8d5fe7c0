//! The algorithms, each written down once: what a key of it looks like and what it can be used for.

use crate::Usages;

/// An algorithm that a key is made for. Numbers are append-only: they are sealed into keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D): at most 2^32 messages a key.
    Aes256Gcm,
    /// XAES-256-GCM with a random 192-bit nonce (C2SP): messages without a practical limit.
    Xaes256Gcm,
}

/// What there is to know of an algorithm.
struct Row {
    number: u32,
    name: &'static str,
    key_bytes: usize,
    nonce_bytes: usize,
    tag_bytes: usize,
    usages: Usages,
}

impl Algorithm {
    /// Every algorithm there is.
    pub const ALL: [Algorithm; 2] = [Algorithm::Aes256Gcm, Algorithm::Xaes256Gcm];

    const fn row(self) -> Row {
        match self {
            Self::Aes256Gcm => Row {
                number: 1,
                name: "aes-256-gcm",
                key_bytes: 32,
                nonce_bytes: 12,
                tag_bytes: 16,
                usages: Usages::ENCRYPT.union(Usages::DECRYPT),
            },
            Self::Xaes256Gcm => Row {
                number: 2,
                name: "xaes-256-gcm",
                key_bytes: 32,
                nonce_bytes: 24,
                tag_bytes: 16,
                usages: Usages::ENCRYPT.union(Usages::DECRYPT),
            },
        }
    }

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

    /// Bytes of key material.
    pub const fn key_bytes(self) -> usize {
        self.row().key_bytes
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
}

#[cfg(test)]
mod tests {
    use super::Algorithm;

    #[test]
    fn each_algorithm_is_found_by_its_number_and_no_other_number_finds_one() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_number(algorithm.number()), Some(algorithm));
        }
        for number in [0, 3, u32::MAX] {
            assert_eq!(Algorithm::from_number(number), None);
        }
    }
}
